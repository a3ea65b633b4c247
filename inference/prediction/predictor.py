"""Runs the passes of one question, one after the other, without queues."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from inference.models.click_network import ClickNetwork, Features
from inference.prediction.cascade import INTERACTIVE, Preset
from inference.prediction.click_map import click_map
from inference.prediction.outline import Outline, trace
from inference.prediction.prediction import PassResult, PlannedPass, Prediction
from inference.prediction.previous_mask import CERTAIN, to_8_bit
from inference.prediction.question import Question
from inference.prediction.window_reader import WindowReader
from inference.windows import Window


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A pass and the outline it gives."""

    found: PassResult
    outline: Outline


@torch.inference_mode()
def encode_window(network: ClickNetwork, pixels: npt.NDArray[np.float32]) -> Features:
    """The features of one window; `pixels` is bands x S x S, 0..1."""
    return network.encode(as_batch(network, pixels))


@torch.inference_mode()
def run_pass(
    network: ClickNetwork, features: Features, planned: PlannedPass
) -> npt.NDArray[np.uint8]:
    """One pass: S x S probabilities in 8 bits.

    Always a batch of one. Other people's windows in the same batch would change rounding, and
    with it what a replay gives; on a CPU a batch gains nothing.
    """
    size = planned.window.size
    disks = click_map(planned.clicks, size=size, radius_px=network.click_radius_px)
    fed = planned.previous.values.astype(np.float32)[None]  # 1 x S x S
    fed /= CERTAIN
    logits = network.decode(features, as_batch(network, fed), as_batch(network, disks))
    probabilities = logits.float().sigmoid()[0, 0].cpu().numpy()  # S x S
    return to_8_bit(probabilities)


def as_batch(network: ClickNetwork, array: npt.NDArray[np.float32]) -> Tensor:
    """C x S x S to 1 x C x S x S where the network is."""
    device = next(network.parameters()).device
    return torch.from_numpy(np.ascontiguousarray(array))[None].to(device)


def draw_outline(
    found: PassResult, question: Question, *, preset: Preset, reach_px: int
) -> Outline:
    """The outline of what a pass found."""
    return trace(
        found.mask,
        question.grid,
        found.clicks,
        question.outline_rules,
        threshold=preset.threshold,
        reach_px=reach_px,
    )


class Predictor:
    """Answers questions with one network, in the caller's thread.

    Args:
        network: in evaluation mode.
        size: side of its windows.
        preset: how clicks are answered.
    """

    def __init__(self, network: ClickNetwork, *, size: int, preset: Preset = INTERACTIVE) -> None:
        self.network = network.eval()
        self.size = size
        self.preset = preset

    def passes(self, question: Question, reader: WindowReader) -> Iterator[Answer]:
        """The answers of each pass as it is done; the last one is settled.

        Raises:
            ClickOnNoData: the newest click lies where the image is empty.
        """
        reach_px = self.network.click_radius_px
        prediction = Prediction.begin(
            question, preset=self.preset, size=self.size, reach_px=reach_px
        )
        seen: Window | None = None
        while (planned := prediction.next_pass()) is not None:
            if planned.window != seen:
                seen = planned.window
                image = reader.read(seen)
                features = encode_window(self.network, image.pixels)
            values = run_pass(self.network, features, planned)
            prediction, found = prediction.record(values, image.valid)
            yield Answer(
                found, draw_outline(found, question, preset=self.preset, reach_px=reach_px)
            )

    def answer(self, question: Question, reader: WindowReader) -> Answer:
        """The settled answer; raises what `passes` raises."""
        *_, last = self.passes(question, reader)
        return last
