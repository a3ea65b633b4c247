import re

import numpy as np
import pydantic
import pytest
import rasterio

from webapp.errors import BadInput, Conflict
from webapp.ids import new_uid
from webapp.imaging import actions, mosaic, sandbox
from webapp.imaging.child_messages import REPLY
from webapp.imaging.models import Image, Layer
from webapp.imaging.tasks import sweep_unfinished
from webapp.jobs import actions as jobs
from webapp.jobs.models import Job, JobState
from webapp.projects.models import Project, Role
from webapp.projects.roles import Member

RGB = "red green blue"
TAGGED = "red green blue alpha"


@pytest.fixture
def ana(cast):
    return Member(user=cast.ana, project=cast.project, role=Role.ANNOTATOR)


def everything():
    """All rows that an import may touch."""
    models = (Project, Layer, Image, Job)
    return [list(model.objects.order_by("id").values()) for model in models]


def cog_files(data_dir):
    return sorted(path.name for path in (data_dir / "cogs").rglob("*"))


def interrupt(monkeypatch, task, act):
    """Let `act` happen once, while the child does `task`."""
    real, waiting = getattr(sandbox, task), [act]

    def interrupted(*arguments, **options):
        result = real(*arguments, **options)
        if waiting:
            waiting.pop()()
        return result

    monkeypatch.setattr(sandbox, task, interrupted)


def test_first_image_gives_the_project_its_crs_and_the_layer_its_grid(
    cast, importer, photo, uploader, data_dir
):
    pixels = photo(height=60, width=80)
    image = uploader.bring_in(importer.draw(pixels, colours=RGB))

    assert (image.state, image.job.state, image.job.progress) == ("ready", "done", 1.0)
    assert image.sentence.startswith("drawn.tif can be shown: 80 x 60 pixels of 0.5 m")
    project, layer = image.layer.project, image.layer
    assert rasterio.crs.CRS.from_wkt(project.crs_wkt).to_epsg() == 26910
    assert (project.crs_name, project.metres_per_unit) == ("NAD83 / UTM zone 10N", 1.0)
    assert (layer.left, layer.top, layer.resolution) == (500_000, 4_000_000, 0.5)
    assert (layer.width, layer.height, layer.dtype) == (80, 60, "uint8")
    assert layer.band_roles == ["red", "green", "blue"]
    assert re.fullmatch("[0-9a-f]{16}", layer.version)
    assert [band["max"] for band in layer.statistics] == [int(band.max()) for band in pixels]
    assert (image.col, image.row, image.width, image.height) == (0, 0, 80, 60)
    assert cog_files(data_dir) == [f"{image.cog_sha256}.tif"]
    cog = data_dir / image.cog_path
    assert cog.stat().st_size == image.cog_bytes
    with rasterio.open(cog) as dataset:
        np.testing.assert_array_equal(dataset.read(), pixels)


def test_question_is_asked_answered_and_the_image_shown(cast, importer, photo, uploader, data_dir):
    files = importer.draw(photo(4), crs=None, colours=TAGGED)
    image = uploader.bring_in(files)

    assert image.state == "question"
    assert [question["kind"] for question in image.questions] == ["crs", "band4"]
    assert image.job.state == "done"
    assert not image.layer.version
    assert cog_files(data_dir) == []

    some = actions.answer_questions(cast.project, cast.ana, image, {"band4": "nir"})
    jobs.run_here(some.job)
    some.refresh_from_db()
    assert [question["kind"] for question in some.questions] == ["crs"]

    rest = actions.answer_questions(cast.project, cast.max, some, {"crs": "EPSG:26910"})
    assert (rest.state, rest.questions) == ("checking", [])
    jobs.run_here(rest.job)
    rest.refresh_from_db()
    assert (rest.state, rest.questions) == ("ready", [])
    assert Layer.objects.get().band_roles == ["red", "green", "blue", "nir"]


def test_answering_twice_is_a_conflict(cast, importer, photo, uploader):
    image = uploader.bring_in(importer.draw(photo(4), colours=TAGGED))
    actions.answer_questions(cast.project, cast.ana, image, {"band4": "nir"})
    before = everything()

    with pytest.raises(Conflict, match="no open question"):
        actions.answer_questions(cast.project, cast.max, image, {"band4": "alpha"})

    assert everything() == before


@pytest.mark.parametrize("answer", [{"band4": "blue"}, {"colour": "red"}])
def test_wrong_answer_changes_nothing(cast, importer, photo, uploader, answer):
    image = uploader.bring_in(importer.draw(photo(4), colours=TAGGED))
    before = everything()

    with pytest.raises(BadInput):
        actions.answer_questions(cast.project, cast.ana, image, answer)

    assert everything() == before


def test_refused_file_says_why_and_can_be_removed_with_its_layer(
    cast, importer, photo, uploader, data_dir
):
    files = importer.draw(photo(), colours=RGB)
    files.main.write_bytes(files.main.read_bytes()[:100])
    image = uploader.bring_in(files)

    assert (image.state, image.job.state) == ("refused", "done")
    assert "drawn.tif" in image.sentence
    actions.remove_image(cast.project, image)

    assert not Image.objects.exists()
    assert not Layer.objects.exists()
    assert list((data_dir / "uploads").iterdir()) == []


def test_image_on_its_way_is_removed_only_when_its_job_is_dead(cast, importer, photo, uploader):
    image = uploader.upload(importer.draw(photo(), colours=RGB))
    with pytest.raises(Conflict, match="on its way"):
        actions.remove_image(cast.project, image)

    # As after a power cut between the two writes of a cancellation.
    Job.objects.update(state=JobState.CANCELLED)
    actions.remove_image(cast.project, image)
    assert not Layer.objects.exists()


def test_removing_the_refused_file_of_a_layer_leaves_the_others(cast, importer, photo, uploader):
    shown = uploader.bring_in(importer.draw(photo(), colours=RGB))
    other = uploader.bring_in(importer.draw(photo(1), name="grey.tif"), layer=shown.layer)
    assert other.state == "refused"

    actions.remove_image(cast.project, other)

    assert list(shown.layer.images.all()) == [shown]


def test_job_that_runs_twice_ends_the_same(importer, photo, uploader, data_dir):
    image = uploader.bring_in(importer.draw(photo(), colours=RGB))
    before = everything()[:3], cog_files(data_dir)

    Job.objects.update(state=JobState.QUEUED)
    jobs.run_here(image.job)

    assert (everything()[:3], cog_files(data_dir)) == before


def test_worker_that_dies_before_the_commit_loses_nothing(
    importer, photo, uploader, data_dir, monkeypatch
):
    image = uploader.upload(importer.draw(photo(), colours=RGB))

    def die(*_):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Image, "save", die)
        with pytest.raises(SystemExit):
            jobs.run_here(image.job)
    image.refresh_from_db()
    assert (image.state, image.cog_path) == ("importing", "")
    assert not Layer.objects.get().version
    stray = cog_files(data_dir)  # a COG that no row names

    Job.objects.update(state=JobState.QUEUED)  # as the sweeper does
    jobs.run_here(image.job)
    image.refresh_from_db()
    assert image.state == "ready"
    assert cog_files(data_dir) == stray == [f"{image.cog_sha256}.tif"]


@pytest.mark.parametrize("task", ["run_inspect", "run_write_cog"])
def test_import_stopped_in_the_middle_stays_refused_and_leaves_no_files(
    importer, photo, uploader, ana, data_dir, monkeypatch, task
):
    image = uploader.upload(importer.draw(photo(), colours=RGB))
    interrupt(monkeypatch, task, lambda: jobs.cancel(ana, image.job))

    jobs.run_here(Job.objects.get())

    image.refresh_from_db()
    assert image.job.state == JobState.CANCELLED
    assert (image.state, image.sentence) == (
        "refused",
        "Ana Ruiz stopped it. Nothing was changed.",
    )
    assert cog_files(data_dir) == []
    assert not image.layer.version
    assert not Project.objects.get().crs_wkt


def test_child_is_ended_where_its_import_is_stopped(
    importer, photo, uploader, ana, data_dir, monkeypatch
):
    image = uploader.upload(importer.draw(photo(), colours=RGB))
    real, shares = sandbox.run_write_cog, []

    def stopped_early(*arguments, on_progress, **options):
        def stop(share):
            if not shares:
                jobs.cancel(ana, image.job)
            shares.append(share)
            on_progress(share)

        return real(*arguments, on_progress=stop, **options)

    monkeypatch.setattr(sandbox, "run_write_cog", stopped_early)
    jobs.run_here(Job.objects.get())

    image.refresh_from_db()
    assert image.state == "refused"
    assert cog_files(data_dir) == []


def test_image_removed_in_the_middle_does_not_come_back(
    cast, importer, photo, uploader, ana, data_dir, monkeypatch
):
    image = uploader.upload(importer.draw(photo(), colours=RGB))

    def stop_and_remove():
        jobs.cancel(ana, image.job)
        actions.remove_image(cast.project, image)

    interrupt(monkeypatch, "run_write_cog", stop_and_remove)
    jobs.run_here(Job.objects.get())

    assert not Image.objects.exists()
    assert not Layer.objects.exists()
    assert cog_files(data_dir) == []


def test_import_whose_twin_was_quicker_changes_nothing(
    importer, photo, uploader, data_dir, monkeypatch
):
    image = uploader.upload(importer.draw(photo(), colours=RGB))

    def other_worker():
        Job.objects.update(state=JobState.QUEUED)  # its lease had lapsed
        jobs.run_here(Job.objects.get())

    interrupt(monkeypatch, "run_write_cog", other_worker)
    jobs.run_here(Job.objects.get())

    image.refresh_from_db()
    assert image.state == "ready"
    assert cog_files(data_dir) == [f"{image.cog_sha256}.tif"]
    job = Job.objects.get()
    assert (job.state, job.attempt) == (JobState.DONE, 2)


def test_job_that_fails_refuses_its_image(importer, photo, uploader, data_dir, monkeypatch):
    image = uploader.upload(importer.draw(photo(), colours=RGB))

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(mosaic, "lay_into", fail)
    jobs.run_here(image.job)

    image.refresh_from_db()
    assert image.job.state == JobState.FAILED
    assert (image.state, image.sentence) == ("refused", jobs.INTERNAL_SENTENCE)


def test_identical_content_in_two_layers_is_one_file(importer, photo, uploader, data_dir):
    files = importer.draw(photo(), colours=RGB)
    one, two = uploader.bring_in(files), uploader.bring_in(files)
    inode = (data_dir / one.cog_path).stat().st_ino

    assert one.layer != two.layer
    assert one.cog_path == two.cog_path
    assert cog_files(data_dir) == [f"{one.cog_sha256}.tif"]

    # A third that ends refused and is taken away takes nothing from the others.
    third = uploader.upload(files)
    actions.refuse(third, "stopped")
    actions.remove_image(third.layer.project, third)
    assert (data_dir / one.cog_path).stat().st_ino == inode


@pytest.mark.parametrize("name", ["../../secret_key", "0" * 63, "0" * 64 + "/x", "A" * 64])
def test_child_cannot_choose_where_its_cog_lies(importer, photo, name):
    facts, _ = importer.write(importer.draw(photo(), colours=RGB))
    answer = REPLY.dump_json(REPLY.validate_python({"facts": facts}))
    assert REPLY.validate_json(answer).facts == facts

    with pytest.raises(pydantic.ValidationError):
        REPLY.validate_json(answer.replace(facts.sha256.encode(), name.encode()))


def test_what_killed_workers_left_is_swept_before_an_import(importer, photo, uploader, data_dir):
    image = uploader.upload(importer.draw(photo(), colours=RGB))
    running = Job.objects.get(pk=image.job.pk)
    running.pk, running.uid, running.state, running.attempt = None, new_uid(), JobState.RUNNING, 2
    running.save()
    ended = Job.objects.create(
        kind=running.kind, project=running.project, created_by=running.created_by, attempt=1
    )
    mine = data_dir / "cogs" / f".new-{running.uid}.2-abc"
    left = [f".new-{running.uid}.1-abc", f".new-{ended.uid}.1-abc", ".new-abc"]
    for folder in (mine, *(data_dir / "cogs" / name for name in left)):
        folder.mkdir()
        (folder / "image.tif").write_bytes(b"half of it")

    jobs.run_here(image.job)
    image.refresh_from_db()
    assert image.state == "ready"
    assert cog_files(data_dir) == sorted([mine.name, "image.tif", f"{image.cog_sha256}.tif"])


def test_import_makes_its_cog_in_a_folder_that_is_its_own(
    importer, photo, uploader, data_dir, monkeypatch
):
    seen = []

    def look():
        sweep_unfinished()
        seen.extend(path.name for path in (data_dir / "cogs").glob(".new-*"))

    interrupt(monkeypatch, "run_write_cog", look)
    image = uploader.bring_in(importer.draw(photo(), colours=RGB))
    assert image.state == "ready"
    assert [name.startswith(f".new-{image.job.uid}.1-") for name in seen] == [True]
