import asyncio
import json
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Literal

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError
from pydantic import ValidationError

from inference.messages import Cancel, Hello, Segment, Welcome, from_engine
from webapp.engines import registry
from webapp.engines.dispatch import EngineDispatch, process_dispatch
from webapp.engines.events import ENGINES, EngineNews
from webapp.engines.hub import EngineLink
from webapp.engines.models import Engine
from webapp.realtime import layer
from webapp.realtime.in_database import in_database
from webapp.realtime.layer import LayerLost

logger = logging.getLogger(__name__)

MISUNDERSTOOD = 4400
REFUSED = 4401
TOO_SLOW = 4408
REPLACED = 4409
HELLO_WITHIN_S = 10.0
SEEN_EVERY_S = 5.0
MOST_UNSENT = 256


class EngineConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """An engine that has dialled in: hello, welcome, then requests and answers.

    uvicorn pings the socket, so one that is dead is closed within a minute; then the engine's
    requests go to another engine or fail at once (`EngineHub.disconnected`). A token that is
    revoked ends the connection when the news comes, or at the next heartbeat if the news is lost.
    """

    def __init__(self, dispatch: EngineDispatch | None = None) -> None:
        super().__init__()
        self.dispatch_of_process = dispatch or process_dispatch()
        self.hub = self.dispatch_of_process.hub
        self.engine: Engine | None = None
        self.link: EngineLink | None = None
        self.unsent: asyncio.Queue[Segment | Cancel | Welcome] = asyncio.Queue(MOST_UNSENT)
        self.tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, *asgi: Any) -> None:  # noqa: ANN401 - scope, receive, send
        """Serve the connection; however it ends, its engine is gone then."""
        try:
            await super().__call__(*asgi)
        finally:
            if self.link is not None:
                self.hub.disconnected(self.link)

    async def connect(self) -> None:
        """Let a known token in."""
        self.engine = await in_database(registry.engine_with_token)(_bearer(self.scope["headers"]))
        if self.engine is None:
            await self.close(code=REFUSED)
            return
        await layer.join(ENGINES, self.channel_name)
        await self.accept()
        self._start(self._write())
        self._start(self._wait_for_hello())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take a message of the engine; one that makes no sense ends the connection."""
        try:
            message = from_engine.validate_json(text_data or bytes_data or b"")
        except ValidationError as error:
            logger.warning("Engine %s sent what cannot be read: %s", self.engine, error)
            await self.close(code=MISUNDERSTOOD)
            return
        if isinstance(message, Hello):
            await self._hello(message)
        elif self.link is None:
            await self.close(code=MISUNDERSTOOD)
        else:
            self.hub.answered(self.link, message)

    async def disconnect(self, code: int) -> None:
        """Free the engine's requests first, then tell the other web processes."""
        for task in self.tasks:
            task.cancel()
        if self.link is not None:
            self.hub.disconnected(self.link)
        with suppress(LayerLost):
            await layer.leave(ENGINES, self.channel_name)
        if self.link is None or self.engine is None:
            return
        logger.info("Engine %s is gone (%s)", self.engine, code)
        # Without it the row is one of those that were not seen for long.
        with suppress(DatabaseError, InterfaceError):
            await in_database(registry.left)(self.engine)
        await self._tell("engine.left")

    async def notice(self, event: dict[str, Any]) -> None:
        """News of engines, from whichever process: if this one was revoked, its socket ends."""
        news = EngineNews(**json.loads(event["text"]))
        if self.engine and news.type == "engine.revoked" and news.engine == str(self.engine.uid):
            await self._end(REFUSED)

    async def _hello(self, hello: Hello) -> None:
        if self.link is not None or self.engine is None:
            await self.close(code=MISUNDERSTOOD)
            return
        self.link = EngineLink(
            engine=str(self.engine.uid),
            device=hello.device,
            model=hello.models[0].name,
            bands=hello.models[0].takes,
            capacity=hello.capacity,
            post=self._post,
        )
        if not await in_database(registry.came)(self.engine, hello, self._holder):
            await self.close(code=REFUSED)
            return
        self._post(Welcome(type="welcome", engine=str(self.engine.uid)))
        self.hub.connected(self.link)
        self._start(self._stay_known(self.engine))
        logger.info("Engine %s is connected: %s", self.engine, hello.device)
        await self._tell("engine.came")

    @property
    def _holder(self) -> str:
        relay = self.dispatch_of_process.relay
        return relay.channel if relay else ""

    def _post(self, message: Segment | Cancel | Welcome) -> None:
        try:
            self.unsent.put_nowait(message)
        except asyncio.QueueFull:
            # It has credit for a few requests, so it has stopped reading.
            self._start(self.close(code=TOO_SLOW))

    async def _write(self) -> None:
        while True:
            message = await self.unsent.get()
            await self.send(text_data=message.model_dump_json())

    async def _wait_for_hello(self) -> None:
        await asyncio.sleep(HELLO_WITHIN_S)
        if self.link is None:
            await self.close(code=MISUNDERSTOOD)

    async def _stay_known(self, engine: Engine) -> None:
        while True:
            await asyncio.sleep(SEEN_EVERY_S)
            try:
                seen = await in_database(registry.still_there)(engine, self._holder)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("Engine %s could not be noted as seen: %s", engine, error)
                continue
            if seen != "known":
                await self._end(REFUSED if seen == "revoked" else REPLACED)
                return

    async def _end(self, code: int) -> None:
        """Take the engine's requests away at once; it may be slow to hang up."""
        if self.link is not None:
            self.hub.disconnected(self.link)
        await self.close(code=code)

    async def _tell(self, what: Literal["engine.came", "engine.left"]) -> None:
        """Let the other web processes look at the rows now; without it they look soon."""
        news = EngineNews(type=what, engine=str(self.engine and self.engine.uid))
        with suppress(LayerLost):
            await layer.send_to_group(ENGINES, {"type": "notice", "text": news.model_dump_json()})

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _bearer(headers: list[tuple[bytes, bytes]]) -> str:
    value = dict(headers).get(b"authorization", b"").decode("latin1")
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
