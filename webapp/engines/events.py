from typing import Literal

from pydantic import BaseModel, ConfigDict

from webapp.realtime.messages import ServerMessage

ENGINES = "engines"
"""The group of all engine sockets and of the web processes' relays."""


class EngineStatus(BaseModel):
    """Whether clicks can be answered now, and by what.

    Attributes:
        bands: which of a layer's network bands it takes, from 1; none while it is away.
    """

    model_config = ConfigDict(frozen=True)

    connected: bool
    device: str
    model: str
    bands: list[int]


class EngineChanged(ServerMessage):
    """An engine came or went."""

    type: Literal["engine.changed"]
    engine: EngineStatus


class EngineNews(ServerMessage):
    """To the web processes, not to pages: look at the engines' rows again."""

    type: Literal["engine.came", "engine.left", "engine.revoked"]
    engine: str
