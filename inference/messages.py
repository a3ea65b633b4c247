"""What the web server and an engine say to each other over the engine's WebSocket.

The engine dials in, says `hello`, and answers requests by their id. No pixels pass through the
socket: a request names the files of a layer, and the engine reads its own windows. Masks travel
as 8-bit probabilities, deflated, in base64; outlines as WKB in the map frame, in base64. JSON
text frames all the same, because a request is some 20 kB at most.

`CutLabels` alone goes another way: to the standard input of a command.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Message(BaseModel):
    """A message or a part of one: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GridMessage(Message):
    """`windows.Grid` on the wire."""

    left: float
    top: float
    resolution: float
    width: int
    height: int


class FileSource(Message):
    """One COG of a layer. It lies on the layer's grid, shifted by whole pixels.

    Attributes:
        path: where the engine reads it, if that file is there.
        address: where it reads it otherwise, which answers ranges of bytes for an hour or two: a
            path on the web server, or a whole http(s) address; empty where there is none.
        col: column of its left edge on the layer's grid.
        row: row of its upper edge on the layer's grid.
    """

    path: str
    address: str = ""
    col: int
    row: int


class ValueRange(Message):
    """The values that become 0 and 1 for the network; 0 and 255 for 8-bit bands."""

    low: float
    high: float


class LayerSource(Message):
    """A layer as the network sees it: never what the view on the page shows.

    Attributes:
        key: layer and version; windows are cached under it.
        files: topmost first.
        bands: file bands (from 1) of red, green, blue and, where there is one, near infrared;
            a one-band picture names its band three times.
        ranges: one per entry of `bands`.
    """

    key: str
    files: list[FileSource]
    grid: GridMessage
    bands: list[int] = Field(min_length=3, max_length=4)
    ranges: list[ValueRange] = Field(min_length=3, max_length=4)


class ClickMessage(Message):
    """`clicks.Click` on the wire: map frame."""

    x: float
    y: float
    include: bool


class WindowMessage(Message):
    """`windows.Window` on the wire: pixel frame of the layer's grid."""

    col: float
    row: float
    factor: float
    size: int


class WindowMask(Message):
    """Probabilities of one window: `size` x `size` bytes (255 = certain), zlib, base64."""

    window: WindowMessage
    data: str


class OutlineRules(Message):
    """How a probability field becomes an outline.

    Attributes:
        keep: `clicked` keeps the parts that hold an include click; `all` also keeps every other
            part of at least `min_part_px`.
        min_part_px: smallest part kept under `all`, in native pixels.
        min_hole_px: smaller holes are filled, in native pixels.
        deviation_px: how far the simplified outline may stray, in native pixels.
    """

    keep: Literal["clicked", "all"] = "clicked"
    min_part_px: float = Field(default=25, ge=0)
    min_hole_px: float = Field(default=9, ge=0)
    deviation_px: float = Field(default=0.5, ge=0, le=10)


class Segment(Message):
    """One click of one draft, with all that the engine needs to answer it.

    Attributes:
        request: answered by this id.
        draft: the draft's public id; a newer request of a draft cancels its older ones.
        step: number of the newest click, from 1.
        clicks: all clicks of the draft up to this step, oldest first.
        previous: the mask the click starts from; None at the first click.
        start_outline: WKB (base64, map frame) of the label that is being refined, for the first
            click on it; None otherwise.
        typical_px: longest side of a typical object in native pixels: it says how large the
            first window is; None where nobody said.
    """

    type: Literal["segment"]
    request: str
    draft: str
    step: int = Field(ge=1)
    source: LayerSource
    clicks: list[ClickMessage] = Field(min_length=1, max_length=500)
    previous: WindowMask | None = None
    start_outline: str | None = None
    typical_px: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    rules: OutlineRules = OutlineRules()


class Cancel(Message):
    """What a request still wants is not wanted any more. No answer is sent."""

    type: Literal["cancel"]
    request: str


class Welcome(Message):
    """The server knows the engine: requests may follow."""

    type: Literal["welcome"]
    engine: str


class ModelInfo(Message):
    """A network that the engine has loaded.

    Attributes:
        picture_bands: which of a layer's bands (`LayerSource.bands`, from 1) it takes, in its
            order; empty = the first ones.
    """

    name: str
    architecture: str
    sha256: str
    size: int
    bands: int
    picture_bands: list[int] = Field(default_factory=list)

    @property
    def takes(self) -> list[int]:
        """Which of a layer's bands it takes, from 1."""
        return self.picture_bands or list(range(1, self.bands + 1))


class Hello(Message):
    """First message of an engine.

    Attributes:
        capacity: requests it takes at a time; the server keeps the rest waiting.
    """

    type: Literal["hello"]
    name: str
    device: str
    version: str
    capacity: int = Field(ge=1)
    models: list[ModelInfo] = Field(min_length=1)


class AllParts(Message):
    """The outline of a pass as it is with the parts that `rules.keep` drops.

    Attributes:
        outline, holes_filled, cut_at_image_edge, coarse_factor: as in `PassDone`.
    """

    outline: str
    holes_filled: int
    cut_at_image_edge: bool
    coarse_factor: float


class PassDone(Message):
    """One pass of the network over one request, with the outline it gives.

    Attributes:
        number: from 1; pass 1 is the coarse one.
        limit: passes that this request may take at most.
        settled: no further pass follows.
        mask: what a next click starts from.
        outline: WKB (base64) of a MultiPolygon in the map frame; empty where nothing was found.
        parts_left_out: parts of the mask that `rules.keep` dropped.
        specks_left_out: parts dropped that are smaller than `rules.min_part_px`.
        holes_filled: holes smaller than `rules.min_hole_px`.
        repair_share: share of the area by which a repair of crossing rings changed it; mostly 0.
        cut_at_image_edge: the outline touches the end of the image.
        coarse_factor: native pixels per pixel of the coarsest stretch of the outline; 1 where
            all of it is as fine as native pixels.
        native_share: share of the outline that is as fine as native pixels, 0..1.
        all_parts: what a person gets who keeps all parts; None where none was dropped.
        network_s: seconds in the network; `rest_s`: reading, outline and the like.
    """

    type: Literal["pass"]
    request: str
    draft: str
    step: int
    number: int = Field(ge=1)
    limit: int = Field(ge=1)
    settled: bool
    mask: WindowMask
    outline: str
    parts_left_out: int = 0
    specks_left_out: int = 0
    holes_filled: int = 0
    repair_share: float = 0
    cut_at_image_edge: bool = False
    coarse_factor: float = 1
    native_share: float = 1
    all_parts: AllParts | None = None
    model_sha256: str
    preset: str
    network_s: float
    rest_s: float


class Queued(Message):
    """The request waits: how many passes are before it, and about how long."""

    type: Literal["queued"]
    request: str
    ahead: int
    seconds: float


class Failed(Message):
    """The request ended without an outline; `sentence` is for the person who clicked."""

    type: Literal["failed"]
    request: str
    sentence: str


class LabelToCut(Message):
    """A label of a project, for a training set.

    Attributes:
        number: of the label in its project.
        class_id: of its class in `CutLabels.classes`.
        geometry: WKB (base64, map frame) of its polygons.
    """

    number: int
    class_id: int
    geometry: str


class LayerToCut(Message):
    """A layer with the labels that were drawn on it."""

    name: str
    source: LayerSource
    labels: list[LabelToCut]


class CutLabels(Message):
    """Labels to be cut into a training set: what `python -m inference cut-labels` is told.

    Attributes:
        classes: names of the class ids, which go from 1 to 254.
        cell_px: side of a cell in native pixels.
        test_share: share of the cells that are kept for testing; 0 = all are trained on.
        seed: of the split.
        rest_is_known: whether ground without a label is background, or unknown.
    """

    classes: dict[int, str]
    layers: list[LayerToCut]
    cell_px: int = Field(ge=64, le=4096)
    test_share: float = Field(ge=0, lt=1)
    seed: int
    rest_is_known: bool


ToEngine = Annotated[Segment | Cancel | Welcome, Field(discriminator="type")]
FromEngine = Annotated[Hello | PassDone | Queued | Failed, Field(discriminator="type")]

to_engine: TypeAdapter[Segment | Cancel | Welcome] = TypeAdapter(ToEngine)
from_engine: TypeAdapter[Hello | PassDone | Queued | Failed] = TypeAdapter(FromEngine)
