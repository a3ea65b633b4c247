import csv
import sqlite3
import zipfile
from datetime import UTC, datetime

import pyogrio
import pyogrio.raw
import pyproj
import pytest
import shapely
from django.core.management import CommandError, call_command

from webapp.exchange import selection
from webapp.exchange.writers import write_labels, write_summary
from webapp.imaging.models import Layer
from webapp.labels.models import Label, LabelClass, ReviewState

WITH_HOLE = shapely.MultiPolygon(
    [
        shapely.Polygon(
            [
                (600000.1, 4100000.3),
                (600100.7, 4100000.3),
                (600100.7, 4100090.9),
                (600000.1, 4100090.9),
            ],
            [[(600010, 4100010), (600020, 4100010), (600020, 4100020), (600010, 4100020)]],
        )
    ]
)
TWO_PARTS = shapely.MultiPolygon(
    [shapely.box(600200, 4100000, 600230, 4100030), shapely.box(600300, 4100000, 600330, 4100030)]
)


@pytest.fixture
def labelled(cast):
    """Two labels of two classes in UTM 10N: #1 accepted, with a hole; #2 in two parts."""
    project = cast.project
    project.crs_wkt = pyproj.CRS.from_epsg(32610).to_wkt()
    project.save()
    layer = Layer.objects.create(project=project, name="NAIP 2020")
    iceplant = LabelClass.objects.create(
        project=project, code="ICEPLANT", name="Iceplant", colour="#D55E00", order=1
    )
    mixed = LabelClass.objects.create(
        project=project,
        code="ICE_MIX",
        name="Mixed iceplant",
        colour="#D55E00",
        pattern="hatch",
        order=2,
    )
    now = datetime(2026, 5, 3, 12, 30, 5, tzinfo=UTC)
    for number, (shape, label_class, state) in enumerate(
        [(WITH_HOLE, iceplant, ReviewState.ACCEPTED), (TWO_PARTS, mixed, ReviewState.UNREVIEWED)],
        start=1,
    ):
        min_x, min_y, max_x, max_y = shape.bounds
        Label.objects.create(
            project=project,
            number=number,
            layer=layer,
            label_class=label_class,
            note="élevé" * number,
            geometry=shapely.to_wkb(shape),
            min_x=min_x,
            min_y=min_y,
            max_x=max_x,
            max_y=max_y,
            area_m2=shape.area,
            review_state=state,
            created_by=cast.ana,
            created_at=now,
            updated_at=now,
        )
    return project


def exported(project, state, export_format, out):
    labels = list(selection.labels_of(project, state))
    write_labels(labels, project, export_format, out)
    return out


def test_geopackage_keeps_every_bit_of_the_geometry(labelled, tmp_path):
    out = exported(labelled, "all", "gpkg", tmp_path / "x.gpkg")
    _, _, geometries, _ = pyogrio.raw.read(out, layer="labels")
    stored = [bytes(label.geometry) for label in Label.objects.order_by("number")]
    assert [shapely.to_wkb(shapely.from_wkb(wkb)) for wkb in geometries] == stored


def test_geopackage_has_crs_class_state_author_and_time(labelled, tmp_path):
    out = exported(labelled, "all", "gpkg", tmp_path / "x.gpkg")
    meta, _, _, columns = pyogrio.raw.read(out, layer="labels", datetime_as_string=True)
    first = dict(zip(meta["fields"], (column[0] for column in columns), strict=True))
    assert pyproj.CRS(meta["crs"]).to_epsg() == 32610
    assert (first["class_code"], first["class_name"]) == ("ICEPLANT", "Iceplant")
    assert (first["review"], first["author"], first["note"]) == ("accepted", "Ana Ruiz", "élevé")
    assert first["area_m2"] == WITH_HOLE.area
    assert first["area_ha"] == WITH_HOLE.area / 10_000
    assert first["created_at"].startswith("2026-05-03T12:30:05")
    assert first["created_at"].endswith("Z")


def test_geopackage_holds_a_style_for_qgis_with_every_class(labelled, tmp_path):
    out = exported(labelled, "all", "gpkg", tmp_path / "x.gpkg")
    with sqlite3.connect(out) as database:
        table, qml, default = database.execute(
            "SELECT f_table_name, styleQML, useAsDefault FROM layer_styles"
        ).fetchone()
    assert (table, default) == ("labels", 1)
    assert 'value="ICEPLANT"' in qml
    assert "LinePatternFill" in qml


def test_accepted_export_leaves_the_rest_out_and_counts_it(labelled):
    kept = selection.preview(labelled, "accepted")
    assert (kept.labels, kept.left_out) == (1, 1)
    assert kept.left_out_area_m2 == TWO_PARTS.area
    assert [label.number for label in selection.labels_of(labelled, "accepted")] == [1]


def test_deleted_labels_are_in_no_export(labelled):
    Label.objects.filter(number=1).update(deleted=True)
    assert selection.preview(labelled, "all").labels == 1


def test_a_project_of_one_member_starts_at_all(labelled, cast):
    assert selection.default_state(labelled) == "accepted"
    labelled.memberships.exclude(user=cast.max).delete()
    assert selection.default_state(labelled) == "all"


def test_shapefile_is_one_zip_with_crs_encoding_style_and_short_names(labelled, tmp_path):
    out = exported(labelled, "all", "shp", tmp_path / "x.zip")
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path)
        assert archive.read("labels.cpg").decode().strip() == "UTF-8"
    assert {
        "labels.shp",
        "labels.shx",
        "labels.dbf",
        "labels.prj",
        "labels.qml",
        "fields.txt",
    } <= names
    meta, _, geometries, columns = pyogrio.raw.read(tmp_path / "labels.shp")
    assert list(meta["fields"]) == [field.name for field in selection.FIELDS]
    assert max(map(len, meta["fields"])) <= 10
    assert pyproj.CRS(meta["crs"]).to_epsg() == 32610
    shapes = [shapely.from_wkb(wkb) for wkb in geometries]
    assert all(shapely.is_valid(shapes))
    assert shapely.equals(shapes[0], WITH_HOLE)
    assert shapely.equals(shapes[1], TWO_PARTS)
    assert columns[list(meta["fields"]).index("note")][1] == "élevéélevé"


def test_summary_counts_by_class_state_and_person(labelled, tmp_path):
    write_summary(selection.preview(labelled, "all").rows, tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["class_code", "class", "state", "person", "labels", "hectares"]
    assert rows[1] == [
        "ICEPLANT",
        "Iceplant",
        "accepted",
        "Ana Ruiz",
        "1",
        f"{WITH_HOLE.area / 10_000:.4f}",
    ]
    assert rows[2] == ["ICE_MIX", "Mixed iceplant", "unreviewed", "Ana Ruiz", "1", "0.1800"]


def test_summary_runs_no_formula_in_a_spreadsheet(labelled, cast, tmp_path):
    cast.ana.first_name = '=HYPERLINK("x")'
    cast.ana.save()
    write_summary(selection.preview(labelled, "all").rows, tmp_path / "x.csv")
    assert "'=HYPERLINK" in (tmp_path / "x.csv").read_text(encoding="utf-8-sig")


def test_command_says_how_many_were_left_out(labelled, tmp_path, capsys):
    out = tmp_path / "y.gpkg"
    call_command("export_labels", project=labelled.name, format="gpkg", state="accepted", out=out)
    said = capsys.readouterr().out
    assert "1 labels" in said
    assert "1 labels that are not accepted are left out" in said
    assert pyogrio.read_info(out, layer="labels")["features"] == 1


def test_command_overwrites_nothing(labelled, tmp_path):
    out = tmp_path / "y.gpkg"
    out.write_text("mine")
    with pytest.raises(CommandError, match="there already"):
        call_command("export_labels", project=labelled.name, format="gpkg", state="all", out=out)
    assert out.read_text() == "mine"
