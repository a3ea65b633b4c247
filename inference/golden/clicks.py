"""Recorded click maps, simulated clicks and click counts: everything that needs no network."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from inference.clicks import PixelClick
from inference.evaluation.click_simulator import ClickSimulator
from inference.evaluation.iou import (
    intersection_over_union,
    number_of_clicks,
    number_of_failures,
)
from inference.golden.comparison import Comparison, Numbers
from inference.prediction.click_map import reference_click_map

NOC_TOLERANCE = 1e-12
"""Means of a few small whole numbers, added up in another order."""


def check_click_maps(path: Path, comparison: Comparison) -> None:
    """Disks of all recorded radii, exact and rounded."""
    with np.load(path) as recorded:
        for name in recorded.files:
            case, _, kind = name.partition("/")
            if "disk_r" not in kind:
                continue
            rounds = kind.startswith("cpu_")
            expected = recorded[name]
            found = [
                disks_of_points(
                    points, expected.shape[-2:], int(kind.rpartition("_r")[2]), rounds=rounds
                )
                for points in recorded[f"{case}/points"]
            ]
            comparison.add(kind, found[0] if rounds else np.stack(found), expected)


def disks_of_points(
    points: Numbers, shape: tuple[int, int], radius_px: int, *, rounds: bool = False
) -> Numbers:
    """2 x H x W disks of 2k x 3 points: k that include, k that exclude, each padded with -1."""
    include = np.arange(len(points)) < len(points) // 2
    return reference_click_map(
        points[:, :2].astype(np.float64), include, shape=shape, radius_px=radius_px, rounds=rounds
    )


def check_click_simulator(path: Path, comparison: Comparison) -> None:
    """Clicks in turn and alone, and the IoU of each prediction."""
    with np.load(path) as recorded:
        cases = [recorded[name] for name in ("truth", "predictions", "clicks", "clicks_fresh")]
        ious = recorded["iou"]
    for number, (truth, predictions, clicks, fresh) in enumerate(zip(*cases, strict=True)):
        masks = predictions.astype(bool)
        simulator = ClickSimulator(truth)
        in_turn = [as_row(simulator.next_click(mask)) for mask in masks]
        alone = [as_row(ClickSimulator(truth).next_click(mask)) for mask in masks]
        comparison.add("clicks", in_turn, clicks)
        comparison.add("clicks_fresh", alone, fresh)
        found = [intersection_over_union(truth, mask) for mask in masks]
        comparison.add("iou", found, ious[number])


def as_row(click: PixelClick) -> tuple[int, int, int]:
    """A click as it is recorded."""
    return click.row, click.col, int(click.include)


def check_click_counts(path: Path, comparison: Comparison) -> None:
    """NoC, its deviation, failures and seconds, from recorded sequences of IoU."""
    recorded = json.loads(path.read_text())
    for case in recorded["cases"].values():
        rows = [[math.nan if iou is None else iou for iou in row] for row in case["ious"]]
        clicks = sum(len(row) for row in rows)
        for name, expected in case.items():
            if name.startswith("max_clicks_"):
                most = int(name.removeprefix("max_clicks_"))
                check_counts(rows, recorded["thresholds"], most, expected, comparison)
            elif name.startswith("elapsed_"):
                seconds = float(name.removeprefix("elapsed_").removesuffix("_s"))
                for key, count in (("click", clicks), ("image", len(rows))):
                    quantity = f"seconds_per_{key}"
                    comparison.add(
                        quantity, seconds / count, expected[quantity], tolerance=NOC_TOLERANCE
                    )


def check_counts(
    rows: list[list[float]],
    targets: list[float],
    most: int,
    expected: dict[str, Any],
    comparison: Comparison,
) -> None:
    """The counts of one case."""
    counts = [[number_of_clicks(row, target, most=most) for row in rows] for target in targets]
    failures = [number_of_failures(of_target, most=most) for of_target in counts]
    comparison.add("noc", np.mean(counts, axis=1), expected["noc"], tolerance=NOC_TOLERANCE)
    comparison.add("noc_std", np.std(counts, axis=1), expected["noc_std"], tolerance=NOC_TOLERANCE)
    comparison.add("number_of_failures", failures, expected["number_of_failures"])
