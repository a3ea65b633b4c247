"""Jobs whose work is a function of the test."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from webapp.jobs import registry
from webapp.jobs.actions import enqueue
from webapp.jobs.models import Job, JobKind
from webapp.jobs.registry import Registered


@pytest.fixture
def job_of_kind(monkeypatch) -> Callable[..., None]:
    """`job_of_kind(run, stopped)`: exports are done by these functions for the test's length."""

    def register(run: Callable[..., Any], stopped: Callable[..., Any] | None = None) -> None:
        module = ModuleType("work_of_the_test")
        module.run, module.stopped = run, stopped
        monkeypatch.setitem(sys.modules, module.__name__, module)
        registered = Registered(
            run="work_of_the_test.run", stopped="work_of_the_test.stopped" if stopped else ""
        )
        monkeypatch.setitem(registry.FUNCTIONS, JobKind.EXPORT_LABELS, registered)

    return register


@pytest.fixture
def waiting(cast, monkeypatch) -> Callable[[], Job]:
    """`waiting()`: a job that Ana asked for, and that no worker has heard of."""
    monkeypatch.setattr("webapp.jobs.actions.ring", lambda: None)

    def make() -> Job:
        arguments = {"format": "gpkg"}
        kind = JobKind.EXPORT_LABELS
        return enqueue(kind, cast.project, cast.ana, arguments, subject="GeoPackage")

    return make
