import csv
import json

import numpy as np
import pytest
import shapely
from affine import Affine
from django.core.management import CommandError, call_command
from django.utils import timezone

from inference.training.__main__ import main as train
from inference.training.fine_tuning import split
from inference.training_sets.pictures import IGNORED, read_folder, read_labels
from tests.drawn.geotiffs import write_tif
from tests.drawn.training_folders import TINY_TABLE
from webapp.exchange.training_set import order_of
from webapp.imaging.models import Image, ImageState, Layer
from webapp.labels.models import Label, ReviewState
from webapp.labels.taxonomy import fill_from_template

LEFT, TOP, RESOLUTION = 600_000.0, 4_060_000.0, 0.5
HEIGHT, WIDTH, CELL = 420, 600, 128


@pytest.fixture
def pixels(cast, data_dir):
    """Bands x H x W of the project's layer: red, green, blue, near infrared."""
    drawn = draw_ortho(data_dir / "cogs/ortho.tif")
    layer = Layer.objects.create(
        project=cast.project,
        name="NAIP 2020",
        left=LEFT,
        top=TOP,
        resolution=RESOLUTION,
        width=WIDTH,
        height=HEIGHT,
        version="0" * 64,
        band_roles=["red", "green", "blue", "nir"],
        dtype="uint8",
    )
    Image.objects.create(
        layer=layer,
        uploaded_by=cast.max,
        name="ortho.tif",
        size_bytes=1,
        state=ImageState.READY,
        cog_path="cogs/ortho.tif",
        width=WIDTH,
        height=HEIGHT,
    )
    fill_from_template(cast.project, "iceplant")
    return drawn


def draw_ortho(path):
    drawn = np.random.default_rng(3).integers(20, 230, (4, HEIGHT, WIDTH), dtype=np.uint8)
    where = Affine(RESOLUTION, 0, LEFT, 0, -RESOLUTION, TOP)
    write_tif(path, np.moveaxis(drawn, 0, -1), crs="EPSG:26910", transform=where)
    return drawn


def draw(cast, number, box, *, code="ICEPLANT", state=ReviewState.ACCEPTED):
    """A label over pixels (first row, first col, past-last row, past-last col) of the layer."""
    top, left, bottom, right = box
    outline = shapely.box(
        LEFT + left * RESOLUTION,
        TOP - bottom * RESOLUTION,
        LEFT + right * RESOLUTION,
        TOP - top * RESOLUTION,
    )
    bounds = dict(zip(("min_x", "min_y", "max_x", "max_y"), outline.bounds, strict=True))
    now = timezone.now()
    Label.objects.create(
        project=cast.project,
        number=number,
        layer=cast.project.layers.get(),
        label_class=cast.project.classes.get(code=code),
        geometry=shapely.to_wkb(shapely.MultiPolygon([outline])),
        area_m2=outline.area,
        review_state=state,
        created_by=cast.ana,
        created_at=now,
        updated_at=now,
        **bounds,
    )


def draw_field(cast, *, size=24, gap=60):
    """Squares all over the layer, in two classes by turns; the boxes by number."""
    places = [(row, col) for row in range(10, 380, gap) for col in range(10, 560, gap)]
    boxes = {}
    for number, (row, col) in enumerate(places, 1):
        boxes[number] = (row, col, row + size, col + size)
        draw(cast, number, boxes[number], code=codes(cast)[number % 2])
    return boxes


def codes(cast):
    return [each.code for each in cast.project.classes.all()[:2]]


def export(cast, out, capfd, **options):
    call_command("export_training_set", project=cast.project.name, out=out, cell=CELL, **options)
    return capfd.readouterr().out


def table_of(out):
    with (out / "labels.csv").open() as stream:
        return {int(row["label"]): row for row in csv.DictReader(stream)}


def place_of(picture):
    row, col = picture.rsplit("_", 2)[1:]
    return int(row), int(col)


def test_labels_go_out_with_their_pixels_and_are_read_in_again(cast, pixels, tmp_path, capfd):
    boxes = draw_field(cast)
    said = export(cast, tmp_path / "set", capfd)

    parts = {part: list(read_folder(tmp_path / "set" / part)) for part in ("train", "test")}
    assert all(parts.values())
    for pictures in parts.values():
        for picture in pictures:
            row, col = place_of(picture.name)
            height, width = picture.pixels.shape[:2]
            there = pixels[:, row : row + height, col : col + width]
            np.testing.assert_array_equal(picture.pixels, np.moveaxis(there, 0, -1))
    table = table_of(tmp_path / "set")
    assert table.keys() == boxes.keys()
    whole = [n for n, row in table.items() if row["pixels"] == str(24 * 24)]
    assert len(whole) > 20
    assert sum(int(row["pixels"]) for row in table.values()) == sum(
        np.count_nonzero((p.maps[0] > 0) & (p.maps[0] < IGNORED))
        for ps in parts.values()
        for p in ps
    )
    assert f"train: {len(parts['train'])} pictures" in said
    assert not (tmp_path / "set.partial").exists()
    assert not (tmp_path / "set/order.json").exists()


def test_classes_and_numbers_stand_where_the_labels_were_drawn(cast, pixels, tmp_path, capfd):
    boxes = draw_field(cast)
    export(cast, tmp_path / "set", capfd, background="known")
    names = {each.code: each.name for each in cast.project.classes.all()}
    for number, row in table_of(tmp_path / "set").items():
        folder, (top, left) = tmp_path / "set" / row["part"], place_of(row["picture"])
        mask, numbered = (
            read_labels(folder, kind, row["picture"]) for kind in ("masks", "instances")
        )
        first_row, first_col, last_row, last_col = boxes[number]
        inside = (
            slice(max(0, first_row - top), last_row - top),
            slice(max(0, first_col - left), last_col - left),
        )
        said = json.loads((folder / "classes.json").read_text())["names"]
        assert len(np.unique(numbered[inside])) == 1
        assert {said[str(i)] for i in np.unique(mask[inside])} == {names[codes(cast)[number % 2]]}


def test_no_label_is_an_object_in_both_parts(cast, pixels, tmp_path, capfd):
    draw_field(cast, size=2, gap=400)  # too small to count
    draw(cast, 100, (20, 20, 400, 580))  # over all cells
    draw(cast, 101, (60, 60, 100, 100))
    draw(cast, 102, (300, 500, 340, 540))
    said = export(cast, tmp_path / "set", capfd, background="known", test_share=0.5)

    home = table_of(tmp_path / "set")[100]["part"]
    away = {"train": "test", "test": "train"}[home]
    assert "#100" in said
    assert "in the other its ground is unknown" in said
    for picture in read_folder(tmp_path / "set" / away):
        row, col = place_of(picture.name)
        rows, cols = np.mgrid[: picture.pixels.shape[0], : picture.pixels.shape[1]]
        rows, cols = rows + row, cols + col
        inside = (rows >= 20) & (rows < 400) & (cols >= 20) & (cols < 580)
        small = (rows >= 60) & (rows < 100) & (cols >= 60) & (cols < 100)
        small |= (rows >= 300) & (rows < 340) & (cols >= 500) & (cols < 540)
        assert (picture.maps[0][inside & ~small] == IGNORED).all()


def test_ground_that_nobody_labelled_is_unknown_unless_said_otherwise(
    cast, pixels, tmp_path, capfd
):
    draw_field(cast, size=40, gap=200)
    export(cast, tmp_path / "some", capfd)
    export(cast, tmp_path / "all", capfd, background="known")
    shares = {}
    for name in ("some", "all"):
        pictures = [p for part in ("train", "test") for p in read_folder(tmp_path / name / part)]
        maps = [p.maps[0] for p in pictures]
        shares[name] = np.mean([np.mean(numbered == IGNORED) for numbered in maps])
        assert all((numbered == 0).any() for numbered in maps)  # beside a label it is known
    assert shares["some"] > 0.3
    assert shares["all"] < 0.2


def test_overlapping_labels_are_named_and_the_smaller_is_on_top(cast, pixels, tmp_path, capfd):
    draw_field(cast, size=2, gap=400)
    draw(cast, 50, (150, 150, 200, 200))
    draw(cast, 51, (180, 180, 220, 220))
    said = export(cast, tmp_path / "set", capfd, test_share=0.0)
    assert "#50 and #51 (400 px)" in said
    table = table_of(tmp_path / "set")
    assert (table[50]["pixels"], table[51]["pixels"]) == (str(2500 - 400), str(1600))
    assert "in no picture: too small" in said


def test_only_accepted_labels_go_out_unless_all_are_asked_for(cast, pixels, tmp_path, capfd):
    draw_field(cast)
    draw(cast, 500, (380, 560, 410, 590), state=ReviewState.UNREVIEWED)
    said = export(cast, tmp_path / "accepted", capfd)
    assert "1 labels that are not accepted are left out." in said
    assert 500 not in table_of(tmp_path / "accepted")
    export(cast, tmp_path / "all", capfd, state="all")
    assert 500 in table_of(tmp_path / "all")


def test_same_seed_splits_alike_and_more_labels_move_no_cell(cast, pixels, tmp_path, capfd):
    draw_field(cast)
    export(cast, tmp_path / "first", capfd, seed=4, test_share=0.4)
    draw(cast, 500, (380, 560, 410, 590))
    export(cast, tmp_path / "second", capfd, seed=4, test_share=0.4)
    export(cast, tmp_path / "third", capfd, seed=5, test_share=0.4)
    first, second, third = (
        {n: row["part"] for n, row in table_of(tmp_path / name).items()}
        for name in ("first", "second", "third")
    )
    assert {n: second[n] for n in first} == first
    assert third != second


def test_stopped_export_goes_on_and_one_of_other_labels_begins_anew(cast, pixels, tmp_path, capfd):
    draw_field(cast)
    export(cast, tmp_path / "set", capfd, seed=1)
    export(cast, tmp_path / "again", capfd, seed=1)
    (tmp_path / "again").rename(tmp_path / "set2.partial")  # as if killed: but for the order
    with pytest.raises(CommandError, match=r"set2.partial is there already"):
        export(cast, tmp_path / "set2", capfd, seed=1)
    assert not (tmp_path / "set2").exists()

    options = {"cell_px": CELL, "test_share": 0.2, "seed": 1, "rest_is_known": False}
    order = tmp_path / "set2.partial/order.json"
    order.write_text(order_of(cast.project, "accepted", **options).model_dump_json())
    gone = next((tmp_path / "set2.partial/train/instances").iterdir())
    gone.unlink()
    said = export(cast, tmp_path / "set2", capfd, seed=1)
    assert "of them done before" in said
    assert (tmp_path / "set2/train/instances" / gone.name).read_bytes() == (
        tmp_path / "set/train/instances" / gone.name
    ).read_bytes()

    (tmp_path / "set2").rename(tmp_path / "set3.partial")
    (tmp_path / "set3.partial/order.json").write_text("{}")
    assert "done before" not in export(cast, tmp_path / "set3", capfd, seed=1)


def test_what_cannot_be_written_is_refused(cast, pixels, tmp_path, capfd):
    with pytest.raises(CommandError, match="No label is accepted yet"):
        export(cast, tmp_path / "set", capfd)
    draw_field(cast, size=2, gap=400)
    draw(cast, 50, (40, 10, 70, 40))
    Label.objects.exclude(number=50).delete()
    with pytest.raises(CommandError, match="All labels lie in one cell"):
        export(cast, tmp_path / "set", capfd)
    with pytest.raises(CommandError, match="--cell takes 64 to 4096"):
        export(cast, tmp_path / "set", capfd, test_share=1.5)
    (tmp_path / "set").mkdir()
    (tmp_path / "set/notes.txt").write_text("dear to somebody")
    with pytest.raises(CommandError, match="is not empty"):
        export(cast, tmp_path / "set", capfd, test_share=0.0)
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["notes.txt"]
    cast.project.name = "Atlantis"
    with pytest.raises(CommandError, match="no project named Atlantis"):
        export(cast, tmp_path / "set", capfd)


def test_training_takes_the_set_as_it_is(cast, pixels, tmp_path, capfd):
    draw_field(cast)
    export(cast, tmp_path / "set", capfd)
    kept, held_out = split(tmp_path / "set")
    assert kept.pictures
    assert held_out.pictures
    assert kept.pictures[0].pixels.shape[2] == 4
    (tmp_path / "run.toml").write_text(
        f"""
run = "run"
packs = "packs"
imagery = "set"
steps = 2
device = "cpu"
[[sources]]
name = "train"
folder = "train"
weight = 1.0
kind = "labelled"
[[stages]]
until = 1.0
crop_px = 64
batch = 2
[validation]
folders = ["test"]
size_px = 64
{TINY_TABLE}"""
    )
    assert train([str(tmp_path / "run.toml")]) == 0
    assert "2" in (tmp_path / "run/curve.csv").read_text()


@pytest.mark.django_db(transaction=True)
def test_imported_image_goes_out_as_it_came_in(cast, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("webapp.jobs.actions.ring", lambda: None)
    drawn = draw_ortho(tmp_path / "ortho.tif")
    project = cast.project.name
    call_command("import_image", tmp_path / "ortho.tif", project=project, user="max", band4="nir")
    fill_from_template(cast.project, "iceplant")
    draw(cast, 1, (200, 300, 260, 360))
    export(cast, tmp_path / "set", capfd, test_share=0.0)
    pictures = list(read_folder(tmp_path / "set/train"))
    assert not (tmp_path / "set/test").exists()
    assert sum(int(p.objects["area"].sum()) for p in pictures) == 60 * 60
    for picture in pictures:
        row, col = place_of(picture.name)
        height, width = picture.pixels.shape[:2]
        there = np.moveaxis(drawn[:, row : row + height, col : col + width], 0, -1)
        np.testing.assert_array_equal(picture.pixels, there)


def test_pixels_come_from_a_bucket_at_signed_addresses(
    cast, pixels, bucket, settings, data_dir, tmp_path, capfd
):
    draw(cast, 1, (200, 300, 260, 360))
    export(cast, tmp_path / "from_folder", capfd, test_share=0.0)
    bucket.take_in(data_dir)
    (data_dir / "cogs/ortho.tif").unlink()
    settings.OBJECTS = bucket.bucket
    export(cast, tmp_path / "from_bucket", capfd, test_share=0.0)
    one, other = (
        list(read_folder(tmp_path / name / "train")) for name in ("from_folder", "from_bucket")
    )
    assert [picture.name for picture in one] == [picture.name for picture in other]
    for here, fetched in zip(one, other, strict=True):
        np.testing.assert_array_equal(fetched.pixels, here.pixels)
