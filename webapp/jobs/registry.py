"""Functions of other apps that jobs call. Names, not imports: jobs know nothing of their users."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from webapp.jobs.models import JobKind


@dataclass(frozen=True, slots=True)
class Registered:
    """The two functions of a kind of job, by dotted name.

    Attributes:
        run: `(work: Work) -> dict`, the result as JSON; it may run twice and must end the same.
        stopped: `(job: Job) -> None`, called once a job ended without its result (failed or
            cancelled), to tell those who wait for it. Empty: nobody waits.
    """

    run: str
    stopped: str = ""


FUNCTIONS: dict[JobKind, Registered] = {
    JobKind.IMPORT_IMAGE: Registered(
        run="webapp.imaging.tasks.import_image", stopped="webapp.imaging.tasks.import_stopped"
    ),
    JobKind.EXPORT_LABELS: Registered(run="webapp.exchange.tasks.export_labels"),
}


TIDYING: tuple[str, ...] = (
    "webapp.imaging.tasks.sweep_unfinished",
    "webapp.imaging.upload_actions.sweep_uploads",
    "webapp.imaging.kept_files.sweep_unnamed",
    "webapp.exchange.expiry.expire_exports",
)
"""What the sweeper does now and then to the data folder: `() -> None`, by dotted name."""


def function(dotted: str) -> Callable[..., Any]:
    """The function of that name; its module is loaded when it is needed first."""
    module, _, name = dotted.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
