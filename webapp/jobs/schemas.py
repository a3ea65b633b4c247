from datetime import datetime
from uuid import UUID

from ninja import Schema

from webapp.jobs.models import JobKind, JobState


class JobOut(Schema):
    """Long work as the page shows it. `progress` runs from 0 to 1."""

    uid: UUID
    kind: JobKind
    state: JobState
    stage: str
    progress: float
    sentence: str
    created_at: datetime
    finished_at: datetime | None
    created_by: str
    subject: str
    download: str | None
