"""Ways to outline an object by clicks, as the evaluation sees them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from inference.clicks import Click, PixelClick
from inference.evaluation.objects import LabelledPicture, Target
from inference.evaluation.old_outlines import old_mask_of, outline_of
from inference.evaluation.picture_reader import PictureReader, choose_bands, picture_grid
from inference.evaluation.simulation import Frame
from inference.models.click_network import ClickNetwork, Features
from inference.prediction.cascade import INTERACTIVE, Preset
from inference.prediction.local_draft import LocalDraft
from inference.prediction.predictor import Predictor
from inference.prediction.reference_predictor import ReferencePredictor
from inference.prediction.reference_settings import ClickScope, ReferenceSettings

BoolMap: TypeAlias = npt.NDArray[np.bool_]

TypicalObject: TypeAlias = float | Literal["truth", "class"] | None
"""What is known of an object's size before the first click, as the app's project setting has it:
its longest side in native pixels; "class" = the median of the others of its class in the picture,
where they are enough; "truth" = each object's own; None = nothing."""

ENOUGH_ALIKE = 5
"""So many others of a class must there be, as in the app (`webapp/labels/queries.py`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What a click gave.

    Attributes:
        mask: H x W, of the whole picture.
        network_s: seconds that the network (a baseline: its algorithm) took for it.
    """

    mask: BoolMap
    network_s: float


class Attempt(Protocol):
    """One object being outlined.

    Attributes:
        start: H x W, what there is before the first click.
    """

    start: BoolMap

    def add(self, click: PixelClick) -> Response:
        """The answer to one more click."""
        ...


class Method(Protocol):
    """Outlines objects by clicks."""

    def begin(self, picture: LabelledPicture, target: Target) -> Attempt:
        """Start on an object. Of the target only its box is ever looked at.

        Baselines do so, and the app's method where it is told each object's size.
        """
        ...


class TimedNetwork(ClickNetwork):
    """A network whose seconds are counted; it keeps the features of the last image.

    The engine keeps a window's features between clicks, too, so they are not computed anew for
    each click on the same window.

    Attributes:
        seconds: in the network so far.
    """

    def __init__(self, network: ClickNetwork) -> None:
        super().__init__()
        self.network = network
        self.bands = network.bands
        self.click_radius_px = network.click_radius_px
        self.seconds = 0.0
        self._image: Tensor | None = None
        self._features: Features = ()

    def encode(self, image: Tensor) -> Features:
        """As the network's own."""
        if self._image is None or not torch.equal(self._image, image):
            self._features = self._timed(lambda: self.network.encode(image))
            self._image = image
        return self._features

    def decode(self, features: Features, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """As the network's own."""
        (logits,) = self._timed(lambda: (self.network.decode(features, previous_mask, click_map),))
        return logits

    def nearest_valid_size(self, side_px: int) -> int:
        """As the network's own."""
        return self.network.nearest_valid_size(side_px)

    def _timed(self, work: Callable[[], Features]) -> Features:
        """The work's result, its time counted with all that it queued on a GPU."""
        started = time.perf_counter()
        result = work()
        if result[0].is_cuda:
            torch.cuda.synchronize(result[0].device)
        self.seconds += time.perf_counter() - started
        return result


@dataclass(frozen=True, slots=True)
class Refinement:
    """CFR as asked for on the command line.

    Attributes:
        passes: refining passes of a click that has them.
        is_adaptive: they end early when the mask hardly changes.
        clicks: which clicks have them: the first, all, or the first so many.
    """

    passes: int
    is_adaptive: bool
    clicks: ClickScope

    def reference(self) -> ReferenceSettings:
        """The authors' settings with this refinement."""
        return ReferenceSettings(
            refinements=self.passes, refined_clicks=self.clicks, is_adaptive=self.is_adaptive
        )

    def interactive(self, click: int) -> Preset:
        """The app's preset with this refinement at a click, numbered from 1."""
        passes = self.passes if self.reference().refines(click) else 0
        preset = replace(INTERACTIVE, first_refinements=passes, later_refinements=passes)
        return preset if self.is_adaptive else replace(preset, stop_share=0.0, stop_px=0)


@dataclass(slots=True, eq=False)
class InteractiveMethod:
    """What a person gets in the app: window rule, carried mask, and the outline that is saved.

    Attributes:
        network: what predicts.
        size: side of its windows.
        bands: of the pictures, from 1; None = the first ones.
        refinement: None = as the app's preset has it.
        typical: what the first window is made to fit.
        edits: whether each object begins with an outline that is there already and wrong.
    """

    network: TimedNetwork
    size: int
    bands: Sequence[int] | None = None
    refinement: Refinement | None = None
    typical: TypicalObject = None
    edits: bool = False

    def begin(self, picture: LabelledPicture, target: Target) -> "InteractiveAttempt":
        """Start on an object of a picture, which is a layer of native pixels here."""
        pixels = choose_bands(picture.pixels, wanted=self.bands, count=self.network.bands)
        grid = picture_grid(*picture.numbered.shape)
        typical_px = typical_px_of(self.typical, picture, target)
        draft = LocalDraft(self.predictor(1), PictureReader(pixels), grid, typical_px=typical_px)
        start = np.zeros(picture.numbered.shape, bool)
        if self.edits and (old := old_mask_of(picture, target)).any():
            start, draft.start_outline = old, outline_of(old, grid)
        return InteractiveAttempt(self, draft, start)

    def predictor(self, click: int) -> Predictor:
        """What answers a click, numbered from 1."""
        preset = self.refinement.interactive(click) if self.refinement else INTERACTIVE
        return Predictor(self.network, size=self.size, preset=preset)


def typical_px_of(typical: TypicalObject, picture: LabelledPicture, target: Target) -> float | None:
    """Longest side, in native pixels, of what the first window on an object is made to fit."""
    if typical == "truth":
        return float(max(target.box[2:]))
    if typical != "class":
        return typical
    alike = [
        max(other.box[2:])
        for other in picture.targets
        if other.class_name == target.class_name and other.number != target.number
    ]
    return float(np.median(alike)) if len(alike) >= ENOUGH_ALIKE else None


@dataclass(slots=True, eq=False)
class InteractiveAttempt:
    """An object being outlined as in the app."""

    method: InteractiveMethod
    draft: LocalDraft
    start: BoolMap
    clicks: int = 0

    def add(self, click: PixelClick) -> Response:
        """The outline after one more click, drawn on the picture's pixels."""
        self.clicks += 1
        before_s = self.method.network.seconds
        grid = self.draft.grid
        x_map, y_map = grid.to_map(click.col + 0.5, click.row + 0.5)
        self.draft.predictor = self.method.predictor(self.clicks)
        answer = self.draft.add(Click(x_map, y_map, click.include))
        whole = Frame(0, 0, grid.width, grid.height)
        mask = whole.draw(answer.outline.geometry, grid)
        return Response(mask, self.method.network.seconds - before_s)


@dataclass(slots=True, eq=False)
class ReferenceMethod:
    """The authors' own evaluation: the whole picture in, ZoomIn, flip averaging, no window rule.

    Attributes:
        network: what predicts.
        settings: with the refinement that is asked for.
        bands: of the pictures, from 1; None = the first ones.
    """

    network: TimedNetwork
    settings: ReferenceSettings
    bands: Sequence[int] | None = None

    def begin(self, picture: LabelledPicture, target: Target) -> "ReferenceAttempt":  # noqa: ARG002 (a Method's; the network is not told the object)
        """Start on an object."""
        pixels = choose_bands(picture.pixels, wanted=self.bands, count=self.network.bands)
        predictor = ReferencePredictor(self.network, self.settings)
        predictor.set_image(pixels)
        return ReferenceAttempt(self, predictor, np.zeros(picture.numbered.shape, bool))


@dataclass(slots=True, eq=False)
class ReferenceAttempt:
    """An object being outlined as in the authors' evaluation."""

    method: ReferenceMethod
    predictor: ReferencePredictor
    start: BoolMap
    _clicks: list[PixelClick] = field(default_factory=list)

    def add(self, click: PixelClick) -> Response:
        """The mask after one more click."""
        before_s = self.method.network.seconds
        self._clicks.append(click)
        found = self.predictor.predict(self._clicks) > self.method.settings.threshold
        return Response(found, self.method.network.seconds - before_s)
