import csv
from datetime import UTC, datetime

import pyogrio
import pytest
import shapely
from django.core.management import CommandError, call_command

from webapp.imaging.models import Layer
from webapp.labels.models import Label, LabelClass, ReviewState


@pytest.fixture
def project(cast):
    """Two labels of 100 and 200 m2, of which the first is accepted."""
    layer = Layer.objects.create(project=cast.project, name="NAIP 2020")
    dune = LabelClass.objects.create(
        project=cast.project, code="DUNE", name="Dune", colour="#D55E00"
    )
    now = datetime(2026, 5, 3, tzinfo=UTC)
    for number, state in ((1, ReviewState.ACCEPTED), (2, ReviewState.UNREVIEWED)):
        Label.objects.create(
            project=cast.project,
            number=number,
            layer=layer,
            label_class=dune,
            geometry=shapely.to_wkb(shapely.MultiPolygon([shapely.box(0, 0, 10, 10 * number)])),
            min_x=0,
            min_y=0,
            max_x=10,
            max_y=10 * number,
            area_m2=100 * number,
            review_state=state,
            created_by=cast.ana,
            created_at=now,
            updated_at=now,
        )
    return cast.project


def export(project, out, capsys, **options):
    call_command("export_labels", project=project.name, out=out, **options)
    return capsys.readouterr().out


def test_accepted_labels_are_written_and_the_rest_is_counted(project, tmp_path, capsys):
    said = export(project, tmp_path / "out.gpkg", capsys)

    assert "out.gpkg: 1 labels, 0.01 ha." in said
    assert "1 labels that are not accepted are left out." in said
    assert pyogrio.read_info(tmp_path / "out.gpkg", layer="labels")["features"] == 1
    with (tmp_path / "out_summary.csv").open(encoding="utf-8-sig") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["class_code"], row["labels"], row["hectares"]) == ("DUNE", "1", "0.0100")


def test_all_labels_in_a_zipped_shapefile(project, tmp_path, capsys):
    said = export(project, tmp_path / "out.zip", capsys, format="shp", state="all")

    assert "out.zip: 2 labels, 0.03 ha." in said
    assert "No label is left out." in said
    info = pyogrio.read_info(f"/vsizip/{tmp_path}/out.zip/labels.shp")
    assert info["features"] == 2


@pytest.mark.parametrize("there", ["out.gpkg", "out_summary.csv"])
def test_what_is_there_already_is_not_overwritten(project, tmp_path, capsys, there):
    (tmp_path / there).write_text("dear to somebody")

    with pytest.raises(CommandError, match=f"{there} is there already. Nothing was written"):
        export(project, tmp_path / "out.gpkg", capsys)

    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [there]
    assert (tmp_path / there).read_text() == "dear to somebody"


def test_project_or_folder_that_is_not_there_is_named(project, tmp_path, capsys):
    with pytest.raises(CommandError, match="no folder"):
        export(project, tmp_path / "missing" / "out.gpkg", capsys)
    project.name = "Atlantis"
    with pytest.raises(CommandError, match="no project named Atlantis"):
        export(project, tmp_path / "out.gpkg", capsys)


def test_project_without_labels_writes_nothing(project, tmp_path, capsys):
    Label.objects.filter(review_state=ReviewState.ACCEPTED).delete()
    with pytest.raises(CommandError, match=r"nothing was exported\. Choose 'all'"):
        export(project, tmp_path / "out.gpkg", capsys)
    Label.objects.all().delete()
    with pytest.raises(CommandError, match="Nothing is labelled yet"):
        export(project, tmp_path / "out.gpkg", capsys, state="all")

    assert not (tmp_path / "out.gpkg").exists()
