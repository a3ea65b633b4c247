"""A Segmenter in memory: the test reads what was asked, and answers when it likes."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from inference.messages import Failed, PassDone, Segment
from tests.drawn.engine_answers import draw_pass
from webapp.engines.events import EngineStatus
from webapp.engines.segmenter import Answer, EngineAway

WAIT_S = 10
"""How long a request may take to arrive before a test fails."""


class FakeEngine:
    """One engine of unlimited capacity; `away` says that none is connected."""

    def __init__(self) -> None:
        self.away = False
        self.cancelled: list[str] = []
        self._asked: asyncio.Queue[Segment] = asyncio.Queue()
        self._answers: dict[str, asyncio.Queue[Answer | None]] = {}
        self._watchers: list[Callable[[], None]] = []

    # --- What drafts see -----------------------------------------------------------------------

    def status(self) -> EngineStatus:
        return EngineStatus(connected=not self.away, device="fake", model="fake", bands=[1, 2, 3])

    def when_engines_change(self, call: Callable[[], None]) -> None:
        self._watchers.append(call)

    async def segment(self, request: Segment) -> AsyncGenerator[Answer, None]:
        if self.away:
            raise EngineAway
        answers = self._answers[request.request] = asyncio.Queue()
        self._asked.put_nowait(request)
        while (answer := await answers.get()) is not None:
            yield answer
            if isinstance(answer, Failed) or (isinstance(answer, PassDone) and answer.settled):
                return

    def cancel(self, request: str) -> None:
        self.cancelled.append(request)
        if request in self._answers:
            self._answers[request].put_nowait(None)

    # --- What the test does --------------------------------------------------------------------

    async def request(self) -> Segment:
        """The next request, as soon as it is there."""
        return await asyncio.wait_for(self._asked.get(), WAIT_S)

    @property
    def is_idle(self) -> bool:
        """Whether no request waits to be read by the test."""
        return self._asked.empty()

    def say(self, answer: Answer) -> None:
        self._answers[answer.request].put_nowait(answer)

    def answer(self, request: Segment, number: int = 1, limit: int = 3, **other) -> PassDone:
        """Answer with one drawn pass."""
        done = draw_pass(request, number, limit, **other)
        self.say(done)
        return done

    def come_back(self) -> None:
        self.away = False
        for call in self._watchers:
            call()
