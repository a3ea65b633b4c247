import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from webapp.jobs import actions, sweeper, tasks
from webapp.jobs.models import Job, JobKind, JobState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bells(monkeypatch) -> list[str]:
    """One entry per time that the sweeper rang."""
    rung: list[str] = []
    monkeypatch.setattr(sweeper, "ring", lambda: rung.append("ring"))
    return rung


def lapse(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_lapsed_lease_is_given_back_and_the_job_done_by_another(waiting, job_of_kind, bells):
    job_of_kind(lambda work: {"by": work.job.attempt})
    job = waiting()
    actions.claim()
    lapse(job)
    assert sweeper.sweep()
    job.refresh_from_db()
    assert (job.state, job.lease_holder, job.progress) == (JobState.QUEUED, "", 0.0)
    assert bells == ["ring"]
    tasks.run_jobs()
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"by": 2})


def test_live_lease_is_left_alone_and_no_bell_rung(waiting, bells):
    waiting()
    actions.claim()
    old = waiting()
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert not sweeper.sweep()
    assert Job.objects.filter(state=JobState.RUNNING).count() == 1
    assert bells == []


def test_job_of_a_dead_process_is_given_back_before_its_lease_ends(waiting, bells):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    job = waiting()
    actions.claim()
    holder = Job.objects.get().lease_holder.replace(f":{os.getpid()}.", f":{dead.pid}.")
    Job.objects.update(lease_holder=holder)
    assert sweeper.sweep()
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_job_that_killed_three_workers_is_given_up_with_a_sentence(waiting, job_of_kind, bells):
    told = []
    job_of_kind(lambda work: {}, stopped=lambda job: told.append(job.sentence))
    job = waiting()
    for _ in range(actions.MAX_ATTEMPTS):
        assert actions.claim() is not None
        lapse(job)
        sweeper.sweep()
    job.refresh_from_db()
    assert (job.state, job.sentence) == (JobState.FAILED, actions.WORKER_LOST_SENTENCE)
    assert told == [actions.WORKER_LOST_SENTENCE]
    assert actions.claim() is None


def test_job_whose_message_was_lost_is_called_out_again(waiting, bells):
    job = waiting()
    assert not sweeper.sweep()
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(seconds=6))
    assert sweeper.sweep()


def test_broker_that_is_away_costs_a_ring_and_nothing_else(waiting, monkeypatch, caplog):
    def away():
        raise OperationalError("no broker")

    job = waiting()
    monkeypatch.undo()  # the real ring
    monkeypatch.setattr(tasks.run_jobs, "delay", away)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(seconds=6))
    assert sweeper.sweep()
    assert "could not be told" in caplog.text


def test_sweeper_tidies_at_first_and_every_hour(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(sweeper.time, "monotonic", lambda: now[0])
    tidied = []
    monkeypatch.setattr(sweeper, "tidy", lambda: tidied.append(now[0]))

    class Stopped(threading.Event):
        def wait(self, timeout=None):
            now[0] += timeout
            return now[0] > 2.1 * sweeper.TIDY_EVERY_S

    sweeper.sweep_until(Stopped())
    assert tidied == [3.0, 3603.0, 7203.0]


def test_tidying_sweeps_unfinished_cogs_and_exports_that_nobody_wants(data_dir):
    left = [data_dir / "cogs" / ".new-abc", data_dir / "exports" / "abc"]
    for folder in left:
        folder.mkdir()
    sweeper.tidy()
    assert not any(folder.exists() for folder in left)


def test_bell_is_a_file_in_the_queue_folder_and_rings_after_the_commit(cast, settings):
    queue = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    before = set(queue.glob("*.msg"))
    with transaction.atomic():
        actions.enqueue(JobKind.EXPORT_LABELS, cast.project, cast.ana, {}, subject="all")
        assert set(queue.glob("*.msg")) == before
    assert len(set(queue.glob("*.msg")) - before) == 1
