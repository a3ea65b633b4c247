"""Archive, bring back, delete for good: what can be done when, and what is left."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tests.drawn.labelled_project import (
    LEFT,
    TOP,
    class_uid,
    draw_label,
    label_row,
    member_of,
    prepare,
)
from tests.drawn.polygons import square
from tests.drawn.stored_images import files_of, store_image
from tests.drawn.uploads import finished_upload
from webapp.drafts.models import Draft, DraftStep
from webapp.errors import NotAllowed
from webapp.ids import new_uid
from webapp.imaging import parts
from webapp.imaging.kept_files import files_stay, sweep_unnamed
from webapp.imaging.models import Image, Layer, Upload
from webapp.jobs.actions import enqueue
from webapp.jobs.models import Job, JobKind, JobState
from webapp.labels import actions as label_actions
from webapp.labels.models import Change, Edit, Label
from webapp.labels.undo import undo_edit
from webapp.projects.lock import lock
from webapp.projects.models import Membership, Project, Role


@pytest.fixture(autouse=True)
def labelled(transactional_db, cast, monkeypatch):
    """A label, one that was changed and changed back, a draft, and an image with its files."""
    monkeypatch.setattr("webapp.jobs.actions.ring", lambda: None)
    layer = prepare(cast.project)
    layer.images.all().delete()
    store_image(layer, cast.ana)
    edit = draw_label(cast, cast.ana)
    member = member_of(cast.project, cast.max)
    draft = Draft.objects.create(
        uid=new_uid(),
        project=cast.project,
        layer=layer,
        owner=cast.ana,
        start_label=label_row(edit),
    )
    DraftStep.objects.create(draft=draft, number=1, x_map=LEFT, y_map=TOP, include=True)
    undo_edit(member, uid=new_uid(), edit=edit.uid)
    draw_label(cast, cast.ana)


def archive(cast, client):
    return client.post(f"/api/projects/{cast.project.uid}/archive")


def delete(cast, client, name):
    body = json.dumps({"name": name})
    address = f"/api/projects/{cast.project.uid}"
    return client.delete(address, body, content_type="application/json")


def test_archived_project_leaves_the_list_and_comes_back(cast, client_of):
    manager = client_of(cast.max)
    assert archive(cast, manager).status_code == 204
    assert manager.get("/api/projects").json() == []
    (row,) = manager.get("/api/projects/archived").json()
    assert (row["name"], row["archived_by"]) == (cast.project.name, "Max Maier")
    assert (row["labels"], row["images"], row["size_bytes"]) == (1, 1, 8003)
    assert archive(cast, manager).status_code == 409

    address = f"/api/projects/{cast.project.uid}/archive"
    assert manager.delete(address).status_code == 204
    assert manager.delete(address).status_code == 409
    assert [row["name"] for row in manager.get("/api/projects").json()] == [cast.project.name]
    assert manager.get("/api/projects/archived").json() == []


def test_archive_is_shown_to_managers_and_site_administrators(cast, client_of):
    archive(cast, client_of(cast.max))
    seen = {
        name: len(client_of(cast.named(name)).get("/api/projects/archived").json())
        for name in ("max", "ana", "vera", "stan", "ada")
    }
    assert seen == {"max": 1, "ana": 0, "vera": 0, "stan": 0, "ada": 1}


def test_archived_project_can_be_looked_at(cast, client_of):
    archive(cast, client_of(cast.max))
    for user in (cast.max, cast.ana, cast.vera):
        client = client_of(user)
        found = client.get(f"/api/projects/{cast.project.uid}").json()
        assert found["archived_at"] is not None
        labels = client.get(f"/api/projects/{cast.project.uid}/labels?review_state=unreviewed")
        assert len(labels.json()["labels"]) == 1


def writes(cast):
    """What changes a project, by method, address and body."""
    layer, image = cast.project.layers.get(), Image.objects.get()
    edit = {
        "kind": "create",
        "uid": str(new_uid()),
        "layer": str(layer.uid),
        "label_class": str(class_uid(cast.project, "ICEPLANT")),
        "certainty": "sure",
        "note": "",
        "geometry": square(LEFT + 100, TOP - 200),
    }
    member = {"username": "stan", "role": "viewer"}
    return [
        ("post", "edits", edit),
        ("put", "members", member),
        ("post", "images", {"uploads": [str(new_uid())]}),
        ("delete", f"images/{image.uid}", {}),
        ("post", "exports", {"format": "gpkg", "state": "all"}),
        ("post", "uploads", {}),
    ]


def test_archived_project_refuses_every_change(cast, client_of):
    archive(cast, client_of(cast.max))
    before = Edit.objects.count(), Image.objects.count(), Job.objects.count()
    for method, address, body in writes(cast):
        answer = client_of(cast.max).generic(
            method.upper(),
            f"/api/projects/{cast.project.uid}/{address}",
            json.dumps(body),
            content_type="application/json",
        )
        assert answer.status_code == 403, address
        assert "is archived: it can be looked at" in answer.json()["sentence"], address
    assert (Edit.objects.count(), Image.objects.count(), Job.objects.count()) == before


def test_edit_that_was_let_in_before_the_archiving_is_refused_by_the_lock(cast, client_of):
    member = member_of(cast.project, cast.max)
    label = Label.objects.get(deleted=False)
    archive(cast, client_of(cast.max))
    at = [{"label": label.uid, "base_revision": label.revision}]
    seen = [label_actions.AtRevision.model_validate(each) for each in at]
    with pytest.raises(NotAllowed, match="is archived"):
        label_actions.delete_labels(member, uid=new_uid(), labels=seen)
    with pytest.raises(NotAllowed, match="is archived"):
        enqueue(JobKind.EXPORT_LABELS, cast.project, cast.max, {}, subject="late")
    assert not Job.objects.exists()
    with pytest.raises(NotAllowed, match="is archived"), transaction.atomic():
        lock(cast.project)


def test_project_is_not_archived_while_a_job_of_it_runs(cast, client_of):
    job = enqueue(JobKind.EXPORT_LABELS, cast.project, cast.max, {}, subject="x")
    answer = archive(cast, client_of(cast.max))
    assert answer.status_code == 409
    assert "not done, so it was not archived" in answer.json()["sentence"]
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=timezone.now())
    assert archive(cast, client_of(cast.max)).status_code == 204


def test_only_an_archived_project_of_the_typed_name_is_deleted(cast, client_of):
    manager = client_of(cast.max)
    assert delete(cast, manager, cast.project.name).status_code == 409
    archive(cast, manager)
    answer = delete(cast, manager, "point reyes dunes")
    assert answer.status_code == 422
    assert "not deleted" in answer.json()["sentence"]
    assert Project.objects.filter(pk=cast.project.pk).exists()
    assert Label.objects.count() == 2


@pytest.mark.parametrize("who", ["max", "ada"])
def test_deleted_project_leaves_no_row_and_no_file(cast, client_of, data_dir, who):
    image = Image.objects.get()
    upload = finished_upload(cast.project, cast.ana, "half.tif", b"x" * 10)
    job = Job.objects.create(
        kind=JobKind.EXPORT_LABELS,
        project=cast.project,
        created_by=cast.ana,
        state=JobState.DONE,
        finished_at=timezone.now() - timedelta(days=1),
    )
    export = data_dir / "exports" / str(job.uid)
    export.mkdir()
    archive(cast, client_of(cast.max))
    assert delete(cast, client_of(cast.named(who)), cast.project.name).status_code == 204
    for model in (Project, Membership, Layer, Image, Upload, Job, Label, Edit, Change, Draft):
        assert not model.objects.exists(), model
    for path in [*(settings.DATA_DIR / each for each in files_of(image)), export]:
        assert not path.exists(), path
    assert not parts.path_of(upload.uid).exists()


def test_other_projects_keep_their_labels_and_the_files_that_they_share(cast, client_of):
    other = Project.objects.create(name="Sedgwick", created_by=cast.max)
    Membership.objects.create(project=other, user=cast.max, role=Role.MANAGER)
    layer = prepare(other)
    layer.images.all().delete()
    shared = store_image(layer, cast.ana)  # the same pixels, uploaded twice
    archive(cast, client_of(cast.max))
    delete(cast, client_of(cast.max), cast.project.name)
    assert list(Image.objects.all()) == [shared]
    for path in files_of(shared):
        assert (settings.DATA_DIR / path).exists()


def test_files_that_a_backup_holds_are_left_to_the_sweeper(cast, client_of):
    cog = settings.DATA_DIR / Image.objects.get().cog_path
    archive(cast, client_of(cast.max))
    with files_stay():
        assert delete(cast, client_of(cast.max), cast.project.name).status_code == 204
        assert cog.exists()
    sweep_unnamed()
    assert not cog.exists()
