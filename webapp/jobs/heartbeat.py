"""A file that the job worker touches while it lives; `/healthz` looks at its age."""

import threading
from pathlib import Path

from django.conf import settings

INTERVAL_S = 1.0
DEAD_AFTER_S = 6.0


def _file(data_dir: Path) -> Path:
    return data_dir / "run" / "jobs"


def forget_worker(data_dir: Path) -> None:
    """Take away the last sign of life of a worker that is known to be gone."""
    _file(data_dir).unlink(missing_ok=True)


def beat_until(stopped: threading.Event) -> None:
    """Touch the file now and every second, until `stopped` is set; then take it away."""
    data_dir = Path(settings.DATA_DIR)
    while True:
        _file(data_dir).touch()
        if stopped.wait(INTERVAL_S):
            forget_worker(data_dir)
            return


def worker_is_alive(*, now: float) -> bool:
    """Whether the worker gave a sign of life within the last seconds before `now` (Unix time)."""
    try:
        return now - _file(Path(settings.DATA_DIR)).stat().st_mtime < DEAD_AFTER_S
    except FileNotFoundError:
        return False
