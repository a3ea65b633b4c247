import numpy as np
import torch

from inference.engine.request import EngineRequest
from inference.engine.runner import FeatureCache, SeenWindow
from inference.windows import Window
from tests.drawn.click_layers import PLANT, click, colour_runner, draw_layer, ground, paint, segment


def seen(kilobytes):
    return SeenWindow((torch.zeros(256 * kilobytes),), np.zeros((0, 0), bool))


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
