"""`python -m tests.small_disk FOLDER`: write a COG on disks of many sizes, most of them too small.

To be run in namespaces of its own (`unshare --map-root-user --mount`), where mounting is allowed.
Prints a JSON object, kilobytes to outcome: `whole`, `broken`, or the sentence of a refusal with
the number of files that were left.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import rasterio

from tests.drawn.bad_rasters import ground, write_raster
from webapp.imaging.answers import Answers
from webapp.imaging.cog import write_cog
from webapp.imaging.verdict import RasterFiles, RasterRefused

SIDE = 2100
"""More than twice the 1024 pixels that the facts of a COG are read from: of an overview, then."""

AMPLE_KB = 16_000
STEP_KB = 4
"""A page of memory: what a tmpfs is counted in."""


class SmallDisk:
    """A tmpfs that is mounted anew for each try."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "ortho.tif"
        self.mount = folder / "disk"
        self.mount.mkdir()
        write_raster(self.source, ground(1, height=SIDE, width=SIDE), colours="gray")
        self.outcomes: dict[int, str] = {}

    def try_size(self, size_kb: int) -> str:
        options = ["-t", "tmpfs", "-o", f"size={size_kb}k", "none"]
        subprocess.run(["mount", *options, self.mount], check=True)
        try:
            self.outcomes[size_kb] = self._write()
        finally:
            subprocess.run(["umount", self.mount], check=True)
        return self.outcomes[size_kb]

    def _write(self) -> str:
        out, private = self.mount / "out.tif", self.mount / "private"
        private.mkdir()
        try:
            write_cog(
                RasterFiles(self.source, "ortho.tif"),
                Answers(),
                None,
                out,
                folder=private,
                most_bytes=10**9,
                progress=[].append,
            )
        except RasterRefused as refusal:
            left = [path for path in self.mount.rglob("*") if path.is_file()]
            # The link to the source, which the caller removes with its folder.
            return f"{refusal.sentence} [{len(left) - 1}]"
        return "whole" if self._is_whole(out) else "broken"

    def _is_whole(self, path: Path) -> bool:
        with rasterio.open(path) as written, rasterio.open(self.source) as source:
            try:
                return np.array_equal(written.read(), source.read())
            except rasterio.errors.RasterioError:
                return False


def main(folder: Path) -> None:
    disk = SmallDisk(folder)
    too_small, enough = 0, AMPLE_KB
    while enough - too_small > STEP_KB:
        middle = (too_small + enough) // (2 * STEP_KB) * STEP_KB
        if disk.try_size(middle) == "whole":
            enough = middle
        else:
            too_small = middle
    for size_kb in range(enough - 10 * STEP_KB, enough + STEP_KB, STEP_KB):
        disk.try_size(size_kb)
    print(json.dumps(disk.outcomes))  # noqa: T201  # the answer


if __name__ == "__main__":
    main(Path(sys.argv[1]))
