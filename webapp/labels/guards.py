"""What keeps an edit from being made: a label has gone on, is locked, or is somebody else's."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from webapp.errors import Conflict, NotAllowed
from webapp.labels.models import Change, Label, ReviewState
from webapp.labels.queries import label_out, labels_of
from webapp.labels.schemas import AtRevision
from webapp.projects.roles import Member, Who


def writable(member: Member, wanted: Sequence[AtRevision]) -> list[Label]:
    """The labels, each checked: it is not locked, and has not gone on.

    Raises:
        NotFound, NotAllowed, Conflict: the first of them that is not so.
    """
    rows = labels_of(member.project, [each.label for each in wanted])
    revisions = {each.label: each.base_revision for each in wanted}
    for row in rows:
        refuse_gone_on(row, revisions[row.uid])
        refuse_locked(member, row)
    return rows


def refuse_locked(member: Member, row: Label) -> None:
    """Raises NotAllowed where a label is accepted and the member is no manager."""
    if row.review_state == ReviewState.ACCEPTED and not member.may(Who.MANAGER):
        raise NotAllowed(f"{row} is accepted. Ask for it to be reopened.")


def refuse_others(member: Member, row: Label, consequence: str) -> None:
    """Raises NotAllowed where an annotator would take somebody else's label away."""
    if row.created_by_id != member.user.pk and not member.may(Who.MANAGER):
        raise NotAllowed(
            f"{row} is {row.created_by.display_name}'s. {consequence} Ask them, or a manager."
        )


def refuse_own(member: Member, row: Label) -> None:
    """Raises NotAllowed where a manager would review their own label and may not."""
    if row.created_by_id != member.user.pk or member.project.own_review_allowed:
        return
    if member.project.memberships.count() > 1:
        raise NotAllowed(
            f"{row} is your own, so you cannot review it. Ask another manager, "
            "or allow own reviews in the project's settings."
        )


def refuse_gone_on(row: Label, seen_revision: int) -> None:
    """Raises Conflict where a label is not at the revision that the member saw."""
    if row.deleted or row.revision != seen_revision:
        raise conflict(row, "Yours was not saved: look at it and decide again.")


def conflict(row: Label, consequence: str) -> Conflict:
    """What tells of the last change of a label, and shows the label as it is now."""
    last = Change.objects.filter(label=row).select_related("edit__author").latest("edit__number")
    verb = "deleted" if row.deleted else "changed"
    who = last.edit.author.display_name
    return Conflict(
        f"{who} {verb} {row} {_how_long_ago(timezone.now() - last.edit.created_at)}. {consequence}",
        current=label_out(row).model_dump(mode="json"),
    )


def _how_long_ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"
    if minutes < 24 * 60:
        return "an hour ago" if minutes < 120 else f"{minutes // 60} hours ago"
    days = minutes // (24 * 60)
    return "yesterday" if days == 1 else f"{days} days ago"
