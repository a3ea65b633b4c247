from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.accounts.models import User
from webapp.errors import NotFound
from webapp.projects import actions, archiving, queries
from webapp.projects.permit import acting_member
from webapp.projects.schemas import MemberIn, MemberOut

router = Router(tags=["projects"])


@router.post("/projects/{uuid:project}/archive", response={204: None})
def archive_project(request: HttpRequest, project: UUID) -> tuple[int, None]:
    """Put a project away: out of the lists, to be looked at and not changed."""
    del project
    archiving.archive_project(acting_member(request))
    return 204, None


@router.delete("/projects/{uuid:project}/archive", response={204: None})
def bring_back_project(request: HttpRequest, project: UUID) -> tuple[int, None]:
    """Take a project out of the archive."""
    del project
    archiving.bring_back_project(acting_member(request))
    return 204, None


@router.put("/projects/{uuid:project}/members", response=list[MemberOut])
def set_member(request: HttpRequest, project: UUID, body: MemberIn) -> list[MemberOut]:
    """Add somebody by user name, or change their role; the answer lists all members."""
    del project
    member = acting_member(request)
    actions.set_member(member.project, body.username, body.role)
    return queries.members_of(member.project)


@router.delete("/projects/{uuid:project}/members/{uuid:user}", response=list[MemberOut])
def remove_member(request: HttpRequest, project: UUID, user: UUID) -> list[MemberOut]:
    """Take somebody out; the answer lists all members left."""
    del project
    member = acting_member(request)
    leaving = User.objects.filter(uid=user).first()
    if leaving is None:
        raise NotFound("There is no such member of this project.")
    actions.remove_member(member.project, leaving)
    return queries.members_of(member.project)
