"""Sees to it that no job is forgotten, and that what is left over goes: the supervisor's thread."""

import logging
import threading
import time
from datetime import timedelta

from django.db import Error, close_old_connections
from django.utils import timezone

from webapp.jobs.actions import give_back_lapsed, ring
from webapp.jobs.models import Job, JobState
from webapp.jobs.registry import TIDYING, function

logger = logging.getLogger(__name__)

INTERVAL_S = 3.0
TIDY_EVERY_S = 3600.0
WAITS_TOO_LONG = timedelta(seconds=5)


def sweep() -> bool:
    """Give lapsed leases back, and tell the workers again where a job waits unheard.

    While a job runs no bell is rung: its worker looks at the table when it is done, and a bell
    every few seconds would only fill the queue. Returns whether one was rung.
    """
    given_back = give_back_lapsed()
    if Job.objects.filter(state=JobState.RUNNING).exists():
        return False
    unheard = Job.objects.filter(
        state=JobState.QUEUED, created_at__lt=timezone.now() - WAITS_TOO_LONG
    ).exists()
    if given_back or unheard:
        ring()
        return True
    return False


def tidy() -> None:
    """Remove from the data folder what nobody needs any more."""
    for dotted in TIDYING:
        function(dotted)()


def sweep_until(stopped: threading.Event) -> None:
    """Sweep every few seconds until `stopped` is set, and tidy at first and every hour."""
    tidy_at = time.monotonic()
    while not stopped.wait(INTERVAL_S):
        try:
            sweep()
            if time.monotonic() >= tidy_at:
                tidy()
                tidy_at = time.monotonic() + TIDY_EVERY_S
        except (Error, OSError):
            # A busy database or disk: the next round is soon.
            logger.warning("The jobs were not looked after this time", exc_info=True)
        finally:
            close_old_connections()
