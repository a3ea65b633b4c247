"""A project's socket as the server has it, with a fake engine behind it, and pages in front."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path

from tests.drawn.labelled_project import LEFT, TOP, class_uid
from tests.fake_engine import FakeEngine
from tests.socket_client import Socket
from webapp.drafts.admission import MessageRates
from webapp.drafts.consumers import ProjectConsumer
from webapp.drafts.runner import DraftRunner
from webapp.ids import new_uid
from webapp.realtime.origin import OwnOrigin

X, Y = LEFT + 100.5, TOP - 100.5
OWN = b"http://localhost:8000"


class Server:
    """The consumer with its middleware, one engine, and who is signed in."""

    def __init__(self, cast, client_of):
        self.cast = cast
        self.cookies = {}
        for name in ("max", "ana", "vera", "stan"):
            client = client_of(cast.named(name))
            self.cookies[name] = client.cookies["segmap_session"].value
        self.layer = cast.project.layers.get().uid
        self.label_class = class_uid(cast.project, "ICEPLANT")
        self.start()

    def start(self, rates=None, engine=None, **runner_options):
        """As after a start of the server: a new runner, a new engine."""
        self.engine = engine or FakeEngine()
        self.runner = DraftRunner(self.engine, **runner_options)
        self.rates = rates or MessageRates()
        consumer = ProjectConsumer.as_asgi(runner=self.runner, rates=self.rates)
        self.application = URLRouter(
            [path("ws/projects/<uuid:project>", OwnOrigin(AuthMiddlewareStack(consumer)))]
        )

    def socket(self, name, origin=OWN, project=None):
        headers = [(b"host", b"localhost:8000"), (b"origin", origin)]
        if name in self.cookies:
            headers.append((b"cookie", f"segmap_session={self.cookies[name]}".encode()))
        address = f"/ws/projects/{project or self.cast.project.uid}"
        return Socket(self.application, address, headers)

    async def page(self, name="ana"):
        page = Page(self, self.socket(name))
        assert await page.socket.connect() == 0
        page.welcome = await page.socket.receive()
        assert page.welcome["type"] == "welcome"
        return page


class Page:
    """What a page does with its socket."""

    def __init__(self, server, socket):
        self.server, self.socket = server, socket
        self.last_id = 0
        self.draft = str(new_uid())

    async def send(self, kind, **fields):
        self.last_id += 1
        await self.socket.send({"type": kind, "id": self.last_id, **fields})

    async def ask(self, kind, **fields):
        """Send, and return the answer: `ok` or `error`."""
        await self.send(kind, **fields)
        return await self.socket.receive_until("ok", "error")

    async def open(self, start_label=None):
        return await self.ask(
            "draft.open",
            draft=self.draft,
            layer=str(self.server.layer),
            label_class=str(self.server.label_class),
            start_label=start_label,
        )

    async def click(self, step, x=None, include=True):
        return await self.ask(
            "draft.click", draft=self.draft, step=step, x=x or X + step, y=Y, include=include
        )

    async def save(self, edit=None):
        return await self.ask(
            "draft.save",
            draft=self.draft,
            edit=str(edit or new_uid()),
            label_class=str(self.server.label_class),
            certainty="sure",
            note="",
        )

    async def clicked(self):
        """A draft with one click, and what the engine was asked."""
        assert (await self.open())["type"] == "ok"
        assert (await self.click(1))["type"] == "ok"
        return await self.server.engine.request()

    async def hear(self, *types):
        return await self.socket.receive_until(*types)
