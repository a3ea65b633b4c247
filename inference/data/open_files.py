import threading
from collections import OrderedDict
from pathlib import Path

import rasterio
from rasterio.errors import RasterioIOError
from rasterio.session import DummySession

from inference.errors import InferenceError
from inference.messages import FileSource
from inference.remote_files import OVER_HTTP

OPEN_FILES = 16

_READING = {
    # A COG has everything inside: no look at the files beside it.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    **OVER_HTTP,
}


def reading() -> rasterio.Env:
    """GDAL's settings while a file is opened or read.

    No session of rasterio's: where this machine has credentials for a cloud, it would begin one
    each time, and an engine needs none.
    """
    return rasterio.Env(DummySession(), **_READING)


class ImageUnreadable(InferenceError):
    """A file of a layer is gone, damaged or no GeoTIFF."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"{Path(path).name} of this layer cannot be read: it is gone or damaged. Your clicks "
            "are kept. Import the image again."
        )


class ImageUnreachable(InferenceError):
    """Neither the web server nor another address gives the engine a file of a layer."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"The engine cannot fetch {Path(path).name} of this layer from the server. Your clicks "
            "are kept. Click again; if that does not help, tell whoever runs the engine."
        )


class OpenFiles:
    """The datasets that were read last, one set per thread: GDAL's are not shared by threads.

    A file that was replaced under its name is opened anew.

    Args:
        limit: how many stay open.
        server: http:// or https:// address of the web server that is asked for files which are
            not here; empty: only those are fetched that have an address of their own.
        always_fetch: fetch also files that seem to be here.
    """

    def __init__(
        self, limit: int = OPEN_FILES, *, server: str = "", always_fetch: bool = False
    ) -> None:
        self.limit = limit
        self.server = server
        self.always_fetch = always_fetch
        self._of_thread = threading.local()

    def dataset(self, file: FileSource) -> rasterio.DatasetReader:
        """The open dataset of a GeoTIFF; no other driver is tried.

        Raises:
            ImageUnreadable: it cannot be opened.
            ImageUnreachable: it is not here, and its address does not give it.
        """
        datasets: OrderedDict[tuple[str, int, int], rasterio.DatasetReader]
        datasets = self._of_thread.__dict__.setdefault("datasets", OrderedDict())
        try:
            key = self._where(file)
            if key not in datasets:
                with reading():
                    datasets[key] = rasterio.open(key[0], driver="GTiff")
        except (OSError, RasterioIOError) as error:
            raise self.failure(file) from error
        datasets.move_to_end(key)
        while len(datasets) > self.limit:
            datasets.popitem(last=False)[1].close()
        return datasets[key]

    def failure(self, file: FileSource) -> ImageUnreadable | ImageUnreachable:
        """What to raise where a file cannot be read."""
        return (ImageUnreachable if self._is_fetched(file) else ImageUnreadable)(file.path)

    def _where(self, file: FileSource) -> tuple[str, int, int]:
        """What is opened, and what changes when that is replaced."""
        if self._is_fetched(file):
            server = "" if _is_absolute(file.address) else self.server
            return f"{server}{file.address}", 0, 0
        facts = Path(file.path).stat()
        return file.path, facts.st_mtime_ns, facts.st_size

    def _is_fetched(self, file: FileSource) -> bool:
        if not file.address or not (self.server or _is_absolute(file.address)):
            return False
        return self.always_fetch or not _is_here(file.path)


def _is_absolute(address: str) -> bool:
    return address.startswith(("https://", "http://"))


def _is_here(path: str) -> bool:
    try:
        return Path(path).is_file()
    except OSError:
        return False  # a folder of that name that this engine may not look into
