from datetime import date
from uuid import UUID

from ninja import Schema
from pydantic import Field

from webapp.imaging.models import ImageState
from webapp.sent import Sent


class OptionOut(Schema):
    """One answer that a question offers."""

    value: str
    words: str


class QuestionOut(Schema):
    """What the import cannot decide by itself.

    `accepts` says what else may be typed; where it is empty only the options count.
    """

    kind: str
    sentence: str
    options: list[OptionOut]
    accepts: str


class ImageOut(Schema):
    """One uploaded file on its way to being shown."""

    uid: UUID
    layer: UUID
    name: str
    size_bytes: int
    state: ImageState
    sentence: str
    questions: list[QuestionOut]
    progress: float
    stage: str


class NewImagesIn(Sent):
    """Ids of finished uploads, and the layer that they join; without one each begins its own."""

    uploads: list[UUID] = Field(min_length=1, max_length=200)
    layer: UUID | None = None


class AnswersIn(Sent):
    """Answers by the kind of question."""

    answers: dict[str, str]


class TileGridOut(Schema):
    """What OpenLayers needs to ask for tiles: map frame, z = index into `resolutions`."""

    origin: list[float]
    extent: list[float]
    resolutions: list[float]
    tile_size: int


class LegendEntryOut(Schema):
    """One stop of a colour ramp."""

    value: float
    colour: str


class ViewOut(Schema):
    """One way to look at a layer; `id` is its canonical spelling in a tile's address."""

    id: str
    name: str
    legend: list[LegendEntryOut]


class WindowStretchOut(Schema):
    """The stretch that suits a window, as the addresses of tiles spell it."""

    stretch: str


class LayerOut(Schema):
    """A layer as the page shows it.

    Attributes:
        tile_url: holds {view}, {z}, {x} and {y}.
        network_bands: the roles of the bands that are offered to networks, in their order; which
            of them the engine's takes stands in `EngineStatus.bands`.
    """

    uid: UUID
    name: str
    captured_on: date | None
    ready: bool
    resolution: float
    pixel_m: float
    extent: list[float]
    tile_grid: TileGridOut | None
    tile_url: str
    views: list[ViewOut]
    band_roles: list[str]
    network_bands: list[str]
    images: list[ImageOut]
