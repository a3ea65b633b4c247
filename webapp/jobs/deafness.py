"""Notices a job worker that hears of no jobs, as Celery's does at times after it lost Redis.

Such a worker looks well and reconnects, but takes no message any more (Celery's issues 8030, 10205
and 10302). It ends itself; systemd or the supervisor starts a new one, which hears again.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import Error, connection

from webapp.jobs.models import Job, JobState

logger = logging.getLogger(__name__)

INTERVAL_S = 5.0
DEAF_AFTER_S = 30.0
"""The sweeper rings every three seconds where a job waits and none is being done."""


def watch_until(stopped: threading.Event, give_up: Callable[[], None]) -> None:
    """Call `give_up` once jobs have waited for long while nothing was being done."""
    waiting_since: float | None = None
    while not stopped.wait(INTERVAL_S):
        if not _jobs_wait_in_vain():
            waiting_since = None
            continue
        waiting_since = waiting_since or time.monotonic()
        if time.monotonic() - waiting_since >= DEAF_AFTER_S:
            logger.error("Jobs wait that this worker does not hear of, so it ends to begin anew")
            give_up()
            return


def _jobs_wait_in_vain() -> bool:
    try:
        going_on = Job.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING))
        return set(going_on.values_list("state", flat=True).distinct()) == {JobState.QUEUED}
    except Error:
        return False  # a database that is away tells nothing of the worker
    finally:
        _leave_nothing_open()


def _leave_nothing_open() -> None:
    """A process that Celery forks from this one must not find a pool that has no threads there."""
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
