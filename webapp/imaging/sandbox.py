"""Runs the first opening of an upload in a child process with few rights.

The child (`first_open.py`) gets: limits on memory, processor time, file size and open files;
an environment that leaves GDAL five drivers for files and no network; a private folder. Its
crash, kill or time-out becomes a refusal. Only values come back, checked as they are parsed. Where
the kernel lets it, it gives up all other files and the network, too (`confinement.py`).
"""

import functools
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from webapp.imaging.answers import Answers
from webapp.imaging.child_messages import REPLY, REQUEST, Limits, Reply, Request
from webapp.imaging.first_open import too_much_memory
from webapp.imaging.verdict import CogFacts, CrsAndGrid, RasterFiles, RasterRefused, Verdict

logger = logging.getLogger(__name__)

GIB = 2**30

INSPECT_LIMITS = Limits(
    memory_bytes=2 * GIB,
    cpu_s=60,
    wall_s=120.0,
    file_bytes=1 * GIB,
    open_files=128,
    unpacked_bytes=100 * 10**9,
    cache_mb=128,
)
WRITE_LIMITS = Limits(
    memory_bytes=4 * GIB,
    cpu_s=6 * 3600,
    wall_s=12 * 3600.0,
    file_bytes=200 * GIB,
    open_files=128,
    unpacked_bytes=100 * 10**9,
    cache_mb=512,
)

_KEPT_DRIVERS = {"GTiff", "JP2OpenJPEG", "PNG", "JPEG", "HFA", "MEM", "Memory"}
"""Drivers that the child has: those of uploads, and GDAL's own for what lies in memory."""

_LONGEST_REPLY_BYTES = 4 * 2**20
_REPOSITORY = Path(__file__).parents[2]


def run_inspect(
    files: RasterFiles, answers: Answers, *, limits: Limits = INSPECT_LIMITS
) -> Verdict:
    """The verdict on an upload; never raises for what is in the file.

    Blocks for 0.6 s and up to `limits.wall_s`.
    """
    with tempfile.TemporaryDirectory(prefix="inspect-") as folder:
        request = Request("inspect", files, answers, Path(folder), limits)
        try:
            reply = _run_child(request, _ignore)
        except RasterRefused as refusal:
            return Verdict("refused", refusal.sentence)
    if reply.verdict is None:
        return Verdict("refused", _stopped(files.name))
    return reply.verdict


def _ignore(_share: float) -> None:
    pass


def run_write_cog(
    files: RasterFiles,
    answers: Answers,
    target: CrsAndGrid | None,
    out: Path,
    *,
    on_progress: Callable[[float], None],
    limits: Limits = WRITE_LIMITS,
) -> CogFacts:
    """Write the COG of an upload to `out`; intermediate files lie beside it.

    Args:
        files: the upload.
        answers: to every question of its verdict.
        target: the project's CRS and the layer's grid; None to take the proposal.
        out: appears complete or not at all.
        on_progress: called with the share that is done, 0 to 1. What it raises (a job that
            was cancelled) ends the child and goes on to the caller.
        limits: of the child.

    Raises:
        RasterRefused: the upload cannot become a COG; says why and what to do.
    """
    with tempfile.TemporaryDirectory(prefix=".import-", dir=out.parent) as folder:
        request = Request("write", files, answers, Path(folder), limits, target, out)
        reply = _run_child(request, on_progress)
    if reply.facts is None:
        raise RasterRefused(_stopped(files.name))
    return reply.facts


def _run_child(request: Request, on_progress: Callable[[float], None]) -> Reply:
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            [sys.executable, "-s", "-B", "-m", "webapp.imaging.first_open"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=_REPOSITORY,
            env=_environment(request),
            start_new_session=True,
        )
        is_late = threading.Event()

        def stop_late_child() -> None:
            is_late.set()
            child.kill()

        timer = threading.Timer(request.limits.wall_s, stop_late_child)
        timer.start()
        try:
            last = _converse(child, request, on_progress)
        finally:
            timer.cancel()
            child.kill()
            child.wait()
        if last is None or child.returncode != 0:
            _log(child.returncode, log)
    if last is not None and last.refused is None:
        return last
    if last is not None and last.refused is not None:
        raise RasterRefused(last.refused)
    raise RasterRefused(_why_ended(request.files.name, child.returncode, is_late=is_late.is_set()))


def _converse(
    child: subprocess.Popen[bytes], request: Request, on_progress: Callable[[float], None]
) -> Reply | None:
    """The child's last word; None where it ended without one, or talked nonsense."""
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the child has no pipes")
    try:
        with child.stdin as pipe:
            pipe.write(REQUEST.dump_json(request))
    except BrokenPipeError:
        return None
    while line := child.stdout.readline(_LONGEST_REPLY_BYTES):
        try:
            reply = REPLY.validate_json(line)
        except ValidationError:
            return None
        if reply.progress is None:
            child.stdout.close()
            child.wait()
            return reply
        on_progress(min(1.0, max(0.0, reply.progress)))
    child.wait()
    return None


def _environment(request: Request) -> dict[str, str]:
    """All that the child's environment holds: nothing of the server's own is passed on."""
    has_sidecars = bool(request.files.sidecars)
    return {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(request.folder),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "GDAL_SKIP": _drivers_to_skip(),
        "OGR_SKIP": _drivers_to_skip(),
        # Sidecars of GDAL's own making can name any file; ours are read by us.
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE" if has_sidecars else "EMPTY_DIR",
        "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "GDAL_CACHEMAX": str(request.limits.cache_mb),
        "GDAL_NUM_THREADS": "1",
    }


@functools.cache
def _drivers_to_skip() -> str:
    """Every driver of this GDAL but the kept ones: an allow-list, written as GDAL takes it."""
    import rasterio  # the server imports this module too, and runs no child

    with rasterio.Env() as env:
        return ",".join(sorted(set(env.drivers()) - _KEPT_DRIVERS))


def _why_ended(name: str, returncode: int, *, is_late: bool) -> str:
    if is_late or returncode == -signal.SIGXCPU:
        return f"{name} takes too long to open. Save it as a tiled GeoTIFF and upload it again."
    if returncode == -signal.SIGXFSZ:
        return f"{name} grows too large when it is unpacked. Cut it into smaller files."
    if returncode == -signal.SIGKILL:
        return too_much_memory(name)
    return _stopped(name)


def _stopped(name: str) -> str:
    return (
        f"{name} stopped the reader: it is damaged, or made to do so. "
        "Save it again as a GeoTIFF and upload that."
    )


def _log(returncode: int, log: IO[bytes]) -> None:
    end = log.seek(0, os.SEEK_END)
    log.seek(max(0, end - 2000))
    logger.warning("first_open ended with %s: %s", returncode, log.read().decode(errors="replace"))
