"""Cascade-forward refinement: how many passes a click gets, and when they may stop.

Source: Sun et al., CFR-ICL (arXiv 2303.05620), equations 1 and 2. Two differences by design: the
stop compares with a share of the mask, not with 20 pixels whatever its size; a changed window
costs a pass and owes one, so that no mask is final which was cut by a window.

The published evaluation is the same value with other limits (`reference_settings.py`): no change
of windows, and the 20 pixels.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

BoolMap = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Preset:
    """How a click is answered.

    Attributes:
        name: as sent with every pass and kept with the label.
        first_refinements: most refining passes after the coarse one, at a first click.
        later_refinements: the same at later clicks and on a start mask.
        window_changes: most changes of the window within one click; 0 = no window rule.
        threshold: a pixel belongs to the mask from this probability on.
        stop_share: passes stop when fewer pixels changed than this share of the mask ...
        stop_px: ... or fewer than this many, whichever is more. 0 = never stop early.
        colour_weight: of the colours beside the outline and under the clicks
            (`colour_evidence.py`); 0 = none.
        local_edits: a click on an outline that was there before changes only what hangs together
            with it (`local_change.py`).
        native_passes: most native tiles along the boundary of an object that its settled window
            shows coarsely; they come after all other passes. 0 = none.
    """

    name: str
    first_refinements: int
    later_refinements: int
    window_changes: int
    threshold: float
    stop_share: float
    stop_px: int
    colour_weight: float = 0.0
    local_edits: bool = False
    native_passes: int = 0

    @property
    def most_passes(self) -> int:
        """No click of this preset takes more."""
        return 1 + max(self.first_refinements, self.later_refinements, self.window_changes)


INTERACTIVE = Preset(
    name="interactive",
    # Measured (docs/decisions/0003): more refinements at a first click, or one at later ones, cost
    # time and found nothing better with the default weights.
    first_refinements=1,
    later_refinements=0,
    window_changes=4,
    threshold=0.5,
    stop_share=0.002,
    stop_px=10,
    colour_weight=0.5,  # docs/decisions/0006
    local_edits=True,  # docs/decisions/0005
    # Measured by bench.native_refinement (docs/decisions/0003): with the default weights tiles
    # bring large outlines nothing.
    native_passes=0,
)


@dataclass(frozen=True, slots=True, eq=False)
class Cascade:
    """The passes of one click, as a value: ask `next_pass`, run it, `record` its mask.

    Attributes:
        preset: its limits.
        refinements_left: refining passes that may still come.
        changes_left: changes of the window that may still come.
        done: passes recorded.
        earlier: mask of the pass before, in the window of the next one; None before pass 1.
        is_settled: no further pass follows.
    """

    preset: Preset
    refinements_left: int
    changes_left: int
    done: int = 0
    earlier: BoolMap | None = None
    is_settled: bool = False

    @classmethod
    def begin(cls, preset: Preset, *, is_first_click: bool) -> "Cascade":
        """The cascade of a click before its first pass."""
        refinements = preset.first_refinements if is_first_click else preset.later_refinements
        return cls(preset, refinements, preset.window_changes)

    def next_pass(self) -> int | None:
        """Number of the next pass, from 1; None when settled."""
        return None if self.is_settled else self.done + 1

    @property
    def limit(self) -> int:
        """Passes that this click may take at most, as far as is known now."""
        if self.is_settled:
            return self.done
        owed = 1
        still = owed + self.refinements_left + self.changes_left
        return min(self.preset.most_passes, self.done + still)

    def may_change_window(self) -> bool:
        """Whether the pass that is about to be recorded may be followed by one elsewhere."""
        return self.changes_left > 0 and self.done + 1 < self.preset.most_passes

    def record(self, mask: BoolMap, *, carried: BoolMap | None = None) -> "Cascade":
        """The cascade after a pass.

        Args:
            mask: what the pass found, H x W.
            carried: the same mask in the window of the next pass, when that is another one
                (allowed only while `may_change_window`).
        """
        after = replace(self, done=self.done + 1, earlier=mask)
        if carried is not None:
            return replace(after, earlier=carried, changes_left=self.changes_left - 1)
        if (
            self.refinements_left == 0
            or after.done >= self.preset.most_passes
            or self._has_come_to_rest(mask)
        ):
            return replace(after, is_settled=True)
        return replace(after, refinements_left=self.refinements_left - 1)

    def _has_come_to_rest(self, mask: BoolMap) -> bool:
        """Whether so little changed since the pass before that another is not worth it."""
        if self.earlier is None:
            return False
        changed = int(np.count_nonzero(mask != self.earlier))
        share = self.preset.stop_share * int(np.count_nonzero(mask))
        return changed < max(self.preset.stop_px, share)
