from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.drafts import removal
from webapp.drafts.removal_schemas import ArchivedProjectOut, DeletionIn, RemovalOut
from webapp.imaging import queries
from webapp.projects.permit import acting_member, acting_user

router = Router(tags=["removal"])


@router.get("/projects/archived", response=list[ArchivedProjectOut])
def list_archived_projects(request: HttpRequest) -> list[ArchivedProjectOut]:
    """The archived projects that the person may bring back or delete."""
    return removal.archived_projects(acting_user(request))


@router.delete("/projects/{uuid:project}", response={204: None})
def delete_project(request: HttpRequest, project: UUID, body: DeletionIn) -> tuple[int, None]:
    """Delete an archived project for good; its name says that it is meant."""
    del project
    removal.delete_project(acting_member(request), name=body.name)
    return 204, None


@router.get("/projects/{uuid:project}/images/{uuid:image}/removal", response=RemovalOut)
def describe_removal(request: HttpRequest, project: UUID, image: UUID) -> RemovalOut:
    """In words: what goes with an image, and what stays."""
    del project
    return removal.describe_removal(queries.image_of(acting_member(request).project, image))


@router.delete("/projects/{uuid:project}/images/{uuid:image}", response={204: None})
def delete_image(request: HttpRequest, project: UUID, image: UUID) -> tuple[int, None]:
    """Take an image away for good; no label goes with it."""
    del project
    member = acting_member(request)
    removal.remove_image(member, queries.image_of(member.project, image))
    return 204, None
