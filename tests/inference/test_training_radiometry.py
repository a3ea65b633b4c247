"""Windows in another light."""

import numpy as np
import torch

from inference.training.radiometry import Looks, blurred, show
from inference.training_sets.augmentation import Look, blur, draw_bands, draw_look


def plain(**changes) -> Look:
    values = {
        "mix": np.eye(3, dtype=np.float32),
        "gamma": 1.0,
        "gain": np.ones(3, np.float32),
        "offset": np.zeros(3, np.float32),
        "blur_px": 0.0,
        "noise": 0.0,
    }
    return Look(**(values | changes))


def draw_pixels(count: int) -> torch.Tensor:
    drawn = np.random.default_rng(1).integers(0, 256, (count, 20, 24, 3))
    return torch.from_numpy(drawn.astype(np.uint8))


def test_a_plain_look_changes_nothing():
    pixels = draw_pixels(2)
    shown = show(pixels, Looks.of([plain(), plain()]))
    torch.testing.assert_close(shown, pixels.permute(0, 3, 1, 2).float() / 255)


def test_every_sample_has_its_own_look():
    pixels = draw_pixels(3)
    swap = np.eye(3, dtype=np.float32)[[2, 1, 0]]
    bright = np.full(3, 1.5, np.float32)
    looks = [plain(mix=swap), plain(gain=bright), plain(gamma=2.0)]
    shown = show(pixels, Looks.of(looks))
    as_is = pixels.permute(0, 3, 1, 2).float() / 255
    torch.testing.assert_close(shown[0], as_is[0].flip(0))
    torch.testing.assert_close(shown[1], (as_is[1] * 1.5).clamp(max=1))
    torch.testing.assert_close(shown[2], as_is[2] ** 2)


def test_blur_is_gaussian_and_each_sample_has_its_own_sigma():
    image = np.random.default_rng(2).random((20, 24, 3), np.float32)
    images = torch.from_numpy(np.stack([image, image])).permute(0, 3, 1, 2)
    found = blurred(images, torch.tensor([0.0, 0.8]))
    torch.testing.assert_close(found[0], images[0])
    np.testing.assert_allclose(found[1].permute(1, 2, 0), blur(image, 0.8), atol=2e-3)


def test_noise_follows_torchs_seed():
    pixels, looks = draw_pixels(2), Looks.of([plain(noise=0.03)] * 2)
    torch.manual_seed(5)
    one = show(pixels, looks)
    torch.manual_seed(5)
    torch.testing.assert_close(show(pixels, looks), one)
    assert not torch.equal(show(pixels, looks), one)


def test_drawn_looks_keep_most_windows_as_bright_as_they_were():
    rng = np.random.default_rng(3)
    pixels = torch.full((200, 8, 8, 3), 128, dtype=torch.uint8)
    shown = show(pixels, Looks.of([draw_look(3, rng) for _ in range(200)]))
    brightness = shown.mean(dim=(1, 2, 3)).numpy()
    assert 0.35 < np.median(brightness) < 0.65
    assert brightness.std() > 0.08


def test_four_bands_are_shown_as_colour_infrared_and_both():
    pixels = np.arange(4, dtype=np.uint8) * np.ones((2, 2, 1), np.uint8)
    rng = np.random.default_rng(4)
    seen = {tuple(draw_bands(pixels, rng)[0, 0]) for _ in range(60)}
    assert seen == {(0, 1, 2), (3, 0, 1), (3, 3, 3)}
    assert draw_bands(pixels, rng, bands=4).shape == (2, 2, 4)
