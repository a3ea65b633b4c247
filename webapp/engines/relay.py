"""Requests to engines whose sockets another web process holds, and its requests to ours.

They travel through the channel layer to that process's own channel, and the answers come back to
ours. The layer loses messages without a word, so nothing rests on one: the caller repeats what was
not acknowledged, reminds the holder of every open call, and gives a silent one up; the holder
drops a call that nobody reminds it of. A call has one request and keeps one answer, so nothing
grows without bound; credit and the waiting line are the holder's hub's.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from uuid import uuid4

from pydantic import ValidationError

from inference.messages import Segment
from webapp.engines.hub import (
    MOST_ANSWERS_KEPT,
    EngineGone,
    EngineHub,
    EngineLost,
    NoCredit,
)
from webapp.engines.relay_messages import (
    Ask,
    Drop,
    Echo,
    End,
    RelayMessage,
    Remind,
    Said,
    relay_message,
)
from webapp.engines.segmenter import Answer, EngineAway, ends
from webapp.errors import TooMany
from webapp.realtime import layer
from webapp.realtime.layer import LayerLost

logger = logging.getLogger(__name__)

REMIND_EVERY_S = 1.0
MOST_SILENT = 4
"""Reminders without an answer; then the holder is given up."""
LEASE_S = 15.0
"""A call that nobody has reminded of for so long is dropped by its holder."""
LAYER_LOST_AFTER_S = 6.0
"""Without an echo for so long, nobody is reached."""
SHUNNED_S = 10.0
"""So long a holder that was silent is asked nothing, unless it is heard."""


class HolderSilent(Exception):
    """The process that has the engine's socket does not answer: it, or the layer, is gone."""


@dataclass(eq=False, slots=True)
class _Call:
    """A request of ours at another process."""

    holder: str
    ask: Ask
    have: int = 0
    was_heard: bool = False
    silent: int = 0
    reminded_at: float = field(default_factory=time.monotonic)
    heard: deque[Said] = field(default_factory=lambda: deque(maxlen=MOST_ANSWERS_KEPT))
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, said: Said) -> None:
        self.was_heard, self.silent = True, 0
        self.heard.append(said)
        self.news.set()

    async def next(self) -> Said:
        while not self.heard:
            self.news.clear()
            await self.news.wait()
        return self.heard.popleft()


@dataclass(eq=False, slots=True)
class _Kept:
    """A request of another process at our hub."""

    call: str
    caller: str
    heard_at: float
    number: int = 0
    answer: Answer | None = None
    end: End | None = None
    work: asyncio.Task[None] | None = None


class Relay:
    """One web process's end of the calls between processes. For the server's event loop."""

    def __init__(
        self,
        hub: EngineHub,
        *,
        remind_every_s: float = REMIND_EVERY_S,
        most_silent: int = MOST_SILENT,
        lease_s: float = LEASE_S,
    ) -> None:
        self.hub = hub
        self._remind_every_s = remind_every_s
        self._most_silent = most_silent
        self._lease_s = lease_s
        self.channel = ""
        self._calls: dict[str, _Call] = {}
        self._kept: dict[str, _Kept] = {}
        self._shunned: dict[str, float] = {}
        self._echoed_at = -LAYER_LOST_AFTER_S
        self._sending: set[asyncio.Task[None]] = set()

    # --- Our requests --------------------------------------------------------------------------

    async def answers(
        self, holder: str, request: Segment, *, engine: str | None, first: bool
    ) -> AsyncGenerator[Answer, None]:
        """As `EngineHub.answers`, from the process with the channel `holder`.

        Raises:
            HolderSilent: it does not answer, or does not know of the request any more.
        """
        call = _Call(
            holder,
            Ask(
                call=uuid4().hex,
                caller=self.channel,
                request=request,
                engine=engine,
                first=first,
            ),
        )
        self._calls[call.ask.call] = call
        try:
            await self._send(holder, call.ask)
            while True:
                said = await self._next(call)
                if said.answer is not None and said.number > call.have:
                    call.have = said.number
                    yield said.answer
                    if ends(said.answer):
                        return
                if said.end is not None and said.number <= call.have:
                    _raise_if_trouble(said.end)
                    return
                if said.end is not None:
                    # Its last answer was lost on the way, or comes after its end.
                    await self._remind(call)
        except LayerLost as error:
            raise HolderSilent from error
        finally:
            del self._calls[call.ask.call]
            self._send_soon(holder, Drop(call=call.ask.call))

    def cancel(self, request: str) -> None:
        """End the answers to a request of ours; unknown ids are ignored."""
        for call in self._calls.values():
            if call.ask.request.request == request:
                call.hear(Said(call=call.ask.call, number=call.have, end="done"))

    def is_shunned(self, holder: str) -> bool:
        """Whether the process was silent when it was asked last."""
        return time.monotonic() - self._shunned.get(holder, -SHUNNED_S) < SHUNNED_S

    async def _next(self, call: _Call) -> Said:
        """What the holder says next; it is reminded often while it says nothing, and at times."""
        if time.monotonic() - call.reminded_at > self._lease_s / 3:
            await self._remind(call)
        while True:
            try:
                async with asyncio.timeout(self._remind_every_s):
                    return await call.next()
            except TimeoutError:
                call.silent += 1
                if call.silent > self._most_silent:
                    self._shunned[call.holder] = time.monotonic()
                    raise HolderSilent from None
            # One reminder that is not sent is one that is not answered.
            with suppress(LayerLost):
                await self._remind(call)

    async def _remind(self, call: _Call) -> None:
        call.reminded_at = time.monotonic()
        ask = call.ask
        remind = Remind(call=ask.call, caller=self.channel, have=call.have)
        await self._send(call.holder, remind if call.was_heard else ask)

    # --- Their requests ------------------------------------------------------------------------

    def _take(self, ask: Ask) -> None:
        kept = self._kept.get(ask.call)
        if kept is None:
            kept = _Kept(ask.call, ask.caller, heard_at=time.monotonic())
            self._kept[ask.call] = kept
            kept.work = asyncio.create_task(self._work(kept, ask))
        self._say(kept, have=0)

    def _reminded(self, remind: Remind) -> None:
        kept = self._kept.get(remind.call)
        if kept is None:
            said = Said(call=remind.call, number=remind.have, end="unknown")
            self._send_soon(remind.caller, said)
            return
        kept.heard_at = time.monotonic()
        self._say(kept, have=remind.have)

    def _drop(self, call: str) -> None:
        if (kept := self._kept.pop(call, None)) and kept.work is not None:
            kept.work.cancel()

    async def _work(self, kept: _Kept, ask: Ask) -> None:
        found = self.hub.answers(ask.request, engine=ask.engine, first=ask.first)
        try:
            async with aclosing(found) as answers:
                async for answer in answers:
                    kept.number += 1
                    kept.answer = answer
                    self._say(kept, have=kept.number - 1)
            kept.end = "done"
        except NoCredit:
            kept.end = "no credit"
        except EngineGone:
            kept.end = "gone"
        except EngineAway:
            kept.end = "away"
        except EngineLost:
            kept.end = "lost"
        except TooMany:
            kept.end = "too many"
        except Exception:
            logger.exception("Request %s of another web process failed", ask.request.request)
            kept.end = "lost"
        self._say(kept, have=kept.number)

    def _say(self, kept: _Kept, *, have: int) -> None:
        answer = kept.answer if kept.number > have else None
        said = Said(call=kept.call, number=kept.number, answer=answer, end=kept.end)
        self._send_soon(kept.caller, said)

    # --- The channel ---------------------------------------------------------------------------

    async def open(self, group: str) -> None:
        """Take a channel for this process, and hear what is sent to the group, too.

        Raises:
            LayerLost: not now.
        """
        channel = await layer.new_channel("engines.")
        await layer.join(group, channel)
        self.channel = channel

    async def hear(self) -> bool:
        """Take in the next message of the channel; True where it is worth a look at the rows.

        That is news for the group, and the first sign that the layer carries again.

        Raises:
            LayerLost: it ends, and is to be opened again.
        """
        event = await layer.receive(self.channel)
        if event["type"] != "relay":
            return True
        try:
            message = relay_message.validate_json(event["text"])
        except ValidationError as error:
            # A web process of another version, while servers are upgraded one by one.
            logger.warning("What another web process said was not understood: %s", error)
            return False
        match message:
            case Ask():
                self._take(message)
            case Remind():
                self._reminded(message)
            case Drop():
                self._drop(message.call)
            case Said():
                self._hear_said(message)
            case Echo():
                carried = self.carries
                self._echoed_at = time.monotonic()
                return not carried
        return False

    def _hear_said(self, said: Said) -> None:
        if call := self._calls.get(said.call):
            self._shunned.pop(call.holder, None)
            call.hear(said)

    async def look_around(self) -> None:
        """Ask the layer for a sign of life, and drop calls that nobody wants any more."""
        oldest = time.monotonic() - self._lease_s
        for kept in [kept for kept in self._kept.values() if kept.heard_at < oldest]:
            self._drop(kept.call)
        with suppress(LayerLost):
            await self._send(self.channel, Echo())

    @property
    def carries(self) -> bool:
        """Whether the layer has carried something lately."""
        return time.monotonic() - self._echoed_at < LAYER_LOST_AFTER_S

    async def _send(self, channel: str, message: RelayMessage) -> None:
        await layer.send(channel, {"type": "relay", "text": message.model_dump_json()})

    def _send_soon(self, channel: str, message: RelayMessage) -> None:
        task = asyncio.create_task(self._send_or_not(channel, message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send_or_not(self, channel: str, message: RelayMessage) -> None:
        # Whoever needs it asks again.
        with suppress(LayerLost):
            await self._send(channel, message)


def _raise_if_trouble(end: End) -> None:
    match end:
        case "no credit":
            raise NoCredit
        case "gone":
            raise EngineGone
        case "away":
            raise EngineAway
        case "lost":
            raise EngineLost
        case "too many":
            raise TooMany(
                "Too many clicks wait for the engine. Yours is kept: click again in a moment."
            )
        case "unknown":
            raise HolderSilent
