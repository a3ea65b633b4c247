"""Drawn scenes on disk, and the command that draws them."""

import json

import cv2
import numpy as np
import pyogrio.raw
import pytest
import rasterio
import rasterio.features
import shapely
from rasterio.enums import ColorInterp

from inference.scenes import cli
from inference.scenes.canvas import CODES
from inference.scenes.files import write_scene, write_training_scene
from inference.scenes.scene import draw_scene


@pytest.fixture(scope="module")
def drawn():
    return draw_scene(seed=11, size=(256, 384))


def test_picture_is_a_tiled_four_band_geotiff_in_utm_10_north(drawn, tmp_path):
    with rasterio.open(write_scene(drawn, tmp_path)) as raster:
        assert (raster.count, raster.height, raster.width) == (4, 256, 384)
        assert raster.crs.to_epsg() == 32610
        assert raster.res == (0.6, 0.6)
        assert raster.profile["compress"] == "deflate"
        assert raster.colorinterp == (
            ColorInterp.red,
            ColorInterp.green,
            ColorInterp.blue,
            ColorInterp.undefined,
        )
        assert raster.descriptions == ("red", "green", "blue", "nir")
        assert np.array_equal(raster.read(), drawn.image)


def test_truth_lies_on_the_picture_in_its_crs(drawn, tmp_path):
    path = write_scene(drawn, tmp_path)
    meta, _, geometry, (codes, kinds) = pyogrio.raw.read(tmp_path / "truth.gpkg")
    assert meta["crs"] == "EPSG:32610"
    assert list(meta["fields"]) == ["code", "kind"]
    assert list(codes) == [thing.code for thing in drawn.objects]
    assert list(kinds) == [thing.kind for thing in drawn.objects]
    outlines = shapely.from_wkb(geometry)
    assert shapely.is_valid(outlines).all()
    with rasterio.open(path) as raster:
        burnt = rasterio.features.rasterize(
            zip(outlines, range(1, len(outlines) + 1), strict=True),
            raster.shape,
            transform=raster.transform,
            dtype=np.int32,
        )
    assert np.array_equal(burnt, drawn.instances)


def test_writing_twice_replaces_the_truth(drawn, tmp_path):
    write_scene(drawn, tmp_path)
    write_scene(drawn, tmp_path)
    assert pyogrio.read_info(tmp_path / "truth.gpkg")["features"] == len(drawn.objects)


def test_training_folder_has_pictures_masks_instances_and_classes(drawn, tmp_path):
    path = write_training_scene(drawn, tmp_path, name="one")
    assert path == tmp_path / "images" / "one.tif"
    with rasterio.open(path) as raster:
        assert np.array_equal(raster.read(), drawn.image)
    mask = cv2.imread(str(tmp_path / "masks" / "one.png"), cv2.IMREAD_UNCHANGED)
    instances = cv2.imread(str(tmp_path / "instances" / "one.png"), cv2.IMREAD_UNCHANGED)
    assert instances.dtype == np.uint16
    assert np.array_equal(instances, drawn.instances)
    assert np.array_equal(mask, drawn.classes)
    classes = json.loads((tmp_path / "classes.json").read_text())
    assert set(classes["names"]) == {str(number) for number in range(len(CODES) + 1)}
    assert classes["ignore"] == []


def test_command_draws_several_training_scenes_into_one_folder(tmp_path, capsys):
    arguments = ["--out", str(tmp_path), "--size", "160", "--seed", "2", "--count", "2"]
    assert cli.main([*arguments, "--layout", "training"]) == 0
    names = sorted(path.name for path in (tmp_path / "images").iterdir())
    assert names == ["scene_0002.tif", "scene_0003.tif"]
    assert "scene_0003.tif" in capsys.readouterr().out


def test_command_gives_each_georeferenced_scene_its_own_truth(tmp_path):
    arguments = ["--out", str(tmp_path), "--size", "160", "--seed", "2", "--count", "2"]
    assert cli.main(arguments) == 0
    assert {path.parent.name for path in tmp_path.rglob("truth.gpkg")} == {
        "scene_0002",
        "scene_0003",
    }


def test_command_says_why_it_drew_nothing(tmp_path, capsys):
    folder = tmp_path / "scenes"
    assert cli.main(["--out", str(folder), "--size", "50"]) == 1
    assert "at least 128 pixels" in capsys.readouterr().err
    assert not folder.exists()
