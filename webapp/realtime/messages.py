"""The envelope of a project's socket. Every app adds its own messages in its `events.py`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from webapp.sent import Sent


class ClientMessage(Sent):
    """`id` is the page's own number for the message; the answer repeats it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int = Field(ge=0)


class ServerMessage(BaseModel):
    """What the server says; `type` tells which."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str


class Ok(ServerMessage):
    """The message `id` was carried out (and committed, where it writes)."""

    type: Literal["ok"] = Field()
    id: int


class Refused(ServerMessage):
    """The message `id` (None: one that could not be read) changed nothing."""

    type: Literal["error"] = Field()
    id: int | None
    code: str
    sentence: str
