"""The history of a project or of a label: its edits, each in a sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from webapp.accounts.queries import user_out
from webapp.labels.cutting import names
from webapp.labels.models import Change, Edit, EditKind, Label, LabelClass, ReviewState
from webapp.labels.schemas import EditRowOut
from webapp.projects.models import Project

MOST_ROWS = 500
_NAMED_AT_MOST = 3

# Everything that a sentence says, and no geometry: the parts of two JSON columns.
_SIDES = ("before", "after")
_SAID = ("label_class", "certainty", "note", "review_state", "review_comment")
_PATHS = tuple(f"{side}__{key}" for side in _SIDES for key in _SAID)


@dataclass(frozen=True, slots=True)
class _Label:
    """One label in one edit: its number, and what could change of it, by path."""

    number: int
    said: dict[str, str | int | None]

    def differs(self, key: str) -> bool:
        return self.said[f"before__{key}"] != self.said[f"after__{key}"]


@dataclass(frozen=True, slots=True)
class _Touched:
    """What an edit touched: how many labels, and the first few of them (an import has many)."""

    count: int
    named: Sequence[_Label]

    def __str__(self) -> str:
        if self.count > _NAMED_AT_MOST:
            return f"{self.count} labels"
        return ", ".join(f"#{each.number}" for each in self.named) or "no label"


def rows_of_project(project: Project, *, limit: int) -> list[EditRowOut]:
    """A project's newest edits, newest first."""
    return _rows(project, project.edits.order_by("-number")[:limit])


def rows_of_label(label: Label, *, limit: int) -> list[EditRowOut]:
    """The newest edits that touched a label, newest first."""
    edits = Edit.objects.filter(changes__label=label).order_by("-number")[:limit]
    return _rows(label.project, edits)


def _rows(project: Project, edits: Iterable[Edit]) -> list[EditRowOut]:
    found = list(
        Edit.objects.filter(pk__in=[edit.pk for edit in edits])
        .select_related("author", "inverts")
        .order_by("-number")
    )
    touched = _touched_by(found)
    classes = dict(LabelClass.objects.filter(project=project).values_list("pk", "name"))
    return [
        EditRowOut(
            uid=edit.uid,
            number=edit.number,
            kind=EditKind(edit.kind),
            author=user_out(edit.author),
            created_at=edit.created_at,
            sentence=_sentence(edit, touched[edit.pk], classes),
            label_count=touched[edit.pk].count,
        )
        for edit in found
    ]


def _touched_by(edits: Sequence[Edit]) -> dict[int, _Touched]:
    changes = Change.objects.filter(edit__in=[edit.pk for edit in edits])
    counts = dict(changes.order_by().values_list("edit").annotate(Count("pk")))
    place = Window(RowNumber(), partition_by=F("edit"), order_by=F("label__number").asc())
    named: dict[int, list[_Label]] = {edit.pk: [] for edit in edits}
    first_few = changes.annotate(place=place).filter(place__lte=_NAMED_AT_MOST)
    for row in first_few.order_by("label__number").values("edit_id", "label__number", *_PATHS):
        said = {path: row[path] for path in _PATHS}
        named[row["edit_id"]].append(_Label(row["label__number"], said))
    return {pk: _Touched(counts.get(pk, 0), labels) for pk, labels in named.items()}


def _sentence(edit: Edit, touched: _Touched, classes: dict[int, str]) -> str:
    if edit.inverts is not None:
        verb = "Took back" if edit.inverts.inverts_id is None else "Did again"
        return f"{verb}: {_OF_KIND[_kind_undone(edit)]} of {touched}."
    first = touched.named[0] if touched.named else None
    cut = f" What lay on {_cut_at(edit)} was cut." if edit.cut else ""
    match EditKind(edit.kind), first:
        case EditKind.CREATE, _Label(said=said):
            name = classes.get(int(said["after__label_class"] or 0), "?")
            return f"Created {touched} as {name}.{cut}"
        case EditKind.CLASSIFY, _Label():
            return f"Changed {touched}: {_what_changed(first, classes)}."
        case EditKind.REVIEW, _Label(said=said):
            return _review_sentence(touched, said)
        case EditKind.SPLIT, _Label(number=number):
            return f"Split #{number} into {touched}."
        case EditKind.MERGE, _Label(number=number):
            return f"Merged {touched} into one label, #{number}."
        case EditKind.CUT, _:
            return f"Cut {touched}: what lay on {_cut_at(edit)}."
        case kind, _:
            return f"{_VERBS[kind]} {touched}.{cut}"


def _cut_at(edit: Edit) -> str:
    """The labels that kept their ground; without the area, whose unit the page chooses."""
    return names([each["number"] for each in edit.cut])


_VERBS = {
    EditKind.CREATE: "Created",
    EditKind.RESHAPE: "Reshaped",
    EditKind.CLASSIFY: "Changed",
    EditKind.DELETE: "Deleted",
    EditKind.RESTORE: "Restored",
    EditKind.REVIEW: "Reviewed",
    EditKind.COMMENT: "Commented on",
    EditKind.IMPORT: "Imported",
}
_OF_KIND = {
    EditKind.CREATE: "the making",
    EditKind.RESHAPE: "the new shape",
    EditKind.SPLIT: "the split",
    EditKind.MERGE: "the merge",
    EditKind.CUT: "the cut",
    EditKind.CLASSIFY: "the change",
    EditKind.DELETE: "the deletion",
    EditKind.RESTORE: "the restoring",
    EditKind.REVIEW: "the review",
    EditKind.COMMENT: "the comment",
    EditKind.IMPORT: "the import",
}


def _kind_undone(edit: Edit) -> EditKind:
    """The kind of the edit at the bottom of a chain of undos, as far as this row tells it."""
    undone = edit.inverts or edit
    return EditKind(edit.kind if undone.inverts_id is not None else undone.kind)


def _what_changed(touched: _Label, classes: dict[int, str]) -> str:
    changed = []
    if touched.differs("label_class"):
        before, after = (
            classes.get(int(touched.said[f"{side}__label_class"] or 0), "?") for side in _SIDES
        )
        changed.append(f"{before} became {after}")
    if touched.differs("certainty"):
        changed.append(f"certainty {touched.said['after__certainty']}")
    if touched.differs("note"):
        changed.append("the note")
    return ", ".join(changed) or "nothing"


def _review_sentence(touched: _Touched, said: dict[str, str | int | None]) -> str:
    comment = said["after__review_comment"]
    match said["after__review_state"]:
        case ReviewState.ACCEPTED:
            return f"Accepted {touched}."
        case ReviewState.RETURNED:
            return f"Returned {touched}: {comment}"
        case _:
            return f"Reopened {touched} for review."
