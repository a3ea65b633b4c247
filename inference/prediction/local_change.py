"""What a click on an existing outline may change: only what hangs together with it.

An outline that was there before is mostly right, and a person clicks what is not. A network that
looks at it anew also changes it in places that nobody asked about. So the new mask counts where
its difference from the mask before touches the newest click; everywhere else the mask before
stays.

Measured in docs/decisions/0005. Source: the progressive merge of FocalClick (Chen et al., CVPR
2022).
"""

import cv2
import numpy as np
import numpy.typing as npt

from inference.clicks import WindowClick
from inference.prediction.click_map import click_map
from inference.prediction.previous_mask import PreviousMask
from inference.windows import Window

RIM_PX = 2
"""What changes takes its probabilities along this far round it."""


def change_locally(
    found: PreviousMask,
    before: PreviousMask,
    click: WindowClick,
    *,
    threshold: float,
    reach_px: int,
) -> PreviousMask:
    """The mask before a click, with what the click changed near it.

    A click that changed nothing near it leaves what was found: the network then answers it by
    something else, which the person is to see.

    Args:
        found: by the newest pass.
        before: what the newest click was set on, in whatever window.
        click: the newest, in the frame of `found`.
        threshold: a pixel belongs to a mask from this probability on.
        reach_px: a piece of the difference counts that comes this near to the click, in window
            pixels.

    Returns:
        In the window of `found`.
    """
    kept = before.carried_to(found.window)
    seen = _seen_by(before.window, found.window)
    differs = (found.inside(threshold) != kept.inside(threshold)) & seen
    near = click_map([click], size=found.window.size, radius_px=reach_px).any(axis=0)
    _, pieces = cv2.connectedComponents(differs.astype(np.uint8), connectivity=8)
    touched = np.unique(pieces[near & differs])
    if not touched.size:
        return found
    changed = np.isin(pieces, touched).astype(np.uint8)
    side = 2 * RIM_PX + 1
    rim = cv2.dilate(changed, np.ones((side, side), np.uint8)) > 0
    return PreviousMask(found.window, np.where(rim | ~seen, found.values, kept.values))


def _seen_by(earlier: Window, window: Window) -> npt.NDArray[np.bool_]:
    """S x S of `window`: where `earlier` looked, by pixel centres."""
    places = np.arange(window.size) + 0.5
    cols = (window.col + places * window.factor - earlier.col) / earlier.side
    rows = (window.row + places * window.factor - earlier.row) / earlier.side
    return ((rows >= 0) & (rows < 1))[:, None] & ((cols >= 0) & (cols < 1))
