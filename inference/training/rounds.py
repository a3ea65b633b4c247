"""One batch of interaction rounds: features kept, masks fed back, clicks added."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from inference.models.click_network import ClickNetwork
from inference.prediction.cascade import INTERACTIVE
from inference.prediction.colour_evidence import Looks, looks_of, weigh_colours
from inference.training.batches import DrawnBatch, Lesson
from inference.training.click_sampling import BoardClicker, Clicker, draw_habits
from inference.training.device_clicks import DeviceClicker
from inference.training.losses import click_loss
from inference.training.radiometry import show

ONE_MORE_CLICK = 0.85
"""How much rarer each further click is, among those rolled out before later clicks are learnt."""
MORE_REFINEMENTS = (0, 0, 0, 1, 2, 3)
"""Passes without gradient between the two that train the first click, as CFR may make them."""
FIRST_CLICK_DICE = 1.0
"""Weight of the Dice loss at the first click: pixels that probably belong are then worth covering
even where the thing's size is uncertain, which the focal loss answers with a small mask."""
CARRIED_SHARE = 0.15
"""Share of masks cut to a smaller square before they are fed back: what remains of a mask when
the window rule has grown or moved the window."""
MOST_ITERATIONS = 3
"""Of the iterative loss."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of one size, on the network's device.

    Attributes:
        images: B x bands x S x S, float32, 0..1.
        targets: B x S x S, int8: 1 object, 0 not, -1 unknown.
        start: B x 1 x S x S, float32: masks to start from, or B x 0.
    """

    images: Tensor
    targets: Tensor
    start: Tensor

    @classmethod
    def of(cls, drawn: DrawnBatch, device: torch.device) -> "Batch":
        """A drawn batch in its light, on a device."""
        pixels = drawn.pixels.to(device, non_blocking=True)
        return cls(
            show(pixels, drawn.looks.to(device)),
            drawn.targets.to(device, non_blocking=True),
            drawn.start.to(device, non_blocking=True),
        )


class Rounds:
    """The state of a batch between passes.

    On a CUDA device the network runs in bfloat16; masks and losses are float32 everywhere.

    Attributes:
        previous: B x 1 x S x S, probabilities of the last pass, without gradient.
    """

    def __init__(
        self,
        network: ClickNetwork,
        batch: Batch,
        rng: np.random.Generator | None,
        *,
        colour_share: float = 0.0,
    ) -> None:
        self.network = network
        self.rng = rng
        self.device = batch.images.device
        self.target = batch.targets.float()[:, None]  # B x 1 x S x S
        clicker = BoardClicker if self.device.type == "cpu" else DeviceClicker
        self.clicker: Clicker = clicker(batch.targets, network.click_radius_px)
        with self.precision():
            self.features = network.encode(batch.images)
        self.detached = tuple(f.detach() for f in self.features)
        self.previous = torch.zeros_like(self.target)
        self.looks = draw_looks(batch.images, colour_share, rng)

    def precision(self) -> torch.autocast:
        """Where the network runs."""
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda"
        )

    def add_clicks(self) -> None:
        """One click for each sample that still has an error; without a generator at its centre."""
        habits = draw_habits(len(self.previous), self.rng)
        self.clicker.add(self.previous, habits, self.rng)

    def refine(self) -> None:
        """A pass without gradient; its mask becomes the previous one."""
        with torch.no_grad(), self.precision():
            logits = self.network.decode(self.detached, self.previous, self.clicker.maps)
        self.keep(torch.sigmoid(logits.float()))

    def learn(self, *, dice_weight: float = 0.5) -> Tensor:
        """The loss of a pass with gradient; its mask becomes the previous one."""
        with self.precision():
            logits = self.network.decode(self.features, self.previous, self.clicker.maps)
        logits = logits.float()
        self.keep(torch.sigmoid(logits.detach()))
        return click_loss(logits, self.target, dice_weight=dice_weight)

    def keep(self, probabilities: Tensor) -> None:
        """The next pass is fed these, weighed as the app weighs them where colours were drawn."""
        self.previous = probabilities
        if not self.looks:
            return
        disks = self.clicker.maps.cpu().numpy()
        weight = INTERACTIVE.colour_weight
        for index, looks in self.looks.items():
            said = probabilities[index, 0].cpu().numpy()
            shown = weigh_colours(said, looks, disks[index], weight=weight)
            self.previous[index, 0] = torch.from_numpy(shown).to(self.device)

    def cut_carried_masks(self, rng: np.random.Generator) -> None:
        """Forget some of the previous masks outside a random square of half to all the side."""
        count, _, size, _ = self.previous.shape
        sides = np.where(rng.random(count) < CARRIED_SHARE, rng.uniform(0.5, 1.0, count), 1.0)
        sides = (sides * size).astype(np.int64)
        firsts = (rng.random((2, count)) * (size - sides + 1)).astype(np.int64)
        inside = []
        for first in firsts:
            place = np.arange(size)[None]
            inside.append((place >= first[:, None]) & (place < (first + sides)[:, None]))
        rows, cols = inside
        kept = torch.from_numpy(rows[:, None, :, None] & cols[:, None, None, :])
        self.previous = self.previous * kept.to(self.device)


def draw_looks(images: Tensor, share: float, rng: np.random.Generator | None) -> dict[int, Looks]:
    """The looks of each sample whose masks are to be weighed with its colours, by its number."""
    if rng is None or not share:
        return {}
    weighed = np.flatnonzero(rng.random(len(images)) < share)
    return {int(index): looks_of(images[index].cpu().numpy()) for index in weighed}


def first_click_loss(rounds: Rounds, rng: np.random.Generator) -> Tensor:
    """Two passes with gradient at the first click, with refinements between them at times."""
    rounds.add_clicks()
    loss = rounds.learn(dice_weight=FIRST_CLICK_DICE)
    for _ in range(int(rng.choice(MORE_REFINEMENTS))):
        rounds.refine()
    rounds.cut_carried_masks(rng)
    return loss + rounds.learn(dice_weight=FIRST_CLICK_DICE)


def later_clicks_loss(rounds: Rounds, rng: np.random.Generator, *, latest: int) -> Tensor:
    """Clicks rolled out without gradient, then two consecutive ones with gradient.

    The second of these is click `latest` at most.
    """
    counts = np.arange(1, latest - 1)
    shares = ONE_MORE_CLICK**counts
    for _ in range(int(rng.choice(counts, p=shares / shares.sum()))):
        rounds.add_clicks()
        rounds.refine()
    rounds.cut_carried_masks(rng)
    return two_clicks_loss(rounds)


def edit_loss(rounds: Rounds, start: Tensor) -> Tensor:
    """Two clicks with gradient on masks (B x 1 x S x S) that were there before."""
    rounds.previous = start
    return two_clicks_loss(rounds)


def two_clicks_loss(rounds: Rounds) -> Tensor:
    """The loss of two consecutive clicks, one pass each."""
    rounds.add_clicks()
    loss = rounds.learn()
    rounds.add_clicks()
    return loss + rounds.learn()


def iterative_loss(rounds: Rounds, rng: np.random.Generator) -> Tensor:
    """One to three clicks from the first on, each learnt from, with weights 1, 2, 3.

    Source: the iterative click loss of "CFR-ICL: Cascade-Forward Refinement with Iterative Click
        Loss" (Sun et al., AAAI 2024), masks fed back without gradient and the sum not divided by
        the weights, as in its code.
    """
    passes = int(rng.integers(1, MOST_ITERATIONS + 1))
    losses = []
    for weight in range(1, passes + 1):
        rounds.add_clicks()
        losses.append(weight * rounds.learn())
    return torch.stack(losses).sum()


def lesson_loss(
    lesson: Lesson, rounds: Rounds, batch: Batch, rng: np.random.Generator, *, latest: int
) -> Tensor:
    """The loss of a step's lesson."""
    losses: dict[Lesson, Callable[[], Tensor]] = {
        "first": lambda: first_click_loss(rounds, rng),
        "later": lambda: later_clicks_loss(rounds, rng, latest=latest),
        "edit": lambda: edit_loss(rounds, batch.start),
        "iterative": lambda: iterative_loss(rounds, rng),
    }
    return losses[lesson]()
