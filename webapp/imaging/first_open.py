"""`python -m webapp.imaging.first_open`: the child that opens an upload for the first time.

Reads a `Request` from standard input and writes `Reply` lines to standard output. It lowers
its own limits and gives up files and network before it imports the raster library; the
environment that closes GDAL's other doors comes from the caller (`sandbox.py`).
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from webapp.imaging.child_messages import REPLY, REQUEST, Limits, Reply, Request
from webapp.imaging.confinement import keep_only, leave_network
from webapp.imaging.verdict import RasterRefused


def main() -> None:
    """Answer the request on standard input."""
    request = REQUEST.validate_json(sys.stdin.buffer.read())
    # GDAL and its codecs may print: what they say must not mix with the replies.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def reply(answer: Reply) -> None:
        replies.write(REPLY.dump_json(answer, exclude_none=False) + b"\n")
        replies.flush()

    lower_limits(request.limits)
    confine(request)
    try:
        reply(_answer(request, lambda share: reply(Reply(progress=share))))
    except RasterRefused as refusal:
        reply(Reply(refused=refusal.sentence))
    except MemoryError:
        reply(Reply(refused=too_much_memory(request.files.name)))


def too_much_memory(name: str) -> str:
    """The refusal for a file that does not fit the child's memory."""
    return (
        f"{name} needs more memory than an import may use. "
        "Save it tiled (512 x 512) and upload it again."
    )


def confine(request: Request) -> None:
    """Give up all files but those of the request and Python's own, and the network.

    Where the system has no means for it the limits and the allow-list of drivers stand alone.
    """
    if not leave_network():
        print("the network stays within reach of UDP", file=sys.stderr)  # noqa: T201  # the log
    out = () if request.out is None else (request.out.parent,)
    is_closed = keep_only(
        readable=[
            *_PYTHON_AND_LIBRARIES,
            *(path.resolve() for path in (request.files.main, *request.files.sidecars)),
        ],
        writable=[request.folder, *out],
    )
    if not is_closed:
        print("no Landlock: all files stay within reach", file=sys.stderr)  # noqa: T201  # the log


_PYTHON_AND_LIBRARIES = (
    Path(sys.prefix),
    Path(sys.base_prefix),
    # The sources of this package: never the folder above, which may hold the data folder.
    Path(__file__).parents[1],
    *map(Path, ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")),
)


def lower_limits(limits: Limits) -> None:
    """Set this process's own limits; where the system knows no such limit it goes on."""
    # Python ignores it, and a file that grows too large would look like a full disk.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (lowest, lowest))
        except (ValueError, OSError) as error:  # macOS has no limit on address space
            print(f"limit {kind} not set: {error}", file=sys.stderr)  # noqa: T201  # the log


def _answer(request: Request, progress: Callable[[float], None]) -> Reply:
    # Imported late: the raster library must not load before the limits stand.
    from webapp.imaging.inspection import inspect
    from webapp.imaging.opening import refuse_other_drivers

    refuse_other_drivers()
    if request.task == "inspect":
        verdict = inspect(
            request.files,
            request.answers,
            folder=request.folder,
            most_bytes=request.limits.unpacked_bytes,
        )
        return Reply(verdict=verdict)
    from webapp.imaging.cog import write_cog

    if request.out is None:
        raise ValueError("a request to write names no file")
    facts = write_cog(
        request.files,
        request.answers,
        request.target,
        request.out,
        folder=request.folder,
        most_bytes=request.limits.unpacked_bytes,
        progress=_seldom(progress),
    )
    return Reply(facts=facts)


def _seldom(progress: Callable[[float], None]) -> Callable[[float], None]:
    """Passes on whole percents only: a line per block would flood the caller."""
    last = -1

    def pass_on(share: float) -> None:
        nonlocal last
        percent = int(100 * share)
        if percent > last:
            last = percent
            progress(share)

    return pass_on


if __name__ == "__main__":
    main()
