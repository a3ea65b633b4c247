"""A picture in memory as a layer: what the app's window rule looks at in an evaluation."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from inference.data.cog_reader import BandsMissing, Cover, covered, enlarge, fill_holes, lattice_of
from inference.data.window_image import WindowImage
from inference.errors import InferenceError
from inference.training_sets.pictures import Pixels
from inference.windows import Grid, Window


class NoSuchBand(InferenceError):
    """A band was asked for that a picture does not have."""

    def __init__(self, band: int, present: int) -> None:
        self.band = band
        self.present = present
        super().__init__(
            f"--bands asks for band {band} and a picture has {present}. Nothing was evaluated; "
            "name bands that every picture has."
        )


def choose_bands(pixels: Pixels, *, wanted: Sequence[int] | None, count: int) -> Pixels:
    """H x W x `count`: the bands of a picture that a network takes.

    Args:
        pixels: H x W x bands.
        wanted: numbers from 1; None = the first ones, a single band three times.
        count: how many the network takes.

    Raises:
        NoSuchBand: a picture lacks one that is wanted.
        BandsMissing: it has too few, or too few are wanted.
    """
    present = pixels.shape[2]
    bands = list(wanted) if wanted else ([1, 1, 1] if present < 3 else list(range(1, present + 1)))
    for band in bands:
        if not 1 <= band <= present:
            raise NoSuchBand(band, present)
    if len(bands) < count:
        raise BandsMissing(count, len(bands))
    return pixels[:, :, [band - 1 for band in bands[:count]]]


def picture_grid(height: int, width: int) -> Grid:
    """A map frame for a picture without one: units are its pixels, (0, 0) its lower left."""
    return Grid(left=0.0, top=float(height), resolution=1.0, width=width, height=height)


class PictureReader:
    """Reads windows as `CogReader` does, from an array.

    Args:
        pixels: H x W x bands, 8 bit, the bands that the network takes.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels

    def read(self, window: Window) -> WindowImage:
        """The window as the network sees it; what lies beyond the picture is not valid."""
        lattice = lattice_of(window)
        height, width, bands = self.pixels.shape
        pixels = np.zeros((bands, lattice.height, lattice.width), np.float32)
        valid = np.zeros((lattice.height, lattice.width), bool)
        across = covered(lattice.col, lattice.step, lattice.width, width)
        down = covered(lattice.row, lattice.step, lattice.height, height)
        if across.cells and down.cells:
            rows, cols = reached(down), reached(across)
            pixels[:, rows, cols] = self._cells(across, down)
            valid[rows, cols] = True
        fill_holes(pixels, valid)
        if window.factor < 1:
            pixels, valid = enlarge(pixels, valid, window, lattice)
        return WindowImage(pixels, valid)

    def _cells(self, across: Cover, down: Cover) -> npt.NDArray[np.float32]:
        """Bands x h x w means of the cells in the picture, 0..1; partial ones repeat a whole one.

        Windows of factors above 1 snap to whole pixels, so cells are blocks of whole pixels.
        """
        top, left = round(down.offset), round(across.offset)
        part = self.pixels[top : top + round(down.length), left : left + round(across.length)]
        shape = (down.cells, part.shape[0] // down.cells, across.cells, -1, part.shape[2])
        means = part.reshape(shape).mean(axis=(1, 3), dtype=np.float32)  # h x w x bands
        # GDAL rounds averages of bytes to bytes.
        means = np.floor(means + np.float32(0.5)).transpose(2, 0, 1) / np.float32(255)
        spread = ((0, 0), (down.before, down.after), (across.before, across.after))
        return cast("npt.NDArray[np.float32]", np.pad(means, spread, mode="edge"))


def reached(cover: Cover) -> slice:
    """The cells of a lattice that hold data."""
    return slice(cover.start - cover.before, cover.start + cover.cells + cover.after)
