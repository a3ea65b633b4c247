"""Templates of taxonomies, and the writes on a project's classes.

Colours are from Okabe and Ito's set (Color Universal Design, 2008), which stays apart in every
colour vision; children of one class share its hue and differ by pattern.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet

from webapp.errors import BadInput, NotFound
from webapp.labels.models import LabelClass, Pattern
from webapp.labels.schemas import ClassIn
from webapp.projects.events import ProjectChanged
from webapp.projects.lock import lock
from webapp.projects.models import Project
from webapp.realtime.publish import publish

Template = Literal["iceplant", "isprs", "blank"]


@dataclass(frozen=True, slots=True)
class TemplateClass:
    """A class as a template has it; its place in the template gives order and number key."""

    code: str
    name: str
    colour: str
    pattern: Pattern = Pattern.PLAIN
    description: str = ""


TEMPLATES: Mapping[Template, Sequence[TemplateClass]] = {
    # The classes of the SegMap paper's Figure 6.
    "iceplant": (
        TemplateClass("ICEPLANT", "Iceplant", "#D55E00"),
        TemplateClass(
            "ICE_MIX",
            "Mixed iceplant",
            "#D55E00",
            Pattern.HATCH,
            "Iceplant and other plants grow through each other.",
        ),
        TemplateClass(
            "ICE_POSS",
            "Possible iceplant",
            "#D55E00",
            Pattern.DOTS,
            "Looks like iceplant, to be checked on the ground.",
        ),
        TemplateClass("RUSHSEEP", "Brownheaded rush seeps", "#0072B2"),
        TemplateClass("GOLDENBUSH", "Menzie's golden bush scrub", "#F0E442"),
        TemplateClass("SALTGRASS", "Salt grass flats", "#56B4E9"),
        TemplateClass("OTHERVEG", "Other vegetation", "#009E73"),
    ),
    # The six categories of the ISPRS 2D semantic labelling benchmark.
    "isprs": (
        TemplateClass("IMPERVIOUS", "Impervious surfaces", "#CCCCCC"),
        TemplateClass("BUILDING", "Building", "#0072B2"),
        TemplateClass("LOW_VEG", "Low vegetation", "#56B4E9"),
        TemplateClass("TREE", "Tree", "#009E73"),
        TemplateClass("CAR", "Car", "#F0E442"),
        TemplateClass("CLUTTER", "Clutter", "#D55E00", description="Whatever fits no other class."),
    ),
    "blank": (),
}


def fill_from_template(project: Project, template: Template) -> None:
    """Give a new project the classes of a template; number keys run from 1."""
    LabelClass.objects.bulk_create(
        LabelClass(
            project=project,
            code=entry.code,
            name=entry.name,
            colour=entry.colour,
            pattern=entry.pattern,
            description=entry.description,
            order=order,
            key=order if order <= 9 else None,
        )
        for order, entry in enumerate(TEMPLATES[template], start=1)
    )


def add_class(project: Project, new: ClassIn) -> LabelClass:
    """A class at the end of the project's list.

    Raises:
        BadInput: code or name is taken.
    """
    with transaction.atomic():
        lock(project)
        _refuse_taken(project, new)
        _free_key(project, new.key)
        last = project.classes.aggregate(last=Max("order"))["last"] or 0
        label_class = LabelClass.objects.create(project=project, order=last + 1, **new.model_dump())
        publish(project.pk, ProjectChanged(type="project.changed"))
    return label_class


def change_class(project: Project, uid: UUID, wanted: ClassIn) -> LabelClass:
    """A class with another name, colour, key, ...; id and code stay for good.

    Retiring a class keeps its labels and takes no new ones.

    Raises:
        NotFound: the project has no such class.
        BadInput: another code, or a name that is taken.
    """
    with transaction.atomic():
        lock(project)
        label_class = project.classes.filter(uid=uid).first()
        if label_class is None:
            raise NotFound("This class is not in the project any more. Load the page again.")
        if wanted.code != label_class.code:
            raise BadInput(
                f"The code {label_class.code} stays, because exported maps refer to it. "
                "Change the name, or make a new class."
            )
        _refuse_taken(project, wanted, but=label_class)
        _free_key(project, wanted.key, but=label_class)
        for name, value in wanted.model_dump(exclude={"code"}).items():
            setattr(label_class, name, value)
        label_class.save()
        publish(project.pk, ProjectChanged(type="project.changed"))
    return label_class


def _refuse_taken(project: Project, wanted: ClassIn, but: LabelClass | None = None) -> None:
    others = _others(project, but)
    if others.filter(code=wanted.code).exists():
        raise BadInput(f"The code {wanted.code} is taken. Choose another one.")
    if others.filter(name__iexact=wanted.name).exists():
        raise BadInput(f"There is a class named {wanted.name} already. Choose another name.")


def _free_key(project: Project, key: int | None, but: LabelClass | None = None) -> None:
    """A number key belongs to one class: taking it frees it elsewhere."""
    if key is not None:
        _others(project, but).filter(key=key).update(key=None)


def _others(project: Project, but: LabelClass | None) -> QuerySet[LabelClass]:
    return project.classes.exclude(pk=but.pk) if but else project.classes.all()
