from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from webapp.bounds import parse_bounds
from webapp.labels import history, queries, taxonomy
from webapp.labels.before import before_of
from webapp.labels.models import ReviewState
from webapp.labels.overlaps import overlaps_of
from webapp.labels.project_view import ProjectOut, project_out, project_rows, start_project
from webapp.labels.schemas import (
    BeforeOut,
    ClassIn,
    ClassOut,
    EditRowOut,
    LabelOut,
    LabelsOut,
    OverlapOut,
    SummaryOut,
    TypicalObjectOut,
)
from webapp.projects import actions as projects
from webapp.projects.permit import acting_member, acting_user
from webapp.projects.schemas import ProjectIn, ProjectRowOut, ProjectSettingsIn

router = Router(tags=["labels"])


@router.get("/projects", response=list[ProjectRowOut])
def list_projects(request: HttpRequest) -> list[ProjectRowOut]:
    """The projects that the person is a member of."""
    return project_rows(acting_user(request))


@router.post("/projects", response=ProjectOut)
def create_project(request: HttpRequest, body: ProjectIn) -> ProjectOut:
    """A new project; its author becomes its manager."""
    return project_out(start_project(acting_user(request), body))


@router.get("/projects/{uuid:project}", response=ProjectOut)
def get_project(request: HttpRequest, project: UUID) -> ProjectOut:
    """A project with its classes, layers and members."""
    del project
    return project_out(acting_member(request))


@router.patch("/projects/{uuid:project}", response=ProjectOut)
def update_project(request: HttpRequest, project: UUID, body: ProjectSettingsIn) -> ProjectOut:
    """Name, description and rules of a project."""
    del project
    projects.update_settings(acting_member(request), body)
    return project_out(acting_member(request))


@router.post("/projects/{uuid:project}/classes", response=ClassOut)
def create_class(request: HttpRequest, project: UUID, body: ClassIn) -> ClassOut:
    """A new class at the end of the list."""
    del project
    return queries.class_out(taxonomy.add_class(acting_member(request).project, body))


@router.put("/projects/{uuid:project}/classes/{uuid:label_class}", response=ClassOut)
def update_class(request: HttpRequest, project: UUID, label_class: UUID, body: ClassIn) -> ClassOut:
    """All of a class but its code."""
    del project
    changed = taxonomy.change_class(acting_member(request).project, label_class, body)
    return queries.class_out(changed)


@router.get("/projects/{uuid:project}/labels", response=LabelsOut)
def list_labels(
    request: HttpRequest,
    project: UUID,
    bbox: str | None = None,
    review_state: ReviewState | None = None,
    mine: bool = False,
    limit: Annotated[int, Field(ge=1, le=queries.MOST_LABELS)] = queries.MOST_LABELS,
) -> HttpResponse:
    """Labels by place (`bbox=minx,miny,maxx,maxy`, map frame), review state and author."""
    del project
    member = acting_member(request)
    labels = queries.labels_in(
        member.project,
        bounds=None if bbox is None else parse_bounds(bbox),
        review_state=review_state,
        author=member.user if mine else None,
        limit=limit,
    )
    # Written by pydantic at once: some hundred thousand coordinates are not checked twice.
    return HttpResponse(labels.model_dump_json(), content_type="application/json")


@router.get("/projects/{uuid:project}/labels/{uuid:label}", response=LabelOut)
def get_label(request: HttpRequest, project: UUID, label: UUID) -> LabelOut:
    """One label, also a deleted one."""
    del project
    return queries.label_out(queries.label_of(acting_member(request).project, label))


@router.get("/projects/{uuid:project}/labels/{uuid:label}/history", response=list[EditRowOut])
def get_label_history(request: HttpRequest, project: UUID, label: UUID) -> list[EditRowOut]:
    """The edits that touched a label, newest first."""
    del project
    row = queries.label_of(acting_member(request).project, label)
    return history.rows_of_label(row, limit=history.MOST_ROWS)


@router.get("/projects/{uuid:project}/labels/{uuid:label}/before", response=BeforeOut | None)
def get_label_before(request: HttpRequest, project: UUID, label: UUID) -> BeforeOut | None:
    """A label's outline before it was changed; null where it never was."""
    del project
    return before_of(queries.label_of(acting_member(request).project, label))


@router.get("/projects/{uuid:project}/labels/{uuid:label}/overlaps", response=list[OverlapOut])
def get_label_overlaps(request: HttpRequest, project: UUID, label: UUID) -> list[OverlapOut]:
    """The labels of its layer that share ground with a label."""
    del project
    return overlaps_of(queries.label_of(acting_member(request).project, label))


@router.get("/projects/{uuid:project}/summary", response=SummaryOut)
def get_summary(request: HttpRequest, project: UUID) -> SummaryOut:
    """Labels and areas by class, and how far the review is."""
    del project
    return queries.summary(acting_member(request))


@router.get("/projects/{uuid:project}/typical-object", response=TypicalObjectOut)
def get_typical_object(request: HttpRequest, project: UUID) -> TypicalObjectOut:
    """What the labels say of the setting `typical_object_m`."""
    del project
    return queries.typical_object(acting_member(request).project)


@router.get("/projects/{uuid:project}/edits", response=list[EditRowOut])
def list_edits(
    request: HttpRequest,
    project: UUID,
    limit: Annotated[int, Field(ge=1, le=history.MOST_ROWS)] = 50,
) -> list[EditRowOut]:
    """The project's edits, newest first."""
    del project
    return history.rows_of_project(acting_member(request).project, limit=limit)
