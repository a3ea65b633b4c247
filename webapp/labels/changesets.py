"""How an edit is written: one row, one change per label, one transaction, one event.

Whoever writes an edit takes the project's lock first (`projects.lock`), so numbers have no gaps and
no two edits of a project interleave.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from webapp import measures
from webapp.errors import Conflict
from webapp.labels.cutting import cut_at_labels, cut_at_neighbours
from webapp.labels.events import LabelsChanged
from webapp.labels.models import Change, Edit, EditKind, Label
from webapp.labels.queries import edit_out
from webapp.labels.schemas import EditOut, OverlapOut
from webapp.labels.states import LabelState
from webapp.projects.lock import lock
from webapp.projects.models import OverlapRule
from webapp.projects.roles import Member
from webapp.realtime.publish import publish

Follow = Callable[[Edit], UUID | None]
"""What else an edit brings about in its transaction; the draft that it reopened, if any."""


class Changeset:
    """An edit being written. Make one inside a transaction, after `already_applied`."""

    def __init__(
        self, member: Member, uid: UUID, kind: EditKind, *, inverts: Edit | None = None
    ) -> None:
        self.project = lock(member.project)
        self.now: datetime = timezone.now()
        self.project.last_edit_number += 1
        self.edit = Edit.objects.create(
            uid=uid,
            project=self.project,
            number=self.project.last_edit_number,
            kind=kind,
            author=member.user,
            created_at=self.now,
            inverts=inverts,
        )
        self._changes: list[Change] = []

    def cut(self, label: Label) -> None:
        """Take from a label about to be stored what lies on others, where the project says so.

        Raises:
            BadInput: as in `cut_at_neighbours`.
        """
        if self.project.overlaps == OverlapRule.CUT:
            self._note_cut(cut_at_neighbours(label))

    def cut_at(self, label: Label, others: Collection[UUID]) -> None:
        """Take from a label about to be stored what lies on certain others.

        Raises:
            BadInput: as in `cut_at_labels`.
        """
        self._note_cut(cut_at_labels(label, others))

    def created(self, label: Label) -> None:
        """Store a new label, under the project's next number."""
        self.project.last_label_number += 1
        label.number = self.project.last_label_number
        label.created_at = label.updated_at = self.now
        label.save(force_insert=True)
        self._note(label, base_revision=0, before=None, after=LabelState.of(label))

    def changed(self, label: Label, before: LabelState | None) -> None:
        """Store a label whose row was altered; the revision goes up where its content did.

        Args:
            label: the altered row; `deleted` says whether it exists from now on.
            before: its state before, None where it did not exist (it was deleted).
        """
        base_revision = label.revision
        after = LabelState.of(label)
        if before is not None and not after.same_content(before):
            label.revision += 1
            after = LabelState.of(label)
        label.updated_at = self.now
        label.save()
        self._note(label, base_revision, before, None if label.deleted else after)

    def publish(self, follow: Follow | None = None) -> EditOut:
        """Write the changes down and tell the project's pages after the commit."""
        Change.objects.bulk_create(self._changes)
        self.project.save(update_fields=["last_edit_number", "last_label_number"])
        out = edit_out(self.edit, reopened_draft=follow(self.edit) if follow else None)
        publish(self.project.pk, LabelsChanged(type="labels.changed", edit=out))
        transaction.on_commit(measures.edits.labels(self.edit.kind).inc, robust=True)
        return out

    def _note_cut(self, taken: list[OverlapOut]) -> None:
        self.edit.cut = [each.model_dump(mode="json") for each in taken]
        self.edit.save(update_fields=["cut"])

    def _note(
        self,
        label: Label,
        base_revision: int,
        before: LabelState | None,
        after: LabelState | None,
    ) -> None:
        self._changes.append(
            Change(
                edit=self.edit,
                label=label,
                base_revision=base_revision,
                before=before.model_dump(mode="json") if before else None,
                after=after.model_dump(mode="json") if after else None,
            )
        )


def already_applied(member: Member, uid: UUID) -> EditOut | None:
    """The edit of this id, where its author sent it before; to be asked inside the transaction.

    Raises:
        Conflict: the id was used by somebody else, or in another project.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An edit is looked up and written in one transaction.")
    lock(member.project)
    known = Edit.objects.filter(uid=uid).first()
    if known is None:
        return None
    if known.author_id != member.user.pk or known.project_id != member.project.pk:
        raise Conflict(
            "This change carries a number that is taken. Load the page and make it anew."
        )
    return edit_out(known)
