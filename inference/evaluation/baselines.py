"""Methods without weights, driven by the same clicks: what a network must beat.

They are told more than a network is: their window is twice the object's longest side, round the
object. Within it they see `WINDOW_PX` x `WINDOW_PX` pixels, whatever the object's size.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from skimage.segmentation import random_walker

from inference.clicks import PixelClick
from inference.evaluation.methods import BoolMap, Response
from inference.evaluation.objects import LabelledPicture, Target
from inference.evaluation.picture_reader import choose_bands

WINDOW_PX = 256
SIDE_PER_LONGEST = 2
GRABCUT_ITERATIONS = 3
PROBABLE_RADIUS_PX = WINDOW_PX // 6
"""Twice as good at the first click as half of it (mean IoU 0.42 against 0.18 over 31 objects), and
equal from the fourth click on."""

CERTAIN_RADIUS_PX = 3
"""Round a click its polarity is certain."""

WALKER_BETA = 130
"""How much a step across a contrast costs the random walker: scikit-image's default."""

WindowPixels: TypeAlias = npt.NDArray[np.uint8]
"""`WINDOW_PX` x `WINDOW_PX` x 3."""


@dataclass(frozen=True, slots=True)
class WindowPlace:
    """(x, y) of a click in a baseline's window, whole pixels."""

    x: int
    y: int
    include: bool


Segmentation: TypeAlias = Callable[[WindowPixels, Sequence[WindowPlace]], BoolMap]


@dataclass(frozen=True, slots=True)
class ObjectWindow:
    """The square of native pixels round an object; it may reach beyond the picture.

    Attributes:
        row: of its upper-left pixel.
        col: of its upper-left pixel.
        side: in native pixels.
    """

    row: int
    col: int
    side: int

    @classmethod
    def around(cls, target: Target) -> "ObjectWindow":
        """Twice as long as the object, the object in its middle."""
        row, col, height, width = target.box
        side = SIDE_PER_LONGEST * max(height, width)
        return cls(row + (height - side) // 2, col + (width - side) // 2, side)

    def cut(self, pixels: npt.NDArray[np.uint8]) -> WindowPixels:
        """The window of H x W x 3 pixels; the picture's edge is repeated beyond it."""
        rows = np.clip(np.arange(self.row, self.row + self.side), 0, pixels.shape[0] - 1)
        cols = np.clip(np.arange(self.col, self.col + self.side), 0, pixels.shape[1] - 1)
        flags = cv2.INTER_AREA if self.side > WINDOW_PX else cv2.INTER_LINEAR
        part = np.ascontiguousarray(pixels[rows[:, None], cols])  # side x side x 3
        return np.asarray(cv2.resize(part, (WINDOW_PX, WINDOW_PX), interpolation=flags), np.uint8)

    def place(self, click: PixelClick) -> WindowPlace:
        """A click in the window; one beyond it falls on its rim."""
        scale = WINDOW_PX / self.side
        x, y = (click.col + 0.5 - self.col) * scale, (click.row + 0.5 - self.row) * scale
        last = WINDOW_PX - 1
        return WindowPlace(
            min(max(int(x), 0), last), min(max(int(y), 0), last), include=click.include
        )

    def paste(self, mask: BoolMap, shape: tuple[int, int]) -> BoolMap:
        """A mask of the window as one of the picture (H x W)."""
        share = cv2.resize(mask.astype(np.float32), (self.side, self.side))
        whole = np.zeros(shape, bool)
        top, left = max(0, self.row), max(0, self.col)
        bottom, right = min(shape[0], self.row + self.side), min(shape[1], self.col + self.side)
        whole[top:bottom, left:right] = (
            share[top - self.row : bottom - self.row, left - self.col : right - self.col] >= 0.5
        )
        return whole


@dataclass(frozen=True, slots=True)
class BaselineMethod:
    """A segmentation of the object's window by all clicks so far.

    Attributes:
        segment: window pixels and clicks to a mask of the window.
        bands: of the pictures, from 1; None = the first three, or one three times.
    """

    segment: Segmentation
    bands: Sequence[int] | None = None

    def begin(self, picture: LabelledPicture, target: Target) -> "BaselineAttempt":
        """Start on an object."""
        window = ObjectWindow.around(target)
        pixels = window.cut(choose_bands(picture.pixels, wanted=self.bands, count=3))
        start = np.zeros(picture.numbered.shape, bool)
        return BaselineAttempt(self.segment, window, pixels, start)


@dataclass(slots=True, eq=False)
class BaselineAttempt:
    """An object being outlined by a baseline."""

    segment: Segmentation
    window: ObjectWindow
    pixels: WindowPixels
    start: BoolMap
    _clicks: list[WindowPlace] = field(default_factory=list)

    def add(self, click: PixelClick) -> Response:
        """The mask by all clicks so far; no mask is carried from click to click."""
        self._clicks.append(self.window.place(click))
        started = time.perf_counter()
        mask = self.segment(self.pixels, self._clicks)
        return Response(self.window.paste(mask, self.start.shape), time.perf_counter() - started)


def grabcut(pixels: WindowPixels, clicks: Sequence[WindowPlace]) -> BoolMap:
    """GrabCut from a probable disk round every include click; the window's rim is background.

    Source: Rother, Kolmogorov, Blake, GrabCut (SIGGRAPH 2004), as OpenCV does it.
    """
    labels = np.full(pixels.shape[:2], cv2.GC_PR_BGD, np.uint8)
    _paint(labels, clicks, PROBABLE_RADIUS_PX, include=cv2.GC_PR_FGD, exclude=None)
    _paint(labels, clicks, CERTAIN_RADIUS_PX, include=cv2.GC_FGD, exclude=cv2.GC_BGD)
    labels[[0, -1], :] = labels[:, [0, -1]] = cv2.GC_BGD
    cv2.setRNGSeed(0)  # its colour clusters start at random
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(pixels, labels, None, *models, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


def walk_randomly(pixels: WindowPixels, clicks: Sequence[WindowPlace]) -> BoolMap:
    """Pixels from which a random walk reaches an include click before an exclude or the rim.

    Source: Grady, Random walks for image segmentation (PAMI 2006), as scikit-image does it.
    """
    include, exclude = 1, 2
    labels = np.zeros(pixels.shape[:2], np.uint8)
    _paint(labels, clicks, CERTAIN_RADIUS_PX, include=include, exclude=exclude)
    labels[[0, -1], :] = labels[:, [0, -1]] = exclude
    found = random_walker(pixels, labels, beta=WALKER_BETA, mode="cg_j", tol=1e-2, channel_axis=-1)
    return np.asarray(found == include)


def _paint(
    labels: npt.NDArray[np.uint8],
    clicks: Sequence[WindowPlace],
    radius_px: int,
    *,
    include: int,
    exclude: int | None,
) -> None:
    """Disks round the clicks, oldest first."""
    for click in clicks:
        value = include if click.include else exclude
        if value is not None:
            cv2.circle(labels, (click.x, click.y), radius_px, value, thickness=-1)


BASELINES: dict[str, Segmentation] = {"grabcut": grabcut, "random-walker": walk_randomly}
"""By the name that `--model` takes."""
