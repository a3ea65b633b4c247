from uuid import uuid4

import pytest

from tests.drawn.uploads import finished_upload
from webapp.imaging.models import Image, Layer
from webapp.jobs.actions import run_here
from webapp.projects.actions import create_project

RGB = "red green blue"


def images_of(project):
    return f"/api/projects/{project.uid}/images"


def post(client, address, body):
    return client.post(address, body, content_type="application/json")


@pytest.fixture
def upload(cast):
    """Posts files that Ana has uploaded, as whoever is signed in."""

    def posted(client, project, *paths, **more):
        uids = [
            finished_upload(project, cast.ana, path.name, path.read_bytes()).uid for path in paths
        ]
        return post(client, images_of(project), {"uploads": uids, **more})

    return posted


@pytest.fixture
def ortho(importer, photo):
    return importer.draw(photo(), name="ortho.tif", colours=RGB).main


@pytest.fixture
def asking(importer, photo):
    """A file whose fourth band is tagged as transparency and is none."""
    return importer.draw(photo(4), name="naip.tif", colours=RGB + " alpha").main


def run_job(image):
    run_here(Image.objects.get(uid=image["uid"]).job)


def test_upload_is_listed_and_shown_when_its_job_has_run(uploader, cast, client_of, upload, ortho):
    client = client_of(cast.ana)
    answer = upload(client, cast.project, ortho)

    assert answer.status_code == 200
    (image,) = answer.json()
    assert (image["name"], image["state"], image["progress"]) == ("ortho.tif", "checking", 0.0)
    assert image["size_bytes"] == ortho.stat().st_size
    run_job(image)
    (listed,) = client.get(images_of(cast.project)).json()
    assert (listed["uid"], listed["state"], listed["progress"]) == (image["uid"], "ready", 1.0)
    (layer,) = client.get(f"/api/projects/{cast.project.uid}").json()["layers"]
    assert layer["ready"]
    assert layer["uid"] == image["layer"]
    assert layer["pixel_m"] == 0.5
    assert layer["images"] == [listed]
    (job,) = client.get(f"/api/projects/{cast.project.uid}/jobs").json()
    assert (job["kind"], job["subject"]) == ("import_image", "ortho.tif")


def test_upload_to_a_layer_joins_it(uploader, cast, client_of, upload, ortho):
    layer = Layer.objects.create(project=cast.project, name="2020")

    (image,) = upload(client_of(cast.ana), cast.project, ortho, layer=layer.uid).json()

    assert image["layer"] == str(layer.uid)
    assert Layer.objects.get().images.count() == 1


def test_layer_of_another_project_is_not_found(uploader, cast, client_of, upload, ortho):
    other = create_project(cast.ana, name="Another")
    layer = Layer.objects.create(project=other, name="2020")

    answer = upload(client_of(cast.ana), cast.project, ortho, layer=layer.uid)

    assert answer.status_code == 404
    assert not Image.objects.exists()


def test_stray_file_is_refused_with_a_sentence(uploader, cast, client_of, upload, ortho):
    stray = ortho.with_name("other.tfw")
    stray.write_text("no image has this name")
    answer = upload(client_of(cast.ana), cast.project, ortho, stray)

    assert answer.status_code == 422
    assert answer.json()["sentence"].startswith("other.tfw is no image")
    assert not Image.objects.exists()


def test_image_without_uploads_is_bad_input(uploader, cast, client_of):
    answer = post(client_of(cast.ana), images_of(cast.project), {"uploads": []})

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_input"


def test_uploads_of_another_person_make_no_image(uploader, cast, client_of, upload, ortho):
    answer = upload(client_of(cast.max), cast.project, ortho)

    assert answer.status_code == 404
    assert not Image.objects.exists()
    assert upload(client_of(cast.ana), cast.project, ortho).status_code == 200


def test_questions_are_answered_once(uploader, cast, client_of, upload, asking):
    client = client_of(cast.ana)
    (image,) = upload(client, cast.project, asking).json()
    run_job(image)
    (listed,) = client.get(images_of(cast.project)).json()
    (question,) = listed["questions"]
    assert (question["kind"], question["accepts"]) == ("band4", "")
    assert [option["value"] for option in question["options"]] == ["nir", "alpha"]
    answers = f"{images_of(cast.project)}/{image['uid']}/answers"

    wrong = post(client, answers, {"answers": {"band4": "perhaps"}})
    assert wrong.status_code == 422
    assert "Choose nir or alpha" in wrong.json()["sentence"]

    right = post(client, answers, {"answers": {"band4": "nir"}})
    assert (right.status_code, right.json()["state"]) == (200, "checking")
    assert right.json()["questions"] == []
    again = post(client, answers, {"answers": {"band4": "nir"}})
    assert again.status_code == 409
    run_job(image)
    (listed,) = client.get(images_of(cast.project)).json()
    assert listed["state"] == "ready"


def test_manager_removes_what_was_refused_and_the_rest_stays(
    uploader, cast, client_of, upload, ortho
):
    broken = ortho.with_name("broken.tif")
    broken.write_bytes(b"II*\0 is all there is")
    images = upload(client_of(cast.ana), cast.project, ortho, broken).json()
    for image in images:
        run_job(image)
    refused = f"{images_of(cast.project)}/{images[1]['uid']}"

    assert client_of(cast.ana).delete(refused).status_code == 403
    manager = client_of(cast.max)
    assert manager.delete(refused).status_code == 204
    assert manager.delete(refused).status_code == 404
    assert [image["name"] for image in manager.get(images_of(cast.project)).json()] == ["ortho.tif"]


@pytest.mark.parametrize(
    ("name", "listing", "other"),
    [("stan", 404, 404), ("ada", 404, 404), ("nobody", 401, 401), ("vera", 200, 403)],
)
def test_who_may_not_label_gets_nowhere(
    uploader, cast, client_of, upload, ortho, asking, data_dir, name, listing, other
):
    image = uploader.upload(type("Drawn", (), {"main": asking}))
    client = client_of(cast.named(name))
    address = f"{images_of(cast.project)}/{image.uid}"

    assert client.get(images_of(cast.project)).status_code == listing
    assert upload(client, cast.project, ortho).status_code == other
    assert post(client, f"{address}/answers", {"answers": {"band4": "nir"}}).status_code == other
    assert client.delete(address).status_code == other
    folders = [path for path in (data_dir / "uploads").iterdir() if path.is_dir()]
    assert Image.objects.count() == len(folders) == 1


def test_image_of_another_project_is_not_found(uploader, cast, client_of, asking):
    image = uploader.upload(type("Drawn", (), {"main": asking}))
    other = create_project(cast.ana, name="Another")
    client = client_of(cast.ana)

    for uid in (image.uid, uuid4(), "not-an-id"):
        address = f"{images_of(other)}/{uid}"
        assert client.delete(address).status_code == 404
        answer = post(client, f"{address}/answers", {"answers": {"band4": "nir"}})
        assert answer.status_code == 404
    assert client.get(images_of(other)).json() == []
