"""One question on its way to an answer, as a value.

The plain predictor runs a prediction in a loop, the engine one pass at a time between those of
other people; both ask `next_pass`, run what it describes and `record` what came out.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inference.clicks import WindowClick
from inference.prediction.cascade import Cascade, Preset
from inference.prediction.click_map import click_map
from inference.prediction.colour_evidence import Looks, weigh_colours
from inference.prediction.local_change import change_locally
from inference.prediction.native_refinement import NativeRefinement
from inference.prediction.previous_mask import CERTAIN, PreviousMask, to_8_bit
from inference.prediction.question import ClickOnNoData, Question
from inference.prediction.start_mask import extent_of, mask_from_outline
from inference.prediction.window_rule import (
    clicked_extent,
    first_window,
    next_window,
    window_for_clicks,
    window_round_outline,
)
from inference.windows import Window


@dataclass(frozen=True, slots=True, eq=False)
class PlannedPass:
    """A pass of the network that is to be run.

    Attributes:
        number: from 1; pass 1 is the coarse one.
        previous: what is fed back, and in which window.
        clicks: window frame; some may lie outside.
    """

    number: int
    previous: PreviousMask
    clicks: tuple[WindowClick, ...]

    @property
    def window(self) -> Window:
        """The window to read."""
        return self.previous.window


@dataclass(frozen=True, slots=True, eq=False)
class PassResult:
    """What a pass found.

    Attributes:
        number: of the pass.
        limit: passes that the click may take at most, as far as is known after this one.
        is_settled: no further pass follows.
        mask: what a next click starts from: in the window of the pass, or the settled mask once
            native tiles follow.
        shown: what the outline is drawn from: `mask`, or the mosaic after the last native tile.
        clicks: in the window of `shown`.
        native_share: of the outline, how much is as fine as native pixels: 0..1.
    """

    number: int
    limit: int
    is_settled: bool
    mask: PreviousMask
    shown: PreviousMask
    clicks: tuple[WindowClick, ...]
    native_share: float

    @property
    def coarse_factor(self) -> float:
        """Native pixels per pixel of the coarsest stretch of the outline, 1 at least."""
        return 1.0 if self.native_share == 1 else max(1.0, self.mask.window.factor)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Where one question stands.

    Attributes:
        question: what was asked.
        reach_px: a click counts for parts up to this many window pixels away.
        previous: the mask that the next pass is fed, in the window it looks at.
        cascade: passes done and to come.
        has_grown: the window grew within this click, so it does not shrink any more.
        native: the tiles that follow the cascade; None before that, and where none do.
    """

    question: Question
    reach_px: int
    previous: PreviousMask
    cascade: Cascade
    has_grown: bool = False
    native: NativeRefinement | None = None

    @classmethod
    def begin(cls, question: Question, *, preset: Preset, size: int, reach_px: int) -> "Prediction":
        """The prediction before its first pass.

        Args:
            question: what is asked.
            preset: how it is answered.
            size: side of the network's windows.
            reach_px: radius of the network's click disks.
        """
        previous = start_mask(question, size)
        cascade = Cascade.begin(preset, is_first_click=question.is_first_click)
        return cls(question, reach_px, previous, cascade)

    def next_pass(self) -> PlannedPass | None:
        """The pass to run next; None when settled."""
        if self.native is not None:
            return self._next_tile(self.native)
        number = self.cascade.next_pass()
        if number is None:
            return None
        return PlannedPass(number, self.previous, self._clicks_in(self.previous.window))

    def _next_tile(self, native: NativeRefinement) -> PlannedPass | None:
        """As `next_pass`, once the cascade has settled."""
        fed = native.next_tile()
        if fed is None:
            return None
        threshold = self.cascade.preset.threshold
        clicks = native.clicks_for(fed, self._clicks_in(fed.window), threshold=threshold)
        return PlannedPass(self._done() + 1, fed, clicks)

    def record(
        self, values: npt.NDArray[np.uint8], valid: npt.NDArray[np.bool_], looks: Looks
    ) -> tuple["Prediction", PassResult]:
        """The prediction after a pass, and what the pass found.

        Args:
            values: S x S, 8-bit probabilities in the window of `next_pass`.
            valid: S x S, where the image has data; elsewhere nothing is found.
            looks: F x S^2, of the window's pixels.

        Raises:
            ClickOnNoData: the newest click lies where the image is empty.
        """
        if self.native is not None:
            return self._record_tile(self.native, values, valid)
        window = self.previous.window
        self._check_data(window, valid)
        weight = self.cascade.preset.colour_weight
        if weight:
            said = values.astype(np.float32) / np.float32(CERTAIN)
            clicks = self._clicks_in(window)
            disks = click_map(clicks, size=window.size, radius_px=self.reach_px)
            values = to_8_bit(weigh_colours(said, looks, disks, weight=weight))
        found = self._with_local_change(PreviousMask(window, values))
        mask = PreviousMask(window, np.where(valid, found.values, 0).astype(np.uint8))
        inside = mask.inside(self.cascade.preset.threshold)
        target = self._next_window(window, inside)
        if target == window:
            after = replace(self, previous=mask, cascade=self.cascade.record(inside))
        else:
            carried = mask.carried_to(target)
            carried_inside = carried.inside(self.cascade.preset.threshold)
            after = replace(
                self,
                previous=carried,
                cascade=self.cascade.record(inside, carried=carried_inside),
                has_grown=self.has_grown or target.factor > window.factor,
            )
        if after.cascade.is_settled:
            after = replace(after, native=after._native_tiles(mask, valid))
        return after, after._result(mask, shown=mask, native_share=float(window.factor <= 1))

    def _with_local_change(self, found: PreviousMask) -> PreviousMask:
        """What a pass found, where the newest click may change it."""
        preset, question = self.cascade.preset, self.question
        if question.start_outline is None or not preset.local_edits:
            return found
        before = question.previous or mask_from_outline(
            question.start_outline, question.grid, found.window
        )
        newest = self._clicks_in(found.window)[-1]
        return change_locally(
            found, before, newest, threshold=preset.threshold, reach_px=self.reach_px
        )

    def _native_tiles(
        self, settled: PreviousMask, valid: npt.NDArray[np.bool_]
    ) -> NativeRefinement | None:
        """What follows a cascade that settled on a mask."""
        preset, question = self.cascade.preset, self.question
        keeps_all = question.outline_rules.keep == "all"
        return NativeRefinement.plan(
            settled,
            valid,
            threshold=preset.threshold,
            include=[] if keeps_all else question.include_places,
            newest=question.places[-1],
            reach_px=self.reach_px,
            most_tiles=preset.native_passes,
        )

    def _record_tile(
        self,
        native: NativeRefinement,
        values: npt.NDArray[np.uint8],
        valid: npt.NDArray[np.bool_],
    ) -> tuple["Prediction", PassResult]:
        """As `record`, after a native tile.

        The mosaic is drawn once, when the last tile is there: its outline takes longer than a pass.
        """
        window = native.waiting[0]
        native = native.record(PreviousMask(window, np.where(valid, values, 0).astype(np.uint8)))
        after = replace(self, native=native)
        if native.waiting:
            return after, after._result(native.settled, shown=native.settled, native_share=0)
        mosaic = native.mosaic(threshold=self.cascade.preset.threshold)
        return after, after._result(native.settled, shown=mosaic, native_share=native.share)

    def _result(
        self, mask: PreviousMask, *, shown: PreviousMask, native_share: float
    ) -> PassResult:
        """What is told of the pass that was recorded last."""
        return PassResult(
            number=self._done(),
            limit=self._limit(),
            is_settled=self._is_settled(),
            mask=mask,
            shown=shown,
            clicks=self._clicks_in(shown.window),
            native_share=native_share,
        )

    def _is_settled(self) -> bool:
        """Whether no further pass follows."""
        return self.cascade.is_settled and (self.native is None or not self.native.waiting)

    def _done(self) -> int:
        """Passes recorded."""
        return self.cascade.done + (len(self.native.tiles) if self.native is not None else 0)

    def _limit(self) -> int:
        """Passes that the click may take at most.

        Native tiles count from when the window has become coarse: most clicks never need them.
        """
        if self.native is not None:
            return self._done() + len(self.native.waiting)
        may_follow = not self.cascade.is_settled and self.previous.window.factor > 1
        return self.cascade.limit + (self.cascade.preset.native_passes if may_follow else 0)

    def _next_window(self, window: Window, inside: npt.NDArray[np.bool_]) -> Window:
        """Where the next pass looks, if there is one."""
        if not self.cascade.may_change_window():
            return window
        question = self.question
        extent = clicked_extent(inside, window, question.include_places, radius_px=self.reach_px)
        # One click does not say how large the object is, and a mask that is too small must not
        # make the next one smaller still (docs/decisions/0002).
        may_shrink = not (self.has_grown or question.is_first_click)
        return next_window(window, extent, question.places, question.grid, may_shrink=may_shrink)

    def _clicks_in(self, window: Window) -> tuple[WindowClick, ...]:
        """The clicks in the window frame."""
        places = zip(self.question.places, self.question.clicks, strict=True)
        return tuple(
            WindowClick(*window.to_window(*place), include=click.include) for place, click in places
        )

    def _check_data(self, window: Window, valid: npt.NDArray[np.bool_]) -> None:
        """Raise `ClickOnNoData` when the newest include click has no data under it."""
        newest = self._clicks_in(window)[-1]
        row, col = int(newest.v), int(newest.u)
        is_inside = 0 <= row < window.size and 0 <= col < window.size
        if newest.include and is_inside and not valid[row, col]:
            raise ClickOnNoData


def start_mask(question: Question, size: int) -> PreviousMask:
    """What the first pass of a click is fed, in the window that it looks at."""
    places, grid = question.places, question.grid
    if question.previous is not None:
        previous = question.previous
        window = previous.window
        if window.size != size:  # another network was at work before
            window = fitting_window(window, size)
        extent = clicked_extent(
            previous.inside(0.5), previous.window, question.include_places, radius_px=0
        )
        return previous.carried_to(window_for_clicks(window, places, extent))
    if question.start_outline is not None:
        extent = extent_of(question.start_outline, grid)
        window = window_for_clicks(window_round_outline(extent, size=size), places, extent)
        return mask_from_outline(question.start_outline, grid, window)
    first = first_window(question.include_places[0], size=size, typical_px=question.typical_px)
    return PreviousMask.empty(window_for_clicks(first, places, None))


def fitting_window(window: Window, size: int) -> Window:
    """The window of another size that shows at least what this one shows."""
    factor = window.factor
    while factor * size < window.side:
        factor *= 2
    return Window.around(*window.centre, factor=factor, size=size)
