"""The drawn orthophoto: repeatable, true to its own truth, and coloured like the real thing."""

import numpy as np
import pytest
import rasterio.features

from inference.scenes.canvas import CODES, Owner
from inference.scenes.scene import SceneSizeRefused, draw_scene
from inference.scenes.truth import MIN_OBJECT_PX, class_map, outline_objects, separate

SEVEN_CLASSES = {
    "ICEPLANT",
    "ICE_MIX",
    "ICE_POSS",
    "RUSHSEEP",
    "GOLDENBUSH",
    "SALTGRASS",
    "OTHERVEG",
}


@pytest.fixture(scope="module")
def large():
    return draw_scene(seed=7, size=(1024, 1024))


def mean_ndvi(scene, *codes):
    ids = [CODES.index(code) + 1 for code in codes]
    red, infrared = scene.image[[0, 3]][:, np.isin(scene.classes, ids)].astype(float)
    return float(((infrared - red) / (infrared + red + 1e-9)).mean())


def test_same_seed_draws_the_same_scene_and_another_seed_another():
    first = draw_scene(seed=3, size=(256, 320))
    again = draw_scene(seed=3, size=(256, 320))
    other = draw_scene(seed=4, size=(256, 320))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.instances, again.instances)
    assert [drawn.polygon.wkb for drawn in first.objects] == [
        drawn.polygon.wkb for drawn in again.objects
    ]
    assert not np.array_equal(first.image, other.image)


def test_odd_sizes_and_other_resolutions_are_drawn_whole():
    scene = draw_scene(seed=5, size=(333, 517), resolution_m=1.0)
    assert scene.image.shape == (4, 333, 517)
    assert scene.instances.shape == scene.classes.shape == (333, 517)
    assert scene.image[:, 0, :].std() > 0
    assert scene.image[:, :, -1].std() > 0


def test_every_polygon_is_valid_and_covers_exactly_its_instance(large):
    outlines = [(drawn.polygon, drawn.instance) for drawn in large.objects]
    assert all(polygon.is_valid for polygon, _ in outlines)
    burnt = rasterio.features.rasterize(outlines, large.instances.shape, dtype=np.int32)
    assert np.array_equal(burnt, large.instances)
    sizes = np.bincount(large.instances.ravel())
    assert [drawn.polygon.area for drawn in large.objects] == list(sizes[1:])


def test_objects_are_large_enough_and_numbered_without_gaps(large):
    sizes = np.bincount(large.instances.ravel())[1:]
    assert sizes.min() >= MIN_OBJECT_PX
    assert [drawn.instance for drawn in large.objects] == list(range(1, len(sizes) + 1))


def test_class_map_agrees_with_the_objects(large):
    for drawn in large.objects:
        inside = large.classes[large.instances == drawn.instance]
        assert (inside == CODES.index(drawn.code) + 1).all()
    assert (large.classes[large.instances == 0] == 0).all()


def test_every_class_and_the_structures_occur(large):
    codes = {drawn.code for drawn in large.objects}
    assert codes >= SEVEN_CLASSES | {"WATER", "BAREDUNE", "ROCK", "TRACK", "ROOF"}
    assert len(large.objects) > 100


def test_plants_are_bright_in_infrared_and_sand_and_water_are_not(large):
    plants = mean_ndvi(large, "ICEPLANT", "OTHERVEG")
    sand = mean_ndvi(large, "BAREDUNE")
    water = mean_ndvi(large, "WATER")
    assert plants > 0.2 > sand > water
    assert mean_ndvi(large, "ICEPLANT") > mean_ndvi(large, "SALTGRASS") > sand


def test_no_part_of_the_ground_is_flat(large):
    green = large.image[1].astype(float)
    blocks = green.reshape(64, 16, 64, 16).transpose(0, 2, 1, 3).reshape(64, 64, -1)
    assert blocks.std(axis=2).min() > 1


def test_the_picture_uses_the_range_without_burning_out(large):
    for band in large.image:
        low, high = np.percentile(band, [1, 99])
        assert high - low > 80
        assert (band == 255).mean() < 0.01


@pytest.mark.parametrize(
    ("size", "resolution_m"), [((64, 512), 0.6), ((512, 512), 0.1), ((512, 512), 5.0)]
)
def test_sizes_without_room_for_a_coast_are_refused(size, resolution_m):
    with pytest.raises(SceneSizeRefused, match="ask for sides of at least 128 pixels"):
        draw_scene(seed=1, size=size, resolution_m=resolution_m)


def test_touching_mats_are_one_object_and_touching_trees_are_two():
    ids = np.zeros((20, 40), np.int32)
    ids[5:15, :20], ids[5:15, 20:] = 1, 2
    mats = [Owner("ICEPLANT", "mat", merges=True)] * 2
    trees = [Owner("OTHERVEG", "tree")] * 2
    assert separate(ids, mats)[0].max() == 1
    assert separate(ids, trees)[0].max() == 2


def test_a_thing_cut_in_two_becomes_two_objects_and_specks_none():
    ids = np.zeros((20, 40), np.int32)
    ids[:, :15] = ids[:, 20:] = 1
    ids[3:8, 16:19] = 2
    instances, owners = separate(ids, [Owner("ROCK", "rock"), Owner("ROOF", "house")])
    assert [owner.code for owner in owners] == ["ROCK", "ROCK"]
    assert (instances[3:8, 16:19] == 0).all()
    assert set(np.unique(class_map(instances, owners))) == {0, CODES.index("ROCK") + 1}


def test_holes_are_kept_in_outlines():
    ids = np.ones((20, 20), np.int32)
    ids[5:9, 6:12] = 0
    instances, owners = separate(ids, [Owner("WATER", "pond")])
    (pond,) = outline_objects(instances, owners)
    assert len(pond.polygon.interiors) == 1
    assert pond.polygon.area == 20 * 20 - 4 * 6
