"""What the job worker does: the waiting jobs, and a sign of life."""

import threading

from celery.signals import worker_ready, worker_shutdown

from webapp.celery import app
from webapp.jobs import actions
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
def _begin_heartbeat(**_: object) -> None:
    """Say for `/healthz` that the worker lives."""
    threading.Thread(target=beat_until, args=(_shut_down,), name="heartbeat", daemon=True).start()


@worker_shutdown.connect  # type: ignore[untyped-decorator] # Celery has no types
def _end_heartbeat(**_: object) -> None:
    _shut_down.set()
