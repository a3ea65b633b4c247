import threading

import pytest
from django.utils import timezone

from webapp.jobs import actions, deafness
from webapp.jobs.models import Job, JobState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def watched(monkeypatch):
    """`watched(between)`: how often a worker gave up in a minute; `between` runs at each look."""
    now = [1000.0]
    monkeypatch.setattr(deafness.time, "monotonic", lambda: now[0])

    class ForAMinute(threading.Event):
        def __init__(self, between):
            super().__init__()
            self.between = between

        def wait(self, timeout=None):
            now[0] += timeout
            self.between(now[0] - 1000)
            return now[0] > 1060

    def watch(between=lambda elapsed_s: None) -> list[float]:
        gave_up = []
        deafness.watch_until(ForAMinute(between), lambda: gave_up.append(now[0] - 1000))
        return gave_up

    return watch


def test_worker_that_hears_of_no_job_for_half_a_minute_gives_up_once(waiting, watched):
    waiting()
    assert watched() == [35.0]


def test_worker_with_nothing_to_do_goes_on(waiting, watched):
    job = waiting()
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=timezone.now())
    assert watched() == []


def test_worker_goes_on_while_another_job_is_being_done(waiting, watched):
    waiting()
    actions.claim()
    waiting()
    assert watched() == []


def test_half_a_minute_begins_again_with_every_job_that_is_taken(waiting, watched):
    waiting()

    def take_and_give_back(elapsed_s):
        state = JobState.RUNNING if elapsed_s == 30 else JobState.QUEUED
        Job.objects.update(state=state)

    assert watched(take_and_give_back) == []


def test_worker_whose_database_is_away_goes_on(waiting, watched, monkeypatch):
    waiting()

    def away(*_args, **_more):
        raise deafness.Error

    monkeypatch.setattr(deafness.Job.objects, "filter", away)
    assert watched() == []
