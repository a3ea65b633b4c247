"""Runs the passes of one question, one after the other, without queues."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from inference.backends.backend import Backend
from inference.models.click_network import Features
from inference.prediction.cascade import INTERACTIVE, Preset
from inference.prediction.click_map import click_map
from inference.prediction.colour_evidence import looks_of
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
def encode_windows(backend: Backend, windows: Sequence[npt.NDArray[np.float32]]) -> list[Features]:
    """The features of each window; each is bands x S x S, 0..1."""
    together = backend.encode(torch.from_numpy(np.stack(windows)).to(backend.device))
    # Copies, so that a window kept alone does not keep the memory of its whole batch.
    return [
        tuple(tensor[i : i + 1].clone() if len(windows) > 1 else tensor for tensor in together)
        for i in range(len(windows))
    ]


@torch.inference_mode()
def run_passes(
    backend: Backend, features: Sequence[Features], planned: Sequence[PlannedPass]
) -> list[npt.NDArray[np.uint8]]:
    """Passes of windows of one size S, computed together: S x S probabilities in 8 bits of each.

    A pass that is computed beside others is rounded otherwise than alone, by some 1e-6 in
    float32: where 8 bits don't hide that, a probability differs by one step. So a replay is
    equal bit for bit on one back end that computes passes one by one, as every CPU does here.
    """
    maps = [
        click_map(p.clicks, size=p.window.size, radius_px=backend.click_radius_px) for p in planned
    ]
    disks = torch.from_numpy(np.stack(maps))  # B x 2 x S x S
    fed = torch.from_numpy(np.stack([p.previous.values for p in planned])[:, None])  # B x 1 x S x S
    joined = (
        features[0] if len(features) == 1 else tuple(map(torch.cat, zip(*features, strict=True)))
    )
    logits = backend.decode(
        joined, fed.to(backend.device).float() / CERTAIN, disks.to(backend.device)
    )
    probabilities = logits.float().sigmoid()[:, 0].cpu().numpy()  # B x S x S
    return [to_8_bit(one) for one in probabilities]


def draw_outline(
    found: PassResult, question: Question, *, preset: Preset, reach_px: int
) -> Outline:
    """The outline of what a pass found."""
    # The network's reach is counted in pixels of the mask's window.
    enlarged = found.mask.window.factor / found.shown.window.factor
    return trace(
        found.shown,
        question.grid,
        found.clicks,
        question.outline_rules,
        threshold=preset.threshold,
        reach_px=reach_px * enlarged,
    )


class Predictor:
    """Answers questions with one network, in the caller's thread.

    Args:
        backend: computes the network; a network in evaluation mode is one.
        size: side of its windows.
        preset: how clicks are answered.
    """

    def __init__(self, backend: Backend, *, size: int, preset: Preset = INTERACTIVE) -> None:
        self.backend = backend
        self.size = size
        self.preset = preset

    def passes(self, question: Question, reader: WindowReader) -> Iterator[Answer]:
        """The answers of each pass as it is done; the last one is settled.

        Raises:
            ClickOnNoData: the newest click lies where the image is empty.
        """
        reach_px = self.backend.click_radius_px
        begun = Prediction.begin(question, preset=self.preset, size=self.size, reach_px=reach_px)
        yield from self.finished(begun, reader)

    def finished(self, prediction: Prediction, reader: WindowReader) -> Iterator[Answer]:
        """As `passes`, of a prediction that may have begun elsewhere."""
        seen: Window | None = None
        while (planned := prediction.next_pass()) is not None:
            if planned.window != seen:
                seen = planned.window
                image = reader.read(seen)
                features = encode_windows(self.backend, [image.pixels])
                looks = looks_of(image.pixels)
            (values,) = run_passes(self.backend, features, [planned])
            prediction, found = prediction.record(values, image.valid, looks)
            outline = draw_outline(
                found,
                prediction.question,
                preset=self.preset,
                reach_px=prediction.reach_px,
            )
            yield Answer(found, outline)

    def answer(self, question: Question, reader: WindowReader) -> Answer:
        """The settled answer; raises what `passes` raises."""
        *_, last = self.passes(question, reader)
        return last
