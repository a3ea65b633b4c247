"""A job that is being done: its lease, its progress, and whether somebody stopped it."""

import logging
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from webapp.errors import AppError
from webapp.jobs.models import Job, JobState
from webapp.jobs.queries import job_changed
from webapp.realtime.publish import publish

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
RENEW_EVERY_S = 8.0
REPORT_EVERY_S = 0.25


class JobStopped(AppError):
    """The job was cancelled, or its lease went to another worker: let go at once."""


class Work:
    """What a job's function gets: the arguments, and a way to say how far it is."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._stopped = threading.Event()
        self._done = threading.Event()
        self._reported_at = 0.0
        self._renewer = threading.Thread(target=self._keep_lease, name="lease", daemon=True)

    @property
    def arguments(self) -> dict[str, Any]:
        """As they were given to `enqueue`."""
        return dict(self.job.arguments)

    @property
    def uid(self) -> UUID:
        """The job's public id."""
        return self.job.uid

    def report(self, progress: float, stage: str) -> None:
        """Tell how far the work is, from 0 to 1, and at what. Call it as often as you like.

        A new stage is told at once, the rest at most four times a second.

        Raises:
            JobStopped: the work is not wanted any more.
        """
        self.check()
        now = time.monotonic()
        if stage == self.job.stage and now - self._reported_at < REPORT_EVERY_S:
            return
        self._reported_at = now
        self.job.progress, self.job.stage = min(max(progress, 0.0), 1.0), stage
        if not self._mine().update(progress=self.job.progress, stage=stage):
            self._stopped.set()
            self.check()
        publish(self.job.project_id, job_changed(self.job))

    def check(self) -> None:
        """Nothing, while the work is still wanted.

        Raises:
            JobStopped: it is not.
        """
        if self._stopped.is_set():
            raise JobStopped("The job was stopped.")

    def __enter__(self) -> "Work":
        self._renewer.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._renewer.join()

    def finish(self, state: JobState, *, sentence: str = "", result: dict[str, Any]) -> bool:
        """Write the end into the row; False if the job is not this worker's any more."""
        self.job.state, self.job.sentence, self.job.result = state, sentence, result
        self.job.finished_at = timezone.now()
        if state is JobState.DONE:
            self.job.progress = 1.0
        return bool(
            self._mine().update(
                state=state,
                sentence=sentence,
                result=result,
                progress=self.job.progress,
                finished_at=self.job.finished_at,
                lease_holder="",
                lease_until=None,
            )
        )

    def _mine(self) -> "models.QuerySet[Job]":
        return Job.objects.filter(
            pk=self.job.pk,
            state=JobState.RUNNING,
            lease_holder=self.job.lease_holder,
            attempt=self.job.attempt,
        )

    def _keep_lease(self) -> None:
        """Renew the lease until the work is done; notice that it was stopped."""
        while not self._done.wait(RENEW_EVERY_S):
            try:
                if not self._mine().update(lease_until=timezone.now() + LEASE):
                    self._stopped.set()
                    return
            except Exception:
                logger.warning("The lease of %s could not be renewed yet", self.job, exc_info=True)
            finally:
                connection.close()  # this thread's own: nobody else would
