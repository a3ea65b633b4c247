"""Training pictures, windows and samples."""

import json

import cv2
import numpy as np
import pytest

from inference.training_sets.composites import composite, polygon, ragged_blob
from inference.training_sets.pack import Source, pyramid, read_pack, write_pack
from inference.training_sets.pictures import (
    IGNORED,
    Picture,
    TrainingFolderUnreadable,
    components_of_classes,
    read_folder,
    table_of_objects,
)
from inference.training_sets.pseudo_objects import SCALES, read_pseudo_objects
from inference.training_sets.samples import SampleDrawer, object_weights
from inference.training_sets.windows import CutWindow, Placement, cut_window, draw_share


def draw_picture(*, size: int = 128, bands: int = 3) -> Picture:
    """A dark ground with a bright disk, a bright bar and an unknown corner."""
    rng = np.random.default_rng(9)
    pixels = rng.integers(20, 60, (size, size, bands)).astype(np.uint8)
    numbered = np.zeros((size, size), np.uint16)
    rows, cols = np.mgrid[:size, :size]
    numbered[np.hypot(rows - 60, cols - 70) <= 20] = 1
    numbered[100:110, 20:90] = 2
    pixels[numbered > 0] = 200
    numbered[:16, :16] = IGNORED
    return Picture("drawn", pixels, [numbered], table_of_objects([numbered]))


def write_folder(folder, picture: Picture, *, kind: str) -> None:
    for name in ("images", kind):
        (folder / name).mkdir(parents=True)
    cv2.imwrite(str(folder / "images/drawn.png"), picture.pixels[:, :, ::-1])
    labels = picture.maps[0] if kind == "instances" else np.minimum(picture.maps[0], 3)
    depth = np.uint16 if kind == "instances" else np.uint8
    cv2.imwrite(str(folder / kind / "drawn.png"), labels.astype(depth))
    (folder / "classes.json").write_text(json.dumps({"names": {}, "ignore": [3]}))


@pytest.mark.parametrize("kind", ["instances", "masks"])
def test_a_labelled_folder_gives_its_pictures_and_objects(kind, tmp_path):
    picture = draw_picture()
    write_folder(tmp_path / "set", picture, kind=kind)

    (read,) = list(read_folder(tmp_path / "set"))

    np.testing.assert_array_equal(read.pixels, picture.pixels)
    np.testing.assert_array_equal(read.maps[0], picture.maps[0])
    np.testing.assert_array_equal(read.objects, picture.objects)


def test_a_folder_without_classes_says_what_is_missing(tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(TrainingFolderUnreadable, match=r"classes\.json"):
        list(read_folder(tmp_path))


def test_a_picture_without_labels_is_named(tmp_path):
    write_folder(tmp_path / "set", draw_picture(), kind="masks")
    (tmp_path / "set/masks/drawn.png").unlink()
    with pytest.raises(TrainingFolderUnreadable, match="no readable labels for drawn"):
        list(read_folder(tmp_path / "set"))


def test_regions_of_one_class_are_4_connected_and_small_ones_are_background():
    mask = np.zeros((40, 40), np.uint8)
    mask[2:12, 2:12] = 4
    mask[12:22, 12:22] = 4  # touches the first at a corner only
    mask[30:33, 30:33] = 4
    mask[35:, :] = 7
    numbered = components_of_classes(mask, {7})
    assert set(np.unique(numbered)) == {0, 1, 2, IGNORED}
    assert numbered[31, 31] == 0


def test_the_table_tells_boxes_areas_and_what_touches_the_edge():
    numbered = np.zeros((64, 64), np.uint16)
    numbered[10:20, 5:25] = 3
    numbered[40:, 50:60] = 8
    rows = [tuple(r) for r in table_of_objects([np.zeros_like(numbered), numbered])]
    assert rows == [(1, 3, 10, 5, 10, 20, 200, False), (1, 8, 40, 50, 24, 10, 240, True)]


def test_a_pack_gives_back_what_went_in(tmp_path):
    picture = draw_picture(bands=4)
    assert write_pack(tmp_path / "packs/set.npz", [picture, picture]) == 4
    for read in read_pack(tmp_path / "packs/set.npz"):
        np.testing.assert_array_equal(read.pixels, picture.pixels)
        np.testing.assert_array_equal(read.maps[0], picture.maps[0])
        np.testing.assert_array_equal(read.objects, picture.objects)


def test_pseudo_objects_are_regions_of_even_colour(tmp_path):
    cv2.imwrite(str(tmp_path / "drawn.png"), draw_picture().pixels)
    (picture,) = read_pseudo_objects(tmp_path)
    assert len(picture.maps) == len(SCALES)
    coarsest = picture.maps[-1]
    disk = coarsest[60, 70]
    assert disk > 0
    assert abs(int((coarsest == disk).sum()) - 1257) < 200


@pytest.mark.parametrize("size", [64, 128, 256])
def test_an_upright_window_shows_the_object_where_it_lies(size):
    source = Source.of("drawn", [draw_picture()])
    target = source.pictures[0].objects[0]
    cut = cut_window(source, 0, target, Placement(col=64, row=64, side=128), size=size)
    rows, cols = np.nonzero(cut.target == 1)
    scale = size / 128
    assert abs((rows.mean() + 0.5) / scale - 60.5) < 0.6
    assert abs((cols.mean() + 0.5) / scale - 70.5) < 0.6
    assert abs(len(rows) / scale**2 - target["area"]) < 0.06 * target["area"]
    assert cut.pixels[cut.target == 1].mean() > 180


def test_a_native_upright_window_is_the_picture_itself():
    picture = draw_picture()
    source = Source.of("drawn", [picture])
    cut = cut_window(source, 0, picture.objects[0], Placement(col=74, row=58, side=64), size=64)
    np.testing.assert_array_equal(cut.pixels, picture.pixels[26:90, 42:106])
    np.testing.assert_array_equal(cut.target == 1, picture.maps[0][26:90, 42:106] == 1)


@pytest.mark.parametrize(("angle", "mirrored"), [(0.7, False), (2.0, True), (np.pi / 2, True)])
def test_turning_and_mirroring_move_pixels_and_target_alike(angle, mirrored):
    source = Source.of("drawn", [draw_picture()])
    placement = Placement(64, 64, 110, angle, mirrored)
    cut = cut_window(source, 0, source.pictures[0].objects[0], placement, size=128)
    bright = cut.pixels.mean(axis=2) > 130
    disk, bar = (cut.target == 1), bright & (cut.target != 1)
    assert (disk & ~bright).sum() < 0.1 * disk.sum()
    assert bar.sum() > 300


def test_what_is_outside_the_picture_is_unknown_and_has_its_mean():
    picture = draw_picture()
    source = Source.of("drawn", [picture])
    cut = cut_window(source, 0, picture.objects[0], Placement(col=0, row=64, side=128), size=128)
    assert (cut.target[:, :63] == -1).all()
    assert (cut.target[20:, 66:] >= 0).all()
    assert cut.pixels[:, :60].std(axis=(0, 1)).max() == 0


def test_most_objects_fill_between_20_and_65_percent_of_their_window():
    rng = np.random.default_rng(1)
    shares = np.array([draw_share(rng) for _ in range(4000)])
    assert 0.58 < ((shares >= 0.2) & (shares <= 0.65)).mean() < 0.66
    assert shares.min() >= 0.05
    assert 0.17 < (shares < 0.2).mean() < 0.23
    assert 0.06 < (shares > 0.9).mean() < 0.10


def test_each_level_of_a_pyramid_is_the_average_of_the_one_below():
    pixels = draw_picture().pixels
    levels = pyramid(pixels)
    assert [level.shape for level in levels] == [(128, 128, 3), (64, 64, 3)]
    expected = pixels.reshape(64, 2, 64, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(levels[1] - expected).max() <= 0.5


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_samples_are_images_of_three_bands_with_a_visible_target(bands):
    drawer = SampleDrawer([Source.of("drawn", [draw_picture(bands=bands)])], [1.0])
    for seed in range(30):
        sample = drawer.draw(64, np.random.default_rng(seed))
        assert sample.pixels.shape == (64, 64, 3)
        assert sample.pixels.dtype == np.uint8
        assert (sample.target == 1).sum() >= 16


def test_one_generator_state_draws_one_sample():
    drawer = SampleDrawer([Source.of("drawn", [draw_picture()])], [1.0])
    for seed in range(8):
        one, two = (drawer.draw(64, np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(one.pixels, two.pixels)
        np.testing.assert_array_equal(one.look.mix, two.look.mix)
        assert one.look.noise == two.look.noise
        np.testing.assert_array_equal(one.target, two.target)


@pytest.mark.parametrize("shape", [ragged_blob, polygon])
def test_drawn_shapes_have_an_inside_and_an_outside(shape):
    for seed in range(20):
        drawn = shape(96, np.random.default_rng(seed))
        assert 20 < drawn.sum() < 0.95 * drawn.size


def test_a_composite_shows_the_patch_inside_the_shape_and_the_ground_outside():
    rng = np.random.default_rng(3)
    ground = CutWindow(np.full((64, 64, 3), 40, np.uint8), np.zeros((64, 64), np.int8))
    ground.target[:, :4] = -1
    shape = np.zeros((64, 64), bool)
    shape[20:40, 20:50] = True
    pasted = composite(ground, np.full((64, 64, 3), 220, np.uint8), shape, rng)
    np.testing.assert_array_equal(pasted.target == 1, shape)
    assert (pasted.target[:, :4] == -1).all()
    assert (pasted.pixels[26:34, 26:44] > 60).all()
    assert (pasted.pixels[:14] == 40).all()


def test_maps_of_one_picture_are_drawn_evenly_and_in_each_every_size():
    fine, coarse = np.zeros((64, 64), np.uint16), np.zeros((64, 64), np.uint16)
    for number in range(8):
        fine[8 * number : 8 * number + 7, 10:20] = number + 1
    coarse[5:21, 5:21], coarse[30:46, 5:20], coarse[30:60, 24:64] = 1, 2, 3
    weights = object_weights(table_of_objects([fine, coarse]))
    np.testing.assert_allclose(weights[:8], 0.5 / 8)
    np.testing.assert_allclose(weights[8:], [0.5 / 4, 0.5 / 4, 0.5 / 2])


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (1.0, 10, 20)])
def test_as_many_samples_are_pasted_together_as_the_run_says(share, least, most):
    drawer = SampleDrawer([Source.of("a", [draw_picture()])], [1.0], composite_share=share)
    pasted = 0
    for seed in range(20):
        sample = drawer.draw(48, np.random.default_rng(seed))
        ground = drawer.draw_cut(48, np.random.default_rng(seed))
        pasted += not np.array_equal(sample.pixels, ground.pixels)
    assert least <= pasted <= most
