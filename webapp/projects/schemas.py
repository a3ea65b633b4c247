from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.accounts.schemas import UserOut
from webapp.projects.models import KeepParts, OverlapRule, Role
from webapp.sent import Sent


class MemberOut(Schema):
    """A member and their role."""

    user: UserOut
    role: Role


class MemberIn(Sent):
    """Add somebody by user name, or change their role."""

    username: str = Field(max_length=150)
    role: Role


class CrsOut(Schema):
    """The project's CRS for the page: OpenLayers registers it under `id`."""

    id: str
    name: str
    proj4: str
    unit: str
    metres_per_unit: float


class LastEditOut(Schema):
    """Who changed a project last, and when."""

    by: str
    at: datetime


class ProjectRowOut(Schema):
    """A line of the project list."""

    uid: UUID
    name: str
    description: str
    role: Role
    layers: int
    labels: int
    area_m2: float
    accepted: int
    unreviewed: int
    returned_to_me: int
    last_edit: LastEditOut | None
    thumbnail: str | None


class ProjectIn(Sent):
    """A new project; its author becomes its manager."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    description: str = Field(default="", max_length=2000)
    template: Literal["iceplant", "isprs", "blank"] = "iceplant"


class ProjectSettingsIn(Sent):
    """What a manager may change of a project."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    description: str = Field(default="", max_length=2000)
    keep_parts: KeepParts
    min_part_m2: float = Field(ge=0)
    min_hole_m2: float = Field(ge=0)
    simplify_px: float = Field(ge=0, le=5)
    typical_object_m: float | None = Field(ge=0.01, le=100_000)
    overlaps: OverlapRule
    own_review_allowed: bool
    viewers_may_export: bool


class ProjectSettingsOut(ProjectSettingsIn):
    """A project's settings as they are."""
