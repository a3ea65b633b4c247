"""What web processes say to each other about requests, through the channel layer.

Any of it may be lost, doubled or late: a call is asked again until something is heard of it, and
what the holder said last is asked for again and again (`relay.py`).
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from inference.messages import Failed, Message, PassDone, Queued, Segment

End = Literal["done", "no credit", "gone", "away", "lost", "too many", "unknown"]
"""How a call ended: answered to its end (or superseded); nothing was begun, for the reason; the
engine died of or with it; it is not known (any more)."""


class Ask(Message):
    """Answer this request by an engine of yours; a second one of the same call is a reminder.

    Attributes:
        call: named by the caller.
        caller: the channel for the answers.
        engine: this engine at once or none; None waits in line for any.
        first: to the front of that line.
    """

    type: Literal["ask"] = "ask"
    call: str
    caller: str
    request: Segment
    engine: str | None
    first: bool


class Remind(Message):
    """The call is still wanted: say where it is, and the last answer if it is newer than `have`."""

    type: Literal["remind"] = "remind"
    call: str
    caller: str
    have: int


class Drop(Message):
    """The call is not wanted any more. Lost, it is made up for by the reminders that stay away."""

    type: Literal["drop"] = "drop"
    call: str


class Said(Message):
    """Where a call is.

    Attributes:
        number: counts the answers; 0: taken, nothing yet.
        answer: the newest; each one replaces those before it, so one that was lost is no loss.
        end: nothing follows.
    """

    type: Literal["said"] = "said"
    call: str
    number: int
    answer: Annotated[PassDone | Queued | Failed, Field(discriminator="type")] | None = None
    end: End | None = None


class Echo(Message):
    """A process to itself: whether the layer carries anything now."""

    type: Literal["echo"] = "echo"


RelayMessage = Ask | Remind | Drop | Said | Echo
relay_message: TypeAdapter[RelayMessage] = TypeAdapter(
    Annotated[RelayMessage, Field(discriminator="type")]
)
