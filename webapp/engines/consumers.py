import asyncio
import logging
from collections.abc import Coroutine

from channels.generic.websocket import AsyncWebsocketConsumer
from pydantic import ValidationError

from inference.messages import Cancel, Hello, Segment, Welcome, from_engine
from webapp.engines import registry
from webapp.engines.dispatch import EngineHub, EngineLink, process_hub
from webapp.engines.events import EngineChanged
from webapp.engines.models import Engine
from webapp.realtime.in_database import in_database
from webapp.realtime.publish import EVERYONE, announce

logger = logging.getLogger(__name__)

REFUSED = 4401
MISUNDERSTOOD = 4400
TOO_SLOW = 4408
HELLO_WITHIN_S = 10.0
SEEN_EVERY_S = 20.0
MOST_UNSENT = 256


class EngineConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """An engine that has dialled in: hello, welcome, then requests and answers.

    uvicorn pings the socket, so one that is dead is closed within a minute; then the engine's
    requests go to another engine or fail at once (`EngineHub.disconnected`).
    """

    def __init__(self, hub: EngineHub | None = None) -> None:
        super().__init__()
        self.hub = hub or process_hub()
        self.engine: Engine | None = None
        self.link: EngineLink | None = None
        self.unsent: asyncio.Queue[Segment | Cancel | Welcome] = asyncio.Queue(MOST_UNSENT)
        self.tasks: set[asyncio.Task[None]] = set()

    async def connect(self) -> None:
        """Let a known token in."""
        self.engine = await in_database(registry.engine_with_token)(_bearer(self.scope["headers"]))
        if self.engine is None:
            await self.close(code=REFUSED)
            return
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
        """Free the engine's requests first, then tell the pages."""
        for task in self.tasks:
            task.cancel()
        if self.link is None or self.engine is None:
            return
        self.hub.disconnected(self.link)
        logger.info("Engine %s is gone (%s)", self.engine, code)
        if not self.hub.is_connected(self.link.engine):
            await in_database(registry.left)(self.engine)
        await self._announce()

    async def _hello(self, hello: Hello) -> None:
        if self.link is not None or self.engine is None:
            await self.close(code=MISUNDERSTOOD)
            return
        self.link = EngineLink(
            engine=str(self.engine.uid),
            device=hello.device,
            model=hello.models[0].name,
            capacity=hello.capacity,
            post=self._post,
        )
        await in_database(registry.came)(self.engine, hello)
        self._post(Welcome(type="welcome", engine=str(self.engine.uid)))
        self.hub.connected(self.link)
        self._start(self._stay_known(self.engine))
        logger.info("Engine %s is connected: %s", self.engine, hello.device)
        await self._announce()

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
            if not await in_database(registry.still_there)(engine):
                await self.close(code=REFUSED)
                return

    async def _announce(self) -> None:
        changed = EngineChanged(type="engine.changed", engine=self.hub.status())
        await announce(EVERYONE, changed.model_dump_json())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _bearer(headers: list[tuple[bytes, bytes]]) -> str:
    value = dict(headers).get(b"authorization", b"").decode("latin1")
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
