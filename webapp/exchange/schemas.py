from typing import Literal

from ninja import Schema

from webapp.labels.models import ReviewState
from webapp.sent import Sent

ExportFormat = Literal["gpkg", "shp"]
ExportState = Literal["accepted", "all"]


class ExportIn(Sent):
    """What to export."""

    format: ExportFormat
    state: ExportState


class ExportRowOut(Schema):
    """One line of the summary: class, state, person."""

    class_code: str
    class_name: str
    review_state: ReviewState
    author: str
    labels: int
    area_m2: float


class ExportPreviewOut(Schema):
    """What an export would hold and what it would leave out."""

    labels: int
    area_m2: float
    left_out: int
    left_out_area_m2: float
    # 'all' where the project has one member, else 'accepted'.
    default_state: ExportState
    rows: list[ExportRowOut]
