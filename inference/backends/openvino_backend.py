"""A network run by OpenVINO on the CPU: the same float32 arithmetic, fused and laid out anew.

Conversion traces both halves at one window size, and takes seconds; what comes out are files
that load in a fraction of one.
"""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from inference.models.click_network import ClickNetwork, Features

if TYPE_CHECKING:
    import openvino

ENCODE_FILE, DECODE_FILE = "encode.xml", "decode.xml"


def load_library() -> "openvino":
    """The openvino package.

    Its Python part reports each import to a public server unless its telemetry package is
    missing; this program talks to nobody unasked, so for this process it is missing.

    Raises:
        ImportError: it is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None makes an import fail
    import openvino

    return openvino


class EncodeHalf(nn.Module):
    """`encode` as a module of its own, for the tracer."""

    def __init__(self, network: ClickNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Features:
        """As `ClickNetwork.encode`."""
        return self.network.encode(image)


class DecodeHalf(nn.Module):
    """`decode` as a module of its own, its features as further arguments."""

    def __init__(self, network: ClickNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, previous_mask: Tensor, click_map: Tensor, *features: Tensor) -> Tensor:
        """As `ClickNetwork.decode`."""
        return self.network.decode(features, previous_mask, click_map)


def convert(network: ClickNetwork, size: int, folder: Path) -> None:
    """Write both halves for windows of `size` px, batch 1, into a folder that exists."""
    image = torch.rand(1, network.bands, size, size)
    with torch.no_grad():
        features = network.encode(image)
    # Random, not zeros: a tracer must not meet an empty mask as if it were always so.
    maps = torch.rand(1, 1, size, size), torch.rand(1, 2, size, size)
    write_half(EncodeHalf(network), [image], folder / ENCODE_FILE)
    write_half(DecodeHalf(network), [*maps, *features], folder / DECODE_FILE)


def write_half(half: nn.Module, inputs: Sequence[Tensor], path: Path) -> None:
    """Trace one half with these inputs and write it in float32."""
    library = load_library()
    with warnings.catch_warnings():
        # Sizes are fixed here, so the tracer's worry that they may change is beside the point.
        # Nor is it ours that the library traces in a way that torch has deprecated.
        warnings.simplefilter("ignore")
        model = library.convert_model(
            half, example_input=tuple(inputs), input=[list(tensor.shape) for tensor in inputs]
        )
    library.save_model(model, path, compress_to_fp16=False)


class OpenVinoBackend:
    """Both halves, compiled for this machine.

    Args:
        folder: where `convert` wrote them.
        bands: of the network.
        click_radius_px: of the network.
        threads: of the CPU that it may use.
    """

    def __init__(self, folder: Path, *, bands: int, click_radius_px: int, threads: int) -> None:
        library = load_library()
        self.device = torch.device("cpu")
        self.bands = bands
        self.click_radius_px = click_radius_px
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,  # the machine is shared with the server and a browser
            # With its generated kernels on, version 2026.4.1 crashes while it compiles two
            # residual blocks with group normalisation on a CPU without AVX-512.
            "SNIPPETS_MODE": "DISABLE",
        }
        core = library.Core()
        self._encode, self._decode = (
            core.compile_model(folder / name, "CPU", options).create_infer_request()
            for name in (ENCODE_FILE, DECODE_FILE)
        )

    def encode(self, image: Tensor) -> Features:
        """Features of one window."""
        results = self._encode.infer([image.numpy()])
        return tuple(torch.from_numpy(array) for array in results.to_tuple())

    def decode(self, features: Features, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """Logits of one window, 1 x 1 x H x W."""
        inputs = [tensor.numpy() for tensor in (previous_mask, click_map, *features)]
        return torch.from_numpy(self._decode.infer(inputs)[0])
