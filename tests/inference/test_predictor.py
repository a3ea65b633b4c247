import numpy as np
import pytest
import shapely
import torch

from inference.data.cog_reader import CogReader
from inference.data.open_files import OpenFiles
from inference.messages import OutlineRules
from inference.prediction.predictor import Predictor
from inference.prediction.question import (
    ClickOnNoData,
    ClickOutsideImage,
    InvalidStartOutline,
    NoIncludeClick,
    Question,
)
from tests.drawn.click_layers import (
    PLANT,
    RESOLUTION,
    WATER,
    ColourNetwork,
    click,
    draw_layer,
    ground,
    paint,
    segment,
    wkb_text,
)

SIZE = 64


def scene(folder, *boxes, side=400, **options):
    """A layer of bare ground with plants in boxes."""
    pixels = ground(side, side)
    for box in boxes:
        paint(pixels, box, PLANT)
    return draw_layer(folder, pixels, **options)


EXACT = OutlineRules(deviation_px=0)


def passes(source, clicks, *, network=None, **options):
    question = Question.of(segment(source, clicks, rules=EXACT, **options))
    reader = CogReader(source, bands=3, files=OpenFiles())
    return list(Predictor(network or ColourNetwork(), size=SIZE).passes(question, reader))


def native_area(answer):
    return answer.outline.geometry.area / RESOLUTION**2


def test_click_finds_the_object_under_it(tmp_path):
    answers = passes(scene(tmp_path, (190, 190, 215, 220)), [click(200, 200)])
    assert [a.found.number for a in answers] == list(range(1, len(answers) + 1))
    assert [a.found.is_settled for a in answers] == [False] * (len(answers) - 1) + [True]
    assert native_area(answers[-1]) == pytest.approx(25 * 30, abs=2)


def test_mask_that_does_not_change_settles_after_two_passes(tmp_path):
    answers = passes(scene(tmp_path, (185, 180, 215, 208)), [click(200, 200)])
    assert len(answers) == 2
    assert answers[0].found.limit == 5


def test_window_grows_until_the_object_fits(tmp_path):
    answers = passes(scene(tmp_path, (100, 120, 260, 280)), [click(180, 200)])
    factors = [a.found.mask.window.factor for a in answers]
    assert factors == [1, 2, 4, 4]
    assert native_area(answers[-1]) == pytest.approx(160 * 160, rel=0.01)
    assert native_area(answers[0]) < 70 * 70


def test_first_click_looks_at_a_window_that_fits_a_typical_object(tmp_path):
    source = scene(tmp_path, (100, 120, 260, 280))
    answers = passes(source, [click(180, 200)], typical_px=100)  # 0.35 of 64 x 4 is 90
    assert {a.found.mask.window.factor for a in answers} == {4}
    assert native_area(answers[0]) == pytest.approx(160 * 160, rel=0.01)


def test_later_click_goes_on_from_the_mask_whatever_is_typical(tmp_path):
    source = scene(tmp_path, (190, 190, 215, 220))
    clicks = [click(200, 200), click(205, 205)]
    previous = passes(source, clicks[:1])[-1].found.mask.to_message()
    told, untold = (
        passes(source, clicks, previous=previous, typical_px=typical) for typical in (900, None)
    )
    assert [a.found.mask.window for a in told] == [a.found.mask.window for a in untold]


def test_window_changes_four_times_at_most_and_the_answer_settles_cut(tmp_path):
    source = scene(tmp_path, (20, 20, 2980, 2980), side=3000)
    answers = passes(source, [click(1500, 1500)])
    assert [a.found.mask.window.factor for a in answers] == [1, 2, 4, 8, 16]
    assert answers[-1].found.is_settled


def test_first_click_is_answered_at_native_pixels_however_small_its_mask(tmp_path):
    answers = passes(scene(tmp_path, (198, 198, 204, 205)), [click(200.5, 200.5)])
    assert {a.found.mask.window.factor for a in answers} == {1}


def test_window_shrinks_to_a_small_object_at_the_second_click(tmp_path):
    source = scene(tmp_path, (198, 198, 204, 205))
    first = passes(source, [click(200.5, 200.5)])[-1]
    clicks = [click(200.5, 200.5), click(203.5, 204.5)]
    answers = passes(source, clicks, previous=first.found.mask.to_message())
    assert answers[-1].found.mask.window.factor == 0.25
    assert native_area(answers[-1]) == pytest.approx(42, rel=0.05)


def test_limit_is_never_broken(tmp_path):
    for box in [(198, 198, 204, 205), (190, 190, 215, 220), (100, 120, 260, 280)]:
        answers = passes(scene(tmp_path, box, name=f"layer{box[0]}"), [click(200, 200)])
        assert all(len(answers) <= a.found.limit for a in answers)


def test_exclude_click_takes_away_what_looks_like_it(tmp_path):
    pixels = paint(ground(400, 400), (190, 190, 220, 220), (60, 160, 70))
    paint(pixels, (205, 190, 220, 220), (75, 170, 80))
    source = draw_layer(tmp_path, pixels)
    first = passes(source, [click(197, 205)])[-1]
    assert native_area(first) == pytest.approx(900, abs=2)
    second = passes(
        source,
        [click(197, 205), click(212, 205, include=False)],
        previous=first.found.mask.to_message(),
    )[-1]
    assert native_area(second) == pytest.approx(450, abs=2)


class DeafNetwork(ColourNetwork):
    """Says the same whatever is clicked: sure of plants, in doubt about water, no ground."""

    def decode(self, features, previous_mask, click_map):
        (image,) = features
        red, green, blue = image[:, 0:1], image[:, 1:2], image[:, 2:3]
        is_plant, is_water = (green > 0.6) & (red < 0.4), blue > 0.55
        return torch.where(is_plant, 3.0, torch.where(is_water, 0.1, -3.0))


def test_exclude_click_counts_even_where_the_network_does_not_heed_it(tmp_path):
    pixels = paint(ground(400, 400), (190, 190, 215, 220), PLANT)
    source = draw_layer(tmp_path, paint(pixels, (215, 190, 225, 220), WATER))
    clicks = [click(207, 205)]
    first = passes(source, clicks, network=DeafNetwork())[-1]
    assert native_area(first) == pytest.approx(35 * 30, rel=0.05)
    clicks.append(click(220, 205, include=False))
    previous = first.found.mask.to_message()
    second = passes(source, clicks, previous=previous, network=DeafNetwork())[-1]
    assert native_area(second) < 25 * 30 + 0.4 * 10 * 30


def test_click_outside_the_window_of_the_step_before_makes_it_grow(tmp_path):
    source = scene(tmp_path, (190, 190, 215, 220), (290, 190, 315, 220))
    first = passes(source, [click(200, 200)])[-1]
    clicks = [click(200, 200), click(300, 200)]
    second = passes(source, clicks, previous=first.found.mask.to_message())
    assert second[0].found.mask.window.factor > first.found.mask.window.factor
    assert len(second[-1].outline.geometry.geoms) == 2


def test_same_clicks_give_the_same_answer_again(tmp_path):
    source = scene(tmp_path, (150, 170, 240, 260))
    one, other = (passes(source, [click(200, 200)])[-1] for _ in range(2))
    assert shapely.to_wkb(one.outline.geometry) == shapely.to_wkb(other.outline.geometry)
    assert np.array_equal(one.found.mask.values, other.found.mask.values)


def test_start_outline_gets_a_window_that_it_half_fills(tmp_path):
    source = scene(tmp_path, (100, 120, 260, 280))
    outline = passes(source, [click(180, 200)])[-1].outline.geometry
    answers = passes(source, [click(180, 200)], start_outline=wkb_text(outline))
    window = answers[0].found.mask.window
    assert window.factor == 4
    assert native_area(answers[-1]) == pytest.approx(160 * 160, rel=0.01)


def test_refining_a_label_of_two_parts_keeps_both(tmp_path):
    source = scene(tmp_path, (190, 190, 210, 210), (216, 190, 236, 210))
    label = shapely.union_all(
        [shapely.box(*click_box(190, 190, 210, 210)), shapely.box(*click_box(216, 190, 236, 210))]
    )
    answers = passes(source, [click(200, 200)], start_outline=wkb_text(label))
    assert len(answers[-1].outline.geometry.geoms) == 2


def test_click_on_a_label_leaves_what_it_has_elsewhere(tmp_path):
    # Half of the plant, and bare ground beside it that somebody drew as a plant.
    source = scene(tmp_path, (190, 190, 210, 210))
    half, drawn = click_box(190, 190, 200, 210), click_box(216, 190, 226, 210)
    label = shapely.union_all([shapely.box(*half), shapely.box(*drawn)])

    found = passes(source, [click(205, 200)], start_outline=wkb_text(label))[-1]
    assert found.outline.geometry.covers(shapely.box(*click_box(190, 190, 210, 210)).buffer(-0.5))
    assert found.outline.geometry.covers(shapely.box(*drawn).buffer(-0.5))

    clicks = [click(205, 200), click(221, 200, include=False)]
    previous = found.found.mask.to_message()
    after = passes(source, clicks, previous=previous, start_outline=wkb_text(label))[-1]
    assert native_area(after) == pytest.approx(20 * 20, abs=12)


def click_box(first_col, first_row, last_col, last_row):
    """x min, y min, x max, y max of a box in the pixel frame."""
    low, high = click(first_col, last_row), click(last_col, first_row)
    return low.x_map, low.y_map, high.x_map, high.y_map


def test_nothing_is_found_where_the_image_has_no_data(tmp_path):
    pixels = paint(ground(400, 400), (190, 190, 220, 220), PLANT)
    pixels[:, :, 205:] = 0
    answers = passes(draw_layer(tmp_path, pixels, nodata=0), [click(200, 200)])
    assert native_area(answers[-1]) == pytest.approx(15 * 30, abs=2)


def test_object_at_the_images_end_is_cut_there_and_says_so(tmp_path):
    answers = passes(scene(tmp_path, (380, 190, 400, 220)), [click(390, 200)])
    assert answers[-1].outline.is_cut_at_image_edge
    assert native_area(answers[-1]) == pytest.approx(20 * 30, abs=2)


def test_click_on_nodata_is_refused(tmp_path):
    pixels = paint(ground(400, 400), (100, 100, 300, 300), WATER)
    pixels[:, :, 250:] = 0
    with pytest.raises(ClickOnNoData, match="empty"):
        passes(draw_layer(tmp_path, pixels, nodata=0), [click(300, 200)])


@pytest.mark.parametrize("place", [(-1, 200), (400.5, 200), (200, -0.1), (200, 400)])
def test_click_outside_the_image_is_refused(tmp_path, place):
    with pytest.raises(ClickOutsideImage):
        passes(scene(tmp_path), [click(*place)])


def test_excluding_from_nothing_is_refused(tmp_path):
    with pytest.raises(NoIncludeClick):
        passes(scene(tmp_path), [click(200, 200, include=False)])


@pytest.mark.parametrize(
    "outline", ["!", wkb_text(shapely.Point(0, 0)), wkb_text(shapely.Polygon())]
)
def test_unusable_start_outline_is_refused(tmp_path, outline):
    with pytest.raises(InvalidStartOutline):
        passes(scene(tmp_path), [click(200, 200)], start_outline=outline)


def test_network_of_another_size_goes_on_from_the_mask(tmp_path):
    source = scene(tmp_path, (100, 120, 260, 280))
    first = passes(source, [click(180, 200)])[-1]
    question = Question.of(
        segment(source, [click(180, 200)] * 2, previous=first.found.mask.to_message())
    )
    reader = CogReader(source, bands=3, files=OpenFiles())
    answer = Predictor(ColourNetwork(), size=96).answer(question, reader)
    assert answer.found.mask.window.size == 96
    assert native_area(answer) == pytest.approx(160 * 160, rel=0.01)
