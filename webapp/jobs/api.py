from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.jobs import actions, queries
from webapp.jobs.schemas import JobOut
from webapp.projects.permit import acting_member

router = Router(tags=["jobs"])


@router.get("/projects/{uuid:project}/jobs", response=list[JobOut])
def list_jobs(request: HttpRequest, project: UUID) -> list[JobOut]:
    """The project's newest jobs, newest first."""
    del project
    return queries.jobs_of(acting_member(request))


@router.post("/projects/{uuid:project}/jobs/{uuid:job}/cancel", response=JobOut)
def cancel_job(request: HttpRequest, project: UUID, job: UUID) -> JobOut:
    """Stop a job that waits or runs."""
    del project
    member = acting_member(request)
    return queries.job_out(actions.cancel(member, queries.job_of(member, job)))
