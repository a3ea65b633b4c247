from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from inference.evaluation.click_simulator import box_of
from inference.evaluation.objects import Box

BoolMap: TypeAlias = npt.NDArray[np.bool_]

DILATION_SHARE = 0.02
SMALLEST_DILATION_PX = 2


def dilation_px(box: Box) -> int:
    """Width of the rim that boundary IoU looks at: 2 % of a diagonal, at least 2 px.

    The paper takes the image's diagonal. Ours is that of a view with twice the object's box:
    pictures here are of any size, and 2 % of a large one would swallow a small object whole.
    Labels are good to some 2 px, so no rim is narrower.
    """
    _, _, height, width = box
    return max(SMALLEST_DILATION_PX, round(DILATION_SHARE * 2 * float(np.hypot(height, width))))


def boundary_iou(truth: BoolMap, found: BoolMap, considered: BoolMap, *, rim_px: int) -> float:
    """IoU of the two masks' rims, each `rim_px` inwards from its outline.

    Pixels that are not considered are taken out of both masks first: where labels have unknown
    seams round every object, a mask that runs into the seam is as good as one that does not. The
    array's edge counts as outline. 1 where both rims are empty.

    Source: Cheng et al., Boundary IoU (CVPR 2021), equation 2.
    """
    truth, found = truth & considered, found & considered
    box = box_of(truth | found)
    inner, outer = rim(truth[box], rim_px), rim(found[box], rim_px)
    union = np.count_nonzero(inner | outer)
    return float(np.count_nonzero(inner & outer) / union) if union else 1.0


def rim(mask: BoolMap, rim_px: int) -> BoolMap:
    """The pixels of a mask within `rim_px` (3 x 3 steps) of what is not in it."""
    padded = np.pad(mask, 1).astype(np.uint8)
    inside = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=rim_px)[1:-1, 1:-1]
    return np.asarray(mask & (inside == 0))
