"""From a draft's click to an engine and back, inside the web process, by plain objects.

The channel layer has neither back-pressure nor fairness, so requests do not pass through it. Per
draft there is one request in flight, and the newest wins. An engine gets as many requests as it
has credit for; the rest wait here, in order, and are told their place. Nothing grows without
bound: a draft has one request, the waiting line has an end, a request keeps its newest answers.

All of it runs in the event loop of the server: no method may be called from another thread.
"""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from inference.messages import Cancel, Failed, PassDone, Queued, Segment
from webapp.engines.events import EngineStatus
from webapp.errors import TooMany, Unavailable

Answer = PassDone | Queued | Failed

MOST_WAITING = 500
MOST_ANSWERS_KEPT = 16
"""Per request: a reader that is slower than the engine loses the oldest passes, never the last."""
FIRST_GUESS_S = 2.0
"""What a request takes, until the first has been timed."""


class EngineAway(Unavailable):
    """No engine is connected; the click is kept and runs when one is."""

    def __init__(self) -> None:
        super().__init__(
            "The engine is not connected. You can draw by hand; clicks run when it is back."
        )


class Segmenter(Protocol):
    """Who answers clicks: `EngineHub`, or a fake in tests."""

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

    def when_engine_comes(self, call: Callable[[], None]) -> None:
        """Call back each time that an engine has connected."""
        ...


@dataclass(eq=False, slots=True)
class EngineLink:
    """An engine's socket as the hub sees it.

    Attributes:
        engine: the engine's public id; drafts stick to it.
        capacity: requests that it takes at a time (its credit).
        post: hands a message to the socket without waiting.
    """

    engine: str
    device: str
    model: str
    capacity: int
    post: Callable[[Segment | Cancel], None]
    in_flight: set[str] = field(default_factory=set)

    @property
    def has_credit(self) -> bool:
        """Whether it takes another request."""
        return len(self.in_flight) < self.capacity


@dataclass(eq=False, slots=True)
class _Ticket:
    """One request on its way."""

    request: Segment
    link: EngineLink | None = None
    tries: int = 0
    last_pass: int = 0
    started_at: float = 0.0
    place: int = -1
    ended: bool = False
    away: bool = False
    answers: deque[Answer] = field(default_factory=lambda: deque(maxlen=MOST_ANSWERS_KEPT))
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, answer: Answer) -> None:
        self.answers.append(answer)
        self.news.set()

    async def next(self) -> Answer | None:
        while not self.answers and not self.ended:
            self.news.clear()
            await self.news.wait()
        return self.answers.popleft() if self.answers else None


class EngineHub:
    """The engines of this process and the requests for them; a `Segmenter`."""

    def __init__(self, *, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._links: list[EngineLink] = []
        self._tickets: dict[str, _Ticket] = {}
        self._of_draft: dict[str, _Ticket] = {}
        self._waiting: deque[_Ticket] = deque()
        self._mean_s = FIRST_GUESS_S
        self._watchers: list[Callable[[], None]] = []

    # --- For drafts ----------------------------------------------------------------------------

    def status(self) -> EngineStatus:
        """Whether clicks can be answered now, and by what."""
        if not self._links:
            return EngineStatus(connected=False, device="", model="")
        first = self._links[0]
        return EngineStatus(connected=True, device=first.device, model=first.model)

    def when_engine_comes(self, call: Callable[[], None]) -> None:
        """Call back each time that an engine has connected."""
        self._watchers.append(call)

    async def segment(self, request: Segment) -> AsyncGenerator[Answer, None]:
        """See `Segmenter.segment`. Leaving the iteration early cancels the request."""
        ticket = self._enter(request)
        try:
            while (answer := await ticket.next()) is not None:
                yield answer
        finally:
            self._end(ticket)
        if ticket.away:
            raise EngineAway

    def cancel(self, request: str) -> None:
        """End a request's answers and tell its engine."""
        if ticket := self._tickets.get(request):
            self._end(ticket)

    # --- For engines' sockets ------------------------------------------------------------------

    def connected(self, link: EngineLink) -> None:
        """An engine has said hello: what waits may go to it."""
        self._links.append(link)
        self._hand_out()
        for call in self._watchers:
            call()

    def is_connected(self, engine: str) -> bool:
        """Whether the engine has a socket here."""
        return any(link.engine == engine for link in self._links)

    def answered(self, link: EngineLink, answer: Answer) -> None:
        """An engine's answer; one that nobody waits for any more is dropped."""
        ticket = self._tickets.get(answer.request)
        if ticket is None or ticket.link is not link:
            return
        if isinstance(answer, PassDone):
            if (answer.draft, answer.step) != (ticket.request.draft, ticket.request.step):
                return
            ticket.last_pass = answer.number
        ticket.put(answer)
        if isinstance(answer, Failed) or (isinstance(answer, PassDone) and answer.settled):
            took_s = time.monotonic() - ticket.started_at
            self._mean_s += 0.2 * (took_s - self._mean_s)
            self._end(ticket, answered=True)

    def disconnected(self, link: EngineLink) -> None:
        """An engine is gone: its requests go to another one, once, or fail at once."""
        if link not in self._links:
            return
        self._links.remove(link)
        lost = [self._tickets[request] for request in sorted(link.in_flight)]
        link.in_flight.clear()
        for ticket in lost:
            ticket.link = None
            if self._links and ticket.tries < 2:
                self._waiting.appendleft(ticket)
            else:
                ticket.put(
                    Failed(type="failed", request=ticket.request.request, sentence=_lost(ticket))
                )
                self._end(ticket, answered=True)
        if not self._links:
            for ticket in list(self._waiting):
                ticket.away = True
                self._end(ticket)
        self._hand_out()

    # --- Inside --------------------------------------------------------------------------------

    def _enter(self, request: Segment) -> _Ticket:
        if not self._links:
            raise EngineAway
        if older := self._of_draft.get(request.draft):
            self._end(older)
        if len(self._waiting) >= self._most_waiting:
            raise TooMany(
                "Too many clicks wait for the engine. Yours is kept: click again in a moment."
            )
        ticket = _Ticket(request)
        self._tickets[request.request] = self._of_draft[request.draft] = ticket
        self._waiting.append(ticket)
        self._hand_out()
        return ticket

    def _end(self, ticket: _Ticket, *, answered: bool = False) -> None:
        if ticket.ended:
            return
        ticket.ended = True
        ticket.news.set()
        self._tickets.pop(ticket.request.request, None)
        if self._of_draft.get(ticket.request.draft) is ticket:
            del self._of_draft[ticket.request.draft]
        if ticket.link is not None:
            ticket.link.in_flight.discard(ticket.request.request)
            if not answered:
                ticket.link.post(Cancel(type="cancel", request=ticket.request.request))
        elif ticket in self._waiting:
            self._waiting.remove(ticket)
        self._hand_out()

    def _hand_out(self) -> None:
        """Give what waits to engines with credit, oldest first, and tell the rest their place."""
        while self._waiting:
            link = self._engine_for(self._waiting[0].request)
            if link is None:
                break
            ticket = self._waiting.popleft()
            ticket.link = link
            ticket.tries += 1
            ticket.started_at = time.monotonic()
            link.in_flight.add(ticket.request.request)
            link.post(ticket.request)
        in_flight = sum(len(link.in_flight) for link in self._links)
        capacity = max(1, sum(link.capacity for link in self._links))
        for ahead, ticket in enumerate(self._waiting, start=in_flight):
            if ahead != ticket.place:
                ticket.place = ahead
                ticket.put(
                    Queued(
                        type="queued",
                        request=ticket.request.request,
                        ahead=ahead,
                        seconds=ahead * self._mean_s / capacity,
                    )
                )

    def _engine_for(self, request: Segment) -> EngineLink | None:
        """The draft's own engine (its cache is warm), or the next in line with credit."""
        free = [link for link in self._links if link.has_credit]
        return max(free, key=lambda link: _affinity(request.draft, link.engine), default=None)


def _affinity(draft: str, engine: str) -> bytes:
    """Rendezvous hash: each draft ranks the engines its own way, whichever come and go."""
    return hashlib.blake2b(f"{draft} {engine}".encode(), digest_size=8).digest()


def _lost(ticket: _Ticket) -> str:
    if ticket.last_pass:
        return f"The outline stopped at pass {ticket.last_pass}. Click again to go on."
    return "The engine was lost before it found an outline. Click again to go on."


_hub: EngineHub | None = None


def process_hub() -> EngineHub:
    """The hub of this process."""
    global _hub
    if _hub is None:
        _hub = EngineHub()
    return _hub
