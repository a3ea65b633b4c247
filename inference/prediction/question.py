"""What is asked: a request of the wire, unpacked and checked."""

import base64
import binascii
from dataclasses import dataclass

import shapely
from shapely import MultiPolygon, Polygon

from inference.clicks import Click
from inference.errors import InferenceError
from inference.messages import GridMessage, LayerSource, OutlineRules, Segment
from inference.prediction.previous_mask import PreviousMask
from inference.windows import Grid


class ClickOutsideImage(InferenceError):
    """The newest include click lies beyond the layer."""

    def __init__(self) -> None:
        super().__init__("There is no image here. Click on the image, or choose another flight.")


class ClickOnNoData(InferenceError):
    """The newest include click lies where the layer has no data."""

    def __init__(self) -> None:
        super().__init__("This part of the image is empty. Click where there is image.")


class NoIncludeClick(InferenceError):
    """Only exclude clicks, and nothing they could take away from."""

    def __init__(self) -> None:
        super().__init__("Nothing says yet what to outline. Add an include click.")


class InvalidStartOutline(InferenceError):
    """The label to be refined has no usable outline."""

    def __init__(self) -> None:
        super().__init__(
            "The outline of this label cannot be read, so it was not changed. Repair it, or draw "
            "it anew."
        )


@dataclass(frozen=True, slots=True)
class Question:
    """All that an answer depends on, besides the network and the pixels.

    Attributes:
        grid: of the layer.
        clicks: oldest first, map frame.
        rules: for the outline.
        previous: the mask that the newest click starts from; None at the first.
        start_outline: outline of the label that is refined, map frame; None otherwise.
        typical_px: longest side of a typical object, native pixels; None where it is not known.
    """

    grid: Grid
    clicks: tuple[Click, ...]
    rules: OutlineRules
    previous: PreviousMask | None = None
    start_outline: Polygon | MultiPolygon | None = None
    typical_px: float | None = None

    @classmethod
    def of(cls, segment: Segment) -> "Question":
        """The question of a request.

        Raises:
            InvalidMask: the previous mask is damaged.
            InvalidStartOutline: the start outline is damaged or empty.
            ClickOutsideImage, NoIncludeClick: there is nothing to answer.
        """
        start = segment.start_outline
        question = cls(
            grid=grid_of(segment.source),
            clicks=tuple(Click(c.x, c.y, c.include) for c in segment.clicks),
            rules=segment.rules,
            previous=PreviousMask.from_message(segment.previous) if segment.previous else None,
            start_outline=read_outline(start) if start is not None else None,
            typical_px=segment.typical_px,
        )
        question.check()
        return question

    @property
    def is_first_click(self) -> bool:
        """Whether nothing but the click says how large the object is."""
        return self.previous is None and self.start_outline is None

    @property
    def outline_rules(self) -> OutlineRules:
        """The rules that hold here: a label with several parts keeps them while it is refined."""
        if self.start_outline is None and any(click.include for click in self.clicks):
            return self.rules
        return self.rules.model_copy(update={"keep": "all"})

    @property
    def places(self) -> list[tuple[float, float]]:
        """(col, row) of every click."""
        return [self.grid.to_pixel(c.x_map, c.y_map) for c in self.clicks]

    @property
    def include_places(self) -> list[tuple[float, float]]:
        """(col, row) of the include clicks."""
        return [self.grid.to_pixel(c.x_map, c.y_map) for c in self.clicks if c.include]

    def check(self) -> None:
        """Raise what stands against answering; see `of`."""
        newest = self.clicks[-1]
        if newest.include and not self.grid.contains(newest.x_map, newest.y_map):
            raise ClickOutsideImage
        if self.is_first_click and not self.include_places:
            raise NoIncludeClick


def grid_of(source: LayerSource) -> Grid:
    """The grid of a layer."""
    sent: GridMessage = source.grid
    return Grid(
        left=sent.left,
        top=sent.top,
        resolution=sent.resolution,
        width=sent.width,
        height=sent.height,
    )


def read_outline(data: str) -> Polygon | MultiPolygon:
    """The polygons of base64 WKB.

    Raises:
        InvalidStartOutline: it is damaged, empty or no polygon.
    """
    try:
        shape = shapely.from_wkb(base64.b64decode(data, validate=True))
    except (binascii.Error, shapely.errors.ShapelyError) as error:
        raise InvalidStartOutline from error
    if not isinstance(shape, Polygon | MultiPolygon) or shape.is_empty:
        raise InvalidStartOutline
    return shape
