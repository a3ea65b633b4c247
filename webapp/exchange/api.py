from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpRequest
from ninja import Router

from webapp.errors import NotFound
from webapp.exchange import actions, selection
from webapp.exchange.expiry import has_expired
from webapp.exchange.schemas import ExportIn, ExportPreviewOut, ExportState
from webapp.jobs.models import JobKind, JobState
from webapp.jobs.queries import job_of, job_out
from webapp.jobs.schemas import JobOut
from webapp.projects.permit import acting_member
from webapp.projects.roles import Member

router = Router(tags=["exchange"])


@router.get("/projects/{project}/exports/preview", response=ExportPreviewOut)
def preview_export(
    request: HttpRequest, project: UUID, state: ExportState | None = None
) -> ExportPreviewOut:
    """What an export would hold; without a state, for the one the project starts at."""
    member = acting_member(request)
    return selection.preview(member.project, state or selection.default_state(member.project))


@router.post("/projects/{project}/exports", response=JobOut)
def start_export(request: HttpRequest, project: UUID, wanted: ExportIn) -> JobOut:
    """Begin an export; the job tells when its files are there."""
    job = actions.start_export(acting_member(request), wanted.format, wanted.state)
    return job_out(job)


@router.get("/projects/{project}/exports/{job}/file")
def download_export(request: HttpRequest, project: UUID, job: UUID) -> FileResponse:
    """The labels."""
    return _file(acting_member(request), job, "file")


@router.get("/projects/{project}/exports/{job}/summary")
def download_export_summary(request: HttpRequest, project: UUID, job: UUID) -> FileResponse:
    """The summary beside them."""
    return _file(acting_member(request), job, "summary_file")


def _file(member: Member, uid: UUID, which: str) -> FileResponse:
    job = job_of(member, uid)
    if job.kind != JobKind.EXPORT_LABELS or job.state != JobState.DONE:
        raise NotFound("This export is not ready. Start it again from the map.")
    if has_expired(job):
        raise NotFound(
            f"Exports are kept for {settings.EXPORT_DAYS} days, and this one is older: its files "
            "were removed. Export again."
        )
    path = Path(settings.DATA_DIR) / "exports" / str(job.uid) / str(job.result[which])
    if not path.is_file():
        raise NotFound("The files of this export were removed. Export again.")
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)
