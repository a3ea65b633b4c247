from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.clicks import WindowClick
from inference.data.cog_reader import CogReader
from inference.data.open_files import OpenFiles
from inference.engine.request import EngineRequest
from inference.messages import OutlineRules
from inference.prediction.cascade import INTERACTIVE
from inference.prediction.colour_evidence import looks_of
from inference.prediction.native_refinement import (
    BAND_PX,
    NativeRefinement,
    boundary_distance,
    with_stand_ins,
)
from inference.prediction.prediction import Prediction
from inference.prediction.predictor import Predictor
from inference.prediction.previous_mask import PreviousMask
from inference.prediction.question import Question
from inference.windows import Window
from tests.drawn.click_layers import (
    LEFT,
    PLANT,
    RESOLUTION,
    TOP,
    ColourNetwork,
    click,
    colour_runner,
    draw_layer,
    ground,
    segment,
)

SIZE = 64
SIDE = 800
CENTRE, RADIUS = 400.0, 140.0
EXACT = OutlineRules(deviation_px=0)
WITH_TILES = replace(INTERACTIVE, native_passes=100)


def wavy_radius(angle):
    """A disc with bulges too narrow for a coarse window."""
    return RADIUS + 6 * np.sin(24 * angle)


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """A layer with one large wavy disc, and its true outline."""
    pixels = ground(SIDE, SIDE)
    rows, cols = np.mgrid[:SIDE, :SIDE] + 0.5 - CENTRE
    inside = np.hypot(rows, cols) < wavy_radius(np.arctan2(rows, cols))
    pixels[:, inside] = np.array(PLANT)[:, None]
    angles = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    radii = wavy_radius(angles) * RESOLUTION
    middle = np.array([LEFT + CENTRE * RESOLUTION, TOP - CENTRE * RESOLUTION])
    turned = np.column_stack([np.cos(angles), -np.sin(angles)])
    truth = shapely.Polygon(middle + turned * radii[:, None])
    return draw_layer(tmp_path_factory.mktemp("plant"), pixels), truth


def passes(source, clicks, *, preset=WITH_TILES, **options):
    question = Question.of(segment(source, clicks, rules=EXACT, **options))
    reader = CogReader(source, bands=3, files=OpenFiles())
    return list(Predictor(ColourNetwork(), size=SIZE, preset=preset).passes(question, reader))


def iou(answer, truth):
    found = answer.outline.geometry
    return found.intersection(truth).area / found.union(truth).area


CLICK = click(CENTRE, CENTRE)


def test_large_object_gets_its_outline_at_native_pixels(plant):
    source, truth = plant
    coarse = passes(source, [CLICK], preset=replace(INTERACTIVE, native_passes=0))[-1]
    native = passes(source, [CLICK])[-1]
    assert coarse.found.coarse_factor == coarse.found.mask.window.factor == 8
    assert native.found.coarse_factor == 1
    assert native.found.native_share == 1
    assert iou(coarse, truth) < 0.98
    assert iou(native, truth) > 0.99
    strays = shapely.hausdorff_distance(native.outline.geometry.boundary, truth.boundary)
    assert strays < 1.5 * RESOLUTION


def test_native_outline_is_one_valid_piece(plant):
    geometry = passes(plant[0], [CLICK])[-1].outline.geometry
    assert geometry.is_valid
    assert len(geometry.geoms) == 1
    assert not geometry.geoms[0].interiors


def test_next_click_starts_from_the_settled_mask(plant):
    source, _ = plant
    coarse = passes(source, [CLICK], preset=INTERACTIVE)[-1].found.mask
    native = passes(source, [CLICK])[-1].found.mask
    assert native.window == coarse.window
    assert np.array_equal(native.values, coarse.values)


def test_native_tiles_are_counted_as_passes_and_come_last(plant):
    answers = passes(plant[0], [CLICK])
    assert [a.found.number for a in answers] == list(range(1, len(answers) + 1))
    assert [a.found.is_settled for a in answers] == [False] * (len(answers) - 1) + [True]
    grown = [a for a in answers if a.found.mask.window.factor > 1]
    assert all(len(answers) <= a.found.limit for a in grown)
    assert answers[-1].found.limit == len(answers)


def test_small_object_gets_no_native_tiles(tmp_path):
    pixels = ground(400, 400)
    pixels[:, 190:220, 190:215] = np.array(PLANT)[:, None, None]
    answers = passes(draw_layer(tmp_path, pixels), [click(200, 200)])
    assert len(answers) == 2
    assert answers[-1].found.native_share == 1


def test_where_tiles_run_out_the_rest_stays_coarse_and_is_told(plant):
    source, truth = plant
    all_coarse = passes(source, [CLICK], preset=replace(INTERACTIVE, native_passes=0))[-1]
    some = passes(source, [CLICK], preset=replace(INTERACTIVE, native_passes=5))
    assert len(some) == all_coarse.found.number + 5
    assert 0 < some[-1].found.native_share < 1
    assert some[-1].found.coarse_factor == 8
    assert iou(all_coarse, truth) < iou(some[-1], truth) < 0.99


def test_tiles_that_run_out_are_spent_near_the_newest_click(plant):
    source, _ = plant
    edge = click(CENTRE + RADIUS - 20, CENTRE)
    first = passes(source, [CLICK], preset=INTERACTIVE)[-1].found.mask.to_message()
    question = Question.of(segment(source, [CLICK, edge], previous=first))
    preset = replace(INTERACTIVE, native_passes=3)
    prediction = Prediction.begin(question, preset=preset, size=SIZE, reach_px=3)
    while prediction.native is None:
        planned = prediction.next_pass()
        valid = np.ones((SIZE, SIZE), bool)
        looks = looks_of(np.zeros((3, SIZE, SIZE), np.float32))
        prediction, _ = prediction.record(planned.previous.values, valid, looks)
    place = np.array([CENTRE + RADIUS - 20, CENTRE])
    distances = [np.hypot(*(np.array(w.centre) - place)) for w in prediction.native.waiting]
    assert len(distances) == 3
    assert distances == sorted(distances)
    assert max(distances) < RADIUS / 2


@pytest.mark.parametrize("keep", ["clicked", "all"])
def test_parts_are_kept_and_counted_as_in_the_coarse_outline(tmp_path, keep):
    pixels = ground(SIDE, SIDE)
    rows, cols = np.mgrid[:SIDE, :SIDE] + 0.5 - CENTRE
    pixels[:, np.hypot(rows, cols) < 120] = np.array(PLANT)[:, None]
    pixels[:, 330:460, 570:610] = np.array(PLANT)[:, None, None]
    source = draw_layer(tmp_path, pixels)
    question = Question.of(segment(source, [CLICK], rules=OutlineRules(keep=keep, deviation_px=0)))
    reader = CogReader(source, bands=3, files=OpenFiles())
    coarse, native = (
        Predictor(ColourNetwork(), size=SIZE, preset=preset).answer(question, reader)
        for preset in (replace(INTERACTIVE, native_passes=0), WITH_TILES)
    )
    assert native.found.coarse_factor == 1 < coarse.found.coarse_factor
    parts = {"clicked": (1, 1), "all": (2, 0)}[keep]
    for answer in (coarse, native):
        assert (len(answer.outline.geometry.geoms), answer.outline.parts_left_out) == parts


def test_same_clicks_give_the_same_native_outline_again(plant):
    one, other = (passes(plant[0], [CLICK])[-1].outline.geometry for _ in range(2))
    assert shapely.to_wkb(one) == shapely.to_wkb(other)


def test_later_click_finds_the_tiles_encoded_already(plant):
    source, _ = plant
    network = ColourNetwork()
    runner = colour_runner(size=SIZE, network=network, preset=WITH_TILES)

    def settled(*clicks, **options):
        request = EngineRequest(segment(source, clicks, **options))
        while not (answer := runner.step(request)).settled:
            pass
        return answer

    first = settled(CLICK)
    encoded = network.encoded
    second = settled(CLICK, click(CENTRE + 20, CENTRE + 20), previous=first.mask)
    assert second.number > 10
    assert network.encoded == encoded


def test_pass_tells_the_settled_mask_and_that_nothing_is_coarse(plant):
    runner = colour_runner(size=SIZE, preset=WITH_TILES)
    request = EngineRequest(segment(plant[0], [CLICK]))
    answers = [runner.step(request)]
    while not answers[-1].settled:
        answers.append(runner.step(request))
    assert answers[-1].mask.window.factor == 8
    assert (answers[-1].coarse_factor, answers[-1].native_share) == (1, 1)
    assert (answers[-2].coarse_factor, answers[-2].native_share) == (8, 0)


# The mosaic, without a network.

FACTOR = 4.0
DATA = np.ones((SIZE, SIZE), bool)
WINDOW = Window(col=160, row=320, factor=FACTOR, size=SIZE)


def smooth_mask(seed):
    """One blob of soft edges in the middle of the window."""
    random = np.random.default_rng(seed)
    rows, cols = np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2
    angle = np.arctan2(rows, cols)
    radius = 18 + sum(
        random.uniform(-2, 2) * np.sin(k * angle + random.uniform(0, 6)) for k in (2, 3, 5)
    )
    values = np.clip(0.5 + (radius - np.hypot(rows, cols)) / 4, 0, 1)
    return PreviousMask(WINDOW, np.rint(values * 255).astype(np.uint8))


def plan(mask, *, most_tiles=1000):
    middle = WINDOW.centre
    return NativeRefinement.plan(
        mask,
        DATA,
        threshold=0.5,
        include=[middle],
        newest=middle,
        reach_px=3,
        most_tiles=most_tiles,
    )


def with_tiles(native, values_of):
    """The refinement after passes that found what `values_of` says of a fed mask."""
    while (fed := native.next_tile()) is not None:
        native = native.record(PreviousMask(fed.window, values_of(fed)))
    return native


def noise(random):
    return lambda _fed: random.integers(0, 256, (SIZE, SIZE)).astype(np.uint8)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_only_a_band_round_the_boundary_changes(seed):
    mask = smooth_mask(seed)
    native = plan(mask)
    before = native.mosaic(threshold=0.5).values
    after = with_tiles(native, noise(np.random.default_rng(seed))).mosaic(threshold=0.5)
    distance = boundary_distance(mask.inside(0.5))
    # Of a canvas pixel in a window pixel: its distance differs by a pixel's diagonal at most.
    rows = (np.arange(after.window.size) + 0.5 + after.window.row - WINDOW.row) / FACTOR
    cols = (np.arange(after.window.size) + 0.5 + after.window.col - WINDOW.col) / FACTOR
    inside_window = np.ix_((rows >= 0) & (rows < SIZE), (cols >= 0) & (cols < SIZE))
    near = distance[np.ix_(rows.astype(int).clip(0, SIZE - 1), cols.astype(int).clip(0, SIZE - 1))]
    far = (near > BAND_PX + np.sqrt(2))[inside_window]
    changed = (before != after.values)[inside_window]
    assert far.any()
    assert changed.any()
    assert not (changed & far).any()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_tiles_that_agree_with_the_settled_mask_leave_no_seam(seed):
    native = plan(smooth_mask(seed))
    before = native.mosaic(threshold=0.5).values
    after = with_tiles(native, lambda fed: fed.values).mosaic(threshold=0.5).values
    assert np.abs(after.astype(int) - before.astype(int)).max() <= 1


def test_order_of_the_tiles_changes_nothing():
    done = with_tiles(plan(smooth_mask(1)), noise(np.random.default_rng(2)))
    backwards = replace(done, tiles=done.tiles[::-1])
    one, other = done.mosaic(threshold=0.5), backwards.mosaic(threshold=0.5)
    assert np.array_equal(one.values, other.values)


def test_mosaic_is_as_smooth_across_the_end_of_the_tiles_as_elsewhere():
    # Tiles say 'object' everywhere, and only the first three are run.
    native = with_tiles(
        plan(smooth_mask(3), most_tiles=3), lambda fed: np.full_like(fed.values, 255)
    )
    values = native.mosaic(threshold=0.5).values.astype(int)
    steps = max(np.abs(np.diff(values, axis=axis)).max() for axis in (0, 1))
    # A fade over 12 pixels (three quarters of a tile's rim of 16) and a band's over 4.
    assert steps <= 255 / 4 + 255 / 12 + 16


def test_object_too_long_for_a_mosaic_stays_coarse():
    mask = PreviousMask(Window(0, 0, 128, SIZE), smooth_mask(1).values)
    assert (
        NativeRefinement.plan(
            mask,
            DATA,
            threshold=0.5,
            include=[mask.window.centre],
            newest=mask.window.centre,
            reach_px=3,
            most_tiles=10,
        )
        is None
    )


def test_parts_without_a_click_get_no_tiles():
    values = smooth_mask(1).values.copy()
    alone = plan(PreviousMask(WINDOW, values))
    values[:6, :6] = 255
    assert plan(PreviousMask(WINDOW, values)).waiting == alone.waiting


def test_tile_without_clicks_gets_one_deep_inside_and_one_deep_outside():
    values = np.zeros((SIZE, SIZE), np.uint8)
    values[:, :24] = 255
    fed = PreviousMask(Window(0, 0, 1, SIZE), values)
    clicks = with_stand_ins([WindowClick(-5, 5, include=True)], fed, DATA, threshold=0.5)
    assert clicks[0] == WindowClick(-5, 5, include=True)
    include, exclude = clicks[1:]
    assert include.include
    assert 8 <= include.u <= 16
    assert not exclude.include
    assert 40 <= exclude.u <= 48


def test_tile_with_a_click_keeps_it_and_gets_only_the_other():
    values = np.zeros((SIZE, SIZE), np.uint8)
    values[:, :24] = 255
    fed = PreviousMask(Window(0, 0, 1, SIZE), values)
    own = WindowClick(3, 5, include=True)
    clicks = with_stand_ins([own], fed, DATA, threshold=0.5)
    assert [c.include for c in clicks] == [True, False]
    assert clicks[0] == own


def test_stand_in_never_lies_where_the_image_has_no_data():
    values = np.zeros((SIZE, SIZE), np.uint8)
    values[:, :24] = 255
    fed = PreviousMask(Window(0, 0, 1, SIZE), values)
    data = DATA.copy()
    data[:, 40:] = False
    _, exclude = with_stand_ins([], fed, data, threshold=0.5)
    assert 24 < exclude.u < 40


def test_large_object_at_the_images_end_reaches_it_at_native_pixels(tmp_path):
    pixels = ground(SIDE, SIDE)
    pixels[:, 300:500, 600:] = np.array(PLANT)[:, None, None]
    answer = passes(draw_layer(tmp_path, pixels), [click(700, 400)])[-1]
    assert answer.found.coarse_factor == 1 < answer.found.mask.window.factor
    assert answer.outline.is_cut_at_image_edge
    assert answer.outline.geometry.area / RESOLUTION**2 == pytest.approx(200 * 200, rel=0.002)
