"""What a label's outline was before it was changed: for a reviewer who compares."""

from webapp.labels.geometry import area_of_wkb, coordinates_from_wkb
from webapp.labels.models import Change, EditKind, Label
from webapp.labels.schemas import BeforeOut
from webapp.labels.states import LabelState
from webapp.labels.undo_stacks import stacks_of


def before_of(label: Label) -> BeforeOut | None:
    """The outline that a label was last judged with, where it has another now; else the last other.

    Vertices are moved one by one, an edit each: after a return the last of them is not what the
    reviewer asks about. What was taken back is no change. None: there was no other outline.
    """
    changes = Change.objects.filter(label=label)
    history = changes.order_by("edit__number").values_list("edit_id", "edit__inverts_id")
    standing = changes.filter(edit__in=stacks_of(history).undoable, before__isnull=False)
    others = standing.exclude(before__geometry=bytes(label.geometry).hex()).order_by(
        "-edit__number"
    )
    found = others.filter(edit__kind=EditKind.REVIEW).first() or others.first()
    if found is None:
        return None
    state = LabelState.model_validate(found.before)
    wkb = bytes.fromhex(state.geometry)
    return BeforeOut(
        geometry=coordinates_from_wkb(wkb),
        area_m2=area_of_wkb(wkb) * label.project.metres_per_unit**2,
        revision=state.revision,
    )
