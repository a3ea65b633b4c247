import pytest

from webapp.jobs import tasks
from webapp.jobs.models import JobState
from webapp.projects.actions import create_project


def jobs_address(project) -> str:
    return f"/api/projects/{project.uid}/jobs"


def test_list_shows_the_newest_job_first(cast, client_of, waiting):
    older, newer = waiting(), waiting()
    rows = client_of(cast.vera).get(jobs_address(cast.project)).json()
    assert [row["uid"] for row in rows] == [str(newer.uid), str(older.uid)]
    assert (rows[0]["subject"], rows[0]["created_by"]) == ("GeoPackage", "Ana Ruiz")
    assert (rows[0]["state"], rows[0]["download"]) == ("queued", None)


@pytest.mark.django_db(transaction=True)
def test_finished_job_shows_where_its_file_is(cast, client_of, waiting, job_of_kind):
    job_of_kind(lambda work: {"download": "/api/exports/1"})
    waiting()
    tasks.run_jobs()
    (row,) = client_of(cast.vera).get(jobs_address(cast.project)).json()
    assert row["download"] == "/api/exports/1"


def test_manager_cancels_for_others_and_annotators_only_for_themselves(cast, client_of, waiting):
    own, of_ana = waiting(), waiting()
    own.created_by = cast.max
    own.save()
    refused = client_of(cast.ana).post(f"{jobs_address(cast.project)}/{own.uid}/cancel")
    assert refused.status_code == 403
    cancelled = client_of(cast.max).post(f"{jobs_address(cast.project)}/{of_ana.uid}/cancel")
    assert cancelled.json()["state"] == "cancelled"


def test_job_that_ended_cannot_be_cancelled(cast, client_of, waiting):
    job = waiting()
    job.state = JobState.DONE
    job.save()
    late = client_of(cast.ana).post(f"{jobs_address(cast.project)}/{job.uid}/cancel")
    assert late.status_code == 409
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_job_of_another_project_is_not_found(cast, client_of, waiting):
    job = waiting()
    elsewhere = create_project(cast.ana, name="Elsewhere")
    lost = client_of(cast.ana).post(f"{jobs_address(elsewhere)}/{job.uid}/cancel")
    assert lost.status_code == 404
