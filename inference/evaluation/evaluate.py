"""Object after object, clicked by the simulator until it is found or the clicks are used up."""

import time
import zlib
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from inference.click_rule import squared_depth
from inference.clicks import PixelClick
from inference.evaluation.boundary_iou import boundary_iou, dilation_px
from inference.evaluation.click_simulator import IGNORED, OBJECT, ClickSimulator, box_of
from inference.evaluation.iou import intersection_over_union
from inference.evaluation.methods import BoolMap, Method
from inference.evaluation.object_list import ListedObject, pictures_with
from inference.evaluation.objects import LabelledPicture, LabelledSource, Target

ClickPlace: TypeAlias = Literal["centre", "boundary"]
"""Where in an error a click is aimed: its innermost pixel, or at random near its edge."""

BOUNDARY_PX = 3
"""A click near the boundary is at most this far from the nearest pixel outside the error."""


@dataclass(frozen=True, slots=True)
class ClickRules:
    """How objects are clicked.

    Attributes:
        max_clicks: no object gets more.
        stop_iou: an object that reaches it gets no more; one without any error never does.
        place: where clicks are aimed.
        jitter_px: each click falls at random this near to where it was aimed.
        seed: of that chance.
    """

    max_clicks: int = 20
    stop_iou: float = 1.0
    place: ClickPlace = "centre"
    jitter_px: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """How an object went.

    Attributes:
        key, source, class_name, area_px, touches_edge: of the target.
        ious: after each click made.
        boundary_ious: the same.
        network_s: seconds in the network (a baseline: its algorithm), all clicks together.
        rest_s: all other seconds: aiming, reading windows, drawing outlines, comparing.
    """

    key: str
    source: str
    class_name: str
    area_px: int
    touches_edge: bool
    ious: tuple[float, ...]
    boundary_ious: tuple[float, ...]
    network_s: float
    rest_s: float

    def to_json(self) -> dict[str, Any]:
        """For a line of the results file."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "ObjectResult":
        """What `to_json` gave."""
        rows = {name: tuple(content[name]) for name in ("ious", "boundary_ious")}
        return cls(**{**content, **rows})


def evaluate(
    method: Method,
    sources: Sequence[LabelledSource],
    wanted: Sequence[ListedObject],
    rules: ClickRules,
    *,
    done: Container[str] = (),
) -> Iterator[ObjectResult]:
    """The result of each wanted object, as soon as it is there; `done` names those to leave out.

    Raises:
        ObjectMissing: the sources lack an object.
    """
    left = [entry for entry in wanted if entry.key not in done]
    for picture, target in pictures_with(sources, left):
        yield evaluate_object(method, picture, target, rules)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A click of the simulator and what came of it.

    Attributes:
        click: as it fell.
        mask: H x W, of the whole picture.
        iou: of the mask, over the pixels that are not ignored.
        network_s: seconds in the network (a baseline: its algorithm).
    """

    click: PixelClick
    mask: BoolMap
    iou: float
    network_s: float


def click_object(
    method: Method,
    picture: LabelledPicture,
    target: Target,
    rules: ClickRules,
    *,
    first: PixelClick | None = None,
) -> Iterator[Step]:
    """Click one object, again and again; the same rules give the same clicks.

    Every comparison is on the whole picture: what was not looked at is background. The simulator
    remembers the pixels that it aimed at, wherever the click fell.

    Args:
        method: what answers.
        picture: holds the object.
        target: the object.
        rules: where clicks fall, and when they end.
        first: where a person clicked it first; None = as the rules have it.
    """
    truth = picture.truth_of(target)
    simulator = ClickSimulator(truth)
    rng = np.random.default_rng([rules.seed, zlib.crc32(target.key.encode())])
    attempt = method.begin(picture, target)
    found = attempt.start
    ious: list[float] = []
    while len(ious) < rules.max_clicks and not is_reached(ious, rules.stop_iou):
        aimed = simulator.next_click(found)
        click = first if first and not ious else fallen(aimed, truth, found, rules, rng)
        response = attempt.add(click)
        found = response.mask
        ious.append(intersection_over_union(truth, found))
        yield Step(click, found, ious[-1], response.network_s)


def evaluate_object(
    method: Method,
    picture: LabelledPicture,
    target: Target,
    rules: ClickRules,
    *,
    first: PixelClick | None = None,
) -> ObjectResult:
    """Click one object and keep how good its masks were; arguments as in `click_object`."""
    started = time.perf_counter()
    truth = picture.truth_of(target)
    considered, rim_px = truth != IGNORED, dilation_px(target.box)
    ious: list[float] = []
    rims: list[float] = []
    network_s = 0.0
    for step in click_object(method, picture, target, rules, first=first):
        network_s += step.network_s
        ious.append(step.iou)
        rims.append(boundary_iou(truth == OBJECT, step.mask, considered, rim_px=rim_px))
    return ObjectResult(
        key=target.key,
        source=target.source,
        class_name=target.class_name,
        area_px=target.area_px,
        touches_edge=target.touches_edge,
        ious=tuple(ious),
        boundary_ious=tuple(rims),
        network_s=network_s,
        rest_s=time.perf_counter() - started - network_s,
    )


def is_reached(ious: Sequence[float], target: float) -> bool:
    """Whether the last IoU is enough, in single precision as in the number of clicks.

    Past a perfect mask the reference simulator would exclude at (0, 0) for ever; nobody does.
    """
    return bool(ious) and bool(np.float32(ious[-1]) >= np.float32(min(target, 1.0)))


def error_of(click: PixelClick, truth: npt.NDArray[np.int8], found: BoolMap) -> BoolMap:
    """H x W: the pixels that are wrong in the way that a click is to mend."""
    if click.include:
        return np.asarray((truth == OBJECT) & ~found)
    return np.asarray((truth != OBJECT) & (truth != IGNORED) & found)


def fallen(
    aimed: PixelClick,
    truth: npt.NDArray[np.int8],
    found: BoolMap,
    rules: ClickRules,
    rng: np.random.Generator,
) -> PixelClick:
    """Where a click falls that was aimed at the middle of an error of `found` (H x W)."""
    if rules.place == "centre" and rules.jitter_px <= 0:
        return aimed
    error = error_of(aimed, truth, found)
    if not error[aimed.row, aimed.col]:  # every wrong pixel was aimed at before
        return aimed
    click = near_boundary(aimed, error, rng) if rules.place == "boundary" else aimed
    return jittered(click, error, rules.jitter_px, rng) if rules.jitter_px > 0 else click


def near_boundary(click: PixelClick, error: BoolMap, rng: np.random.Generator) -> PixelClick:
    """The click on a random pixel near the edge of the same connected piece of the error.

    Args:
        click: as aimed, in the error.
        error: H x W; its array's end counts as an edge.
        rng: where chance comes from.
    """
    _, pieces = cv2.connectedComponents(error.astype(np.uint8), connectivity=4)
    piece = pieces == pieces[click.row, click.col]
    rows, cols = box = box_of(piece)
    depth = squared_depth(piece[box])
    places = np.argwhere((depth > 0) & (depth <= BOUNDARY_PX**2))
    row, col = places[rng.integers(len(places))]
    return PixelClick(rows.start + int(row), cols.start + int(col), click.include)


def jittered(
    click: PixelClick, error: BoolMap, radius_px: float, rng: np.random.Generator
) -> PixelClick:
    """The click on a random pixel within a radius, in the same connected piece of the error.

    Args:
        click: as aimed, in the error.
        error: H x W.
        radius_px: between pixel centres.
        rng: where chance comes from.
    """
    reach = int(radius_px)
    top, left = max(0, click.row - reach), max(0, click.col - reach)
    near = error[top : click.row + reach + 1, left : click.col + reach + 1]
    rows, cols = np.ogrid[top : top + near.shape[0], left : left + near.shape[1]]
    disk = (rows - click.row) ** 2 + (cols - click.col) ** 2 <= radius_px**2
    _, pieces = cv2.connectedComponents((near & disk).astype(np.uint8), connectivity=4)
    places = np.argwhere(pieces == pieces[click.row - top, click.col - left])
    row, col = places[rng.integers(len(places))]
    return PixelClick(top + int(row), left + int(col), click.include)
