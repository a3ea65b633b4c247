"""What the job worker does: the waiting jobs, and a sign of life."""

import os
import signal
import threading

from celery.signals import worker_ready, worker_shutdown

from webapp.celery import app
from webapp.jobs import actions
from webapp.jobs.deafness import watch_until
from webapp.jobs.heartbeat import beat_until

_shut_down = threading.Event()


@app.task(name="jobs.run")  # type: ignore[untyped-decorator] # Celery has no types
def run_jobs() -> None:
    """Do the waiting jobs, one after the other, until none waits.

    The message carries nothing: the table says what there is to do. The filesystem transport
    hands over ten messages a second at most, so one message is answered by many jobs.
    """
    while (work := actions.claim()) is not None:
        actions.run(work)


@worker_ready.connect  # type: ignore[untyped-decorator] # Celery has no types
def _begin_to_watch(**_: object) -> None:
    """Say for `/healthz` that the worker lives, and end it should it go deaf."""
    for name, watch, arguments in (
        ("heartbeat", beat_until, (_shut_down,)),
        ("deafness", watch_until, (_shut_down, _end_this_worker)),
    ):
        threading.Thread(target=watch, args=arguments, name=name, daemon=True).start()


def _end_this_worker() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@worker_shutdown.connect  # type: ignore[untyped-decorator] # Celery has no types
def _end_to_watch(**_: object) -> None:
    _shut_down.set()
