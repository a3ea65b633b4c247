import cv2
import numpy as np
import pytest

from inference.evaluation.object_list import (
    ListedObject,
    ObjectMissing,
    draw,
    draw_for_list,
    pictures_with,
    read_list,
    write_list,
)
from inference.evaluation.objects import (
    EvaluationDataUnreadable,
    ObjectRules,
    Target,
    open_sources,
)
from tests.drawn.evaluation_folders import BOXES, write_picture
from tests.drawn.geotiffs import write_tif

RULES = ObjectRules()


def targets(folder, rules=RULES):
    return [
        t for source in open_sources(folder, rules) for p in source.pictures() for t in p.targets
    ]


def test_objects_are_the_connected_regions_of_each_class(tmp_path):
    found = targets(write_picture(tmp_path / "field", "a", BOXES))
    assert [(t.class_name, t.area_px, t.box) for t in found] == [
        ("plant", 40 * 50, (20, 30, 40, 50)),
        ("plant", 20 * 30, (20, 100, 20, 30)),
        ("water", 40 * 80, (90, 40, 40, 80)),
    ]
    assert found[0].key == "field/a/1"


def test_regions_that_meet_at_a_corner_are_one_only_under_8_neighbours(tmp_path):
    folder = write_picture(tmp_path / "f", "a", {1: [(20, 20, 30, 30), (30, 30, 40, 40)]})
    assert len(targets(folder, ObjectRules(connectivity=4))) == 2
    assert len(targets(folder, ObjectRules(connectivity=8))) == 1


def test_smaller_regions_than_the_least_area_are_no_targets(tmp_path):
    folder = write_picture(tmp_path / "f", "a", {1: [(20, 20, 25, 26), (40, 40, 80, 80)]})
    assert [t.area_px for t in targets(folder, ObjectRules(min_area_px=31))] == [1600]
    assert [t.area_px for t in targets(folder, ObjectRules(min_area_px=30))] == [30, 1600]


def test_truth_ignores_what_classes_json_ignores_and_takes_other_objects_for_background(tmp_path):
    folder = write_picture(tmp_path / "f", "a", {**BOXES, 9: [(0, 0, 10, 200)]})
    (picture,) = open_sources(folder, ObjectRules())[0].pictures()
    truth = picture.truth_of(picture.targets[0])
    assert (truth[:10] == -1).all()
    assert truth[40, 50] == 1
    assert truth[100, 60] == 0
    assert np.count_nonzero(truth == 1) == picture.targets[0].area_px


def test_ignored_classes_can_be_named(tmp_path):
    folder = write_picture(tmp_path / "f", "a", BOXES)
    assert {t.class_name for t in targets(folder, ObjectRules(ignored=("water",)))} == {"plant"}
    assert {t.class_name for t in targets(folder, ObjectRules(ignored=("1",)))} == {"water"}


def test_instances_that_touch_stay_apart_and_take_their_class_from_the_mask(tmp_path):
    folder = write_picture(tmp_path / "f", "a", {1: [(20, 20, 40, 60)]})
    instances = np.zeros((160, 200), np.uint16)
    instances[20:40, 20:40], instances[20:40, 40:60] = 300, 7
    (folder / "instances").mkdir()
    cv2.imwrite(str(folder / "instances/a.png"), instances)
    assert [(t.number, t.class_name, t.area_px) for t in targets(folder)] == [
        (7, "plant", 400),
        (300, "plant", 400),
    ]


def test_object_at_the_pictures_edge_is_kept_and_marked(tmp_path):
    folder = write_picture(tmp_path / "f", "a", {1: [(0, 20, 40, 60), (80, 20, 120, 60)]})
    assert [t.touches_edge for t in targets(folder)] == [True, False]


def test_class_called_background_is_no_target(tmp_path):
    folder = write_picture(tmp_path / "f", "a", BOXES)
    (folder / "classes.json").write_text('{"names": {"1": "background", "2": "water"}}')
    assert {t.class_name for t in targets(folder)} == {"water"}


def test_sub_folders_are_sources(tmp_path):
    write_picture(tmp_path / "one", "a", BOXES)
    write_picture(tmp_path / "two", "b", BOXES)
    (tmp_path / "notes").mkdir()
    assert [s.name for s in open_sources(tmp_path, ObjectRules())] == ["one", "two"]


def test_folder_without_labelled_pictures_is_refused(tmp_path):
    with pytest.raises(EvaluationDataUnreadable, match="holds no labelled pictures"):
        open_sources(tmp_path, ObjectRules())


def test_labels_of_another_size_are_refused(tmp_path):
    folder = write_picture(tmp_path / "f", "a", BOXES)
    cv2.imwrite(str(folder / "masks/a.png"), np.zeros((5, 5), np.uint8))
    with pytest.raises(EvaluationDataUnreadable, match="differ in size"):
        targets(folder)


def potsdam_labels():
    colours = np.full((700, 700, 3), 255, np.uint8)  # impervious surface
    colours[100:200, 100:200] = (0, 0, 255)  # building
    colours[100:200, 200:210] = 0  # an unknown seam
    colours[400:500, 100:200] = (255, 0, 0)  # clutter
    return colours


def test_potsdam_folders_are_read_in_patches_with_clutter_and_seams_ignored(tmp_path):
    pixels = np.full((700, 700, 4), 90, np.uint8)
    write_tif(tmp_path / "2_Ortho_RGB/top_potsdam_2_10_RGB.tif", pixels[:, :, :3])
    write_tif(tmp_path / "4_Ortho_RGBIR/top_potsdam_2_10_RGBIR.tif", pixels)
    write_tif(tmp_path / "5_Labels_all/top_potsdam_2_10_label.tif", potsdam_labels())
    (source,) = open_sources(tmp_path, ObjectRules())
    pictures = list(source.pictures())
    assert [p.pixels.shape for p in pictures] == [
        (600, 600, 4),
        (600, 100, 4),
        (100, 600, 4),
        (100, 100, 4),
    ]
    assert [t.class_name for t in pictures[0].targets] == ["impervious surface", "building"]
    building = pictures[0].targets[1]
    assert building.image == "top_potsdam_2_10_r0_c0"
    assert building.area_px == 10_000
    truth = pictures[0].truth_of(building)
    assert (truth[100:200, 200:210] == -1).all()
    assert (truth[400:500, 100:200] == -1).all()


def test_vaihingen_labels_are_told_from_pictures_by_their_folder(tmp_path):
    write_tif(tmp_path / "top/top_mosaic_09cm_area1.tif", np.full((700, 700, 3), 90, np.uint8))
    labels = potsdam_labels()
    write_tif(tmp_path / "gts_for_participants/top_mosaic_09cm_area1.tif", labels)
    (source,) = open_sources(tmp_path, ObjectRules(patch_px=0))
    (picture,) = source.pictures()
    assert picture.pixels.max() == 90
    assert [t.class_name for t in picture.targets] == ["impervious surface", "building"]


def test_label_colours_may_be_off_by_a_few_steps(tmp_path):
    noise = np.random.default_rng(4).integers(-9, 10, (700, 700, 3))
    labels = np.clip(potsdam_labels() + noise, 0, 255).astype(np.uint8)
    write_tif(tmp_path / "2_Ortho_RGB/top_potsdam_2_10_RGB.tif", np.full_like(labels, 90))
    write_tif(tmp_path / "5_Labels_all/top_potsdam_2_10_label.tif", labels)
    (source,) = open_sources(tmp_path, ObjectRules(patch_px=0))
    (picture,) = source.pictures()
    assert [(t.class_name, t.area_px) for t in picture.targets] == [
        ("impervious surface", 700 * 700 - 10_000 - 1_000 - 10_000),
        ("building", 10_000),
    ]


def some_targets(areas, *, touches_edge=False):
    return [
        Target("s", "p", n, "tree", area, touches_edge, (0, 0, 1, 1))
        for n, area in enumerate(areas)
    ]


def test_draw_is_the_same_each_time_and_another_with_another_seed():
    candidates = some_targets(range(100, 200))
    first = draw(candidates, most=10, seed=1)
    assert len(first) == 10
    assert draw(candidates, most=10, seed=1) == first
    assert draw(candidates, most=10, seed=2) != first


def test_list_holds_whole_objects_a_third_of_them_small():
    candidates = some_targets([100] * 50 + [1000] * 50) + some_targets([1000], touches_edge=True)
    drawn = draw_for_list(candidates, most=30, seed=0)
    assert len(drawn) == 30
    assert sum(t.area_px == 100 for t in drawn) == 10
    assert not any(t.touches_edge for t in drawn)


def test_list_is_filled_with_small_objects_where_large_ones_lack():
    drawn = draw_for_list(some_targets([100] * 50 + [1000] * 5), most=30, seed=0)
    assert sum(t.area_px == 100 for t in drawn) == 25


def test_written_list_finds_its_objects_again(tmp_path):
    folder = write_picture(tmp_path / "f", "a", BOXES)
    rules = ObjectRules(connectivity=8, min_area_px=50, ignored=("9",))
    write_list(tmp_path / "list.json", targets(folder, rules)[1:], rules, seed=3)
    listed = read_list(tmp_path / "list.json")
    assert listed.rules == rules
    found = [t.key for _, t in pictures_with(open_sources(folder, listed.rules), listed.objects)]
    assert found == ["f/a/2", "f/a/3"]


def test_listed_object_that_looks_different_now_stops_the_evaluation(tmp_path):
    folder = write_picture(tmp_path / "f", "a", BOXES)
    wanted = [ListedObject.of(targets(folder)[0])]
    write_picture(folder, "a", {1: [(20, 30, 60, 81)]})
    with pytest.raises(ObjectMissing, match="not as the list of objects has it"):
        list(pictures_with(open_sources(folder, ObjectRules()), wanted))
