"""What a project's socket says of drafts, and the union of all that it says."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from webapp.drafts.models import DraftState
from webapp.engines.events import EngineChanged, EngineStatus
from webapp.imaging.events import ImageChanged
from webapp.jobs.events import JobChanged
from webapp.labels.events import LabelsChanged
from webapp.labels.schemas import EditOut, MultiPolygonCoordinates
from webapp.projects.events import ProjectChanged
from webapp.realtime.messages import Ok, Refused, ServerMessage


class StepOut(BaseModel):
    """One click of a draft."""

    model_config = ConfigDict(frozen=True)

    number: int
    x: float
    y: float
    include: bool
    settled: bool


class AllPartsOut(BaseModel):
    """What an answer says otherwise of its outline where all parts are kept."""

    model_config = ConfigDict(frozen=True)

    outline: MultiPolygonCoordinates
    area_m2: float
    holes_filled: int
    cut_at_image_edge: bool
    coarse_factor: float


class AnswerOut(BaseModel):
    """The outline of the newest pass that counts; `outline` is empty where nothing was found.

    What the project's rules took from it is counted: parts that no click is in, specks below the
    smallest part, holes below the smallest hole. `all_parts` is there where parts were left out.
    """

    model_config = ConfigDict(frozen=True)

    step: int
    number: int
    limit: int
    settled: bool
    outline: MultiPolygonCoordinates
    area_m2: float
    parts_left_out: int
    specks_left_out: int
    holes_filled: int
    cut_at_image_edge: bool
    coarse_factor: float
    all_parts: AllPartsOut | None


class DraftOut(BaseModel):
    """A draft as it stands: steps beyond `head` are what a redo brings back.

    `keep_all`: of each answer, `all_parts` is what counts where it is there.
    """

    model_config = ConfigDict(frozen=True)

    uid: UUID
    layer: UUID
    label_class: UUID | None
    start_label: UUID | None
    state: DraftState
    head: int
    keep_all: bool
    steps: list[StepOut]
    answer: AnswerOut | None


class Welcome(ServerMessage):
    """First message on a socket: the person's open draft here, and the newest edit's number."""

    type: Literal["welcome"]
    engine: EngineStatus
    draft: DraftOut | None
    last_edit: int


class DraftStateSent(ServerMessage):
    """The whole draft, after anything but a pass changed it."""

    type: Literal["draft.state"]
    draft: DraftOut


class DraftOutlined(ServerMessage):
    """A pass arrived for the draft's current step."""

    type: Literal["draft.outlined"]
    draft: UUID
    answer: AnswerOut


class DraftWaiting(ServerMessage):
    """The click waits for an engine."""

    type: Literal["draft.waiting"]
    draft: UUID
    step: int
    ahead: int
    seconds: float


class DraftFailed(ServerMessage):
    """The click got no (further) outline; the last one shown stays."""

    type: Literal["draft.failed"]
    draft: UUID
    step: int
    sentence: str


class DraftSaved(ServerMessage):
    """The draft became a label (or a new shape of one); sent after the commit."""

    type: Literal["draft.saved"]
    draft: UUID
    edit: EditOut


ToPage = Annotated[
    Welcome
    | Ok
    | Refused
    | DraftStateSent
    | DraftOutlined
    | DraftWaiting
    | DraftFailed
    | DraftSaved
    | LabelsChanged
    | JobChanged
    | ImageChanged
    | ProjectChanged
    | EngineChanged,
    Field(discriminator="type"),
]

to_page: TypeAdapter[ServerMessage] = TypeAdapter(ToPage)
