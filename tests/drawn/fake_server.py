"""The server's side of the engine socket, as plain as can be."""

import asyncio
from contextlib import asynccontextmanager

from websockets.asyncio.server import serve

from inference.engine.link import EngineLink
from inference.messages import Cancel, Failed, Hello, PassDone, Queued, Welcome, from_engine

TOKEN = "drawn-token"


class FakeServer:
    """Takes one engine at a time and keeps what it says."""

    def __init__(self, *, refusal=None):
        self.refusal = refusal
        self.hellos = asyncio.Queue()
        self.said = asyncio.Queue()
        self.headers = []
        self.socket = None
        self.url = ""

    def before_accepting(self, socket, request):
        self.headers.append(request.headers.get("Authorization"))
        return socket.respond(403, "") if self.refusal == 403 else None

    async def handle(self, socket):
        if self.refusal == 4401:
            await socket.close(4401)
            return
        self.socket = socket
        async for text in socket:
            message = from_engine.validate_json(text)
            if isinstance(message, Hello):
                await self.send(Welcome(type="welcome", engine=message.name))
                await self.hellos.put(message)
            else:
                await self.said.put(message)

    async def send(self, message):
        await self.socket.send(message.model_dump_json())

    async def send_text(self, text):
        await self.socket.send(text)

    async def cancel(self, request):
        await self.send(Cancel(type="cancel", request=request))

    async def until(self, is_last):
        """What the engine says, up to the first message that `is_last`."""
        heard = []
        while not heard or not is_last(heard[-1]):
            heard.append(await asyncio.wait_for(self.said.get(), 30))
        return heard

    async def answer(self, message):
        """The passes of a request, up to the settled one."""
        await self.send(message)
        heard = await self.until(lambda said: ends(said, message.request))
        return [s for s in heard if not isinstance(s, Queued) and s.request == message.request]


def ends(said, request):
    """Whether a message is the last one about a request."""
    is_end = isinstance(said, Failed) or (isinstance(said, PassDone) and said.settled)
    return is_end and said.request == request


@asynccontextmanager
async def running_engine(runner, *, refusal=None, capacity=8):
    """A fake server and an engine that dialled in (unless it is refused, by a status or code)."""
    server = FakeServer(refusal=refusal)
    serving = serve(server.handle, "127.0.0.1", 0, process_request=server.before_accepting)
    async with serving as listening:
        port = listening.sockets[0].getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}/ws/engine"
        link = EngineLink(
            url=server.url,
            token=TOKEN,
            name="drawn",
            device="cpu",
            runner=runner,
            capacity=capacity,
        )
        task = asyncio.create_task(link.run())
        try:
            if refusal is None:
                await asyncio.wait_for(server.hellos.get(), 30)
            yield server, task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            link.worker.shutdown()
