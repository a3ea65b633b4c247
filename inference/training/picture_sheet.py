"""A sheet of predictions to look at: truth, first click and last click over each window."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.training.validation import Case, Measurement

COLUMNS = 8
TRUTH_COLOUR = (40, 220, 40)
MASK_COLOUR = (40, 40, 235)
"""blue, green, red, as OpenCV writes them"""


def outlined(
    image: NDArray[np.float32], mask: NDArray[np.bool_], colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """A window with the outline of a mask, S x S x 3 (blue, green, red).

    Of the window (bands x S x S, 0..1) the first three bands are shown, or the first alone.
    """
    shown = image[:3] if len(image) >= 3 else np.repeat(image[:1], 3, axis=0)
    drawn = np.ascontiguousarray((shown[::-1].transpose(1, 2, 0) * 255).astype(np.uint8))
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, contours, -1, colour, 1)
    return drawn


def write_sheet(path: Path, cases: Sequence[Case], measurement: Measurement) -> None:
    """A PNG with every case: true outline above, first click below it, last click at the foot."""
    tiles = []
    for index, case in enumerate(cases):
        shown = [outlined(case.image, case.target == 1, TRUTH_COLOUR)]
        for click, masks in ((0, measurement.first), (-1, measurement.last)):
            tile = outlined(case.image, masks[index] > 0.5, MASK_COLOUR)
            text = f"{measurement.iou[index, click]:.2f}"
            cv2.putText(tile, text, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1)
            shown.append(tile)
        tiles.append(np.vstack(shown))
    blank = np.zeros_like(tiles[0])
    tiles += [blank] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows))
