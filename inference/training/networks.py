"""Networks to train: of which family, from which weights, how fast at which depth."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import nn

from inference.errors import InferenceError
from inference.models.checkpoint import build_network, load_weights
from inference.models.click_network import ClickNetwork
from inference.models.late_clicks import LateClicksConfig
from inference.models.simple_click import SimpleClickConfig

NetworkConfig: TypeAlias = LateClicksConfig | SimpleClickConfig

CONFIGS: dict[str, type[LateClicksConfig] | type[SimpleClickConfig]] = {
    "late_clicks": LateClicksConfig,
    "simple_click": SimpleClickConfig,
}
"""What `[network]` of a run's configuration describes, by its `architecture`."""

BLOCK = re.compile(r"(?:^|\.)blocks\.(\d+)\.")
BEFORE_BLOCKS = re.compile(r"(?:^|\.)(?:patch_embed\w*|pos_embed)(?:\.|$)")


class StartUnusable(InferenceError):
    """Weights that a run cannot start from."""


def architecture_of(config: NetworkConfig) -> str:
    """The family's name."""
    return next(name for name, kind in CONFIGS.items() if type(config) is kind)


def new_network(config: NetworkConfig) -> ClickNetwork:
    """A network with initial weights."""
    return build_network(architecture_of(config), asdict(config))


def config_of(network: ClickNetwork) -> NetworkConfig:
    """The configuration that a network was built from."""
    config: NetworkConfig = network.config  # type: ignore[assignment]  # every family keeps it
    return config


def load_start(path: Path) -> ClickNetwork:
    """The network in a weights file, or in one written by `carry` (.pt).

    Raises:
        WeightsUnreadable, StartUnusable: it is missing, damaged or of another program.
    """
    if path.suffix != ".pt":
        return load_weights(path)[0]
    carried = read_carried(path)
    network = build_network(carried["architecture"], carried["config"])
    network.load_state_dict({k: v.float() for k, v in carried["weights"].items()})
    return network.eval()


def carry(network: ClickNetwork, path: Path, **facts: object) -> None:
    """Write weights in half precision to a file that needs nothing but torch to be read.

    Args:
        network: whose weights.
        path: ends with .pt.
        facts: plain values worth keeping beside them.
    """
    config = config_of(network)
    content = {
        "architecture": architecture_of(config),
        "config": asdict(config),
        "weights": {k: v.half().cpu().contiguous() for k, v in network.state_dict().items()},
        **facts,
    }
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)


def read_carried(path: Path) -> dict[str, Any]:
    """What `carry` wrote: tensors and plain values only.

    Raises:
        StartUnusable: the file is missing, damaged or of another program.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever the damage provokes
        raise StartUnusable(
            f"{path} could not be read ({error}). Nothing was started; carry it over again."
        ) from error
    if not isinstance(content, dict) or not {"architecture", "config", "weights"} <= content.keys():
        raise StartUnusable(
            f"{path} holds no weights written by python -m inference.training.carry. Nothing was "
            "started; carry the run's weights with that command."
        )
    return content


def parameter_groups(
    network: nn.Module, *, weight_decay: float, layer_decay: float
) -> tuple[list[dict[str, object]], list[float]]:
    """AdamW's groups, and for each the share of the learning rate that it learns with.

    Transformer block i of n learns with layer_decay ** (n - i) of the rate, embeddings before the
    first block with layer_decay ** (n + 1), everything else with all of it. Kernels and matrices
    are decayed; biases, norms and positions are not. Every parameter is in exactly one group.

    Source: layer-wise decay of BEiT (Bao et al., ICLR 2022), as SimpleClick's options use it.
    """
    parameters = list(network.named_parameters())
    blocks = [int(found[1]) for name, _ in parameters if (found := BLOCK.search(name))]
    depth = max(blocks, default=-1) + 1
    grouped: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in parameters:
        share = layer_decay ** levels_above(name, depth)
        is_decayed = parameter.ndim > 1 and not name.endswith("pos_embed")
        grouped.setdefault((share, is_decayed), []).append(parameter)
    # The fastest first and decayed before the rest: checkpoints keep the groups by their order.
    order = sorted(grouped, key=lambda key: (-key[0], not key[1]))
    groups: list[dict[str, object]] = [
        {"params": grouped[key], "weight_decay": weight_decay if key[1] else 0.0} for key in order
    ]
    return groups, [share for share, _ in order]


def levels_above(name: str, depth: int) -> int:
    """How many levels lie between a parameter and the head; 0 in networks without depth."""
    found = BLOCK.search(name)
    if found:
        return depth - int(found[1])
    return depth + 1 if depth and BEFORE_BLOCKS.search(name) else 0
