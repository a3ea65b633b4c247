"""What a person answered to the questions about an uploaded raster."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

QuestionKind = Literal["page", "crs", "bands", "band4", "nodata", "show"]
"""Each kind is also the name of the field of `Answers` that settles it."""

QUESTION_KINDS: tuple[QuestionKind, ...] = get_args(QuestionKind)

LOCAL_GRID = "local"
"""The answer to `crs` that means: a plain local grid in metres, without a map."""

CRS_OF_FILE = "file"
"""The answer to `crs` that means: as the file describes it."""


class UnknownAnswer(ValueError):
    """An answer to no question, or one that is none of the choices."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers as text, each None where the question was not answered.

    Attributes:
        page: number of the page to import, from 1.
        crs: EPSG code, WKT or PROJ description, `local` or `file`.
        bands: band numbers from 1, comma-separated: red, green, blue and, as a fourth, near
            infrared; or one number for a grey picture.
        band4: what band 4 is, `nir` (near infrared) or `alpha` (transparency).
        nodata: whether the value that the file declares as empty is empty, `yes` or `no`.
        show: `yes` to show what is not a photograph.
    """

    page: str | None = None
    crs: str | None = None
    bands: str | None = None
    band4: Literal["nir", "alpha"] | None = None
    nodata: Literal["yes", "no"] | None = None
    show: Literal["yes"] | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> "Answers":
        """Answers from question kinds to values, as a form or a database holds them.

        Raises:
            UnknownAnswer: no such question, or not one of its closed choices.
        """
        for kind, value in values.items():
            if kind not in QUESTION_KINDS:
                raise UnknownAnswer(
                    f"There is no question “{kind}”. Answer one of: {', '.join(QUESTION_KINDS)}."
                )
            choices = _CLOSED_CHOICES.get(kind)
            if choices is not None and value not in choices:
                raise UnknownAnswer(
                    f"“{value}” does not answer “{kind}”. Choose {' or '.join(choices)}."
                )
        return cls(**values)  # type: ignore[arg-type]  # the literals were checked above

    @classmethod
    def from_strings(cls, pairs: list[str]) -> "Answers":
        """Answers from `kind=value` pairs, as a command line has them.

        Raises:
            UnknownAnswer: a pair without `=`, or as in `from_mapping`.
        """
        values = {}
        for pair in pairs:
            kind, equals, value = pair.partition("=")
            if not equals:
                raise UnknownAnswer(f"“{pair}” is no answer. Write it as crs=EPSG:26910.")
            values[kind.strip()] = value.strip()
        return cls.from_mapping(values)

    def to_mapping(self) -> dict[str, str]:
        """The answers given, by question kind; the inverse of `from_mapping`."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {kind: value for kind, value in given.items() if value is not None}


_CLOSED_CHOICES: dict[str, tuple[str, ...]] = {
    "band4": ("nir", "alpha"),
    "nodata": ("yes", "no"),
    "show": ("yes",),
}
