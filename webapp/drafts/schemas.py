"""Messages that the page sends over a project's socket. Each is answered by `ok` or `error`."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from webapp.labels.models import Certainty
from webapp.realtime.messages import ClientMessage


class OpenDraft(ClientMessage):
    """Begin an object. The page makes the draft's id (UUIDv7); sent twice, it is opened once."""

    type: Literal["draft.open"]
    draft: UUID
    layer: UUID
    label_class: UUID | None
    start_label: UUID | None


class ClickDraft(ClientMessage):
    """Click number `step` of the draft (head + 1), in the map frame."""

    type: Literal["draft.click"]
    draft: UUID
    step: int = Field(ge=1, le=500)
    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)
    include: bool


class UndoClick(ClientMessage):
    """Move the head back by one click."""

    type: Literal["draft.undo"]
    draft: UUID


class RedoClick(ClientMessage):
    """Move the head forward by one click."""

    type: Literal["draft.redo"]
    draft: UUID


class StopDraft(ClientMessage):
    """Cancel the passes still wanted; the outline shown stays."""

    type: Literal["draft.stop"]
    draft: UUID


class ClassifyDraft(ClientMessage):
    """Give the draft a class."""

    type: Literal["draft.classify"]
    draft: UUID
    label_class: UUID


class KeepAllParts(ClientMessage):
    """Keep also the parts of the outline that the project's rule leaves out, or no more."""

    type: Literal["draft.keep_all"]
    draft: UUID
    keep_all: bool


class SaveDraft(ClientMessage):
    """Close the draft to clicks and save its settled outline under the edit id `edit`."""

    type: Literal["draft.save"]
    draft: UUID
    edit: UUID
    label_class: UUID
    certainty: Certainty
    note: str = Field(max_length=4000)


class DiscardDraft(ClientMessage):
    """Put the draft away; `draft.restore` brings it back."""

    type: Literal["draft.discard"]
    draft: UUID


class RestoreDraft(ClientMessage):
    """Open a discarded draft again."""

    type: Literal["draft.restore"]
    draft: UUID


class ShowDraft(ClientMessage):
    """Ask for a draft's state (answered by `draft.state`), for one that another edit reopened."""

    type: Literal["draft.show"]
    draft: UUID


PageMessage = (
    OpenDraft
    | ClickDraft
    | UndoClick
    | RedoClick
    | StopDraft
    | ClassifyDraft
    | KeepAllParts
    | SaveDraft
    | DiscardDraft
    | RestoreDraft
    | ShowDraft
)

FromPage = Annotated[PageMessage, Field(discriminator="type")]

from_page: TypeAdapter[PageMessage] = TypeAdapter(FromPage)
