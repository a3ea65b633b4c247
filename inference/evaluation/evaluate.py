"""Object after object, clicked by the simulator until it is found or the clicks are used up."""

import time
import zlib
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inference.clicks import PixelClick
from inference.evaluation.boundary_iou import boundary_iou, dilation_px
from inference.evaluation.click_simulator import IGNORED, OBJECT, ClickSimulator
from inference.evaluation.iou import intersection_over_union
from inference.evaluation.methods import BoolMap, Method
from inference.evaluation.object_list import ListedObject, pictures_with
from inference.evaluation.objects import LabelledPicture, LabelledSource, Target


@dataclass(frozen=True, slots=True)
class ClickRules:
    """How objects are clicked.

    Attributes:
        max_clicks: no object gets more.
        stop_iou: an object that reaches it gets no more; one without any error never does.
        jitter_px: each click falls at random this near to where it was aimed.
        seed: of that chance.
    """

    max_clicks: int = 20
    stop_iou: float = 1.0
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


def evaluate_object(
    method: Method, picture: LabelledPicture, target: Target, rules: ClickRules
) -> ObjectResult:
    """Click one object.

    Every comparison is on the whole picture: what was not looked at is background. The simulator
    remembers the pixels that it aimed at, wherever jitter moved the click.
    """
    started = time.perf_counter()
    truth = picture.truth_of(target)
    considered = truth != IGNORED
    simulator, rim_px = ClickSimulator(truth), dilation_px(target.box)
    rng = np.random.default_rng([rules.seed, zlib.crc32(target.key.encode())])
    attempt = method.begin(picture, target)
    found: BoolMap = np.zeros(truth.shape, bool)
    ious: list[float] = []
    rims: list[float] = []
    network_s = 0.0
    while len(ious) < rules.max_clicks and not is_reached(ious, rules.stop_iou):
        click = simulator.next_click(found)
        if rules.jitter_px > 0:
            click = jittered(click, error_of(click, truth, found), rules.jitter_px, rng)
        response = attempt.add(click)
        found, network_s = response.mask, network_s + response.network_s
        ious.append(intersection_over_union(truth, found))
        rims.append(boundary_iou(truth == OBJECT, found, considered, rim_px=rim_px))
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
