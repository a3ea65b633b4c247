"""Options of every command that runs a network, and loading that network."""

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.messages import ModelInfo
    from inference.models.click_network import ClickNetwork
    from inference.models.registry import ModelSpec


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model` and `--threads`."""
    parser.add_argument("--model", default="default", help="a name of `models`")
    parser.add_argument(
        "--threads", type=int, help="for the network; OMP_NUM_THREADS or all cores without it"
    )


def load(options: argparse.Namespace) -> "tuple[ClickNetwork, ModelInfo, int]":
    """The network on its device, what it is called on the wire, and the threads it runs with."""
    import torch

    from inference.models.registry import load_model

    threads = options.threads or int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    use_threads(threads)
    network, spec = load_model(options.model)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return network.to(device), model_info(spec), threads


def model_info(spec: "ModelSpec") -> "ModelInfo":
    """An entry of the manifest as it is told on the wire."""
    from inference.messages import ModelInfo

    return ModelInfo(
        name=spec.name,
        architecture=spec.architecture,
        sha256=spec.sha256,
        size=spec.size_px,
        bands=spec.bands,
        picture_bands=list(spec.picture_bands),
    )


def use_threads(threads: int) -> None:
    """Let torch use so many threads in operators called from this thread."""
    import torch

    torch.set_num_threads(threads)
