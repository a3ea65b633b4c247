import base64
import zlib

import numpy as np
import pytest

from inference.messages import WindowMask, WindowMessage
from inference.prediction.previous_mask import InvalidMask, PreviousMask
from inference.windows import Window

WINDOW = Window(col=160, row=320, factor=1, size=64)


def drawn_mask(window=WINDOW, seed=0):
    random = np.random.default_rng(seed)
    return PreviousMask(window, random.integers(0, 256, (window.size, window.size), dtype=np.uint8))


def test_mask_survives_the_wire_bit_for_bit():
    mask = drawn_mask()
    again = PreviousMask.from_message(mask.to_message())
    assert again.window == mask.window
    assert np.array_equal(again.values, mask.values)


@pytest.mark.parametrize(
    "data",
    [
        "not base64!",
        base64.b64encode(b"not zlib").decode(),
        base64.b64encode(zlib.compress(b"\0" * (64 * 64 - 1))).decode(),
        base64.b64encode(zlib.compress(b"\0" * (64 * 64 + 1))).decode(),
        base64.b64encode(zlib.compress(b"\0" * 10_000_000)).decode(),
    ],
    ids=["text", "bytes", "too short", "too long", "bomb"],
)
def test_damaged_mask_is_refused(data):
    message = WindowMask(window=WindowMessage(col=0, row=0, factor=1, size=64), data=data)
    with pytest.raises(InvalidMask):
        PreviousMask.from_message(message)


def test_mask_of_an_absurd_size_is_refused():
    message = WindowMask(window=WindowMessage(col=0, row=0, factor=1, size=10**6), data="")
    with pytest.raises(InvalidMask):
        PreviousMask.from_message(message)


def square_mask(window):
    """Certain on native columns 176 to 192 and rows 336 to 368 of the layer."""
    u, v = window.to_window(176, 336)
    right, bottom = window.to_window(192, 368)
    values = np.zeros((window.size, window.size), np.uint8)
    values[int(v) : int(bottom), int(u) : int(right)] = 255
    return PreviousMask(window, values)


@pytest.mark.parametrize(
    "target",
    [
        Window(col=144, row=304, factor=1, size=64),
        Window(col=128, row=288, factor=2, size=64),
        Window(col=64, row=256, factor=4, size=64),
        Window(col=160, row=320, factor=1, size=96),
    ],
    ids=["moved", "grown", "grown twice", "of another size"],
)
def test_carried_mask_covers_the_same_ground(target):
    carried = square_mask(WINDOW).carried_to(target)
    assert np.array_equal(carried.values, square_mask(target).values)


def test_mask_carried_into_a_finer_window_keeps_its_place_and_area():
    target = Window(col=168, row=328, factor=0.5, size=96)
    carried = square_mask(WINDOW).carried_to(target)
    expected = square_mask(target)
    assert np.array_equal(carried.inside(0.5), expected.inside(0.5))


def test_carried_mask_is_empty_where_it_had_not_looked():
    full = PreviousMask(WINDOW, np.full((64, 64), 255, np.uint8))
    carried = full.carried_to(Window(col=192, row=320, factor=1, size=64))
    assert (carried.values[:, :32] == 255).all()
    assert not carried.values[:, 33:].any()


def test_mask_is_the_same_object_in_its_own_window():
    mask = drawn_mask()
    assert mask.carried_to(WINDOW) is mask
