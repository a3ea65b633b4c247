import subprocess

import numpy as np
import pytest
import rasterio
import rasterio.enums
from affine import Affine
from django.core.management import CommandError, call_command

from webapp.exchange.management.commands import demo_data
from webapp.imaging import sandbox
from webapp.imaging.models import Image, Layer
from webapp.imaging.uploads import folder_of
from webapp.jobs.models import Job
from webapp.labels.models import LabelClass
from webapp.projects.models import Membership, Project, Role

NEW = "Sedgwick 2020"
TRANSPARENCY = "is tagged as transparency, but it varies over the whole picture"


@pytest.fixture(autouse=True)
def quiet_bell(transactional_db, monkeypatch):
    monkeypatch.setattr("webapp.jobs.actions.ring", lambda: None)


def draw(path, *, count=3, crs="EPSG:26910", colours="red green blue"):
    """A photograph of 80 x 60 pixels of 0.5 m."""
    rows, cols = np.mgrid[:60, :80]
    bands = [120 + 60 * np.sin(cols / 17 + band) * np.cos(rows / 23) for band in range(count)]
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=80,
        height=60,
        count=count,
        dtype="uint8",
        crs=crs,
        transform=Affine(0.5, 0, 500_000, 0, -0.5, 4_000_000),
    ) as dataset:
        dataset.colorinterp = [rasterio.enums.ColorInterp[name] for name in colours.split()]
        dataset.write(np.stack(bands).astype(np.uint8))
    return path


def import_image(path, capsys, project=NEW, **options):
    call_command("import_image", path, project=project, **options)
    return capsys.readouterr().out


def assert_nothing_was_imported(data_dir, *, projects=("Point Reyes dunes",)):
    assert [project.name for project in Project.objects.order_by("id")] == list(projects)
    assert not Layer.objects.exists()
    assert not Image.objects.exists()
    for folder in ("uploads", "cogs"):
        assert list((data_dir / folder).iterdir()) == []


def test_raster_becomes_a_layer_of_a_new_project_with_the_iceplant_classes(
    cast, tmp_path, capsys, data_dir
):
    out = import_image(draw(tmp_path / "ortho.tif"), capsys)

    assert "ortho.tif can be shown: 80 x 60 pixels of 0.5 m" in out
    assert f"ortho.tif is a layer of {NEW} now." in out
    project = Project.objects.get(name=NEW)
    assert list(Membership.objects.filter(project=project).values_list("user", "role")) == [
        (cast.ada.pk, Role.MANAGER)
    ]
    assert LabelClass.objects.filter(project=project, name__icontains="iceplant").exists()
    image = Image.objects.get(layer__project=project)
    assert (image.state, image.uploaded_by) == ("ready", cast.ada)
    assert (data_dir / image.cog_path).is_file()
    assert (tmp_path / "ortho.tif").is_file()


def test_question_is_printed_with_its_options_and_nothing_imported(
    cast, tmp_path, capsys, data_dir
):
    path = draw(tmp_path / "naip.tif", count=4, crs=None, colours="red green blue alpha")

    with pytest.raises(CommandError) as asked:
        import_image(path, capsys)

    lines = str(asked.value).splitlines()
    assert lines[0] == "naip.tif needs 2 answers before it can be shown. Nothing was imported."
    assert any(line.startswith("  --crs ") and "EPSG code" in line for line in lines)
    assert any(TRANSPARENCY in line for line in lines)
    assert "  --band4 nir   Near infrared: show the picture whole" in lines
    assert "  --band4 alpha   Transparency: hide what it hides" in lines
    assert_nothing_was_imported(data_dir)

    import_image(path, capsys, band4="nir", crs="EPSG:26910")
    assert Layer.objects.get().band_roles == ["red", "green", "blue", "nir"]


def test_sidecars_beside_the_raster_come_with_it(cast, tmp_path, capsys):
    path = draw(tmp_path / "ortho.tif", crs=None)
    (tmp_path / "ortho.prj").write_text(rasterio.crs.CRS.from_epsg(26910).to_wkt())
    (tmp_path / "another.prj").write_text("nothing of ours")
    (tmp_path / "notes.txt").write_text("nothing of ours")

    with pytest.raises(CommandError, match=r"--crs EPSG:26910"):
        import_image(path, capsys)
    import_image(path, capsys, crs="EPSG:26910")

    image = Image.objects.get()
    assert image.files == ["ortho.tif", "ortho.prj"]
    assert sorted(each.name for each in folder_of(image).iterdir()) == ["raster.prj", "raster.tif"]


def test_member_who_may_label_imports_into_their_project(cast, tmp_path, capsys):
    path = draw(tmp_path / "ortho.tif")
    import_image(path, capsys, project=cast.project.name, user="ana")

    assert Image.objects.get().uploaded_by == cast.ana
    assert Layer.objects.get().project == cast.project


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ("stan", "not a member of it"),
        ("vera", "You may look here but not label"),
        (None, "not a member of it"),  # the administrator
        ("nemo", "There is no account nemo"),
    ],
)
def test_who_may_not_label_imports_nothing(cast, tmp_path, capsys, data_dir, user, reason):
    with pytest.raises(CommandError, match=reason):
        import_image(draw(tmp_path / "ortho.tif"), capsys, project=cast.project.name, user=user)

    assert_nothing_was_imported(data_dir)


@pytest.mark.parametrize(
    ("name", "content", "options", "reason"),
    [
        ("missing.tif", None, {}, "There is no file"),
        ("notes.txt", b"no image", {}, "notes.txt is no image"),
        ("broken.tif", b"II*\0 and no more", {}, r"broken.tif .*Nothing was imported"),
        ("any.tif", b"", {"band4": "blue"}, "Choose nir or alpha"),
    ],
)
def test_what_cannot_be_imported_makes_no_project(
    cast, tmp_path, capsys, data_dir, name, content, options, reason
):
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(CommandError, match=reason):
        import_image(tmp_path / name, capsys, **options)

    assert_nothing_was_imported(data_dir)


def test_image_refused_while_it_is_written_leaves_nothing_behind(
    cast, tmp_path, capsys, data_dir, monkeypatch
):
    def no_room(files, *_, **__):
        raise sandbox.RasterRefused(f"{files.name} could not be written on the server.")

    monkeypatch.setattr(sandbox, "run_write_cog", no_room)
    with pytest.raises(CommandError, match="could not be written"):
        import_image(draw(tmp_path / "ortho.tif"), capsys)

    assert_nothing_was_imported(data_dir, projects=["Point Reyes dunes", NEW])


def test_full_disk_makes_no_project(cast, tmp_path, capsys, data_dir, settings):
    settings.DISK_RESERVE_BYTES = 10**18

    with pytest.raises(CommandError, match="too little for this image"):
        import_image(draw(tmp_path / "ortho.tif"), capsys)

    assert_nothing_was_imported(data_dir)


def test_without_an_administrator_somebody_must_be_named(tmp_path, capsys, data_dir):
    with pytest.raises(CommandError, match=r"no administrator yet.*create_user"):
        import_image(draw(tmp_path / "ortho.tif"), capsys)

    assert_nothing_was_imported(data_dir, projects=())


def test_demo_is_drawn_and_imported_once(cast, capsys, data_dir):
    call_command("demo_data", size=192, user="max")

    layer = Layer.objects.get()
    assert (layer.project.name, layer.width, layer.height) == (demo_data.PROJECT, 192, 192)
    assert layer.band_roles == ["red", "green", "blue", "nir"]
    assert (data_dir / "demo" / "scene.tif").is_file()
    jobs = Job.objects.count()
    call_command("demo_data", size=192, user="max")
    assert Job.objects.count() == jobs
    assert "Nothing was changed" in capsys.readouterr().out


def test_demo_that_cannot_be_drawn_makes_no_project(cast, data_dir, monkeypatch):
    failed = subprocess.CompletedProcess([], returncode=1)
    monkeypatch.setattr(demo_data.subprocess, "run", lambda *_, **__: failed)

    with pytest.raises(CommandError, match="could not be drawn"):
        call_command("demo_data", size=192)

    assert_nothing_was_imported(data_dir)
