"""An archived project is out of the lists and can only be looked at, until it is brought back.

That it is read-only is decided in two places that everything passes: `roles.Member` (what a person
may) and `lock` (what a transaction may write, also one that was let in a moment before).
"""

from django.db import transaction
from django.utils import timezone

from webapp.errors import Conflict
from webapp.projects.events import ProjectChanged
from webapp.projects.models import Project
from webapp.projects.roles import Member
from webapp.realtime.publish import publish


def archive_project(member: Member) -> Project:
    """Put a project away: members can look at it, and nobody can change it.

    Raises:
        Conflict: it is archived already, or a job of it is not done.
    """
    with transaction.atomic():
        project = _held(member.project)
        if project.archived_at is not None:
            raise Conflict(f"{project.name} is archived already.")
        if project.jobs.filter(finished_at=None).exists():
            raise Conflict(
                f"An import or export of {project.name} is not done, so it was not archived. "
                "Wait for it, or stop it."
            )
        project.archived_at, project.archived_by = timezone.now(), member.user
        project.save(update_fields=["archived_at", "archived_by"])
        publish(project.pk, ProjectChanged(type="project.changed"))
    return project


def bring_back_project(member: Member) -> Project:
    """Take a project out of the archive: it is in the lists again and can be worked on.

    Raises:
        Conflict: it is not archived.
    """
    with transaction.atomic():
        project = _held(member.project)
        if project.archived_at is None:
            raise Conflict(f"{project.name} is not in the archive.")
        project.archived_at = project.archived_by = None
        project.save(update_fields=["archived_at", "archived_by"])
        publish(project.pk, ProjectChanged(type="project.changed"))
    return project


def _held(project: Project) -> Project:
    """As `lock.lock`, of a project that may be archived."""
    return Project.objects.select_for_update(no_key=True).get(pk=project.pk)
