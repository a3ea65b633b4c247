"""The engines whose sockets this web process holds, and the requests for them.

Inside the process requests go by plain objects: the channel layer has neither back-pressure nor
fairness. An engine gets as many requests as it has credit for; the rest wait here, in order, and
are told their place. Nothing grows without bound: a draft has one request, the waiting line has
an end, a request keeps its newest answers.

All of it runs in the event loop of the server: no method may be called from another thread.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from inference.messages import Cancel, PassDone, Queued, Segment
from webapp.engines.affinity import affinity
from webapp.engines.events import EngineStatus
from webapp.engines.segmenter import Answer, EngineAway, ends
from webapp.errors import TooMany

MOST_WAITING = 500
MOST_ANSWERS_KEPT = 16
"""Per request: a reader that is slower than the engine loses the oldest passes, never the last."""
FIRST_GUESS_S = 2.0
"""What a request takes, until the first has been timed."""


class NoCredit(Exception):
    """The engine that was asked for takes no further request now."""


class EngineGone(Exception):
    """The engine that was asked for has no socket here."""


class EngineLost(Exception):
    """The engine died with the request in its hands."""


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
    bands: list[int]
    capacity: int
    post: Callable[[Segment | Cancel], None]
    in_flight: set[str] = field(default_factory=set)

    @property
    def has_credit(self) -> bool:
        """Whether it takes another request."""
        return len(self.in_flight) < self.capacity


@dataclass(frozen=True, slots=True)
class EngineLoad:
    """What is asked of this process's engines now.

    Attributes:
        engines: how many are connected.
        in_flight: requests that are at one of them.
        waiting: requests that wait for one.
        oldest_s: how long the oldest of those has waited.
    """

    engines: int
    in_flight: int
    waiting: int
    oldest_s: float


@dataclass(eq=False, slots=True)
class _Ticket:
    """One request on its way."""

    request: Segment
    link: EngineLink | None = None
    entered_at: float = field(default_factory=time.monotonic)
    started_at: float = 0.0
    place: int = -1
    ended: bool = False
    trouble: Exception | None = None
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
    """The engines of this process and the requests for them."""

    def __init__(self, *, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._links: list[EngineLink] = []
        self._tickets: dict[str, _Ticket] = {}
        self._of_draft: dict[str, _Ticket] = {}
        self._waiting: deque[_Ticket] = deque()
        self._mean_s = FIRST_GUESS_S
        self._watchers: list[Callable[[], None]] = []

    # --- For requests --------------------------------------------------------------------------

    @property
    def links(self) -> tuple[EngineLink, ...]:
        """The engines that are connected here, the longest connected first."""
        return tuple(self._links)

    def status(self) -> EngineStatus:
        """Whether the engines of this process can answer clicks, and which they are."""
        for link in self._links:
            return EngineStatus(
                connected=True, device=link.device, model=link.model, bands=link.bands
            )
        return EngineStatus(connected=False, device="", model="", bands=[])

    def load(self) -> EngineLoad:
        """How much is asked of them now."""
        entered = [ticket.entered_at for ticket in self._waiting]
        return EngineLoad(
            engines=len(self._links),
            in_flight=sum(len(link.in_flight) for link in self._links),
            waiting=len(entered),
            oldest_s=time.monotonic() - min(entered) if entered else 0.0,
        )

    def when_engines_change(self, call: Callable[[], None]) -> None:
        """Call back each time that an engine has come or gone."""
        self._watchers.append(call)

    async def answers(
        self, request: Segment, *, engine: str | None = None, first: bool = False
    ) -> AsyncGenerator[Answer, None]:
        """The answers to a request, until it is settled, failed, cancelled or superseded.

        Leaving the iteration early cancels the request.

        Args:
            request: it ends an older one of the same draft.
            engine: goes to this engine at once or not at all; None waits in line for whichever
                of the process's engines has credit.
            first: goes to the front of the line: it has waited before.

        Raises:
            EngineGone: `engine` has no socket here.
            NoCredit: `engine` has no credit.
            EngineAway: no engine is connected here (any more); none has seen the request.
            EngineLost: the engine that had the request is gone.
            TooMany: too many wait already.
        """
        ticket = self._enter(request, engine, first=first)
        try:
            while (answer := await ticket.next()) is not None:
                yield answer
        finally:
            self._end(ticket)
        if ticket.trouble is not None:
            raise ticket.trouble

    def cancel(self, request: str) -> None:
        """End a request's answers and tell its engine; unknown ids are ignored."""
        if ticket := self._tickets.get(request):
            self._end(ticket)

    # --- For engines' sockets ------------------------------------------------------------------

    def connected(self, link: EngineLink) -> None:
        """An engine has said hello: what waits may go to it."""
        self._links.append(link)
        self._hand_out()
        self._tell_watchers()

    def is_connected(self, engine: str) -> bool:
        """Whether the engine has a socket here."""
        return any(link.engine == engine for link in self._links)

    def answered(self, link: EngineLink, answer: Answer) -> None:
        """An engine's answer; one that nobody waits for any more is dropped."""
        ticket = self._tickets.get(answer.request)
        if ticket is None or ticket.link is not link:
            return
        if isinstance(answer, PassDone) and (answer.draft, answer.step) != (
            ticket.request.draft,
            ticket.request.step,
        ):
            return
        ticket.put(answer)
        if ends(answer):
            took_s = time.monotonic() - ticket.started_at
            self._mean_s += 0.2 * (took_s - self._mean_s)
            self._end(ticket, answered=True)

    def disconnected(self, link: EngineLink) -> None:
        """An engine is gone, and with it the requests that it had; those that wait may stay."""
        if link not in self._links:
            return
        self._links.remove(link)
        lost = [self._tickets[request] for request in sorted(link.in_flight)]
        link.in_flight.clear()
        # Those that wait are told first: a lost request that asks again must not find them.
        if not self._links:
            for ticket in list(self._waiting):
                ticket.trouble = EngineAway()
                self._end(ticket)
        for ticket in lost:
            ticket.trouble = EngineLost()
            self._end(ticket, answered=True)
        self._hand_out()
        self._tell_watchers()

    # --- Inside --------------------------------------------------------------------------------

    def _enter(self, request: Segment, engine: str | None, *, first: bool) -> _Ticket:
        if engine is None and not self._links:
            raise EngineAway
        if older := self._of_draft.get(request.draft):
            self._end(older)
        link = None if engine is None else self._free(engine)
        if link is None and len(self._waiting) >= self._most_waiting:
            raise TooMany(
                "Too many clicks wait for the engine. Yours is kept: click again in a moment."
            )
        ticket = _Ticket(request)
        self._tickets[request.request] = self._of_draft[request.draft] = ticket
        if link is not None:
            self._give(ticket, link)
        elif first:
            self._waiting.appendleft(ticket)
        else:
            self._waiting.append(ticket)
        self._hand_out()
        return ticket

    def _free(self, engine: str) -> EngineLink:
        """The engine's newest socket, if it has credit."""
        link = next((link for link in reversed(self._links) if link.engine == engine), None)
        if link is None:
            raise EngineGone
        if not link.has_credit:
            raise NoCredit
        return link

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

    def _give(self, ticket: _Ticket, link: EngineLink) -> None:
        ticket.link = link
        ticket.started_at = time.monotonic()
        link.in_flight.add(ticket.request.request)
        link.post(ticket.request)

    def _hand_out(self) -> None:
        """Give what waits to engines with credit, oldest first, and tell the rest their place."""
        while self._waiting:
            request = self._waiting[0].request
            free = [link for link in self._links if link.has_credit]
            if not free:
                break
            link = max(free, key=lambda link: affinity(request, link.engine))
            self._give(self._waiting.popleft(), link)
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

    def _tell_watchers(self) -> None:
        for call in self._watchers:
            call()


_hub: EngineHub | None = None


def process_hub() -> EngineHub:
    """The hub of this process."""
    global _hub
    if _hub is None:
        _hub = EngineHub()
    return _hub
