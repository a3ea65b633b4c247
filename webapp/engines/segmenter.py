"""What drafts know of engines: clicks in, passes out."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from inference.messages import Failed, PassDone, Queued, Segment
from webapp.engines.events import EngineStatus
from webapp.errors import Unavailable

Answer = PassDone | Queued | Failed


class EngineAway(Unavailable):
    """No engine is connected; the click is kept and runs when one is."""

    def __init__(self) -> None:
        super().__init__(
            "The engine is not connected. You can draw by hand; clicks run when it is back."
        )


class Segmenter(Protocol):
    """Who answers clicks: `EngineDispatch`, or a fake in tests."""

    def segment(self, request: Segment) -> AsyncGenerator[Answer, None]:
        """The answers to a request, until it is settled, failed, cancelled or superseded.

        Raises:
            EngineAway: there is no engine (any more) that could take it.
            TooMany: too many requests wait already.
        """
        ...

    def cancel(self, request: str) -> None:
        """End a request's answers; unknown ids are ignored."""
        ...

    def status(self) -> EngineStatus:
        """Whether clicks can be answered now."""
        ...

    def when_engines_change(self, call: Callable[[], None]) -> None:
        """Call back each time that an engine has come or gone."""
        ...


def ends(answer: Answer) -> bool:
    """Whether no further answer follows."""
    return isinstance(answer, Failed) or (isinstance(answer, PassDone) and answer.settled)
