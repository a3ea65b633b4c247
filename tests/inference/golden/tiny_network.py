"""A network small enough to keep, whose masks follow clicks, and scenes to click on."""

from collections.abc import Sequence

import numpy as np
import torch

from inference.clicks import PixelClick
from inference.evaluation.click_simulator import ClickSimulator
from inference.models.simple_click import SimpleClick, SimpleClickConfig
from inference.prediction.click_map import reference_click_map
from inference.training.losses import click_loss

TINY = SimpleClickConfig(16, 16, 8, 2, (8, 8, 8, 8), head_channels=8)
SIDE = 224
LARGEST = 0.4
"""Radii of the blobs to train on: zoomed, an object fills up to 1 / 1.4 of what is shown."""
STEPS, BATCH, FASTEST = 400, 4, 4e-3
THRESHOLD = 0.49


def draw_scene(
    rng: np.random.Generator, height: int, width: int, *, largest: float = 0.25
) -> tuple[np.ndarray, np.ndarray]:
    """H x W x 3, 8 bits, with three blobs of one colour, and the mask of one of them.

    `largest` bounds their radii, as a share of the shorter side.
    """
    rows, cols = np.mgrid[:height, :width]
    base, colour = rng.integers(40, 110, 3), rng.integers(140, 230, 3)
    waves = 15 * np.sin(rows / rng.uniform(12, 40)) * np.cos(cols / rng.uniform(12, 40))
    image = base + waves[..., None]
    for number in range(3):
        at = rng.uniform(0.15, 0.85, 2) * (height, width)
        radii = rng.uniform(0.1, largest, 2) * min(height, width)
        mask = ((rows - at[0]) / radii[0]) ** 2 + ((cols - at[1]) / radii[1]) ** 2 <= 1
        image = np.where(mask[..., None], colour + waves[..., None] / 2, image)
        if number == 2:
            target = mask
    return np.clip(image, 0, 255).astype(np.uint8), target


def trained_network(seed: int) -> SimpleClick:
    """The tiny network, trained until it finds the blobs that it is clicked on.

    Its masks must move as a real one's do: else no box is ever renewed, and a wrong rule of
    zooming would change nothing that is recorded. One to two minutes of one core.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = SimpleClick(TINY).train()
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, FASTEST, total_steps=STEPS)
    for _ in range(STEPS):
        optimiser.zero_grad()
        clicked_loss(network, rng).backward()
        optimiser.step()
        schedule.step()
    return network.eval()


def clicked_loss(network: SimpleClick, rng: np.random.Generator) -> torch.Tensor:
    """The loss at the first, second or third simulated click on a batch of scenes."""
    scenes = [draw_scene(rng, SIDE, SIDE, largest=LARGEST) for _ in range(BATCH)]
    images, truths = zip(*scenes, strict=True)
    pictures = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2) / 255  # B x 3 x H x W
    simulators = [ClickSimulator(truth.astype(np.int8)) for truth in truths]
    clicks: list[list[PixelClick]] = [[] for _ in truths]
    previous = torch.zeros(BATCH, 1, SIDE, SIDE)
    count = int(rng.integers(1, 4))
    for number in range(count):
        for place, simulator in enumerate(simulators):
            clicks[place].append(simulator.next_click(previous[place, 0].numpy() > THRESHOLD))
        with torch.set_grad_enabled(number == count - 1):
            logits = network(pictures, previous, torch.stack([disks(one) for one in clicks]))
        previous = torch.sigmoid(logits).detach()
    return click_loss(logits, torch.from_numpy(np.stack(truths)[:, None]).float())


def disks(clicks: Sequence[PixelClick]) -> torch.Tensor:
    """2 x H x W."""
    places = np.array([(click.row, click.col) for click in clicks], np.float64)
    include = np.array([click.include for click in clicks])
    shape, radius_px = (SIDE, SIDE), TINY.click_radius_px
    return torch.from_numpy(reference_click_map(places, include, shape=shape, radius_px=radius_px))
