from typing import Literal

from pydantic import BaseModel, ConfigDict

from webapp.realtime.messages import ServerMessage


class EngineStatus(BaseModel):
    """Whether clicks can be answered now, and by what."""

    model_config = ConfigDict(frozen=True)

    connected: bool
    device: str
    model: str


class EngineChanged(ServerMessage):
    """An engine came or went."""

    type: Literal["engine.changed"]
    engine: EngineStatus
