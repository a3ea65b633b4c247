"""What the first opening of an uploaded raster found: values only, no raster library.

They cross the border between the sandboxed child and its caller as JSON (`pydantic`
validates what comes back from the child, which has touched a hostile file).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, StringConstraints

from webapp.imaging.answers import QuestionKind

BandRole = Literal["red", "green", "blue", "nir", "grey", ""]
"""What a band of a COG shows; empty where nothing is known."""

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""A COG is named after it on disk, so what a child says is taken in this form only."""


@dataclass(frozen=True, slots=True)
class RasterFiles:
    """One uploaded raster with what was uploaded beside it.

    Attributes:
        main: the raster itself; its name on disk is the server's choice.
        name: what the person calls it, for sentences.
        sidecars: world file, .prj, .msk, .ovr or .aux.xml, told apart by their suffix.
    """

    main: Path
    name: str
    sidecars: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One ready answer: its value in `Answers`, and the words for a button."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can say; the first option is the one proposed.

    Attributes:
        kind: the field of `Answers` that settles it.
        sentence: what is asked, for the page.
        options: ready answers.
        accepts: what else may be typed; empty where only the options count.
    """

    kind: QuestionKind
    sentence: str
    options: tuple[Option, ...]
    accepts: str = ""


@dataclass(frozen=True, slots=True)
class RasterFacts:
    """What the file says of itself, before anything is changed.

    Attributes:
        driver: name of the GDAL driver that opened it.
        bands: number of bands, a transparency band included.
        dtype: numpy name of the pixels' type.
        colours: GDAL's colour interpretation per band.
        crs_wkt: WKT of its CRS, empty where it has none.
        crs_name: the CRS's name.
        pixel_size: width and height of a pixel in units of the CRS; None without position.
        pixel_size_m: ground size of the pixel in the middle, in metres; None where unknown.
        nodata: the declared empty value of band 1 as text; empty where there is none.
        has_mask: a mask comes with it (internal, or as .msk).
        pages: images in the file.
        ground_points: number of ground control points.
        bytes_unpacked: size of all pixels, uncompressed.
    """

    driver: str
    width: int
    height: int
    bands: int
    dtype: str
    colours: tuple[str, ...]
    crs_wkt: str
    crs_name: str
    pixel_size: tuple[float, float] | None
    pixel_size_m: float | None
    nodata: str
    has_mask: bool
    pages: int
    ground_points: int
    bytes_unpacked: int


@dataclass(frozen=True, slots=True)
class CrsAndGrid:
    """Where a file must land: a project's CRS and, in a layer that has files, its grid.

    Attributes:
        crs_wkt: WKT of the project's CRS.
        grid: x_map of a column edge, y_map of a row edge and the side of a pixel; None for
            the first file of a layer, which may choose.
    """

    crs_wkt: str
    grid: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an import without a target would make of the file.

    Attributes:
        crs_wkt: proposed project CRS: the file's own where it is projected, else UTM.
        unit_name: unit of that CRS.
        metres_per_unit: its length.
        band_roles: one per band that is kept, in the file's order.
        warp_reasons: why pixels have to be resampled, each the end of "because ..."; empty
            where they are kept as they are.
    """

    crs_wkt: str
    crs_name: str
    unit_name: str
    metres_per_unit: float
    band_roles: tuple[BandRole, ...]
    warp_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Shown at once, shown after a question, or refused.

    Attributes:
        sentence: what happened and the one thing to do.
        questions: not empty exactly where `state` is `question`.
        remarks: sentences worth reading that ask for nothing.
        facts: None where the file could not be opened.
        proposal: None where it is refused, or where too much is still open to say.
    """

    state: Literal["shown", "question", "refused"]
    sentence: str
    questions: tuple[Question, ...] = ()
    remarks: tuple[str, ...] = ()
    facts: RasterFacts | None = None
    proposal: Proposal | None = None


class RasterRefused(Exception):
    """A file that cannot be imported; its text is the sentence for the person."""

    @property
    def sentence(self) -> str:
        """What happened and the one thing to do."""
        return str(self)


@dataclass(frozen=True, slots=True)
class BandStatistics:
    """Values of one band's valid pixels, for stretches; all zero where there are none."""

    minimum: float
    p0_5: float
    p2: float
    p98: float
    p99_5: float
    maximum: float

    def to_mapping(self) -> dict[str, float]:
        """The values under the names that the tables and the page use."""
        return {
            "min": self.minimum,
            "p0.5": self.p0_5,
            "p2": self.p2,
            "p98": self.p98,
            "p99.5": self.p99_5,
            "max": self.maximum,
        }

    @classmethod
    def from_mapping(cls, values: Mapping[str, float]) -> "BandStatistics":
        """The inverse of `to_mapping`."""
        return cls(
            minimum=values["min"],
            p0_5=values["p0.5"],
            p2=values["p2"],
            p98=values["p98"],
            p99_5=values["p99.5"],
            maximum=values["max"],
        )


PERCENTS = (0, 0.5, 2, 5, 10, 25, 50, 75, 90, 95, 98, 99.5, 100)
"""Those of `BandStatistics`, and enough between them to mix the bands of several files."""


@dataclass(frozen=True, slots=True)
class BandValues:
    """How the valid pixels of one file's band are spread, measured on an overview.

    Attributes:
        pixels: about how many there are, in native pixels.
        percentiles: at `PERCENTS`; zeros where there are no valid pixels.
    """

    pixels: float
    percentiles: Annotated[
        tuple[float, ...], Field(min_length=len(PERCENTS), max_length=len(PERCENTS))
    ]

    @property
    def statistics(self) -> BandStatistics:
        """Of this file alone."""
        at = dict(zip(PERCENTS, self.percentiles, strict=True))
        return BandStatistics(at[0], at[0.5], at[2], at[98], at[99.5], at[100])


@dataclass(frozen=True, slots=True)
class CogFacts:
    """The COG that an import made: north-up, square pixels, in a metric CRS.

    Attributes:
        width: columns.
        height: rows.
        count: bands; transparency is never one of them.
        dtype: numpy name.
        left: x_map of the outer left edge.
        top: y_map of the outer upper edge.
        resolution: side of a pixel in units of the CRS.
        crs_wkt: the CRS of the project (the TIFF's own keys may say it less exactly).
        unit_name: unit of the CRS.
        metres_per_unit: its length.
        band_roles: one per band.
        band_values: one per band.
        footprint_wkb: outline of the valid pixels, polygon or multipolygon in the map frame.
        sha256: of the file.
        nodata: NaN for floating point, which has no mask; else None.
        has_mask: some pixels are masked out.
        warped: pixels were resampled, for these reasons; empty where they were kept.
        resampling: how.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        ser_json_bytes="hex", val_json_bytes="hex", ser_json_inf_nan="constants"
    )

    width: int
    height: int
    count: int
    dtype: str
    left: float
    top: float
    resolution: float
    crs_wkt: str
    unit_name: str
    metres_per_unit: float
    band_roles: tuple[BandRole, ...]
    band_values: tuple[BandValues, ...]
    footprint_wkb: bytes
    sha256: Sha256
    nodata: float | None
    has_mask: bool
    warped: tuple[str, ...]
    resampling: Literal["none", "nearest", "bilinear"]
