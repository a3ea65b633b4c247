"""Writes to the jobs table. Every change of state is one UPDATE that names the state before it."""

import logging
import os
import socket
import uuid
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from webapp import logs
from webapp.accounts.models import User
from webapp.errors import AppError, Conflict
from webapp.jobs.models import Job, JobKind, JobState
from webapp.jobs.queries import job_changed
from webapp.jobs.registry import FUNCTIONS, function
from webapp.jobs.work import LEASE, JobStopped, Work
from webapp.projects.lock import lock
from webapp.projects.models import Project
from webapp.projects.roles import Member, Who
from webapp.realtime.publish import publish

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
INTERNAL_SENTENCE = (
    "The work stopped by a mistake of the program, which its log names. Nothing was changed. "
    "Try again."
)
WORKER_LOST_SENTENCE = (
    "The worker died three times at this job, so it was given up. Nothing was changed. "
    "The log of the server says more."
)


def enqueue(
    kind: JobKind, project: Project, user: User, arguments: dict[str, Any], *, subject: str
) -> Job:
    """A new job; a worker is told of it once the transaction has committed.

    `arguments` are JSON, ids rather than states, for the work may begin much later. `subject` says
    what the job is about, for people: "ortho.tif".

    Raises:
        NotAllowed: the project is archived.
    """
    more = {"subject": subject, "request_id": logs.request_id()}
    with transaction.atomic():
        lock(project)
        job = Job.objects.create(
            kind=kind, project=project, created_by=user, arguments={**arguments, **more}
        )
        publish(project.pk, job_changed(job))
        transaction.on_commit(ring, robust=True)
    return job


def ring() -> None:
    """Tell the workers to look at the table. A lost ring is made good by the sweeper."""
    # They load Celery, which only writers of jobs need.
    from kombu.exceptions import OperationalError as BrokerAway

    from webapp.jobs.tasks import run_jobs

    try:
        run_jobs.delay()
    except BrokerAway as error:
        logger.warning("The job workers could not be told that a job waits: %s", error)


def claim(*, job: Job | None = None) -> Work | None:
    """The oldest waiting job (or this one), taken by this process; None if there is none.

    One conditional UPDATE decides between workers, so a doubled message does no harm.
    """
    waiting = Job.objects.filter(state=JobState.QUEUED)
    if job is not None:
        waiting = waiting.filter(pk=job.pk)
    while (found := waiting.order_by("id").first()) is not None:
        holder = f"{_here()}{os.getpid()}.{uuid.uuid4().hex[:8]}"
        taken = Job.objects.filter(pk=found.pk, state=JobState.QUEUED).update(
            state=JobState.RUNNING,
            attempt=F("attempt") + 1,
            lease_holder=holder,
            lease_until=timezone.now() + LEASE,
        )
        if taken:
            return Work(Job.objects.select_related("created_by", "project").get(pk=found.pk))
    return None


def run(work: Work) -> Job:
    """Do a claimed job to its end, and write that end into its row."""
    with logs.belonging_to(str(work.arguments.get("request_id", ""))):
        return _run(work)


def _run(work: Work) -> Job:
    registered = FUNCTIONS[JobKind(work.job.kind)]
    publish(work.job.project_id, job_changed(work.job))
    try:
        with work:
            result = function(registered.run)(work)
        ended = work.finish(JobState.DONE, result=result)
    except JobStopped:
        # Cancelled, or given to another worker: the row says which, and is not ours to write.
        logger.info("%s was stopped", work.job)
        return work.job
    except AppError as error:
        ended = work.finish(JobState.FAILED, sentence=error.sentence, result={})
    except Exception as error:
        if _has_lost_the_database(error):
            logger.warning("%s lost the database, so it begins again when its lease ends", work.job)
            return work.job
        logger.exception("%s failed", work.job)
        ended = work.finish(JobState.FAILED, sentence=INTERNAL_SENTENCE, result={})
    if ended:
        _tell(work.job)
    return work.job


def _has_lost_the_database(error: Exception) -> bool:
    """Whether the work failed because its connection did; if so, the next query makes a new one."""
    if not isinstance(error, OperationalError):
        return False
    # PostgreSQL's own codes: 08, connection; 57P, the server ends. None where it said nothing any
    # more. SQLite, which cannot be lost, has no such thing.
    state = getattr(error.__cause__, "sqlstate", "")
    if state is not None and not state.startswith(("08", "57P")):
        return False
    connection.close()
    return True


def run_here(job: Job) -> Job:
    """Do a job in this process, now, without a worker: for commands.

    Raises:
        Conflict: a worker has it already.
    """
    work = claim(job=job)
    if work is None:
        raise Conflict("A worker has taken this job already. Look at the page for its end.")
    return run(work)


def cancel(member: Member, job: Job) -> Job:
    """Stop a job that waits or runs. Its author and managers may.

    Raises:
        NotAllowed: somebody else's job.
        Conflict: it has ended.
    """
    if job.created_by_id != member.user.pk:
        member.need(Who.MANAGER)
    going_on = Job.objects.filter(pk=job.pk, state__in=(JobState.QUEUED, JobState.RUNNING))
    with transaction.atomic():
        stopped = going_on.update(
            state=JobState.CANCELLED,
            sentence=f"{member.user.display_name} stopped it. Nothing was changed.",
            finished_at=timezone.now(),
            lease_holder="",
            lease_until=None,
        )
        job.refresh_from_db()
        if not stopped:
            raise Conflict("This job has ended already.")
        _tell(job)
    return job


def give_back_lapsed() -> int:
    """Queue the jobs whose worker is silent; give up those that killed three. Returns how many."""
    now = timezone.now()
    silent = Q(lease_until__lt=now) | Q(lease_holder__in=_dead_holders())
    lapsed = Q(state=JobState.RUNNING) & silent
    for job in Job.objects.filter(lapsed, attempt__gte=MAX_ATTEMPTS):
        ended = Job.objects.filter(lapsed, pk=job.pk, attempt=job.attempt).update(
            state=JobState.FAILED,
            sentence=WORKER_LOST_SENTENCE,
            finished_at=now,
            lease_holder="",
            lease_until=None,
        )
        if ended:
            job.refresh_from_db()
            _tell(job)
    return Job.objects.filter(lapsed).update(
        state=JobState.QUEUED, lease_holder="", lease_until=None, progress=0.0, stage=""
    )


def _here() -> str:
    return f"{socket.gethostname()}:"


def _dead_holders() -> list[str]:
    """Holders whose process, on this machine, is no more: their leases need not be waited for."""
    running = Job.objects.filter(state=JobState.RUNNING, lease_holder__startswith=_here())
    return [
        holder
        for holder in running.values_list("lease_holder", flat=True)
        if not _is_alive(int(holder.removeprefix(_here()).partition(".")[0]))
    ]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _tell(job: Job) -> None:
    """Let the pages know of a job's end, and those who wait for it know that it failed."""
    stopped = FUNCTIONS[JobKind(job.kind)].stopped
    if job.state != JobState.DONE and stopped:
        function(stopped)(job)
    publish(job.project_id, job_changed(job))
