"""From an upload to a verdict: runs in the child only."""

from dataclasses import dataclass, replace
from pathlib import Path

from webapp.imaging.answers import Answers, QuestionKind
from webapp.imaging.band_plan import BandPlan, Findings, plan_bands
from webapp.imaging.crs import unit_of
from webapp.imaging.opening import StagedRaster
from webapp.imaging.pixels import compose
from webapp.imaging.placement import Placement, find_crs, place
from webapp.imaging.raster_facts import Page, examine
from webapp.imaging.verdict import (
    CrsAndGrid,
    Option,
    Proposal,
    Question,
    RasterFiles,
    RasterRefused,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """All that an import has to know once no question is open."""

    page: Page
    bands: BandPlan
    placement: Placement


def inspect(files: RasterFiles, answers: Answers, *, folder: Path, most_bytes: int) -> Verdict:
    """Whether and how an upload can be shown.

    The questions of all pages are asked at once, so that answering every question of a
    verdict settles it.

    Args:
        files: the upload.
        answers: what is answered already.
        folder: an empty private folder, where the files are laid out under safe names.
        most_bytes: largest size, unpacked, that may be imported.
    """
    try:
        staged = StagedRaster(files, folder)
        pages, page_question = _choose_pages(staged, answers)
        first, findings, reading = _read_page(staged, pages[0], answers, None, most_bytes)
        questions = findings.questions
        for number in pages[1:]:
            _, more, _ = _read_page(staged, number, answers, None, most_bytes)
            questions += more.questions
    except RasterRefused as refusal:
        return Verdict("refused", refusal.sentence)
    if page_question is not None:
        questions.insert(0, page_question)
    asked = _first_of_each_kind(questions)
    if asked:
        state, sentence = "question", _asking(files.name, asked)
    else:
        state, sentence = "shown", _welcome(files.name, first, reading)
    return Verdict(
        state=state,  # type: ignore[arg-type]  # one of the two literals above
        sentence=sentence,
        questions=asked,
        remarks=tuple(findings.remarks),
        facts=replace(first.facts, pages=max(first.facts.pages, len(pages))),
        proposal=_proposal(reading) if reading else None,
    )


def settle(
    staged: StagedRaster, answers: Answers, target: CrsAndGrid | None, *, most_bytes: int
) -> Reading:
    """How to import an upload whose questions are answered.

    Raises:
        RasterRefused: it cannot be imported, or a question is still open.
    """
    pages, question = _choose_pages(staged, answers)
    _, findings, reading = _read_page(staged, pages[0], answers, target, most_bytes)
    questions = [question] if question else findings.questions
    if questions or reading is None:
        raise RasterRefused(f"{staged.name} still has a question: {questions[0].sentence}")
    return reading


def _choose_pages(staged: StagedRaster, answers: Answers) -> tuple[list[int], Question | None]:
    """Page numbers that are still possible, and the question which, where several are."""
    pages = staged.pages()
    numbers = [number for number, _, _ in pages]
    if len(pages) == 1:
        return numbers, None
    if answers.page is not None and answers.page.isdecimal() and int(answers.page) in numbers:
        return [int(answers.page)], None
    options = tuple(
        Option(str(number), f"Page {number}: {width} x {height} pixels")
        for number, width, height in pages
    )
    return numbers, Question(
        "page", f"{staged.name} holds {len(pages)} images. Choose one.", options
    )


def _read_page(
    staged: StagedRaster,
    number: int,
    answers: Answers,
    target: CrsAndGrid | None,
    most_bytes: int,
) -> tuple[Page, Findings, Reading | None]:
    page = examine(staged, number, most_bytes=most_bytes)
    findings = Findings([], [])
    crs = find_crs(staged, page, answers, findings)
    bands = plan_bands(page, answers, findings)
    if not findings.questions:
        _refuse_empty(staged, page, bands)
    reading = None
    if crs is not None:
        placement = place(page, crs, target, staged.name)
        reading = Reading(page, bands, placement)
        if placement.reasons:
            findings.remarks.append(_about_resampling(placement))
    return page, findings, reading


def _refuse_empty(staged: StagedRaster, page: Page, bands: BandPlan) -> None:
    """Refuse what shows nothing; a sample of a large file proves nothing."""
    sample = page.sample
    _, visible = compose(sample.values[:, None, :], sample.valid[None, :], page, bands)
    if sample.is_complete and not visible.any():
        raise RasterRefused(f"Every pixel of {staged.name} is empty. Choose another file.")


def _about_resampling(placement: Placement) -> str:
    because = " and ".join(placement.reasons)
    if placement.is_flip:
        return f"Its rows will be put in order, because {because}; no pixel changes."
    return f"It will be resampled once, because {because}."


def _first_of_each_kind(questions: list[Question]) -> tuple[Question, ...]:
    asked: dict[QuestionKind, Question] = {}
    for question in questions:
        asked.setdefault(question.kind, question)
    return tuple(asked.values())


def _asking(name: str, questions: tuple[Question, ...]) -> str:
    if len(questions) == 1:
        return f"{name} needs an answer before it can be shown. {questions[0].sentence}"
    return f"{name} needs {len(questions)} answers before it can be shown."


def _welcome(name: str, page: Page, reading: Reading | None) -> str:
    facts = page.facts
    size = f"{facts.width} x {facts.height} pixels"
    if facts.pixel_size_m is not None:
        metres = facts.pixel_size_m
        size += f" of {metres:.3g} m" if metres < 100 else f" of {metres:.0f} m"
    crs_name = reading.placement.source_crs.name if reading else ""
    if crs_name in ("unnamed", "unknown"):
        crs_name = "a projection without a name"
    return f"{name} can be shown: {size}, {crs_name}."


def _proposal(reading: Reading) -> Proposal:
    crs = reading.placement.target_crs
    unit_name, metres_per_unit = unit_of(crs)
    return Proposal(
        crs_wkt=crs.to_wkt(),
        crs_name=crs.name,
        unit_name=unit_name,
        metres_per_unit=metres_per_unit,
        band_roles=reading.bands.roles,
        warp_reasons=reading.placement.reasons,
    )
