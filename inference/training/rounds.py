"""One batch of interaction rounds: features kept, masks fed back, clicks added."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.data.training_windows import Target
from inference.models.click_network import ClickNetwork
from inference.training.click_sampling import ClickBoard, next_click
from inference.training.losses import click_loss

RANDOM_CLICK_SHARE = 0.6
"""The other clicks fall on the centre of the error."""
LATER_CLICKS = (1, 2, 3, 4, 5, 6, 8)
"""Clicks rolled out before a batch that does not train the first click."""
MORE_REFINEMENTS = (0, 0, 0, 1, 2, 3)
"""Passes without gradient between the two that train the first click, as CFR may make them."""
FIRST_CLICK_DICE = 1.0
"""Weight of the Dice loss at the first click: pixels that probably belong are then worth covering
even where the thing's size is uncertain, which the focal loss answers with a small mask."""
CARRIED_SHARE = 0.15
"""Share of masks cut to a smaller square before they are fed back: what remains of a mask when
the window rule has grown or moved the window."""
START_MASK_SHARE = 0.12
"""Share of the later-click batches that start from a deformed true mask: a label being edited."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of one size.

    Attributes:
        images: B x bands x S x S, float32, 0..1.
        targets: B x S x S: 1 object, 0 not, -1 unknown.
    """

    images: Tensor
    targets: NDArray[np.int8]


class Rounds:
    """The state of a batch between passes.

    Attributes:
        previous: B x 1 x S x S, probabilities of the last pass, without gradient.
    """

    def __init__(
        self, network: ClickNetwork, batch: Batch, rng: np.random.Generator | None
    ) -> None:
        self.network = network
        self.rng = rng
        self.targets = batch.targets
        count, _, size, _ = batch.images.shape
        self.target = torch.from_numpy(batch.targets.astype(np.float32))[:, None]  # B x 1 x S x S
        self.features = network.encode(batch.images)
        self.detached = tuple(f.detach() for f in self.features)
        self.board = ClickBoard(count, size, network.click_radius_px)
        self.previous = torch.zeros(count, 1, size, size)

    def add_clicks(self) -> None:
        """One click for each sample that still has an error; without a generator at its centre."""
        probabilities = self.previous[:, 0].numpy()
        for index, target in enumerate(self.targets):
            at_random = self.rng is not None and self.rng.random() < RANDOM_CLICK_SHARE
            click = next_click(
                probabilities[index],
                target,
                self.board.clicked[index],
                self.rng if at_random else None,
            )
            if click is not None:
                self.board.place(index, click)

    def refine(self) -> None:
        """A pass without gradient; its mask becomes the previous one."""
        with torch.no_grad():
            logits = self.network.decode(
                self.detached, self.previous, torch.from_numpy(self.board.maps.copy())
            )
            self.previous = torch.sigmoid(logits)

    def learn(self, *, dice_weight: float = 0.5) -> Tensor:
        """The loss of a pass with gradient; its mask becomes the previous one."""
        logits = self.network.decode(
            self.features, self.previous, torch.from_numpy(self.board.maps.copy())
        )
        self.previous = torch.sigmoid(logits.detach())
        return click_loss(logits, self.target, dice_weight=dice_weight)

    def cut_carried_masks(self, rng: np.random.Generator) -> None:
        """Forget some of the previous masks outside a random square of half to all the side."""
        size = self.previous.shape[-1]
        for index in range(len(self.previous)):
            if rng.random() >= CARRIED_SHARE:
                continue
            side = int(size * rng.uniform(0.5, 1.0))
            top, left = rng.integers(0, size - side + 1, 2)
            kept = torch.zeros_like(self.previous[index])
            kept[:, top : top + side, left : left + side] = 1
            self.previous[index] *= kept

    def start_from_deformed_truth(self, rng: np.random.Generator) -> None:
        """Take the true mask, shifted, scaled and with its outline moved, as the previous one."""
        for index, target in enumerate(self.targets):
            self.previous[index, 0] = torch.from_numpy(deformed(target, rng))


def deformed(target: Target, rng: np.random.Generator) -> NDArray[np.float32]:
    """A mask (S x S, 0 or 1) that is wrong as an old or careless outline is."""
    size = len(target)
    covers = (target == 1).astype(np.float32)
    extent = np.sqrt(covers.sum())
    scale = float(np.exp(rng.normal(0, 0.12)))
    middle = np.argwhere(covers > 0).mean(axis=0)[::-1] if covers.any() else np.zeros(2)
    shift = rng.normal(0, 0.08, 2) * extent
    matrix = np.column_stack([np.eye(2) * scale, middle * (1 - scale) + shift])
    moved = cv2.warpAffine(covers, matrix, (size, size), flags=cv2.INTER_LINEAR)
    noise = rng.standard_normal((size, size), np.float32)
    reach = float(max(1.5, 0.12 * extent))
    noise = cv2.GaussianBlur(noise, (0, 0), reach)
    softened = cv2.GaussianBlur(moved, (0, 0), reach / 2)
    wrong = softened + 0.15 * noise / (noise.std() + 1e-6) > 0.5
    return np.asarray(wrong, np.float32)


def first_click_loss(rounds: Rounds, rng: np.random.Generator) -> Tensor:
    """Two passes with gradient at the first click, with refinements between them at times."""
    rounds.add_clicks()
    loss = rounds.learn(dice_weight=FIRST_CLICK_DICE)
    for _ in range(int(rng.choice(MORE_REFINEMENTS))):
        rounds.refine()
    rounds.cut_carried_masks(rng)
    return loss + rounds.learn(dice_weight=FIRST_CLICK_DICE)


def later_clicks_loss(rounds: Rounds, rng: np.random.Generator) -> Tensor:
    """Clicks rolled out without gradient, then two consecutive ones with gradient."""
    if rng.random() < START_MASK_SHARE:
        rounds.start_from_deformed_truth(rng)
    else:
        for _ in range(int(rng.choice(LATER_CLICKS))):
            rounds.add_clicks()
            rounds.refine()
        rounds.cut_carried_masks(rng)
    rounds.add_clicks()
    loss = rounds.learn()
    rounds.add_clicks()
    return loss + rounds.learn()
