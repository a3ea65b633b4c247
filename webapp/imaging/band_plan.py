"""Which bands of a file become the picture, and which mark what is empty."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from webapp.imaging.answers import Answers
from webapp.imaging.raster_facts import Page
from webapp.imaging.verdict import BandRole, Option, Question

_SELDOM = 0.02
"""Share of pixels under which a value counts as an exception, not as a rule."""

_ROLE_WORDS: dict[str, BandRole] = {
    "red": "red",
    "green": "green",
    "blue": "blue",
    "nir": "nir",
    "near infrared": "nir",
    "near-infrared": "nir",
    "infrared": "nir",
}
_SENTINEL_2: dict[str, BandRole] = {"b02": "blue", "b03": "green", "b04": "red", "b08": "nir"}

_USUAL_ORDERS: dict[int, tuple[str, str]] = {
    6: ("3,2,1,4", "Landsat 5 and 7"),
    7: ("3,2,1,4", "Landsat 5 and 7"),
    10: ("3,2,1,7", "Sentinel-2 without its 60 m bands"),
    12: ("4,3,2,8", "Sentinel-2"),
    13: ("4,3,2,8", "Sentinel-2"),
}
"""Red, green, blue, near infrared in the products that have this many bands."""


@dataclass(frozen=True, slots=True)
class BandPlan:
    """How a file's bands become those of the COG.

    Attributes:
        kept: band numbers of the file, from 1, in its order; just (1,) for a palette.
        roles: one per band of the COG: as many as kept, or three for a palette.
        alpha: band number of the transparency, None without.
        expands_palette: band 1 is looked up in the colour table.
        nodata: empty value per kept band; None where the value counts as a value.
    """

    kept: tuple[int, ...]
    roles: tuple[BandRole, ...]
    alpha: int | None
    expands_palette: bool
    nodata: tuple[float | None, ...]


@dataclass(slots=True)
class Findings:
    """Questions and remarks, collected on the way to a plan."""

    questions: list[Question]
    remarks: list[str]


def plan_bands(page: Page, answers: Answers, findings: Findings) -> BandPlan:
    """The plan that follows from tags, pixels and answers.

    What only a person can say is added to `findings.questions`; the plan then holds what is
    proposed.
    """
    if page.palette is not None:
        _ask_about_classes(page, answers, findings)
        return BandPlan((1,), ("red", "green", "blue"), None, True, page.nodata)
    alpha, is_dropped = _transparency(page, answers, findings)
    left_out = {alpha} if alpha else ({page.facts.bands} if is_dropped else set())
    kept = tuple(band for band in range(1, page.facts.bands + 1) if band not in left_out)
    roles = _roles(page, answers, kept, findings)
    nodata = _nodata(page, answers, kept, findings)
    if len(kept) == 1:
        _ask_about_measurements(page, answers, findings)
    return BandPlan(kept, roles, alpha, False, nodata)


def _ask_about_classes(page: Page, answers: Answers, findings: Findings) -> None:
    if answers.show == "yes":
        return
    if page.has_classes:
        findings.questions.append(
            Question(
                "show",
                "This is a map of classes, not a photograph: clicks will follow its areas. "
                "Show it in its colours?",
                (Option("yes", "Show it"),),
            )
        )
    else:
        findings.remarks.append(
            "It is shown through its colour table. Clicks are made for photographs, so check "
            "the first outlines."
        )


def _ask_about_measurements(page: Page, answers: Answers, findings: Findings) -> None:
    is_measured = np.dtype(page.facts.dtype).kind in "if"
    if is_measured and answers.show != "yes":
        findings.questions.append(
            Question(
                "show",
                "This holds one measured value per pixel, such as a height or a temperature, "
                "and is no photograph. Show it in grey?",
                (Option("yes", "Show it in grey"),),
            )
        )


# Transparency or near infrared


def _transparency(page: Page, answers: Answers, findings: Findings) -> tuple[int | None, bool]:
    """The alpha band, and whether the last band is dropped without being one."""
    colours = page.facts.colours
    last = page.facts.bands
    is_tagged = colours[-1] == "alpha"
    is_fourth = last == 4 and colours[3] == "undefined" and set(colours[:3]) == _RGB
    if last < 2 or not (is_tagged or is_fourth):
        return None, False
    if answers.band4 == "nir" or (answers.bands and str(last) in answers.bands.split(",")):
        return None, False
    if answers.band4 == "alpha":
        return last, False
    kind = _judge_last_band(page)
    if kind == "hides all":
        findings.remarks.append(f"Band {last} marks every pixel as transparent, so it is left out.")
        return None, True
    if kind == "transparency":
        return last, False
    if is_tagged:
        findings.questions.append(_transparency_question(last))
    else:
        findings.remarks.append(f"Band {last} is taken for near infrared.")
    return None, False


_RGB = {"red", "green", "blue"}


def _judge_last_band(page: Page) -> Literal["transparency", "hides all", "varied"]:
    """What a last band looks like that may be transparency or near infrared.

    Transparency is constant, or nearly all of it is on or off, or there is nothing in the
    picture under what it hides. Near infrared varies over a picture that is there.
    """
    band = page.sample.values[-1]
    picture = page.sample.values[:-1]
    low, high = band.min(), band.max()
    if low == high:
        return "hides all" if high == 0 else "transparency"
    hidden = band == 0
    if np.mean(~hidden & (band != high)) < _SELDOM:
        return "transparency"
    if hidden.mean() < _SELDOM:
        return "varied"
    covered = picture[:, hidden].astype(np.float64)
    differs = (covered != np.median(covered, axis=1, keepdims=True)).any(axis=0)
    return "transparency" if differs.mean() < _SELDOM else "varied"


def _transparency_question(band: int) -> Question:
    return Question(
        "band4",
        f"Band {band} is tagged as transparency, but it varies over the whole picture like "
        "near infrared. Which is it?",
        (
            Option("nir", "Near infrared: show the picture whole"),
            Option("alpha", "Transparency: hide what it hides"),
        ),
    )


# Colours


def _roles(
    page: Page, answers: Answers, kept: Sequence[int], findings: Findings
) -> tuple[BandRole, ...]:
    if answers.bands is not None:
        numbers = _parse_bands(answers.bands, kept)
        if numbers is not None:
            return _assign(numbers, kept)
        sentence = f"“{answers.bands}” does not name bands of this file. "
        findings.questions.append(_bands_question(page, kept, sentence))
        return _assign([kept[0]], kept)
    if len(kept) == 1:
        return ("grey",)
    tagged = _tagged_roles(page, kept) or _named_roles(page, kept, _ROLE_WORDS)
    if tagged is None:
        findings.questions.append(_bands_question(page, kept, ""))
        return _assign([kept[0]], kept)
    return tagged


def _tagged_roles(page: Page, kept: Sequence[int]) -> tuple[BandRole, ...] | None:
    colours = [page.facts.colours[band - 1] for band in kept]
    if not set(colours) >= _RGB:
        return None
    roles: list[BandRole] = [
        colour if colour in ("red", "green", "blue") else ""  # type: ignore[misc]  # checked here
        for colour in colours
    ]
    if len(roles) == 4 and "" in roles:
        roles[roles.index("")] = "nir"
    return tuple(roles)


def _named_roles(
    page: Page, kept: Sequence[int], words: dict[str, BandRole]
) -> tuple[BandRole, ...] | None:
    """Roles from the bands' descriptions, where these name red, green and blue once each."""
    names = [page.descriptions[band - 1].strip().lower() for band in kept]
    roles = tuple(words.get(name, "") for name in names)
    return roles if all(roles.count(role) == 1 for role in ("red", "green", "blue")) else None


def _parse_bands(text: str, kept: Sequence[int]) -> list[int] | None:
    if not re.fullmatch(r"\s*\d{1,4}(\s*,\s*\d{1,4})*\s*", text):
        return None
    numbers = [int(number) for number in text.split(",")]
    is_set = len(set(numbers)) == len(numbers) and len(numbers) in (1, 3, 4)
    return numbers if is_set and set(numbers) <= set(kept) else None


def _assign(numbers: Sequence[int], kept: Sequence[int]) -> tuple[BandRole, ...]:
    order: tuple[BandRole, ...] = ("red", "green", "blue", "nir")
    roles = dict(zip(numbers, order if len(numbers) > 1 else ("grey",), strict=False))
    return tuple(roles.get(band, "") for band in kept)


def _bands_question(page: Page, kept: Sequence[int], before: str) -> Question:
    count = len(kept)
    orders: list[tuple[str, str]] = []
    named = _named_roles(page, kept, _SENTINEL_2)
    if named is not None:
        wanted: list[BandRole] = ["red", "green", "blue", "nir"]
        places = [named.index(role) for role in wanted if role in named]
        orders.append((",".join(str(kept[place]) for place in places), "by their names"))
    if count in _USUAL_ORDERS:
        orders.append(_USUAL_ORDERS[count])
    if count == 3:
        orders += [("1,2,3", "red first"), ("3,2,1", "blue first")]
    elif count > 3:
        orders += [("1,2,3,4", "red first"), ("3,2,1,4", "blue first")]
    orders.append((str(kept[0]), "in grey"))
    options: dict[str, Option] = {}
    for value, words in orders:
        if _parse_bands(value, kept) is not None:
            options.setdefault(value, Option(value, _bands_words(value, words)))
    return Question(
        "bands",
        f"{before}This file has {count} bands and does not say which are red, green and blue. "
        "Choose them.",
        tuple(options.values()),
        accepts="Band numbers with commas: red, green, blue and, if there is one, near "
        f"infrared, such as 3,2,1{',4' if count > 3 else ''}; or one number for grey.",
    )


def _bands_words(value: str, words: str) -> str:
    numbers = value.split(",")
    if len(numbers) == 1:
        return f"Band {value} {words}"
    infrared = f", band {numbers[3]} near infrared" if len(numbers) == 4 else ""
    return f"Bands {', '.join(numbers[:3])} as red, green, blue{infrared} ({words})"


# Empty values


def _nodata(
    page: Page, answers: Answers, kept: Sequence[int], findings: Findings
) -> tuple[float | None, ...]:
    declared = tuple(page.nodata[band - 1] for band in kept)
    if answers.nodata == "no":
        return (None,) * len(kept)
    is_photo = page.facts.dtype == "uint8" and len(kept) >= 3
    if answers.nodata is None and is_photo and None not in declared:
        values = page.sample.values[[band - 1 for band in kept]]
        empty = (values == np.array(declared)[:, None]).all(axis=0)
        if empty.any() and empty.mean() < _SELDOM:
            findings.questions.append(_nodata_question(declared[0], float(empty.mean())))
    return declared


def _nodata_question(value: float | None, share: float) -> Question:
    percent = f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"
    return Question(
        "nodata",
        f"The file calls the value {value:g} empty, but only {percent} of the picture has it: "
        "perhaps it is bright or dark ground. Is it empty?",
        (
            Option("yes", "Empty: make it transparent"),
            Option("no", "Part of the picture: show it"),
        ),
    )
