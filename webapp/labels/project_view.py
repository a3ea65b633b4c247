"""A project as the page shows it: classes and layers together, and the list of projects.

It lives here because labels are the lowest app that knows both.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from ninja import Schema

from webapp.accounts.models import User
from webapp.accounts.queries import user_out
from webapp.accounts.schemas import UserOut
from webapp.imaging.crs import for_page
from webapp.imaging.models import Layer
from webapp.imaging.queries import layer_out
from webapp.imaging.schemas import LayerOut
from webapp.labels.models import Edit, Label, ReviewState
from webapp.labels.queries import classes_of
from webapp.labels.schemas import ClassOut
from webapp.labels.taxonomy import fill_from_template
from webapp.projects import actions as projects
from webapp.projects.models import Membership, Project, Role
from webapp.projects.queries import members_of, settings_of
from webapp.projects.roles import Member
from webapp.projects.schemas import (
    CrsOut,
    LastEditOut,
    MemberOut,
    ProjectIn,
    ProjectRowOut,
    ProjectSettingsOut,
)


class ProjectOut(Schema):
    """All that the page needs to begin; labels come by place."""

    uid: UUID
    name: str
    description: str
    role: Role
    archived_at: datetime | None
    crs: CrsOut | None
    settings: ProjectSettingsOut
    classes: list[ClassOut]
    layers: list[LayerOut]
    members: list[MemberOut]
    me: UserOut


class _Counts(TypedDict):
    labels: int
    area_m2: float
    accepted: int
    unreviewed: int
    returned_to_me: int


_NO_LABELS = _Counts(labels=0, area_m2=0.0, accepted=0, unreviewed=0, returned_to_me=0)


def start_project(user: User, new: ProjectIn) -> Member:
    """A new project with the classes of its template, and its author as manager.

    Raises:
        BadInput, Conflict: the name is empty or taken.
    """
    with transaction.atomic():
        project = projects.create_project(user, name=new.name, description=new.description)
        fill_from_template(project, new.template)
    return Member(user=user, project=project, role=Role.MANAGER)


def project_out(member: Member) -> ProjectOut:
    """A member's project."""
    project = member.project
    layers = project.layers.prefetch_related("images__job")
    return ProjectOut(
        uid=project.uid,
        name=project.name,
        description=project.description,
        role=member.role,
        archived_at=project.archived_at,
        crs=crs_out(project),
        settings=settings_of(project),
        classes=classes_of(project),
        layers=[layer_out(layer) for layer in layers],
        members=members_of(project),
        me=user_out(member.user),
    )


def crs_out(project: Project) -> CrsOut | None:
    """The project's CRS for the map; None until the first image proposes one."""
    if not project.crs_wkt:
        return None
    crs = for_page(project.crs_wkt)
    return CrsOut(
        id=crs.code or f"PROJECT:{project.uid}",
        name=project.crs_name or crs.name,
        proj4=crs.proj4,
        unit=crs.unit_name,
        metres_per_unit=project.metres_per_unit,
    )


def project_rows(user: User) -> list[ProjectRowOut]:
    """The projects of somebody, by name, without archived ones; a fixed number of queries."""
    shown = Project.objects.visible_to(user).filter(archived_at=None)
    projects = list(shown.prefetch_related("layers__images__job").order_by("name"))
    roles = dict(
        Membership.objects.filter(user=user, project__in=projects).values_list("project", "role")
    )
    counts = _counts(projects, user)
    last_edits = {
        edit.project_id: LastEditOut(by=edit.author.display_name, at=edit.created_at)
        for edit in Edit.objects.filter(
            project__in=projects, number=F("project__last_edit_number")
        ).select_related("author")
    }
    return [
        ProjectRowOut(
            uid=project.uid,
            name=project.name,
            description=project.description,
            role=Role(roles[project.pk]),
            layers=len(project.layers.all()),
            last_edit=last_edits.get(project.pk),
            thumbnail=_thumbnail(list(project.layers.all())),
            **counts.get(project.pk, _NO_LABELS),
        )
        for project in projects
    ]


def _counts(projects: Sequence[Project], user: User) -> dict[int, _Counts]:
    rows = (
        Label.objects.filter(project__in=projects, deleted=False)
        .values("project")
        .annotate(
            labels=Count("pk"),
            area_m2=Sum("area_m2"),
            accepted=Count("pk", filter=Q(review_state=ReviewState.ACCEPTED)),
            unreviewed=Count("pk", filter=Q(review_state=ReviewState.UNREVIEWED)),
            returned_to_me=Count(
                "pk", filter=Q(review_state=ReviewState.RETURNED, created_by=user)
            ),
        )
        .order_by()
    )
    return {
        row["project"]: _Counts(
            labels=row["labels"],
            area_m2=row["area_m2"],
            accepted=row["accepted"],
            unreviewed=row["unreviewed"],
            returned_to_me=row["returned_to_me"],
        )
        for row in rows
    }


def _thumbnail(layers: Sequence[Layer]) -> str | None:
    """The coarsest tile of the first layer that can be shown."""
    for layer in layers:
        out = layer_out(layer)
        if out.ready and out.views:
            place = {"{view}": out.views[0].id, "{z}": "0", "{x}": "0", "{y}": "0"}
            address = out.tile_url
            for name, value in place.items():
                address = address.replace(name, value)
            return address
    return None
