"""Recorded interactions: clicks on one object, replayed through the reference predictor.

The recorded clicks are fed, and simulated clicks are compared on the recorded masks: so a pixel
that falls to the other side of the threshold does not move all clicks that follow.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.clicks import PixelClick
from inference.evaluation.click_simulator import ClickSimulator
from inference.evaluation.iou import intersection_over_union
from inference.golden.clicks import as_row
from inference.golden.comparison import Comparison, Numbers
from inference.models.click_network import ClickNetwork
from inference.prediction.reference_predictor import ReferencePass, ReferencePredictor
from inference.prediction.reference_settings import ReferenceSettings
from inference.prediction.zoom_in import Box, ZoomRules

SINGLE_TOLERANCE, HALF_TOLERANCE = 1e-4, 1e-3
"""For probabilities recorded in single and in half precision."""
NEAR_THRESHOLD = 1e-4
"""A mask may differ where the probability lies so close to the threshold."""

STARTED_BY_DEMO, STARTED_ONCE = "demo", "prev"
"""How a recorded interaction uses its initial mask: fed at every click, and the first click is
predicted twice, as the authors' demo does; or stored once before the first click. The demo also
counts its clicks from 1, as if a click had made the mask."""


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """What came of one click.

    Attributes:
        passes: of this click, the coarse one first.
        probabilities: H x W.
    """

    passes: tuple[ReferencePass, ...]
    probabilities: Numbers


def check_sequence(path: Path, network: ClickNetwork, comparison: Comparison) -> None:
    """Every click of one interaction."""
    with np.load(path) as file:
        recorded = {name: file[name] for name in file.files}
    settings, start = recorded_settings(recorded["settings"])
    answers = replay(recorded, network, settings, start)
    check_probabilities(recorded, answers, comparison)
    check_masks(recorded, answers, settings.threshold, comparison)
    check_calls(recorded, answers, comparison)
    check_points(recorded, answers, 1 if start == STARTED_BY_DEMO else 0, comparison)
    check_simulation(recorded, comparison)


def recorded_settings(lines: Sequence[str]) -> tuple[ReferenceSettings, str]:
    """The predictor's settings from lines of `name=value`, and how an initial mask is used.

    The authors count cascade steps: n refinements are n + 1 steps, and 0 steps are no cascade.
    """
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    target = ast.literal_eval(said["target_size"])
    settings = ReferenceSettings(
        zoom=None if target is None else ZoomRules(target),
        flip=said["with_flip"] == "True",
        refinements=max(0, int(said["cascade_step"]) - 1),
        refined_clicks=int(said["cascade_clicks"]),
        is_adaptive=said["cascade_adaptive"] == "True",
    )
    return settings, said["init"]


def replay(
    recorded: dict[str, Numbers], network: ClickNetwork, settings: ReferenceSettings, start: str
) -> list[Replayed]:
    """The answers to the recorded clicks."""
    mask = recorded.get("initial_mask")
    at_every_click = mask if start == STARTED_BY_DEMO else None
    predictor = ReferencePredictor(network, settings)
    predictor.set_image(recorded["image"], previous=mask if start == STARTED_ONCE else None)
    clicks = [PixelClick(int(row), int(col), bool(i)) for row, col, i in recorded["clicks"]]
    answers = []
    for number in range(1, len(clicks) + 1):
        passes: tuple[ReferencePass, ...] = ()
        for _ in range(2 if number == 1 and start == STARTED_BY_DEMO else 1):
            found = predictor.predict(clicks[:number], previous=at_every_click)
            passes += predictor.trace
        answers.append(Replayed(passes, found))
    return answers


def check_probabilities(
    recorded: dict[str, Numbers], answers: Sequence[Replayed], comparison: Comparison
) -> None:
    """All arrays of probabilities, whatever rows, columns and steps they hold."""
    found = np.stack([answer.probabilities for answer in answers])
    for name, expected in recorded.items():
        kind, _, part = name.partition("_every_")
        if kind in ("prob_f32", "prob_f16"):
            stride = int("".join(filter(str.isdigit, part)))
            shown = found[:, ::stride, ::stride]
        elif name.startswith("prob_f16_steps_"):
            steps = name.removeprefix("prob_f16_steps_").split("_")
            shown = found[[int(step) for step in steps]]
        else:
            continue
        tolerance = SINGLE_TOLERANCE if kind == "prob_f32" else HALF_TOLERANCE
        comparison.add(name, shown, expected, tolerance=tolerance)
    # A mean over the whole image notices what falls between the rows that are recorded.
    pixels = found[0].size
    means = found.sum(axis=(1, 2), dtype=np.float64) / pixels
    comparison.add("prob_mean", means, recorded["prob_sum"] / pixels, tolerance=SINGLE_TOLERANCE)


def check_masks(
    recorded: dict[str, Numbers],
    answers: Sequence[Replayed],
    threshold: float,
    comparison: Comparison,
) -> None:
    """Pixels that differ, far from the threshold (none may) and near it (as many as counted)."""
    allowed = recorded["near_threshold"]
    for answer, mask, most in zip(answers, recorded_masks(recorded), allowed, strict=True):
        differs = (answer.probabilities > threshold) != mask
        is_near = np.abs(answer.probabilities - threshold) < NEAR_THRESHOLD
        comparison.add_difference("mask pixels", int(np.count_nonzero(differs & ~is_near)))
        comparison.add_difference(
            "mask pixels near threshold",
            int(np.count_nonzero(differs & is_near)),
            tolerance=int(most),
        )


def check_calls(
    recorded: dict[str, Numbers], answers: Sequence[Replayed], comparison: Comparison
) -> None:
    """Calls of the network, and which box, size and mask they were given."""
    comparison.add("network_calls", [len(a.passes) for a in answers], recorded["network_calls"])
    boxes = [bounds_of(answer.passes[-1].box) for answer in answers]
    comparison.add("zoom_box", boxes, recorded["zoom_box"])
    fed = [done.previous for answer in answers for done in answer.passes]
    shape = recorded["network_input_shape_last"]
    comparison.add("network_input_size", fed[-1].shape, shape[-2:])
    means = np.array([mask.mean(dtype=np.float64) for mask in fed])
    # Sums are recorded over the batch, which holds the mirrored mask, too.
    sums = recorded["prev_mask_sum_per_call"]
    if len(sums) == len(fed):  # else the number of calls is reported as different
        pixels = shape[0] * np.array([mask.size for mask in fed])
        comparison.add("prev_mask_mean", means, sums / pixels, tolerance=SINGLE_TOLERANCE)


def check_points(
    recorded: dict[str, Numbers],
    answers: Sequence[Replayed],
    first_index: int,
    comparison: Comparison,
) -> None:
    """The clicks in the network's input, at each click's last call."""
    for number, answer in enumerate(answers):
        expected = recorded[f"network_points_{number}"]
        points = points_of(answer.passes[-1], first_index, batch=len(expected))
        comparison.add("network_points", points, expected)


def check_simulation(recorded: dict[str, Numbers], comparison: Comparison) -> None:
    """The clicks and IoU that follow from the recorded masks."""
    simulator = ClickSimulator(recorded["truth"])
    nothing = np.zeros(recorded["truth"].shape, np.bool_)
    start = recorded.get("initial_mask", nothing).astype(np.bool_)
    masks = recorded_masks(recorded)
    clicks = [as_row(simulator.next_click(mask)) for mask in (start, *masks[:-1])]
    comparison.add("clicks", clicks, recorded["clicks"])
    ious = [intersection_over_union(recorded["truth"], mask) for mask in masks]
    comparison.add("iou", ious, recorded["iou"])


def recorded_masks(recorded: dict[str, Numbers]) -> Numbers:
    """Steps x H x W, bool."""
    width = recorded["image"].shape[1]
    return np.unpackbits(recorded["mask_packed"], axis=-1, count=width).astype(np.bool_)


def bounds_of(box: Box | None) -> tuple[int, int, int, int]:
    """A box as it is recorded."""
    if box is None:
        return -1, -1, -1, -1
    return box.first_row, box.last_row, box.first_col, box.last_col


def points_of(done: ReferencePass, first_index: int, *, batch: int) -> Numbers:
    """B x 2k x 3 points as they are recorded: k that include, then k that exclude.

    Each is (row, col, index of the click); what is missing to k is -1. The second of a batch is
    the mirror of the first.
    """
    last_col = done.previous.shape[1] - 1
    mirrored = np.column_stack([done.places[:, 0], last_col - done.places[:, 1]])
    indices = np.arange(len(done.include)) + first_index
    halves = (done.include, ~done.include)
    most = max(1, *(int(half.sum()) for half in halves))
    points = np.full((batch, 2, most, 3), -1.0)
    for places, of_one in zip((done.places, mirrored), points, strict=False):
        for half, padded in zip(halves, of_one, strict=True):
            padded[: int(half.sum())] = np.column_stack([places, indices])[half]
    return points.reshape(batch, 2 * most, 3)
