"""Edits come in here and not among the labels: an undone save opens its draft again."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.drafts.saving import undo_with_drafts
from webapp.labels import actions
from webapp.labels.geometry import shape_from_coordinates
from webapp.labels.schemas import (
    ClassifyEdit,
    CreateEdit,
    CutEdit,
    DeleteEdit,
    EditIn,
    EditOut,
    MergeEdit,
    ReshapeEdit,
    ReviewEdit,
    SplitEdit,
    UndoEdit,
)
from webapp.projects.permit import acting_member
from webapp.projects.roles import EDIT_KINDS, Member

router = Router(tags=["labels"])


@router.post("/projects/{uuid:project}/edits", response=EditOut)
def make_edit(request: HttpRequest, project: UUID, body: EditIn) -> EditOut:
    """Change labels; sent twice, an edit is applied once."""
    del project
    member = acting_member(request)
    member.need(EDIT_KINDS[body.kind])
    return _applied(member, body)


def _applied(member: Member, edit: EditIn) -> EditOut:
    match edit:
        case CreateEdit():
            return actions.create_label(
                member,
                uid=edit.uid,
                layer=edit.layer,
                label_class=edit.label_class,
                certainty=edit.certainty,
                note=edit.note,
                shape=shape_from_coordinates(edit.geometry),
                origin={"kind": "drawn"},
            )
        case ReshapeEdit():
            return actions.reshape_label(
                member,
                uid=edit.uid,
                label=edit.label,
                base_revision=edit.base_revision,
                shape=shape_from_coordinates(edit.geometry),
            )
        case ClassifyEdit():
            return actions.classify_labels(
                member,
                uid=edit.uid,
                labels=edit.labels,
                label_class=edit.label_class,
                certainty=edit.certainty,
                note=edit.note,
            )
        case CutEdit():
            return actions.cut_label(
                member,
                uid=edit.uid,
                label=edit.label,
                base_revision=edit.base_revision,
                at=edit.at,
            )
        case SplitEdit():
            return actions.split_label(
                member,
                uid=edit.uid,
                label=edit.label,
                base_revision=edit.base_revision,
                line=edit.line,
            )
        case MergeEdit():
            return actions.merge_labels(member, uid=edit.uid, labels=edit.labels)
        case DeleteEdit():
            return actions.delete_labels(member, uid=edit.uid, labels=edit.labels)
        case UndoEdit():
            return undo_with_drafts(member, uid=edit.uid, edit=edit.edit)
        case ReviewEdit():
            return actions.review_label(
                member,
                uid=edit.uid,
                label=edit.label,
                revision=edit.revision,
                decision=edit.decision,
                comment=edit.comment,
            )
