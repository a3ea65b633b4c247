import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from webapp.jobs.sweeper import sweep_until


class Command(BaseCommand):
    """`manage.py sweep_jobs`."""

    help = (
        "Look after jobs and leftovers until stopped: one such process per installation, "
        "where no supervisor does it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep until SIGTERM or Ctrl-C."""
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        sweep_until(stopped)
