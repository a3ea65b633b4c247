import threading
from collections import OrderedDict
from pathlib import Path

import rasterio
from rasterio.errors import RasterioIOError

from inference.errors import InferenceError

OPEN_FILES = 16


class ImageUnreadable(InferenceError):
    """A file of a layer is gone, damaged or no GeoTIFF."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"{Path(path).name} of this layer cannot be read: it is gone or damaged. Your clicks "
            "are kept. Import the image again."
        )


class OpenFiles:
    """The datasets that were read last, one set per thread: GDAL's are not shared by threads.

    A file that was replaced under its name is opened anew.
    """

    def __init__(self, limit: int = OPEN_FILES) -> None:
        self.limit = limit
        self._of_thread = threading.local()

    def dataset(self, path: str) -> rasterio.DatasetReader:
        """The open dataset of a GeoTIFF; no other driver is tried.

        Raises:
            ImageUnreadable: it cannot be opened.
        """
        datasets: OrderedDict[tuple[str, int, int], rasterio.DatasetReader]
        datasets = self._of_thread.__dict__.setdefault("datasets", OrderedDict())
        try:
            facts = Path(path).stat()
            key = (path, facts.st_mtime_ns, facts.st_size)
            if key not in datasets:
                # A COG has everything inside: no look at the files beside it.
                with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
                    datasets[key] = rasterio.open(path, driver="GTiff")
        except (OSError, RasterioIOError) as error:
            raise ImageUnreadable(path) from error
        datasets.move_to_end(key)
        while len(datasets) > self.limit:
            datasets.popitem(last=False)[1].close()
        return datasets[key]
