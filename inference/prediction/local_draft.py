from dataclasses import dataclass, field

from shapely import MultiPolygon, Polygon

from inference.clicks import Click
from inference.messages import OutlineRules
from inference.prediction.predictor import Answer, Predictor
from inference.prediction.previous_mask import PreviousMask
from inference.prediction.question import Question
from inference.prediction.window_reader import WindowReader
from inference.windows import Grid


@dataclass(slots=True, eq=False)
class LocalDraft:
    """One object being made without a server: click after click, as the app would ask.

    Attributes:
        predictor: answers the clicks.
        reader: of the layer.
        grid: of the layer.
        rules: for the outlines.
        typical_px: longest side of a typical object, native pixels; None where nobody said.
        start_outline: what was there before (map frame); None for a new object.
    """

    predictor: Predictor
    reader: WindowReader
    grid: Grid
    rules: OutlineRules = OutlineRules()  # noqa: RUF009 (frozen)
    typical_px: float | None = None
    start_outline: Polygon | MultiPolygon | None = None
    _clicks: list[Click] = field(default_factory=list)
    _previous: PreviousMask | None = None

    def add(self, click: Click) -> Answer:
        """The settled answer to one more click.

        Raises:
            InferenceError: the click cannot be answered; the draft stays as it was.
        """
        clicks = (*self._clicks, click)
        question = Question(
            self.grid,
            clicks,
            self.rules,
            previous=self._previous,
            start_outline=self.start_outline,
            typical_px=self.typical_px,
        )
        question.check()
        answer = self.predictor.answer(question, self.reader)
        self._clicks.append(click)
        self._previous = answer.found.mask
        return answer
