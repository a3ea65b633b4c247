"""The published evaluation of SimpleClick and CFR-ICL, as settings."""

from dataclasses import dataclass
from typing import Literal

from inference.prediction.cascade import Preset
from inference.prediction.zoom_in import ZoomRules

ClickScope = Literal["first", "all"] | int
"""Which clicks are refined: the first, all, or the first so many."""


@dataclass(frozen=True, slots=True)
class ReferenceSettings:
    """How the reference answers a click. The defaults are SimpleClick's evaluation.

    Attributes:
        zoom: which part of the image is shown; None always shows all of it at its own size.
        flip: average the logits with those of the mirrored image.
        most_clicks: the network is shown the first so many clicks; None: all.
        rounds_clicks: draw disks round the nearest pixel, as the compiled click maps do that the
            demo programs use. The evaluation keeps the fractions that zooming brings.
        threshold: a pixel belongs to the mask where its probability lies above.
        refinements: passes after the coarse one at the clicks in scope (n of CFR-n).
        refined_clicks: the scope; the authors' evaluation refines only the first click unless
            told otherwise.
        is_adaptive: refining stops when hardly a pixel changes.
        stop_px: "hardly": at most so many, whatever the size of the image.

    Source: Sun et al., CFR-ICL (arXiv 2303.05620) and its evaluation; Liu et al., SimpleClick.
    """

    zoom: ZoomRules | None = ZoomRules()  # noqa: RUF009 (a frozen value, shared safely)
    flip: bool = True
    most_clicks: int | None = None
    rounds_clicks: bool = False
    threshold: float = 0.49
    refinements: int = 0
    refined_clicks: ClickScope = "first"
    is_adaptive: bool = False
    stop_px: int = 20

    @property
    def preset(self) -> Preset:
        """The same for the cascade, whose first clicks are those in scope."""
        return Preset(
            name="reference",
            first_refinements=self.refinements,
            later_refinements=0,
            window_changes=0,
            threshold=self.threshold,
            stop_share=0.0,
            # The cascade stops below a number, the authors' code at it.
            stop_px=self.stop_px + 1 if self.is_adaptive else 0,
        )

    def refines(self, click_number: int) -> bool:
        """Whether a click, counted from 1, is in scope."""
        if self.refined_clicks == "all":
            return True
        return click_number <= (1 if self.refined_clicks == "first" else self.refined_clicks)


REFERENCE = ReferenceSettings()
