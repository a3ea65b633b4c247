"""IoU of a mask, and the click counts that published evaluations make of it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inference.evaluation.click_simulator import IGNORED, OBJECT


def intersection_over_union(
    truth: npt.NDArray[np.int8], prediction: npt.NDArray[np.bool_]
) -> float:
    """IoU over the pixels that are not ignored; NaN where both are empty.

    Source: the evaluation of RITM (Sofiiuk et al., arXiv 2102.06583), which its successors keep.
    """
    considered = truth != IGNORED
    wanted = (truth == OBJECT) & considered
    found = prediction & considered
    union = np.count_nonzero(wanted | found)
    return float(np.count_nonzero(wanted & found) / union) if union else float("nan")


def number_of_clicks(ious: Sequence[float], target: float, *, most: int) -> int:
    """NoC of one object: the first click (from 1) that reaches `target`, `most` if none does.

    Compared in single precision, as the published numbers are.

    Source: as `intersection_over_union`.
    """
    reached = np.asarray(ious, np.float32) >= np.float32(target)
    return int(np.argmax(reached)) + 1 if reached.any() else most


def number_of_failures(counts: Sequence[int], *, most: int) -> int:
    """NoF: objects whose `number_of_clicks` is `most`, those that succeed at the last included.

    Source: as `intersection_over_union`.
    """
    return sum(count == most for count in counts)
