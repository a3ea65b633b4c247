from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from inference.click_rule import centre_click
from inference.clicks import Click, PixelClick
from inference.data.cog_reader import BandsMissing, CogReader
from inference.data.open_files import OpenFiles
from inference.evaluation.baselines import BASELINES, BaselineMethod, ObjectWindow
from inference.evaluation.click_simulator import ClickSimulator
from inference.evaluation.evaluate import ClickRules, evaluate_object, jittered, near_boundary
from inference.evaluation.methods import (
    InteractiveMethod,
    Refinement,
    Response,
    TimedNetwork,
    typical_px_of,
)
from inference.evaluation.objects import ObjectRules, open_sources
from inference.evaluation.picture_reader import NoSuchBand, PictureReader, choose_bands
from inference.messages import OutlineRules
from inference.prediction.prediction import start_mask
from inference.prediction.question import Question
from inference.windows import Window
from tests.drawn.click_layers import ColourNetwork, draw_layer
from tests.drawn.evaluation_folders import BOXES, write_picture


def picture_of(folder, boxes=BOXES):
    (picture,) = open_sources(write_picture(folder / "f", "a", boxes), ObjectRules())[0].pictures()
    return picture


@dataclass
class Scripted:
    """Answers with given masks, whatever is clicked; remembers the clicks."""

    masks: list
    clicks: list = field(default_factory=list)
    start: np.ndarray | None = None

    def begin(self, picture, target):
        self.start = np.zeros(picture.numbered.shape, bool)
        return self

    def add(self, click):
        self.clicks.append(click)
        return Response(self.masks[len(self.clicks) - 1], network_s=0.0)


def parts_of_first_object(*last_rows):
    """Masks with the first object's rows up to some, of its 40."""
    masks = []
    for last in last_rows:
        mask = np.zeros((160, 200), bool)
        mask[20:last, 30:80] = True
        masks.append(mask)
    return masks


def test_object_is_clicked_until_the_clicks_are_used_up(tmp_path):
    picture = picture_of(tmp_path)
    method = Scripted(parts_of_first_object(30, 40, 50, 60))
    result = evaluate_object(method, picture, picture.targets[0], ClickRules(max_clicks=3))
    assert result.ious == pytest.approx([0.25, 0.5, 0.75])
    assert [c.include for c in method.clicks] == [True] * 3


def test_first_click_falls_on_what_is_wrong_with_the_outline_that_was_there(tmp_path):
    picture = picture_of(tmp_path)
    method = Scripted(parts_of_first_object(60))
    old = np.zeros(picture.numbered.shape, bool)
    old[20:60, 30:80] = True
    old[100:140, 150:190] = True  # nothing that anybody labelled
    method.begin = lambda *_: replace(method, start=old)
    evaluate_object(method, picture, picture.targets[0], ClickRules(max_clicks=1))
    (click,) = method.clicks
    assert (click.include, click.row in range(100, 140)) == (False, True)


def test_reached_iou_ends_the_object(tmp_path):
    picture = picture_of(tmp_path)
    method = Scripted(parts_of_first_object(30, 50, 40, 60))
    rules = ClickRules(max_clicks=4, stop_iou=0.75)
    assert evaluate_object(method, picture, picture.targets[0], rules).ious == (0.25, 0.75)


def test_perfect_mask_ends_the_object_whatever_the_stop_says(tmp_path):
    picture = picture_of(tmp_path)
    method = Scripted(parts_of_first_object(30, 60))
    rules = ClickRules(max_clicks=4, stop_iou=1.01)
    assert evaluate_object(method, picture, picture.targets[0], rules).ious == (0.25, 1.0)


def test_simulator_that_looks_at_the_errors_box_clicks_as_on_the_whole_picture():
    rng = np.random.default_rng(7)
    for _ in range(20):
        first, last = np.sort(rng.integers(5, 60, (2, 2)), axis=0)
        last += 3
        truth = np.zeros((64, 64), np.int8)
        truth[first[0] : last[0], first[1] : last[1]] = 1
        simulator, clicked = ClickSimulator(truth), np.zeros(truth.shape, bool)
        for _ in range(4):
            found = np.roll(truth == 1, tuple(rng.integers(-4, 5, 2)), axis=(0, 1))
            found[rng.integers(64), rng.integers(64)] ^= True
            whole = centre_click((truth == 1) & ~found, (truth != 1) & found, clicked)
            assert whole is not None
            assert simulator.next_click(found) == whole
            clicked[whole.row, whole.col] = True


@pytest.mark.parametrize("radius_px", [1, 3, 6])
def test_jittered_click_stays_near_and_in_its_piece_of_the_error(radius_px):
    error = np.zeros((40, 40), bool)
    error[10:30, 18:23] = True
    error[10:30, 24:30] = True  # another piece, one pixel away
    aimed = PixelClick(20, 20, include=True)
    rng = np.random.default_rng(5)
    fallen = [jittered(aimed, error, radius_px, rng) for _ in range(200)]
    assert all(18 <= c.col < 23 and 10 <= c.row < 30 for c in fallen)
    assert all((c.row - 20) ** 2 + (c.col - 20) ** 2 <= radius_px**2 for c in fallen)
    assert len({(c.row, c.col) for c in fallen}) > 3
    assert all(c.include for c in fallen)


def test_jitter_at_the_arrays_corner_stays_in_it():
    error = np.ones((4, 4), bool)
    rng = np.random.default_rng(0)
    fallen = [jittered(PixelClick(0, 0, include=False), error, 6, rng) for _ in range(50)]
    assert all(0 <= c.row < 4 and 0 <= c.col < 4 for c in fallen)


def test_jitter_of_an_object_is_the_same_in_every_run(tmp_path):
    picture = picture_of(tmp_path)
    rules = ClickRules(max_clicks=3, jitter_px=6, seed=4)
    runs = [Scripted(parts_of_first_object(30, 40, 50)) for _ in range(2)]
    for run in runs:
        evaluate_object(run, picture, picture.targets[0], rules)
    assert runs[0].clicks == runs[1].clicks
    plain = Scripted(parts_of_first_object(30, 40, 50))
    evaluate_object(plain, picture, picture.targets[0], ClickRules(max_clicks=3))
    assert runs[0].clicks != plain.clicks


def test_app_finds_a_plain_box_with_one_click(tmp_path):
    picture = picture_of(tmp_path)
    method = InteractiveMethod(TimedNetwork(ColourNetwork()), 64)
    result = evaluate_object(method, picture, picture.targets[0], ClickRules())
    assert result.ious[0] > 0.95
    assert result.network_s > 0


def test_refinement_scope_decides_which_clicks_are_refined():
    def passes(refinement):
        return [refinement.interactive(click).first_refinements for click in (1, 2, 3)]

    assert passes(Refinement(4, is_adaptive=False, clicks="first")) == [4, 0, 0]
    assert passes(Refinement(4, is_adaptive=False, clicks=2)) == [4, 4, 0]
    assert passes(Refinement(4, is_adaptive=False, clicks="all")) == [4, 4, 4]


def test_features_of_the_same_window_are_computed_once(tmp_path):
    picture = picture_of(tmp_path)
    network = ColourNetwork()
    attempt = InteractiveMethod(TimedNetwork(network), 64).begin(picture, picture.targets[0])
    attempt.add(PixelClick(40, 55, include=True))
    encoded, decoded = network.encoded, network.decoded
    attempt.add(PixelClick(41, 55, include=True))
    assert network.decoded > decoded
    assert network.encoded <= encoded + 1  # the click's last window is looked at again


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_baseline_finds_most_of_a_plain_object(name, tmp_path):
    picture = picture_of(tmp_path)
    rng = np.random.default_rng(1)
    noise = rng.integers(-12, 13, picture.pixels.shape)
    picture.pixels[:] = np.clip(picture.pixels.astype(int) + noise, 0, 255)
    method = BaselineMethod(BASELINES[name])
    result = evaluate_object(method, picture, picture.targets[0], ClickRules(max_clicks=3))
    assert max(result.ious) > 0.8


def test_baselines_window_comes_back_to_where_it_was_cut(tmp_path):
    picture = picture_of(tmp_path)
    window = ObjectWindow.around(picture.targets[0])
    assert window == ObjectWindow(row=-10, col=5, side=100)
    truth = picture.truth_of(picture.targets[0]) == 1
    shown = window.cut(np.repeat(truth[:, :, None], 3, axis=2).astype(np.uint8) * 255)
    back = window.paste(shown[:, :, 0] > 127, truth.shape)
    assert np.count_nonzero(back != truth) <= 4


@pytest.mark.parametrize(
    "window",
    [
        Window(col=16, row=32, factor=1, size=64),
        Window(col=-32, row=-16, factor=1, size=64),
        Window(col=-32, row=64, factor=2, size=64),
        Window(col=0, row=-64, factor=4, size=64),
        Window(col=88, row=100, factor=0.5, size=64),
        Window(col=400, row=400, factor=1, size=64),
    ],
)
def test_picture_in_memory_is_read_as_a_file_is(window, tmp_path):
    pixels = np.random.default_rng(3).integers(0, 256, (3, 137, 201), dtype=np.uint8)
    file = CogReader(draw_layer(tmp_path, pixels), bands=3, files=OpenFiles()).read(window)
    memory = PictureReader(np.moveaxis(pixels, 0, -1)).read(window)
    assert np.array_equal(memory.valid, file.valid)
    np.testing.assert_allclose(memory.pixels, file.pixels, atol=1e-5)


def test_bands_are_the_first_ones_or_those_named():
    pixels = np.arange(4, dtype=np.uint8)[None, None]
    assert choose_bands(pixels, wanted=None, count=3).tolist() == [[[0, 1, 2]]]
    assert choose_bands(pixels, wanted=(4, 1, 2), count=3).tolist() == [[[3, 0, 1]]]
    assert choose_bands(pixels[:, :, :1], wanted=None, count=3).tolist() == [[[0, 0, 0]]]
    with pytest.raises(NoSuchBand, match="band 5"):
        choose_bands(pixels, wanted=(5, 1, 2), count=3)
    with pytest.raises(BandsMissing):
        choose_bands(pixels[:, :, :3], wanted=None, count=4)


def test_click_near_the_boundary_falls_in_the_same_piece_close_to_its_edge():
    error = np.zeros((60, 60), bool)
    error[10:50, 10:35] = True
    error[10:50, 36:58] = True  # another piece, one pixel away
    rng = np.random.default_rng(2)
    aimed = PixelClick(30, 22, include=True)
    fallen = [near_boundary(aimed, error, rng) for _ in range(300)]
    depths = [min(c.row - 9, 50 - c.row, c.col - 9, 35 - c.col) for c in fallen]
    assert set(depths) == {1, 2, 3}
    assert all(c.include and 10 <= c.col < 35 for c in fallen)


def test_clicks_near_the_boundary_are_the_same_in_every_run(tmp_path):
    picture = picture_of(tmp_path)
    rules = ClickRules(max_clicks=3, place="boundary", seed=4)
    runs = [Scripted(parts_of_first_object(30, 40, 50)) for _ in range(2)]
    for run in runs:
        evaluate_object(run, picture, picture.targets[0], rules)
    assert runs[0].clicks == runs[1].clicks
    first = runs[0].clicks[0]
    assert min(first.row - 19, 60 - first.row, first.col - 29, 80 - first.col) <= 3


def test_first_click_may_be_somebodys_own(tmp_path):
    picture = picture_of(tmp_path)
    method = Scripted(parts_of_first_object(30, 50))
    given = PixelClick(21, 33, include=True)
    evaluate_object(method, picture, picture.targets[0], ClickRules(max_clicks=2), first=given)
    assert method.clicks[0] == given
    assert method.clicks[1] != given


@pytest.mark.parametrize(("typical", "factor"), [(None, 1), (200.0, 8), ("truth", 2), (6.0, 0.25)])
def test_first_window_fits_the_typical_object_by_the_apps_rule(typical, factor, tmp_path):
    picture = picture_of(tmp_path)
    target = picture.targets[0]  # 50 px long
    attempt = InteractiveMethod(TimedNetwork(ColourNetwork()), 64, typical=typical).begin(
        picture, target
    )
    question = Question(
        attempt.draft.grid,
        (Click(55, 120, include=True),),
        OutlineRules(),
        typical_px=attempt.draft.typical_px,
    )
    assert start_mask(question, 64).window.factor == factor


def test_others_of_the_class_say_what_is_typical_where_they_are_enough(tmp_path):
    picture = picture_of(tmp_path)
    target = replace(picture.targets[0], number=1)
    others = [
        replace(target, number=2 + n, box=(0, 0, 5, side), class_name=name)
        for name, sides in (("other", (90,) * 9), (target.class_name, (8, 10, 30, 12, 14)))
        for n, side in enumerate(sides)
    ]
    shown = replace(picture, targets=(target, *others))
    assert typical_px_of("class", shown, target) == 12
    assert typical_px_of("class", replace(shown, targets=shown.targets[:-1]), target) is None
