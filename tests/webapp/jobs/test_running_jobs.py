import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

from webapp.errors import AppError, Conflict
from webapp.jobs import actions, tasks, work
from webapp.jobs.models import Job, JobState
from webapp.jobs.work import JobStopped
from webapp.projects.models import Role
from webapp.projects.roles import Member

pytestmark = pytest.mark.django_db(transaction=True)


def test_job_ends_with_its_result(waiting, job_of_kind):
    job_of_kind(lambda work: {"download": f"/api/{work.arguments['format']}"})
    job = waiting()
    tasks.run_jobs()
    job.refresh_from_db()
    assert (job.state, job.progress, job.attempt) == (JobState.DONE, 1.0, 1)
    assert job.result == {"download": "/api/gpkg"}
    assert (job.lease_holder, job.lease_until) == ("", None)
    assert job.finished_at is not None


def test_one_message_drains_the_table_oldest_first(waiting, job_of_kind):
    done = []
    job_of_kind(lambda work: done.append(work.job.pk) or {})
    jobs = [waiting().pk for _ in range(3)]
    tasks.run_jobs()
    assert done == jobs


def test_doubled_message_does_the_work_once(waiting, job_of_kind):
    done = []
    job_of_kind(lambda work: done.append(work.job.pk) or {})
    job = waiting()
    tasks.run_jobs()
    tasks.run_jobs()
    assert done == [job.pk]


def test_two_workers_never_claim_the_same_job(waiting):
    jobs = {waiting().pk for _ in range(6)}
    together = threading.Barrier(3)

    def claim_all() -> list[int]:
        together.wait()
        claimed = []
        try:
            while (found := actions.claim()) is not None:
                claimed.append(found.job.pk)
        finally:
            connection.close()
        return claimed

    with ThreadPoolExecutor(3) as pool:
        claimed = [pk for part in pool.map(lambda _: claim_all(), range(3)) for pk in part]
    assert len(claimed) == len(jobs)
    assert set(claimed) == jobs


def test_error_with_a_sentence_fails_the_job_with_it(waiting, job_of_kind):
    def run(work):
        raise AppError("The disk is full. Make room.")

    told = []
    job_of_kind(run, stopped=lambda job: told.append((job.pk, job.sentence)))
    job = waiting()
    tasks.run_jobs()
    job.refresh_from_db()
    assert (job.state, job.sentence) == (JobState.FAILED, "The disk is full. Make room.")
    assert told == [(job.pk, "The disk is full. Make room.")]


def test_mistake_of_the_program_fails_the_job_and_spares_the_next(waiting, job_of_kind):
    jobs = [waiting(), waiting()]

    def run(work):
        if work.job.pk == jobs[0].pk:
            raise ZeroDivisionError
        return {}

    job_of_kind(run)
    tasks.run_jobs()
    states = list(Job.objects.order_by("pk").values_list("state", "sentence"))
    assert states == [(JobState.FAILED, actions.INTERNAL_SENTENCE), (JobState.DONE, "")]


def test_progress_is_told_at_most_four_times_a_second(waiting, job_of_kind, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(work.time, "monotonic", lambda: now[0])
    told = []
    monkeypatch.setattr(work, "publish", lambda project, message: told.append(message.job.progress))

    def run(work):
        for step in range(100):
            now[0] = 1000 + step / 100
            work.report(step / 100, "writing")
        return {}

    job_of_kind(run)
    waiting()
    tasks.run_jobs()
    assert told == [0.0, 0.25, 0.5, 0.75]


def test_new_stage_is_told_at_once(waiting, job_of_kind, monkeypatch):
    told = []
    monkeypatch.setattr(work, "publish", lambda project, message: told.append(message.job.stage))

    def run(work):
        for stage in ("reading", "reading", "writing"):
            work.report(0.5, stage)
        return {}

    job_of_kind(run)
    waiting()
    tasks.run_jobs()
    assert told == ["reading", "writing"]


def test_cancelled_job_stops_at_its_next_report(waiting, job_of_kind, cast, client_of):
    job = waiting()
    address = f"/api/projects/{cast.project.uid}/jobs/{job.uid}/cancel"
    reached = []

    def run(work):
        work.report(0.1, "reading")
        assert client_of(cast.ana).post(address).json()["state"] == "cancelled"
        with pytest.raises(JobStopped):
            work.report(0.2, "writing")
        reached.append(True)
        raise JobStopped("")

    told = []
    job_of_kind(run, stopped=lambda job: told.append(job.pk))
    tasks.run_jobs()
    job.refresh_from_db()
    assert reached == [True]
    assert (job.state, job.sentence) == (
        JobState.CANCELLED,
        "Ana Ruiz stopped it. Nothing was changed.",
    )
    assert told == [job.pk]


def test_job_is_cancelled_together_with_what_waits_for_it_or_not_at_all(waiting, job_of_kind, cast):
    def stopped(job):
        raise ZeroDivisionError

    job_of_kind(lambda work: {}, stopped=stopped)
    job = waiting()
    member = Member(user=cast.ana, project=cast.project, role=Role.ANNOTATOR)
    with pytest.raises(ZeroDivisionError):
        actions.cancel(member, job)
    job.refresh_from_db()
    assert (job.state, job.sentence, job.finished_at) == (JobState.QUEUED, "", None)


def test_cancelled_job_stays_cancelled_though_its_work_went_on(waiting, job_of_kind, cast):
    def run(work):
        Job.objects.update(state=JobState.CANCELLED, lease_holder="")
        return {"download": "/late"}

    job_of_kind(run)
    job = waiting()
    tasks.run_jobs()
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.CANCELLED, {})


def test_lease_is_renewed_while_the_work_goes_on(waiting, job_of_kind, monkeypatch):
    monkeypatch.setattr(work, "RENEW_EVERY_S", 0.01)

    def run(work):
        first = Job.objects.get().lease_until
        Job.objects.update(lease_until=first - actions.LEASE)
        while Job.objects.get().lease_until < first:
            work.check()
        return {}

    job_of_kind(run)
    job = waiting()
    tasks.run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_work_notices_that_its_lease_went_to_somebody_else(waiting, job_of_kind, monkeypatch):
    monkeypatch.setattr(work, "RENEW_EVERY_S", 0.01)

    def run(mine):
        Job.objects.update(lease_holder="elsewhere:1.abc", attempt=2)
        mine._renewer.join()
        mine.check()

    job_of_kind(run)
    job = waiting()
    tasks.run_jobs()
    job.refresh_from_db()
    assert (job.state, job.lease_holder) == (JobState.RUNNING, "elsewhere:1.abc")


def test_command_does_its_job_itself_unless_a_worker_has_it(waiting, job_of_kind):
    job_of_kind(lambda work: {"file": "a.gpkg"})
    assert actions.run_here(waiting()).state == JobState.DONE
    taken = waiting()
    assert actions.claim() is not None
    with pytest.raises(Conflict):
        actions.run_here(taken)


def test_thread_that_renews_a_lease_leaves_no_connection_open(waiting, job_of_kind, monkeypatch):
    # Connections are kept, as on a server of its own: nobody closes them for being old.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    monkeypatch.setattr(work, "RENEW_EVERY_S", 0.01)
    made = []

    def remember(connection, **_):
        made.append(connection)

    connection_created.connect(remember)

    def run(work):
        while not made:
            work.check()
        return {}

    job_of_kind(run)
    waiting()
    connection.ensure_connection()
    tasks.run_jobs()
    connection_created.disconnect(remember)
    assert [one.connection for one in made] == [None] * len(made)
