"""From a draft's click to an engine and back, whichever web process the engine has dialled in to.

Per draft there is one request in flight, and the newest wins. A draft's engine is the first of its
own ranking (`affinity.py`); where that one has no credit, the next; where none has, the draft waits
in line at the first one's process. An engine that this process holds is asked by plain objects
(`hub.py`), others through their process (`relay.py`). An engine that dies, or a process that falls
silent, leaves the request to the next engine.

All of it runs in the event loop of the server: no method may be called from another thread.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError

from inference.messages import Failed, PassDone, Segment
from webapp.engines import registry
from webapp.engines.affinity import affinity
from webapp.engines.events import ENGINES, EngineStatus
from webapp.engines.hub import EngineGone, EngineHub, EngineLost, NoCredit, process_hub
from webapp.engines.registry import PresentEngine
from webapp.engines.relay import HolderSilent, Relay
from webapp.engines.segmenter import Answer, EngineAway
from webapp.realtime import layer
from webapp.realtime.in_database import in_database
from webapp.realtime.layer import LayerLost

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
MOST_LOST = 2
"""A request that so many engines died of is not given to another."""

HERE = ""
"""The holder of this process's own engines."""


@dataclass(eq=False, slots=True)
class _Way:
    """What a request has met so far, and where it may still go."""

    request: Segment
    ended: bool = False
    last_pass: int = 0
    lost: int = 0
    left_out: set[tuple[str, str]] = field(default_factory=set)
    without_credit: set[tuple[str, str]] = field(default_factory=set)

    def leave_out(self, engine: PresentEngine) -> None:
        self.left_out.add((engine.engine, engine.holder))

    @property
    def sentence(self) -> str:
        """What the person is told when an engine took the request with it."""
        if self.last_pass:
            return f"The outline stopped at pass {self.last_pass}. Click again to go on."
        return "The engine was lost before it found an outline. Click again to go on."


class EngineDispatch:
    """The engines of all web processes, as one of them sees them; a `Segmenter`.

    Args:
        hub: the engines of this process.
        relay: the way to those of others; None where there are no others.
    """

    def __init__(self, hub: EngineHub, relay: Relay | None = None) -> None:
        self.hub = hub
        self.relay = relay
        self._elsewhere: list[PresentEngine] = []
        self._told: list[PresentEngine] = []
        self._was_wanted_in_vain = False
        self._ways: dict[str, _Way] = {}
        self._of_draft: dict[str, _Way] = {}
        self._watchers: list[Callable[[], None]] = []
        self._look_again = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        hub.when_engines_change(self._tell_watchers)

    # --- For drafts ----------------------------------------------------------------------------

    def status(self) -> EngineStatus:
        """Whether clicks can be answered now, and by what: this process's engines first."""
        for engine in self.engines():
            return EngineStatus(
                connected=True, device=engine.device, model=engine.model, bands=engine.bands
            )
        return EngineStatus(connected=False, device="", model="", bands=[])

    def when_engines_change(self, call: Callable[[], None]) -> None:
        """Call back each time that an engine has come or gone, anywhere."""
        self._watchers.append(call)

    def cancel(self, request: str) -> None:
        """End a request's answers and tell its engine, wherever it is."""
        if way := self._ways.get(request):
            way.ended = True
            self.hub.cancel(request)
            if self.relay is not None:
                self.relay.cancel(request)

    async def segment(self, request: Segment) -> AsyncGenerator[Answer, None]:
        """See `Segmenter.segment`. Leaving the iteration early cancels the request."""
        if older := self._of_draft.get(request.draft):
            self.cancel(older.request.request)
        way = _Way(request)
        self._ways[request.request] = self._of_draft[request.draft] = way
        try:
            while not way.ended:
                async with aclosing(self._try_next(way)) as answers:
                    async for answer in answers:
                        if isinstance(answer, PassDone):
                            way.last_pass = answer.number
                        yield answer
        finally:
            del self._ways[request.request]
            if self._of_draft.get(request.draft) is way:
                del self._of_draft[request.draft]

    async def _try_next(self, way: _Way) -> AsyncGenerator[Answer, None]:
        """The answers of the next engine that the request may go to; an engine's death is no end.

        Raises:
            EngineAway: there is none.
            TooMany: too many wait already.
        """
        engine, must_wait = self._choose(way)
        try:
            async with aclosing(self._ask(engine, way, must_wait=must_wait)) as answers:
                async for answer in answers:
                    yield answer
            way.ended = True
        except NoCredit:
            way.without_credit.add((engine.engine, engine.holder))
        except EngineLost:
            way.lost += 1
            way.leave_out(engine)
        except (EngineGone, HolderSilent):
            way.leave_out(engine)
        except EngineAway:
            for other in self.engines():
                if other.holder == engine.holder:
                    way.leave_out(other)
        if way.lost and not way.ended and (way.lost == MOST_LOST or not self._ranked(way)):
            way.ended = True
            yield Failed(type="failed", request=way.request.request, sentence=way.sentence)

    def _ask(
        self, engine: PresentEngine, way: _Way, *, must_wait: bool
    ) -> AsyncGenerator[Answer, None]:
        wanted = None if must_wait else engine.engine
        first = way.lost > 0
        if engine.holder == HERE or self.relay is None:
            return self.hub.answers(way.request, engine=wanted, first=first)
        return self.relay.answers(engine.holder, way.request, engine=wanted, first=first)

    def _choose(self, way: _Way) -> tuple[PresentEngine, bool]:
        """The engine to ask next, and whether to wait in line there because none has credit."""
        ranked = self._ranked(way)
        if not ranked:
            self._was_wanted_in_vain = True
            raise EngineAway
        for engine in ranked:
            if (engine.engine, engine.holder) not in way.without_credit:
                return engine, False
        return ranked[0], True

    def _ranked(self, way: _Way) -> list[PresentEngine]:
        """The engines that the request may still go to, its own first."""
        known = [
            engine
            for engine in self.engines()
            if (engine.engine, engine.holder) not in way.left_out
        ]
        return sorted(known, key=lambda engine: affinity(way.request, engine.engine), reverse=True)

    # --- Which engines there are ---------------------------------------------------------------

    def engines(self) -> list[PresentEngine]:
        """The engines that can be asked now, this process's own first."""
        here = {
            link.engine: PresentEngine(link.engine, link.device, link.model, link.bands, HERE)
            for link in self.hub.links
        }
        if self.relay is None or not self.relay.carries:
            return list(here.values())
        return [
            *here.values(),
            *(
                engine
                for engine in self._elsewhere
                if engine.engine not in here and not self.relay.is_shunned(engine.holder)
            ),
        ]

    async def look(self) -> None:
        """Read the rows of the engines of other processes, and tell who watches what changed."""
        if self.relay is None:
            return
        # Asked again soon; requests say what is wrong.
        with suppress(DatabaseError, InterfaceError):
            found = await in_database(registry.present)()
            self._elsewhere = [
                engine for engine in found if engine.holder not in (HERE, self.relay.channel)
            ]
        # An engine that came back between two looks is no change, but is waited for.
        came_back = self._was_wanted_in_vain and self.status().connected
        if came_back or self.engines() != self._told:
            self._tell_watchers()

    def start(self) -> None:
        """Listen for other web processes, once per event loop; nothing where there are none."""
        if self.relay is None or any(not task.done() for task in self._tasks):
            return
        self._look_again = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._keep_listening(self.relay)),
            asyncio.create_task(self._keep_looking(self.relay)),
        ]

    async def _keep_listening(self, relay: Relay) -> None:
        while True:
            try:
                if not relay.channel:
                    await relay.open(ENGINES)
                    self._look_again.set()
                if await relay.hear():
                    self._look_again.set()
            except LayerLost:
                logger.exception("The other web processes cannot be reached; tried again soon")
                await asyncio.sleep(LOOK_EVERY_S)

    async def _keep_looking(self, relay: Relay) -> None:
        while True:
            if relay.channel:
                await relay.look_around()
                await self.look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._look_again.wait()
            self._look_again.clear()

    def _tell_watchers(self) -> None:
        self._told = self.engines()
        self._was_wanted_in_vain = False
        for call in self._watchers:
            call()


_dispatch: EngineDispatch | None = None


def process_dispatch() -> EngineDispatch:
    """The dispatch of this process, listening to other processes where there are any."""
    global _dispatch
    if _dispatch is None:
        hub = process_hub()
        _dispatch = EngineDispatch(hub, Relay(hub) if layer.is_shared() else None)
    _dispatch.start()
    return _dispatch


def is_any_connected() -> bool:
    """Whether an engine is connected anywhere, for a thread that has no event loop."""
    if process_hub().status().connected:
        return True
    try:
        return layer.is_shared() and bool(registry.present())
    except (DatabaseError, InterfaceError):
        return False
