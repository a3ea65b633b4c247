"""Images and projects go: here, where all is known that hangs on them.

Labels lie on the ground, not in a file: without its picture a layer keeps its name and grid, and
its labels stay. Files go after the commit. What a killed server, or a backup that runs, leaves of
them is found by the sweeper, for no row names it any more.
"""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum

from webapp.accounts.models import User
from webapp.drafts.models import Draft, DraftState, DraftStep
from webapp.drafts.removal_schemas import ArchivedProjectOut, RemovalOut
from webapp.drafts.saving import finish_save
from webapp.errors import BadInput, Conflict
from webapp.imaging import actions as imaging
from webapp.imaging import parts
from webapp.imaging.kept_files import remove_unnamed
from webapp.imaging.models import Image, ImageState
from webapp.jobs.models import Job
from webapp.labels.models import Change, Edit, Label, LabelClass
from webapp.projects.events import ProjectChanged
from webapp.projects.models import Membership, Project, Role
from webapp.projects.roles import Member
from webapp.realtime.publish import publish


def describe_removal(image: Image) -> RemovalOut:
    """In words: what goes with an image, and what stays."""
    said = [f"{image.name} is removed from the server for good, with the file as it was uploaded."]
    if image.state == ImageState.READY:
        labels = image.layer.labels.filter(deleted=False).count()
        said.append(_labels_stay(labels))
        if _is_last_picture(image):
            drafts = image.layer.drafts.filter(state=DraftState.OPEN).count()
            said.append(f"The layer {image.layer.name} keeps its name, without a picture.")
            if drafts:
                closed = "1 open draft" if drafts == 1 else f"{drafts} open drafts"
                said.append(f"{closed} on it {'is' if drafts == 1 else 'are'} closed.")
        else:
            said.append(f"The other images of the layer {image.layer.name} stay.")
    return RemovalOut(sentence=" ".join(said))


def remove_image(member: Member, image: Image) -> None:
    """Take an image away; drafts on a layer without any picture are closed.

    What waits to be saved is saved first, as its owner sees it.

    Raises:
        Conflict: it is on its way.
    """
    with transaction.atomic():
        closing: list[int] = []
        if image.state == ImageState.READY and _is_last_picture(image):
            # Locks in the one order (`projects.lock`): drafts first.
            held = Draft.objects.select_for_update(no_key=True).filter(layer=image.layer)
            rows = held.filter(state__in=(DraftState.OPEN, DraftState.SAVING))
            closing = list(rows.values_list("pk", flat=True))
            for pk in closing:
                finish_save(pk)
        imaging.remove_image(member.project, image)
        Draft.objects.filter(pk__in=closing, state=DraftState.OPEN).update(
            state=DraftState.DISCARDED
        )


def archived_projects(user: User) -> list[ArchivedProjectOut]:
    """The archived projects that somebody may bring back or delete, the newest there first."""
    may = Q(memberships__user=user, memberships__role=Role.MANAGER)
    found = Project.objects.filter(archived_at__isnull=False)
    if not user.is_staff:
        found = found.filter(may)
    projects = found.select_related("archived_by").order_by("-archived_at")
    labels = dict(
        Label.objects.filter(project__in=projects, deleted=False)
        .order_by()
        .values_list("project")
        .annotate(Count("pk"))
    )
    images = {
        row["layer__project"]: row
        for row in Image.objects.filter(layer__project__in=projects)
        .order_by()
        .values("layer__project")
        .annotate(images=Count("pk"), files=Sum("size_bytes"), cogs=Sum("cog_bytes"))
    }
    own = set(Membership.objects.filter(user=user).values_list("project", flat=True))
    nothing = {"images": 0, "files": 0, "cogs": 0}
    return [
        ArchivedProjectOut(
            uid=project.uid,
            name=project.name,
            archived_at=project.archived_at,
            archived_by=project.archived_by.display_name if project.archived_by else "",
            labels=labels.get(project.pk, 0),
            images=(of := images.get(project.pk, nothing))["images"],
            size_bytes=of["files"] + of["cogs"],
            is_member=project.pk in own,
        )
        for project in projects
        if project.archived_at is not None
    ]


def delete_project(member: Member, *, name: str) -> None:
    """Delete an archived project for good: labels, edits, drafts, images, exports.

    Args:
        member: a manager, or a site administrator.
        name: of the project, as the person typed it.

    Raises:
        Conflict: it is not archived.
        BadInput: the name is another.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=member.project.pk)
        if project.archived_at is None:
            raise Conflict(f"{project.name} is not archived, so it was not deleted. Archive it.")
        if name.strip() != project.name:
            raise BadInput(
                f"That is not the name of the project, so it was not deleted. Type {project.name}."
            )
        images = list(Image.objects.filter(layer__project=project).values_list("uid", "cog_path"))
        jobs = [str(uid) for uid in project.jobs.values_list("uid", flat=True)]
        uploads = list(project.uploads.values_list("uid", flat=True))
        _delete_rows(project)
        publish(project.pk, ProjectChanged(type="project.changed"))

        def remove_files() -> None:
            remove_unnamed([uid for uid, _ in images], [path for _, path in images])
            for job in jobs:
                shutil.rmtree(Path(settings.DATA_DIR) / "exports" / job, ignore_errors=True)
            for upload in uploads:
                parts.remove(upload)

        transaction.on_commit(remove_files, robust=True)


def _delete_rows(project: Project) -> None:
    """All rows of a project, those that others point to last."""
    DraftStep.objects.filter(draft__project=project).delete()
    Draft.objects.filter(project=project).delete()
    Change.objects.filter(edit__project=project).delete()
    Edit.objects.filter(project=project).update(inverts=None)
    Edit.objects.filter(project=project).delete()
    Label.objects.filter(project=project).delete()
    LabelClass.objects.filter(project=project).update(parent=None)
    LabelClass.objects.filter(project=project).delete()
    Image.objects.filter(layer__project=project).delete()
    Job.objects.filter(project=project).delete()
    Membership.objects.filter(project=project).delete()
    project.delete()  # with its layers and unfinished uploads


def _is_last_picture(image: Image) -> bool:
    others = image.layer.images.filter(state=ImageState.READY).exclude(pk=image.pk)
    return not others.exists()


def _labels_stay(labels: int) -> str:
    if labels == 0:
        return "No labels were drawn on its layer."
    if labels == 1:
        return "The label that was drawn on its layer stays where it is."
    return f"The {labels:,} labels that were drawn on its layer stay where they are."
