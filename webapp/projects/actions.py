"""Writes to projects and memberships: one function, one transaction, one notice."""

from django.db import IntegrityError, transaction

from webapp.accounts.models import User
from webapp.errors import BadInput, Conflict, NotFound
from webapp.projects.events import ProjectChanged
from webapp.projects.lock import lock
from webapp.projects.models import Membership, Project, Role
from webapp.projects.roles import Member
from webapp.projects.schemas import ProjectSettingsIn
from webapp.realtime.publish import publish


def create_project(user: User, *, name: str, description: str = "") -> Project:
    """A new project without classes; `user` becomes its manager.

    Raises:
        Conflict: the name is taken.
    """
    project = Project(name=name.strip(), description=description, created_by=user)
    if not project.name:
        raise BadInput("A project needs a name. None was made.")
    with transaction.atomic():
        _save(project)
        Membership.objects.create(project=project, user=user, role=Role.MANAGER)
    return project


def update_settings(member: Member, changed: ProjectSettingsIn) -> Project:
    """Write a project's name, description and rules.

    Raises:
        Conflict: the name is taken.
    """
    project = member.project
    fields = changed.model_dump()
    for field, value in fields.items():
        setattr(project, field, value)
    with transaction.atomic():
        _save(project, fields=list(fields))
        _announce(project)
    return project


def set_member(project: Project, username: str, role: Role) -> Membership:
    """Add somebody to a project, or change their role in it.

    Raises:
        NotFound: there is no account of that name.
        Conflict: the project would be left without a manager.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotFound(
            f"There is no account {username}, so nobody was added. "
            "A site administrator makes accounts."
        )
    with transaction.atomic():
        lock(project)
        if role is not Role.MANAGER:
            _keep_a_manager(project, without=user)
        membership, _ = Membership.objects.update_or_create(
            project=project, user=user, defaults={"role": role}
        )
        _announce(project)
    return membership


def remove_member(project: Project, user: User) -> None:
    """Take somebody out of a project; what they labelled stays.

    Raises:
        NotFound: they are no member.
        Conflict: the project would be left without a manager.
    """
    with transaction.atomic():
        lock(project)
        _keep_a_manager(project, without=user)
        removed, _ = Membership.objects.filter(project=project, user=user).delete()
        if not removed:
            raise NotFound(f"{user.display_name} is not a member of this project.")
        _announce(project)


def _save(project: Project, *, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            project.save(update_fields=fields)
    except IntegrityError as error:
        raise Conflict(
            f"There is a project named {project.name} already. "
            "Nothing was changed; choose another name."
        ) from error


def _keep_a_manager(project: Project, *, without: User) -> None:
    managers = Membership.objects.filter(project=project, role=Role.MANAGER)
    if managers.filter(user=without).exists() and managers.count() == 1:
        raise Conflict(
            f"{without.display_name} is the only manager of this project, so nothing was "
            "changed. Make somebody else a manager first."
        )


def _announce(project: Project) -> None:
    publish(project.pk, ProjectChanged(type="project.changed"))
