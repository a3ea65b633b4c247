"""What many objects' IoUs say together.

NoC and NoF are those of the published evaluations: NoC is the mean of the first click that
reaches a threshold, the largest number of clicks where none does; NoF counts the objects that
have that value, so one that succeeds exactly at the last click is a failure (RITM, Sofiiuk et
al., arXiv 2102.06583, and its successors).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.evaluation.evaluate import ObjectResult
from inference.evaluation.iou import number_of_clicks
from inference.evaluation.objects import SMALL_PX

SIZE_GROUPS = 5
"""As many groups of equal count by size as in the paper's Table 8."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Measures of a set of objects.

    Attributes:
        noc80, noc85, noc90, noc95: mean number of clicks to an IoU.
        nof: failures by threshold, "80" to "95".
        miou: mean IoU after each click.
        boundary_iou: mean boundary IoU after each click.
        objects: how many.
        clicks: made in all.
        seconds_per_click: of every kind, mean over the clicks made.
        network_seconds_per_click: of these, in the network or a baseline's algorithm.
        rest_seconds_per_click: all others.
    """

    noc80: float
    noc85: float
    noc90: float
    noc95: float
    nof: dict[str, int]
    miou: list[float]
    boundary_iou: list[float]
    objects: int
    clicks: int
    seconds_per_click: float
    network_seconds_per_click: float
    rest_seconds_per_click: float


def summarise(results: Sequence[ObjectResult], *, most: int) -> Summary:
    """The measures of at least one object, each of which was given at most `most` clicks."""
    counts = {
        percent: [number_of_clicks(r.ious, percent / 100, most=most) for r in results]
        for percent in (80, 85, 90, 95)
    }
    clicks = sum(len(r.ious) for r in results)
    network, rest = sum(r.network_s for r in results), sum(r.rest_s for r in results)
    return Summary(
        noc80=float(np.mean(counts[80])),
        noc85=float(np.mean(counts[85])),
        noc90=float(np.mean(counts[90])),
        noc95=float(np.mean(counts[95])),
        nof={str(percent): values.count(most) for percent, values in counts.items()},
        miou=_means([r.ious for r in results], most),
        boundary_iou=_means([r.boundary_ious for r in results], most),
        objects=len(results),
        clicks=clicks,
        seconds_per_click=(network + rest) / clicks,
        network_seconds_per_click=network / clicks,
        rest_seconds_per_click=rest / clicks,
    )


def _means(rows: Sequence[Sequence[float]], most: int) -> list[float]:
    """Mean after each click; an object that ended early holds its last value."""
    held = [[*row, *[row[-1]] * (most - len(row))] for row in rows]
    return [float(value) for value in np.mean(held, axis=0)]


def report_of(results: Sequence[ObjectResult], *, most: int) -> dict[str, Any]:
    """All measures: of all objects at the top, the same under per_source, per_class, per_size."""
    return {
        **asdict(summarise(results, most=most)),
        "per_source": _by(results, lambda r: r.source, most),
        "per_class": _by(results, lambda r: r.class_name, most),
        "per_size": _by_size(results, most),
    }


def _by(
    results: Sequence[ObjectResult], group_of: Callable[[ObjectResult], str], most: int
) -> dict[str, Any]:
    groups: defaultdict[str, list[ObjectResult]] = defaultdict(list)
    for result in results:
        groups[group_of(result)].append(result)
    return {name: asdict(summarise(groups[name], most=most)) for name in sorted(groups)}


def _by_size(results: Sequence[ObjectResult], most: int) -> dict[str, Any]:
    """Small objects, the others, and groups of (nearly) equal count by area."""
    low, high = SMALL_PX
    areas = np.array([r.area_px for r in results])
    is_small = (areas >= low) & (areas <= high)
    groups = {"small": is_small, "others": ~is_small}
    quantiles = np.array_split(np.argsort(areas, kind="stable"), SIZE_GROUPS)
    for number, places in enumerate(quantiles, 1):
        groups[f"quantile_{number}"] = np.isin(np.arange(len(areas)), places)
    return {
        name: {**_area_range(areas[chosen]), **asdict(summarise(members, most=most))}
        for name, chosen in groups.items()
        if (members := [r for r, is_in in zip(results, chosen, strict=True) if is_in])
    }


def _area_range(areas: npt.NDArray[np.int_]) -> dict[str, int]:
    return {"from_px": int(areas.min()), "to_px": int(areas.max())}
