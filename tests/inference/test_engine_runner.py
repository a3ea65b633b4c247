import base64

import numpy as np
import shapely
import torch

from inference.engine.request import EngineRequest
from inference.engine.runner import FeatureCache, SeenWindow
from inference.errors import InferenceError
from inference.messages import PassDone
from inference.prediction.question import ClickOutsideImage
from inference.windows import Window
from tests.drawn.click_layers import (
    PLANT,
    ColourNetwork,
    click,
    colour_runner,
    draw_layer,
    ground,
    paint,
    segment,
)


def seen(kilobytes):
    return SeenWindow(
        (torch.zeros(256 * kilobytes),), np.zeros((0, 0), bool), np.zeros((0, 0), np.uint16)
    )


def window(number):
    return Window(col=16 * number, row=0, factor=1, size=64)


def test_cache_keeps_the_windows_used_last_within_its_bytes():
    cache = FeatureCache(limit_bytes=3 * 1024)
    for number in range(3):
        cache.put("layer", window(number), seen(1))
    assert cache.get("layer", window(0)) is not None
    cache.put("layer", window(3), seen(1))
    assert cache.get("layer", window(1)) is None
    assert cache.get("layer", window(0)) is not None
    assert cache.held_bytes == 3 * 1024


def test_window_larger_than_the_cache_is_kept_alone():
    cache = FeatureCache(limit_bytes=1024)
    cache.put("layer", window(0), seen(1))
    cache.put("layer", window(1), seen(5))
    assert len(cache) == 1
    assert cache.get("layer", window(1)) is not None


def test_window_that_is_kept_again_is_counted_once():
    cache = FeatureCache()
    cache.put("layer", window(0), seen(2))
    cache.put("layer", window(0), seen(1))
    assert cache.held_bytes == 1024


def test_same_window_of_another_layer_is_another_window():
    cache = FeatureCache()
    cache.put("layer", window(0), seen(1))
    assert cache.get("layer of next year", window(0)) is None


def test_bounded_cache_changes_no_answer(tmp_path):
    source = draw_layer(tmp_path, paint(ground(600, 600), (300, 300, 460, 460), PLANT))

    def settled(runner):
        request = EngineRequest(segment(source, [click(380, 380)]))
        while not (answer := runner.step(request)).settled:
            pass
        return answer.mask

    assert settled(colour_runner(cache_bytes=0)) == settled(colour_runner())


def test_what_an_outline_leaves_out_is_told(tmp_path):
    pixels = paint(ground(400, 400), (180, 180, 210, 210), PLANT)
    paint(pixels, (190, 190, 192, 192), (150, 140, 110))  # a hole of 4 pixels
    paint(pixels, (214, 180, 222, 190), PLANT)
    paint(pixels, (214, 200, 217, 203), PLANT)
    answer = colour_runner().step(
        EngineRequest(segment(draw_layer(tmp_path, pixels), [click(200, 200)]))
    )
    assert (answer.parts_left_out, answer.specks_left_out, answer.holes_filled) == (1, 1, 1)
    assert answer.repair_share == 0
    everything = answer.all_parts
    outlines = [shapely.from_wkb(base64.b64decode(o)) for o in (answer.outline, everything.outline)]
    assert [len(outline.geoms) for outline in outlines] == [1, 2]
    assert (everything.holes_filled, everything.coarse_factor) == (1, 1)


def settled_together(runner, questions):
    """The last masks of requests whose passes are computed in batches."""
    requests = [EngineRequest(question) for question in questions]
    masks = {}
    while requests:
        answers = runner.step_together(requests)
        masks |= {a.draft: a.mask for a in answers if a.settled}
        requests = [r for r, a in zip(requests, answers, strict=True) if not a.settled]
    return masks


def test_passes_computed_together_answer_each_as_alone(tmp_path):
    pixels = paint(ground(600, 600), (300, 300, 460, 460), PLANT)
    source = draw_layer(tmp_path, paint(pixels, (100, 100, 120, 130), PLANT))
    places = [(380, 380), (110, 110), (310, 440)]
    questions = [
        segment(source, [click(*place)], draft=f"d{number}") for number, place in enumerate(places)
    ]
    alone = {}
    for question in questions:
        alone |= settled_together(colour_runner(), [question])
    assert settled_together(colour_runner(), questions) == alone
    assert settled_together(colour_runner(cache_bytes=0), questions) == alone


def test_window_that_two_of_a_batch_share_is_encoded_once(tmp_path):
    source = draw_layer(tmp_path, paint(ground(600, 600), (300, 300, 460, 460), PLANT))
    network = ColourNetwork()
    questions = [segment(source, [click(380, 380)], draft=draft) for draft in ("d1", "d2")]
    batches = []
    network.encode = lambda image: (batches.append(len(image)), (image,))[1]
    colour_runner(network=network).step_together([EngineRequest(q) for q in questions])
    assert batches == [1]


def test_request_that_fails_ends_no_other_of_its_batch(tmp_path):
    source = draw_layer(tmp_path, paint(ground(600, 600), (300, 300, 460, 460), PLANT))
    missing = source.model_copy(
        update={"key": "gone", "files": [source.files[0].model_copy(update={"path": "gone.tif"})]}
    )
    questions = [
        segment(missing, [click(380, 380)]),
        segment(source, [click(380, 380)]),
        segment(source, [click(-5, 380)]),
    ]
    answers = colour_runner().step_together([EngineRequest(question) for question in questions])
    assert isinstance(answers[0], InferenceError)
    assert isinstance(answers[1], PassDone)
    assert isinstance(answers[2], ClickOutsideImage)
