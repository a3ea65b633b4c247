"""A network small enough to keep, whose masks follow clicks, and scenes to click on."""

import numpy as np
import torch

from inference.evaluation.click_simulator import ClickSimulator
from inference.models.simple_click import SimpleClick, SimpleClickConfig
from inference.prediction.click_map import reference_click_map

TINY = SimpleClickConfig(16, 16, 8, 2, (8, 8, 8, 8), head_channels=8)
SIDE = 224


def draw_scene(rng: np.random.Generator, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """H x W x 3, 8 bits, with three blobs of one colour, and the mask of one of them."""
    rows, cols = np.mgrid[:height, :width]
    base, colour = rng.integers(40, 110, 3), rng.integers(140, 230, 3)
    waves = 15 * np.sin(rows / rng.uniform(12, 40)) * np.cos(cols / rng.uniform(12, 40))
    image = base + waves[..., None]
    for number in range(3):
        at = rng.uniform(0.15, 0.85, 2) * (height, width)
        radii = rng.uniform(0.1, 0.25, 2) * min(height, width)
        mask = ((rows - at[0]) / radii[0]) ** 2 + ((cols - at[1]) / radii[1]) ** 2 <= 1
        image = np.where(mask[..., None], colour + waves[..., None] / 2, image)
        if number == 2:
            target = mask
    return np.clip(image, 0, 255).astype(np.uint8), target


def calibrated_network(seed: int) -> SimpleClick:
    """The tiny network with drawn weights, scaled so that it finds something round its clicks.

    On a drawn scene the logits are -9 on average and 3 at an include click.
    """
    torch.manual_seed(seed)
    network = SimpleClick(TINY).eval()
    image, target = draw_scene(np.random.default_rng(seed), SIDE, SIDE)
    click = ClickSimulator(target.astype(np.int8)).next_click(np.zeros_like(target))
    disks = reference_click_map(
        np.array([[click.row, click.col]], np.float64),
        np.array([True]),
        shape=(SIDE, SIDE),
        radius_px=TINY.click_radius_px,
    )
    picture = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    last = network.head.conv_seg
    with torch.no_grad():
        network.patch_embed_coords.proj.weight[:, 1:] *= 16  # disks count beside the image
        logits = network(picture, torch.zeros(1, 1, SIDE, SIDE), torch.from_numpy(disks)[None])
        mean = logits.mean()
        scale = 12 / (logits[0, 0, click.row, click.col] - mean)
        last.weight *= scale
        last.bias.copy_((last.bias - mean) * scale - 9)
    return network
