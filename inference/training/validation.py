"""How good the weights are while they train, on pictures that they do not train on.

Windows have twice the side of the object's longest side; clicks fall on the centre of the largest
error; the first click has two passes, later ones have one. Objects that touch the picture's edge
are left out: their extent is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inference.models.click_network import ClickNetwork
from inference.training.click_sampling import THRESHOLD
from inference.training.rounds import Batch, Rounds
from inference.training_sets.pack import Source
from inference.training_sets.windows import CutWindow, Placement, cut_window

CLICKS = 10
"""While training."""
SIDE_PER_LONGEST = 2.0
SMALLEST_AREA_PX = 100
BATCH = 8


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One object to find: its source, image bands x S x S (float32, 0..1) and target S x S."""

    source: str
    image: NDArray[np.float32]
    target: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """IoU of each case after each click, and the last masks.

    Attributes:
        sources: of each case.
        iou: cases x clicks.
        first: cases x S x S probabilities after the first click, float16.
        last: the same after the last click.
    """

    sources: list[str]
    iou: NDArray[np.float64]
    first: NDArray[np.float16]
    last: NDArray[np.float16]

    def mean_iou(self, clicks: int, source: str | None = None) -> float:
        """Mean IoU after so many clicks, of all cases or of one source."""
        kept = [source is None or s == source for s in self.sources]
        return float(self.iou[kept, clicks - 1].mean())

    def clicks_needed(self, threshold: float) -> float:
        """NoC: mean number of clicks to reach an IoU, the most made where it is not reached."""
        reached = self.iou >= threshold
        counts = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, self.iou.shape[1])
        return float(counts.mean())


def draw_cases(source: Source, *, count: int, size: int, seed: int, bands: int = 3) -> list[Case]:
    """At most `count` objects of a source in upright windows of `size` px, always the same ones."""
    eligible = [
        (index, row)
        for index, picture in enumerate(source.pictures)
        for row, target in enumerate(picture.objects)
        if target["area"] >= SMALLEST_AREA_PX and not target["touches_edge"]
    ]
    rng = np.random.default_rng(seed)
    cases: list[Case] = []
    for chosen in rng.permutation(len(eligible)):
        if len(cases) == count:
            break
        index, row = eligible[chosen]
        target = source.pictures[index].objects[row]
        longest = max(int(target["height"]), int(target["width"]))
        placement = Placement(
            col=float(target["col"] + target["width"] / 2),
            row=float(target["row"] + target["height"] / 2),
            side=SIDE_PER_LONGEST * longest,
        )
        cut = cut_window(source, index, target, placement, size=size)
        if (cut.target == 1).any():
            cases.append(Case(source.name, as_image(cut, bands), cut.target))
    return cases


def as_image(cut: CutWindow, bands: int) -> NDArray[np.float32]:
    """C x S x S, float32, 0..1: the first C bands, or a single band so many times."""
    shown = list(range(bands)) if cut.pixels.shape[2] >= bands else [0] * bands
    image = cut.pixels[:, :, shown].transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(image)


def iou(probability: NDArray[np.float32], target: NDArray[np.int8]) -> NDArray[np.float64]:
    """IoU of each of B x S x S masks over the pixels that are known; 1 where both are empty."""
    covered, truth, known = probability > THRESHOLD, target == 1, target >= 0
    both = (covered & truth & known).sum(axis=(1, 2))
    either = ((covered | truth) & known).sum(axis=(1, 2))
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)


@torch.inference_mode()
def measure(network: ClickNetwork, cases: Sequence[Case], *, clicks: int = CLICKS) -> Measurement:
    """So many centre clicks on every case, on the network's device."""
    device = next(network.parameters(), torch.empty(0)).device
    results, first, last = [], [], []
    for start in range(0, len(cases), BATCH):
        part = cases[start : start + BATCH]
        images = torch.from_numpy(np.stack([c.image for c in part]))
        images = images.to(device, memory_format=torch.channels_last)
        targets = np.stack([c.target for c in part])
        known = torch.from_numpy(targets).to(device)
        rounds = Rounds(network, Batch(images, known, images.new_zeros(0)), None)
        after = np.zeros((len(part), clicks))
        for click in range(clicks):
            rounds.add_clicks()
            rounds.refine()
            if click == 0:
                rounds.refine()
                first.append(rounds.previous[:, 0].half().cpu().numpy())
            after[:, click] = iou(rounds.previous[:, 0].cpu().numpy(), targets)
        last.append(rounds.previous[:, 0].half().cpu().numpy())
        results.append(after)
    return Measurement(
        [c.source for c in cases],
        np.concatenate(results),
        np.concatenate(first),
        np.concatenate(last),
    )
