"""An engine's end of a link to a hub, without a socket: the test says what it answers."""

from dataclasses import dataclass, field

from inference.messages import Cancel, Segment
from tests.drawn.engine_answers import draw_pass
from webapp.engines.hub import EngineHub, EngineLink


@dataclass
class Engine:
    """An engine's end of a link."""

    hub: EngineHub
    name: str
    capacity: int = 1
    heard: list = field(default_factory=list)

    def __post_init__(self):
        self.link = EngineLink(
            engine=self.name,
            device="drawn",
            model="tiny",
            bands=[1, 2, 3],
            capacity=self.capacity,
            post=self.heard.append,
        )
        self.hub.connected(self.link)

    @property
    def asked(self) -> list[str]:
        return [message.request for message in self.heard if isinstance(message, Segment)]

    @property
    def cancelled(self) -> list[str]:
        return [message.request for message in self.heard if isinstance(message, Cancel)]

    def answer(self, request: Segment, number=1, limit=3, **other):
        self.hub.answered(self.link, draw_pass(request, number, limit, **other))

    def settle(self, request: Segment):
        self.answer(request, 3, 3)

    def die(self):
        self.hub.disconnected(self.link)
