from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import shapely
from django.utils import timezone

from webapp.exchange.expiry import expire_exports
from webapp.imaging.models import Layer
from webapp.jobs import actions as jobs
from webapp.jobs.models import Job, JobState
from webapp.labels.models import Label, LabelClass


@pytest.fixture
def project(cast):
    layer = Layer.objects.create(project=cast.project, name="NAIP 2020")
    kind = LabelClass.objects.create(
        project=cast.project, code="DUNE", name="Dune", colour="#D55E00"
    )
    now = datetime(2026, 5, 3, tzinfo=UTC)
    Label.objects.create(
        project=cast.project,
        number=1,
        layer=layer,
        label_class=kind,
        geometry=shapely.to_wkb(shapely.MultiPolygon([shapely.box(0, 0, 10, 10)])),
        min_x=0,
        min_y=0,
        max_x=10,
        max_y=10,
        area_m2=100,
        created_by=cast.ana,
        created_at=now,
        updated_at=now,
    )
    return cast.project


def start(client, project, **wanted):
    return client.post(
        f"/api/projects/{project.uid}/exports", wanted, content_type="application/json"
    )


def test_export_becomes_a_file_that_only_members_get(project, cast, client_of):
    client = client_of(cast.ana)
    answer = start(client, project, format="gpkg", state="all")
    assert answer.status_code == 200
    job = Job.objects.get(uid=answer.json()["uid"])
    done = jobs.run_here(job) if job.state == JobState.QUEUED else job
    assert done.state == JobState.DONE
    download = done.result["download"]
    body = b"".join(client.get(download).streaming_content)
    assert body.startswith(b"SQLite format 3")
    assert client.get(done.result["summary"]).status_code == 200
    assert client_of(cast.stan).get(download).status_code == 404


def test_export_of_nothing_is_refused_with_the_way_out(project, cast, client_of):
    answer = start(client_of(cast.ana), project, format="gpkg", state="accepted")
    assert answer.status_code == 422
    assert "Choose 'all'" in answer.json()["sentence"]
    assert not Job.objects.exists()


def test_viewers_export_only_where_the_project_allows_it(project, cast, client_of):
    project.viewers_may_export = False
    project.save()
    assert start(client_of(cast.vera), project, format="gpkg", state="all").status_code == 403
    project.viewers_may_export = True
    project.save()
    assert start(client_of(cast.vera), project, format="gpkg", state="all").status_code == 200


def test_an_export_of_another_project_is_not_found(project, cast, client_of):
    address = f"/api/projects/{project.uid}/exports/{uuid4()}/file"
    assert client_of(cast.ana).get(address).status_code == 404


@pytest.fixture
def exported(project, cast, client_of):
    """`exported(days)`: an export that ended so many days ago."""

    def export(days: float) -> Job:
        answer = start(client_of(cast.ana), project, format="gpkg", state="all")
        job = jobs.run_here(Job.objects.get(uid=answer.json()["uid"]))
        Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(days=days))
        return job

    return export


def folders(data_dir):
    return sorted(folder.name for folder in (data_dir / "exports").iterdir())


def test_export_is_kept_for_its_days_and_then_removed(
    exported, project, cast, client_of, data_dir, settings
):
    settings.EXPORT_DAYS = 30
    old, young = exported(30.01), exported(29.99)
    assert folders(data_dir) == sorted([str(old.uid), str(young.uid)])
    expire_exports()
    assert folders(data_dir) == [str(young.uid)]
    client = client_of(cast.ana)
    assert client.get(young.result["download"]).status_code == 200
    rows = client.get(f"/api/projects/{project.uid}/jobs").json()
    assert [row["download"] for row in rows] == [young.result["download"], None]


def test_who_asks_for_an_expired_export_is_told_so_before_and_after_it_is_removed(
    exported, cast, client_of, settings
):
    settings.EXPORT_DAYS = 7
    old = exported(8)
    client = client_of(cast.ana)
    said = [client.get(old.result[which]) for which in ("download", "summary")]
    expire_exports()
    said += [client.get(old.result[which]) for which in ("download", "summary")]
    sentence = (
        "Exports are kept for 7 days, and this one is older: its files were removed. Export again."
    )
    assert {(answer.status_code, answer.json()["sentence"]) for answer in said} == {(404, sentence)}


def test_what_a_given_up_export_left_is_removed_and_a_running_one_left_alone(
    exported, project, cast, client_of, data_dir
):
    going_on = Job.objects.get(
        uid=start(client_of(cast.ana), project, format="shp", state="all").json()["uid"]
    )
    Job.objects.update(state=JobState.RUNNING)
    given_up = exported(1)
    Job.objects.filter(pk=given_up.pk).update(state=JobState.FAILED)
    (data_dir / "exports" / f"{given_up.uid}.writing").mkdir()
    (data_dir / "exports" / f"{going_on.uid}.writing").mkdir()
    expire_exports()
    assert folders(data_dir) == [f"{going_on.uid}.writing"]


def test_running_twice_ends_the_same(project, cast, client_of):
    answer = start(client_of(cast.ana), project, format="shp", state="all")
    job = Job.objects.get(uid=answer.json()["uid"])
    first = jobs.run_here(job).result
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    assert jobs.run_here(job).result == first
