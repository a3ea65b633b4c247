"""TiTiler (from PyPI) for the benchmark of tiles: its virtual environment, and its server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.real_server import running
from tests.product import free_port
from tests.production.programs import REPOSITORY

VERSION = "2.4.0"
# The server's own packages are those of our environment, where TiTiler takes them.
PACKAGES = (f"titiler.core=={VERSION}", "uvicorn", "uvloop", "httptools")
ROOT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "segmap-bench"


class NotToBeHadError(Exception):
    """Why there is no TiTiler here."""


@dataclass(frozen=True, slots=True)
class TiTiler:
    """An environment with TiTiler."""

    python: Path

    def versions(self) -> dict[str, str]:
        """Versions of the packages that do the work."""
        names = ("titiler-core", "rio-tiler", "rasterio", "fastapi", "uvicorn")
        program = f"import importlib.metadata as m; print(*map(m.version, {names}))"
        said = subprocess.run(
            [self.python, "-c", program], capture_output=True, text=True, check=True
        )
        return dict(zip(names, said.stdout.split(), strict=True))

    @contextmanager
    def server(self, grid: Mapping[str, object], environment: Mapping[str, str]) -> Iterator[str]:
        """The address of a TiTiler that is up, one worker process.

        Args:
            grid: as `titiler_app` takes it.
            environment: all of its environment but that.
        """
        port = free_port()
        command = [str(self.python), "-m", "uvicorn", "--app-dir", "bench", "titiler_app:app"]
        command += ["--port", str(port), "--log-level", "warning", "--no-server-header"]
        variables = {**environment, "TILE_GRID": json.dumps(grid)}
        with running(command, variables, f"http://127.0.0.1:{port}", "/up") as address:
            yield address


def tile_path(cog: Path, place: tuple[int, int, int], suffix: str, limits: tuple[int, int]) -> str:
    """Where TiTiler has a tile: bands 1 to 3, stretched between fixed values."""
    z, x, y = place
    low, high = limits
    bands = "&".join(f"bidx={band}" for band in (1, 2, 3))
    return f"/tiles/layer/{z}/{x}/{y}.{suffix}?url={quote(str(cog))}&{bands}&rescale={low},{high}"


def installed() -> TiTiler:
    """TiTiler in an environment of its own, made where it is not there yet.

    Raises:
        NotToBeHadError: pip did not get it.
    """
    folder = ROOT / f"titiler-{VERSION}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print(f"Fetching {', '.join(PACKAGES)} and what they need from PyPI, into {folder}.")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # The same versions as ours of all that both have: numpy, rasterio, rio-tiler, pydantic.
        install += ["--constraint", str(REPOSITORY / "constraints.txt"), *PACKAGES]
        if subprocess.run(install, check=False).returncode != 0:
            raise NotToBeHadError("pip did not get TiTiler; see above")
        (folder / "complete").touch()
    return TiTiler(python)
