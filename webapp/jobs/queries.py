from uuid import UUID

from django.utils import timezone

from webapp.errors import NotFound
from webapp.jobs.events import JobChanged
from webapp.jobs.models import Job, JobKind, JobState
from webapp.jobs.schemas import JobOut
from webapp.projects.roles import Member

SHOWN = 50


def job_out(job: Job) -> JobOut:
    """A job as the page shows it."""
    return JobOut(
        uid=job.uid,
        kind=JobKind(job.kind),
        state=JobState(job.state),
        stage=job.stage,
        progress=job.progress,
        sentence=job.sentence,
        created_at=job.created_at or timezone.now(),
        finished_at=job.finished_at,
        created_by=job.created_by.display_name,
        subject=str(job.arguments.get("subject", "")),
        download=job.result.get("download"),
    )


def job_changed(job: Job) -> JobChanged:
    """The notice that a job went on."""
    return JobChanged(type="job.changed", job=job_out(job))


def jobs_of(member: Member) -> list[JobOut]:
    """The newest jobs of the member's project, newest first."""
    rows = Job.objects.filter(project=member.project).select_related("created_by")
    return [job_out(job) for job in rows.order_by("-id")[:SHOWN]]


def job_of(member: Member, uid: UUID) -> Job:
    """One job of the member's project.

    Raises:
        NotFound: it has no such job.
    """
    job = Job.objects.filter(project=member.project, uid=uid).select_related("created_by").first()
    if job is None:
        raise NotFound("There is no such job in this project.")
    return job
