"""What computes the two halves of a click network, and torch's ways of doing it.

A `ClickNetwork` in evaluation mode is one itself: torch in float32, which all others are measured
against.
"""

import subprocess
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from inference.models.click_network import ClickNetwork, Features


class Backend(Protocol):
    """The two halves of one network, as `ClickNetwork` describes them.

    Attributes:
        bands: image bands it takes.
        click_radius_px: radius, in window pixels, of the disks in the click maps.
        device: where it takes and gives tensors.
    """

    bands: int
    click_radius_px: int

    @property
    def device(self) -> torch.device:
        """See the class."""

    def encode(self, image: Tensor) -> Features:
        """Everything that does not depend on clicks; `image` is B x bands x H x W, 0..1."""

    def decode(self, features: Features, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """Logits, B x 1 x H x W; see `ClickNetwork.decode`."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenBackend:
    """A back end with what the engine must know of it.

    Attributes:
        backend: computes.
        words: for people: "cpu, 2 threads, OpenVINO".
        largest_batch: passes that are worth computing together. 1 on a CPU: of four passes one
            after the other, people wait for 2.5 on average, so four together would have to take
            less than 0.63 of that time; bench/click_latency.py measured 0.8.
        trial: a child that tries another back end for the next start; whoever ends this program
            ends it, too.
    """

    backend: Backend
    words: str
    largest_batch: int = 1
    trial: subprocess.Popen[bytes] | None = None


class HalfPrecision:
    """A network on its device in bfloat16, where torch thinks that safe (autocast)."""

    def __init__(self, network: ClickNetwork) -> None:
        self.network = network
        self.device = network.device
        self.bands = network.bands
        self.click_radius_px = network.click_radius_px

    def encode(self, image: Tensor) -> Features:
        """As `ClickNetwork.encode`."""
        with torch.autocast(self.device.type, torch.bfloat16):
            return self.network.encode(image)

    def decode(self, features: Features, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """Logits, in float32."""
        with torch.autocast(self.device.type, torch.bfloat16):
            return self.network.decode(features, previous_mask, click_map).float()


CUDA_BATCH = 16


def on_cuda(network: ClickNetwork) -> ChosenBackend:
    """The network on the graphics card, in bfloat16 and channels last, with batches.

    Written for such a card, but not measured: there was none where the benchmarks ran.
    """
    moved = network.to("cuda").to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this form
    name = torch.cuda.get_device_name()
    return ChosenBackend(HalfPrecision(moved), f"cuda, {name}, bf16", largest_batch=CUDA_BATCH)
