"""Reads, limited to what a person may know of. The rule stands in `visible_to` alone."""

from uuid import UUID

from webapp.accounts.models import User
from webapp.accounts.queries import user_out
from webapp.errors import NotFound
from webapp.projects.models import Membership, Project, Role
from webapp.projects.roles import Member, Who
from webapp.projects.schemas import MemberOut, ProjectSettingsOut

NO_SUCH_PROJECT = "There is no such project, or you are not a member of it."


def member(user: User, project_uid: UUID | str, need: Who = Who.VIEWER) -> Member:
    """`user` as a member of the project, with at least the role that `need` says.

    Raises:
        NotFound: there is no such project, or the person is no member of it.
        NotAllowed: the role does not go that far, or the project is archived.
    """
    try:
        wanted = project_uid if isinstance(project_uid, UUID) else UUID(project_uid)
    except ValueError:
        wanted = None
    row = (
        Membership.objects.select_related("project").filter(user=user, project__uid=wanted).first()
        if wanted
        else None
    )
    if row is not None:
        found = Member(user=user, project=row.project, role=Role(row.role))
    elif need is Who.CUSTODIAN and user.is_staff:
        found = Member(user=user, project=_any_project(wanted), role=Role.MANAGER)
    else:
        raise NotFound(NO_SUCH_PROJECT)
    found.need(need)
    return found


def _any_project(uid: UUID | None) -> Project:
    project = Project.objects.filter(uid=uid).first() if uid else None
    if project is None:
        raise NotFound(NO_SUCH_PROJECT)
    return project


def members_of(project: Project) -> list[MemberOut]:
    """Everybody in a project, managers first, then by name."""
    order = [Role.MANAGER, Role.ANNOTATOR, Role.VIEWER]
    rows = project.memberships.select_related("user").order_by("user__username")
    found = [MemberOut(user=user_out(row.user), role=Role(row.role)) for row in rows]
    return sorted(found, key=lambda each: order.index(each.role))


def settings_of(project: Project) -> ProjectSettingsOut:
    """A project's settings as they are."""
    return ProjectSettingsOut.model_validate(project, from_attributes=True)
