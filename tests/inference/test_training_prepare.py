"""Folders made from other people's data, and archives of them."""

import json
import sqlite3
import zipfile

import cv2
import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely
from pyproj import Transformer

from inference.training.prepare import main
from inference.training_sets.archive import ArchiveUnusable, read_archive, write_archive
from inference.training_sets.isprs import pictures_of_set, split
from inference.training_sets.isprs_folders import COLOURS
from inference.training_sets.layout import PreparingRefused
from inference.training_sets.pictures import (
    IGNORED,
    Picture,
    read_folder,
    read_labels,
    read_pixels,
    table_of_objects,
)
from tests.drawn.geotiffs import write_tif
from tests.drawn.training_folders import draw_disks, write_disks


def draw_ids(size: int) -> np.ndarray:
    """A building, a car of 24 px, two trees that touch at a corner, clutter, else impervious."""
    ids = np.ones((size, size), np.uint8)
    ids[4:24, 4:24] = 2
    ids[30:34, 4:10] = 5
    ids[30:40, 20:30] = ids[40:50, 30:40] = 4
    ids[52:58, 4:30] = 6
    return ids


def paint(ids, *, off_by: int = 0) -> np.ndarray:
    table = np.zeros((7, 3), np.int16)
    for class_id, colour in COLOURS.items():
        table[class_id] = colour
    noise = np.random.default_rng(1).integers(-off_by, off_by + 1, (*ids.shape, 3))
    return np.clip(table[ids] + noise, 0, 255).astype(np.uint8)


def write_potsdam(folder, *, size: int = 64) -> None:
    """Three pictures, named and placed as published; infrared is 200, red 10, green 20, blue 30."""
    bands = np.full((size, size, 4), [10, 20, 30, 200], np.uint8)
    for number in (10, 11, 12):
        name = f"top_potsdam_2_{number}"
        write_tif(folder / f"2_Ortho_RGB/{name}_RGB.tif", bands[:, :, :3])
        write_tif(folder / f"4_Ortho_RGBIR/{name}_RGBIR.tif", bands)
        write_tif(folder / f"5_Labels_all/{name}_label.tif", paint(draw_ids(size), off_by=6))
        eroded = np.zeros((size, size, 3), np.uint8)
        write_tif(folder / f"5_Labels_all_noBoundary/{name}_label_noBoundary.tif", eroded)


def isprs(folder, out, chosen, *more: str) -> int:
    return main(["--isprs", str(folder), "--set", chosen, "--out", str(out), *more])


@pytest.mark.parametrize(
    ("chosen", "colours"),
    [("PRGB", [10, 20, 30]), ("PRGIR", [200, 10, 20]), ("PRGBIR", [10, 20, 30, 200])],
)
def test_potsdam_is_cut_into_patches_with_the_bands_of_the_set(chosen, colours, tmp_path, caplog):
    write_potsdam(tmp_path / "potsdam")
    caplog.set_level("INFO")
    assert isprs(tmp_path / "potsdam", tmp_path / "out", chosen, "--patch", "32") == 0

    train, test = tmp_path / "out" / chosen / "train", tmp_path / "out" / chosen / "test"
    assert len(list((train / "images").iterdir())) == 8
    assert len(list((test / "images").iterdir())) == 4
    (image,) = (train / "images").glob("top_potsdam_2_10_0_0.*")
    assert (read_pixels(image) == np.array(colours, np.uint8)).all()
    assert f"{chosen} of patches of 32 px" in caplog.text
    assert "train         8     3200" in caplog.text
    assert "test          4      600" in caplog.text


def test_objects_are_regions_of_one_class_without_clutter_and_crumbs(tmp_path):
    write_potsdam(tmp_path / "potsdam")
    assert isprs(tmp_path / "potsdam", tmp_path / "out", "PRGB", "--patch", "64") == 0
    folder = tmp_path / "out/PRGB/train"
    ids = draw_ids(64)
    mask = read_labels(folder, "masks", "top_potsdam_2_10_0_0")
    np.testing.assert_array_equal(mask, np.where(ids == 6, 0, ids))
    picture = next(iter(read_folder(folder)))
    numbered = picture.maps[0]
    # The ground, the building and two trees; the car has 24 px, fewer than the paper's smallest.
    assert len(picture.objects) == 4
    assert numbered[35, 25] != numbered[45, 35]
    assert (numbered[ids == 6] == IGNORED).all()
    assert (numbered[ids == 5] == 0).all()


def test_vaihingen_keeps_partial_patches_and_its_labels_folder_is_known(tmp_path):
    pixels = np.full((70, 50, 3), [200, 10, 20], np.uint8)
    for number in (1, 3, 11):
        name = f"top_mosaic_09cm_area{number}.tif"
        write_tif(tmp_path / "v/top" / name, pixels)
        write_tif(tmp_path / "v/gts_for_participants" / name, paint(draw_ids(70)[:, :50]))
    found = pictures_of_set(tmp_path / "v", "VRGIR")
    assert [p.name.removeprefix("top_mosaic_09cm_") for p in found] == ["area1", "area3", "area11"]
    assert isprs(tmp_path / "v", tmp_path / "out", "VRGIR", "--patch", "32") == 0
    assert len(list((tmp_path / "out/VRGIR/train/images").iterdir())) == 2 * 3 * 2
    assert len(list((tmp_path / "out/VRGIR/test/images").iterdir())) == 3 * 2


def test_test_pictures_may_be_named(tmp_path):
    write_potsdam(tmp_path / "potsdam")
    pictures = pictures_of_set(tmp_path / "potsdam", "PRGB")
    train, test = split(pictures, ["top_potsdam_2_12"])
    assert [p.name for p in test] == ["top_potsdam_2_12"]
    assert len(train) == 2
    with pytest.raises(PreparingRefused, match="no picture called top_potsdam_9_9"):
        split(pictures, ["top_potsdam_9_9"])


def test_labels_in_other_colours_are_refused(tmp_path, caplog):
    write_potsdam(tmp_path / "potsdam")
    grey = np.full((64, 64, 3), 128, np.uint8)
    write_tif(tmp_path / "potsdam/5_Labels_all/top_potsdam_2_10_label.tif", grey)
    assert isprs(tmp_path / "potsdam", tmp_path / "out", "PRGB") == 1
    assert "not painted in the benchmark's colours" in caplog.text
    assert isprs(tmp_path / "potsdam", tmp_path / "out", "VRGIR") == 1
    assert "no labelled pictures of VRGIR" in caplog.text


def test_preparing_again_does_what_is_missing_only(tmp_path, caplog):
    write_potsdam(tmp_path / "potsdam")
    assert isprs(tmp_path / "potsdam", tmp_path / "out", "PRGB", "--patch", "32") == 0
    folder = tmp_path / "out/PRGB/train"
    gone, cut = "top_potsdam_2_10_0_32", "top_potsdam_2_10_32_0"
    (folder / f"instances/{gone}.png").unlink()
    whole = (folder / f"masks/{cut}.png").read_bytes()
    (folder / f"masks/{cut}.png").write_bytes(whole[:20])
    before = {p: p.stat().st_mtime_ns for p in (folder / "images").iterdir()}

    caplog.set_level("INFO")
    assert isprs(tmp_path / "potsdam", tmp_path / "out", "PRGB", "--patch", "32") == 0

    changed = {p.stem for p in (folder / "images").iterdir() if p.stat().st_mtime_ns != before[p]}
    assert changed == {gone, cut}
    assert (folder / f"masks/{cut}.png").read_bytes() == whole
    assert "8 pictures" in caplog.text
    assert "6 of them done before" in caplog.text


def write_pairs(folder, ids) -> None:
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    drawn = np.random.default_rng(2).integers(0, 255, (*ids.shape[:2], 3)).astype(np.uint8)
    cv2.imwrite(str(folder / "images/one.jpg"), drawn)
    cv2.imwrite(str(folder / "masks/one.png"), ids)


def pairs(folder, *more: str) -> int:
    images, masks = str(folder / "images"), str(folder / "masks")
    return main(["--images", images, "--masks", masks, "--out", str(folder / "out"), *more])


def test_pictures_with_masks_become_a_folder(tmp_path):
    write_pairs(tmp_path, draw_ids(64))
    classes = {"names": {str(i): f"class {i}" for i in range(1, 6)}, "ignore": [6]}
    (tmp_path / "classes.json").write_text(json.dumps(classes))
    assert pairs(tmp_path, "--classes", str(tmp_path / "classes.json")) == 0
    (picture,) = read_folder(tmp_path / "out")
    assert len(picture.objects) == 4
    assert picture.maps[0][54, 10] == IGNORED


def test_painted_masks_are_read_by_their_colours(tmp_path):
    write_pairs(tmp_path, paint(draw_ids(64), off_by=9)[:, :, ::-1])
    assert pairs(tmp_path) == 1
    said = {
        "names": {str(i): str(i) for i in COLOURS},
        "colours": {str(i): c for i, c in COLOURS.items()},
    }
    (tmp_path / "classes.json").write_text(json.dumps(said))
    assert pairs(tmp_path, "--classes", str(tmp_path / "classes.json")) == 0
    np.testing.assert_array_equal(read_labels(tmp_path / "out", "masks", "one"), draw_ids(64))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda folder: (folder / "masks/one.png").unlink(),
            "no mask of the same name for one.jpg",
        ),
        (
            lambda folder: cv2.imwrite(str(folder / "masks/one.png"), draw_ids(60)),
            "64 x 64 pixels and its mask 60 x 60",
        ),
        (
            lambda folder: cv2.imwrite(str(folder / "masks/one.png"), draw_ids(64) + 40),
            "does not name: 41, 42",
        ),
    ],
)
def test_masks_that_do_not_fit_are_refused(spoil, sentence, tmp_path, caplog):
    write_pairs(tmp_path, draw_ids(64))
    (tmp_path / "classes.json").write_text(json.dumps({"names": {"1": "a", "2": "b"}}))
    spoil(tmp_path)
    assert pairs(tmp_path, "--classes", str(tmp_path / "classes.json")) == 1
    assert sentence in caplog.text


NORTH_UP = rasterio.Affine(0.5, 0, 240_000, 0, -0.5, 3_820_000)


def write_polygons(path, squares, *, crs: str, classes=None) -> None:
    """Squares (col, row, side) of the raster as map polygons."""
    boxes = []
    for col, row, side in squares:
        x, y = NORTH_UP.c + 0.5 * col, NORTH_UP.f - 0.5 * row
        boxes.append(shapely.box(x, y - 0.5 * side, x + 0.5 * side, y))
    if crs != "EPSG:26910":
        change = Transformer.from_crs("EPSG:26910", crs, always_xy=True)
        boxes = shapely.transform(
            boxes, lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1]))
        )
    pyogrio.raw.write(
        path,
        geometry=np.array(shapely.to_wkb(boxes), dtype=object),
        field_data=[np.array(classes or ["iceplant"] * len(squares), dtype=object)],
        fields=["kind"],
        geometry_type="Polygon",
        crs=crs or None,
        driver="GPKG",
    )


def polygons(folder, *more: str) -> int:
    raster, labels = str(folder / "ortho.tif"), str(folder / "labels.gpkg")
    out = str(folder / "out")
    return main(["--raster", raster, "--polygons", labels, "--out", out, "--tile", "64", *more])


@pytest.mark.parametrize("crs", ["EPSG:26910", "EPSG:4326"])
def test_polygons_become_numbered_objects_on_tiles(crs, tmp_path, caplog):
    pixels = np.random.default_rng(3).integers(1, 255, (128, 128, 4)).astype(np.uint8)
    write_tif(tmp_path / "ortho.tif", pixels, crs="EPSG:26910", transform=NORTH_UP)
    squares = [(10, 10, 30), (15, 15, 10), (70, 20, 12), (80, 80, 4)]
    kinds = ["scrub", "iceplant", "iceplant", "scrub"]
    write_polygons(tmp_path / "labels.gpkg", squares, crs=crs, classes=kinds)
    caplog.set_level("INFO")

    assert polygons(tmp_path, "--class-field", "kind") == 0

    out = tmp_path / "out"
    assert json.loads((out / "classes.json").read_text())["names"] == {
        "1": "iceplant",
        "2": "scrub",
    }
    # Two of four tiles: one has no polygon, and in one it has 16 px.
    assert sorted(p.name for p in (out / "images").iterdir()) == [
        "ortho_0_0.tif",
        "ortho_0_64.tif",
    ]
    np.testing.assert_array_equal(read_pixels(out / "images/ortho_0_64.tif"), pixels[:64, 64:])
    mask = read_labels(out, "masks", "ortho_0_0")
    assert (mask[16:24, 16:24] == 1).all()
    assert mask[12, 12] == 2
    assert mask[50, 50] == 0
    assert [len(p.objects) for p in read_folder(out)] == [2, 1]
    assert ("was reprojected from EPSG:4326" in caplog.text) == (crs == "EPSG:4326")


def test_ground_that_nobody_looked_at_is_unknown_if_so_told(tmp_path):
    pixels = np.full((64, 64, 3), 90, np.uint8)
    write_tif(tmp_path / "ortho.tif", pixels, crs="EPSG:26910", transform=NORTH_UP)
    write_polygons(tmp_path / "labels.gpkg", [(10, 10, 30)], crs="EPSG:26910")
    assert polygons(tmp_path, "--rest-is-unknown") == 0
    (picture,) = read_folder(tmp_path / "out")
    assert set(np.unique(picture.maps[0])) == {1, IGNORED}


@pytest.mark.parametrize(
    ("raster_crs", "crs", "field", "sentence"),
    [
        (None, "EPSG:26910", "kind", r"ortho.tif has no coordinate system"),
        ("EPSG:26910", "", "kind", r"labels.gpkg has no coordinate system"),
        ("EPSG:26910", "EPSG:26910", "species", "no field called species"),
    ],
)
def test_polygons_that_do_not_fit_are_refused(raster_crs, crs, field, sentence, tmp_path, caplog):
    pixels = np.full((64, 64, 3), 90, np.uint8)
    write_tif(tmp_path / "ortho.tif", pixels, crs=raster_crs, transform=NORTH_UP)
    write_polygons(tmp_path / "labels.gpkg", [(10, 10, 30)], crs=crs or "EPSG:26910")
    if not crs:
        with sqlite3.connect(tmp_path / "labels.gpkg") as database:
            database.create_function("ST_IsEmpty", 1, lambda _: 0)
            database.execute("UPDATE gpkg_geometry_columns SET srs_id = -1")
    assert polygons(tmp_path, "--class-field", field) == 1
    assert sentence in caplog.text


def test_deep_rasters_are_refused(tmp_path, caplog):
    pixels = np.full((64, 64, 3), 900, np.uint16)
    write_tif(tmp_path / "ortho.tif", pixels, crs="EPSG:26910", transform=NORTH_UP)
    write_polygons(tmp_path / "labels.gpkg", [(10, 10, 30)], crs="EPSG:26910")
    assert polygons(tmp_path) == 1
    assert "3 bands of uint16" in caplog.text


def draw_pictures(count: int, *, bands: int = 3) -> list[Picture]:
    found = []
    for index in range(count):
        pixels, numbered = draw_disks(seed=index, bands=bands)
        smooth = cv2.GaussianBlur(pixels, (0, 0), 2).reshape(pixels.shape)
        found.append(Picture(f"p{index}", smooth, [numbered], table_of_objects([numbered])))
    return found


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_an_archive_gives_back_exact_objects_and_nearly_the_pixels(bands, tmp_path):
    pictures = draw_pictures(3, bands=bands)
    packed = write_archive(tmp_path / "all.zip", {"a": pictures, "b": pictures[:1]})
    assert packed.kept == {"a": 3, "b": 1}
    assert not packed.left_out
    found = read_archive(tmp_path / "all.zip")
    for picture, read in zip(pictures, found["a"], strict=True):
        assert read.name == picture.name
        assert read.pixels.shape == picture.pixels.shape
        assert np.abs(read.pixels.astype(int) - picture.pixels).mean() < 3
        np.testing.assert_array_equal(read.maps, picture.maps)
        np.testing.assert_array_equal(read.objects, picture.objects)


def test_what_does_not_fit_is_left_out_of_every_source_and_named(tmp_path):
    whole = write_archive(tmp_path / "all.zip", {"a": draw_pictures(8), "b": draw_pictures(4)})
    most = whole.bytes // 3
    packed = write_archive(
        tmp_path / "all.zip", {"a": draw_pictures(8), "b": draw_pictures(4)}, largest_bytes=most
    )
    assert packed.quality == 50
    assert (tmp_path / "all.zip").stat().st_size == packed.bytes <= most
    assert packed.left_out.keys() == {"a", "b"}
    assert packed.kept["a"] + len(packed.left_out["a"]) == 8
    assert 1 <= packed.kept["b"] <= packed.kept["a"] < 8
    with pytest.raises(ArchiveUnusable, match="Not one picture"):
        write_archive(tmp_path / "none.zip", {"a": draw_pictures(1)}, largest_bytes=50)
    assert not (tmp_path / "none.zip").exists()


def test_a_damaged_archive_is_refused(tmp_path):
    (tmp_path / "all.zip").write_bytes(b"PK nothing")
    with pytest.raises(ArchiveUnusable, match="pack it again"):
        read_archive(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("index.json", '{"a": [{"name": "p", "images": 1, "maps": 1}]}')
    with pytest.raises(ArchiveUnusable, match="could not be read"):
        read_archive(tmp_path / "all.zip")


def test_folders_are_packed_by_the_command(tmp_path, caplog):
    write_disks(tmp_path / "disks", pictures=2)
    caplog.set_level("INFO")
    assert main(["--pack", str(tmp_path / "all.zip"), str(tmp_path / "disks")]) == 0
    assert "disks: 2 pictures" in caplog.text
    assert main(["--pack", str(tmp_path / "all.zip")]) == 1
    assert "nothing to pack" in caplog.text
