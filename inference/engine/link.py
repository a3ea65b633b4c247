"""The engine's side of its WebSocket: it dials in, so it needs no open port.

Receiving and sending are asyncio's; passes run in one worker thread, batch after batch.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from inference.engine.request import EngineRequest
from inference.engine.runner import Runner
from inference.engine.scheduler import Scheduler
from inference.errors import InferenceError
from inference.messages import (
    Cancel,
    Failed,
    Hello,
    PassDone,
    Queued,
    Segment,
    Welcome,
    to_engine,
)

logger = logging.getLogger(__name__)

VERSION = "0.1.0"
CAPACITY = 32
REFUSED = 4401
REPLACED = 4409
LARGEST_MESSAGE = 4 * 2**20
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 10.0
NOTICE_EVERY_S = 1.0

BUG_SENTENCE = (
    "The engine could not compute this click because of an error of its own. Your clicks are "
    "kept. Click again, or draw the outline by hand."
)
STRANGE_SENTENCE = (
    "The engine does not understand this click: it and the server are of different versions. "
    "Your clicks are kept. Ask whoever runs the engine to update it."
)


class EngineRefused(InferenceError):
    """The server does not know this engine's token."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            f"The server at {url} refused this engine's token, so the engine stopped. Give it the "
            "token that the server shows for this engine in SEGMAP_ENGINE_TOKEN."
        )


class EngineReplaced(InferenceError):
    """Another engine has dialled in with this one's token."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            f"Another engine has dialled in to {url} with this engine's token, so this one "
            "stopped. Give each engine a token of its own: manage.py engine add NAME"
        )


class EngineLink:
    """One engine on one server, for as long as the server knows its token.

    Args:
        url: of the server's engine socket, ws:// or wss://.
        token: proves which engine this is.
        name: shown to people.
        device: shown to people ("cpu, 2 threads").
        runner: computes passes.
        capacity: requests it takes at a time.
        prepare_thread: run once in the worker thread (torch's thread count belongs to it).
    """

    def __init__(
        self,
        *,
        url: str,
        token: str,
        name: str,
        device: str,
        runner: Runner,
        capacity: int = CAPACITY,
        prepare_thread: Callable[[], None] | None = None,
    ) -> None:
        self.url = url
        self.token = token
        self.runner = runner
        self.hello = Hello(
            type="hello",
            name=name,
            device=device,
            version=VERSION,
            capacity=capacity,
            models=[runner.model],
        )
        self.worker = ThreadPoolExecutor(1, "pass", initializer=prepare_thread)

    async def run(self) -> None:
        """Serve until cancelled; a lost server is dialled again, ever less often.

        Raises:
            EngineRefused: the server does not know the token (any more).
            EngineReplaced: another engine uses it.
        """
        delay_s = FIRST_DELAY_S
        while True:
            try:
                session = await self._serve_once()
            except InvalidStatus as error:
                if error.response.status_code in (401, 403):
                    raise EngineRefused(self.url) from error
                logger.warning("The server answered %s.", error.response.status_code)
                session = None
            except (OSError, InvalidHandshake, TimeoutError) as error:
                logger.warning("The server cannot be reached: %s.", error)
                session = None
            if session is not None and session.was_welcome:
                delay_s = FIRST_DELAY_S
            # Jitter, so that many engines don't return to a restarted server all at once.
            await asyncio.sleep(delay_s * random.uniform(0.5, 1.5))
            delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    async def _serve_once(self) -> "Session":
        """One connection, from hello to its end."""
        # A proxy that stands in the environment has no business between us and this machine.
        is_here = urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")
        async with connect(
            self.url,
            additional_headers={"Authorization": f"Bearer {self.token}"},
            proxy=None if is_here else True,
            max_size=LARGEST_MESSAGE,
        ) as socket:
            session = Session(socket, self.runner, self.worker, self.hello.capacity)
            try:
                await session.send(self.hello)
                await session.run()
            except ConnectionClosed as error:
                logger.warning("The connection to the server was lost: %s", error)
            if socket.close_code == REFUSED:
                raise EngineRefused(self.url)
            if socket.close_code == REPLACED:
                raise EngineReplaced(self.url)
            return session


class Session:
    """One connection: its requests live and die with it (the server asks again elsewhere)."""

    def __init__(
        self,
        socket: ClientConnection,
        runner: Runner,
        worker: ThreadPoolExecutor,
        capacity: int,
    ) -> None:
        self.socket = socket
        self.runner = runner
        self.worker = worker
        self.scheduler = Scheduler(capacity=capacity, largest_batch=runner.largest_batch)
        self.requests: dict[str, EngineRequest] = {}
        self.was_welcome = False
        self._work = asyncio.Event()
        self._noticed: dict[str, tuple[int, float]] = {}

    async def run(self) -> None:
        """Receive and compute until the connection ends."""
        computing = asyncio.create_task(self._compute())
        receiving = asyncio.create_task(self._receive())
        try:
            done, _ = await asyncio.wait(
                (computing, receiving), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()
        finally:
            computing.cancel()
            receiving.cancel()
            await asyncio.gather(computing, receiving, return_exceptions=True)

    async def send(self, message: Hello | PassDone | Queued | Failed) -> None:
        """Send a message of the engine."""
        await self.socket.send(message.model_dump_json())

    async def _receive(self) -> None:
        async for text in self.socket:
            try:
                message = to_engine.validate_json(text)
            except ValidationError as error:
                logger.warning("A message of the server was not understood: %s", error)
                await self._refuse_strange(text)
                continue
            match message:
                case Segment():
                    await self._take(message)
                case Cancel(request=request):
                    self.scheduler.cancel(request)
                    self._forget(request)
                case Welcome(engine=engine):
                    self.was_welcome = True
                    logger.info("Connected as %s.", engine)

    async def _take(self, segment: Segment) -> None:
        try:
            older = self.scheduler.submit(segment.request, segment.draft)
        except InferenceError as error:
            await self._fail(segment.request, str(error))
            return
        if older is not None:
            self._forget(older)
        self.requests.setdefault(segment.request, EngineRequest(segment))
        self._work.set()
        await self._notice(segment.request)

    async def _compute(self) -> None:
        """Run passes, batch after batch, as long as there are any."""
        loop = asyncio.get_running_loop()
        while True:
            batch = self.scheduler.next_batch()
            if not batch:
                self._work.clear()
                await self._work.wait()
                continue
            begun = time.perf_counter()
            answers = await loop.run_in_executor(
                self.worker, self._step, [self.requests[request] for request in batch]
            )
            settled = {a.request: isinstance(a, Failed) or a.settled for a in answers}
            wanted = [answer for answer in answers if self.scheduler.is_wanted(answer.request)]
            self.scheduler.done(settled, seconds=time.perf_counter() - begun)
            for answer in answers:
                if settled[answer.request]:
                    self._forget(answer.request)
            for answer in wanted:
                await self.send(answer)
            for waiting in self.scheduler.waiting_for_coarse():
                await self._notice(waiting)

    def _step(self, requests: Sequence[EngineRequest]) -> list[PassDone | Failed]:
        """A batch, in the worker thread. Nothing that a request holds may end the engine."""
        names = [request.segment.request for request in requests]
        try:
            answers = self.runner.step_together(requests)
        except Exception as error:  # noqa: BLE001 (told to each person below)
            answers = [error] * len(requests)
        return [told(name, answer) for name, answer in zip(names, answers, strict=True)]

    async def _notice(self, request: str) -> None:
        """Tell a waiting request its place, when it is news and not too often."""
        place = self.scheduler.place(request)
        ahead, told_at = self._noticed.get(request, (0, 0.0))
        now = time.monotonic()
        if place.ahead == ahead or now - told_at < NOTICE_EVERY_S:
            return
        self._noticed[request] = (place.ahead, now)
        await self.send(
            Queued(type="queued", request=request, ahead=place.ahead, seconds=place.seconds)
        )

    async def _refuse_strange(self, text: str | bytes) -> None:
        """Answer a message that is not understood, if it says which request it was."""
        try:
            request = json.loads(text)["request"]
        except (ValueError, TypeError, KeyError):
            return
        if isinstance(request, str):
            await self._fail(request, STRANGE_SENTENCE)

    async def _fail(self, request: str, sentence: str) -> None:
        await self.send(failed(request, sentence))

    def _forget(self, request: str) -> None:
        self.requests.pop(request, None)
        self._noticed.pop(request, None)


def told(request: str, answer: PassDone | Exception) -> PassDone | Failed:
    """A pass, or the sentence for what ended its request."""
    if isinstance(answer, PassDone):
        return answer
    if isinstance(answer, InferenceError):
        return failed(request, str(answer))
    logger.error("Request %s could not be computed.", request, exc_info=answer)
    return failed(request, BUG_SENTENCE)


def failed(request: str, sentence: str) -> Failed:
    """The end of a request without an outline."""
    return Failed(type="failed", request=request, sentence=sentence)
