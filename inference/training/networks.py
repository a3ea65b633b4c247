"""Networks to train: of which family, from which weights, how fast at which depth."""

import logging
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from inference.errors import InferenceError
from inference.models.checkpoint import build_network, load_weights
from inference.models.click_network import ClickNetwork
from inference.models.extra_bands import with_extra_bands
from inference.models.late_clicks import LateClicksConfig
from inference.models.simple_click import SimpleClickConfig

log = logging.getLogger(__name__)

NetworkConfig: TypeAlias = LateClicksConfig | SimpleClickConfig

CONFIGS: dict[str, type[LateClicksConfig] | type[SimpleClickConfig]] = {
    "late_clicks": LateClicksConfig,
    "simple_click": SimpleClickConfig,
}
"""What `[network]` of a run's configuration describes, by its `architecture`."""

BLOCK = re.compile(r"(?:^|\.)blocks\.(\d+)\.")
BEFORE_BLOCKS = re.compile(
    r"(?:^|\.)(?:patch_embed\w*|pos_embed|encoder\.stem|encoder\.stages)(?:\.|$)"
)
IMAGE_HALF = {"late_clicks": "encoder.", "simple_click": "backbone."}
"""Beginning of the names of what a pretraining learns, in each family."""


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


def trained_network(state: dict[str, Any]) -> ClickNetwork:
    """The averaged network in the checkpoint of a run.

    Raises:
        StartUnusable: the run is a pretraining, which makes no network that answers clicks.
    """
    if "painter" in state:
        raise StartUnusable(
            "This run is a pretraining: its network answers no clicks. Nothing was written; train "
            "a run that starts from its encoder.pt."
        )
    # Runs of before there was a choice trained the late-clicks family.
    network = build_network(state.get("architecture", "late_clicks"), state["config"])
    network.load_state_dict(state["average"])
    return network


def image_half(network: ClickNetwork) -> dict[str, Tensor]:
    """The tensors by which a network sees the image, by their names in its state dict."""
    beginning = IMAGE_HALF[architecture_of(config_of(network))]
    return {k: v for k, v in network.state_dict().items() if k.startswith(beginning)}


def carry(
    network: ClickNetwork, path: Path, *, image_half_only: bool = False, **facts: object
) -> None:
    """Write weights in half precision to a file that needs nothing but torch to be read.

    Args:
        network: whose weights.
        path: ends with .pt.
        image_half_only: leave out what answers clicks; only `start_network` takes such a file.
        facts: plain values worth keeping beside them.
    """
    config = config_of(network)
    tensors = image_half(network) if image_half_only else network.state_dict()
    content = {
        "architecture": architecture_of(config),
        "config": asdict(config),
        "weights": {k: v.half().cpu().contiguous() for k, v in tensors.items()},
        "image_half_only": image_half_only,
        **facts,
    }
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)


def read_carried(path: Path) -> dict[str, Any]:
    """A whole network that `carry` wrote: tensors and plain values only.

    Raises:
        StartUnusable: the file is missing, damaged or of another program, or holds no more than
            the image half.
    """
    content = read_carried_part(path)
    if content.get("image_half_only", False):
        raise StartUnusable(
            f"{path} holds what a pretraining learnt, which answers no clicks. Nothing was done; "
            "train a run whose start_from it is."
        )
    return content


def read_carried_part(path: Path) -> dict[str, Any]:
    """What `carry` wrote, whole or the image half.

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


def start_network(config: NetworkConfig, path: Path | None) -> ClickNetwork:
    """The network that a new run starts from.

    Args:
        config: the network to be trained.
        path: of weights for all of it, or for its image half; None starts at random. Weights of
            fewer bands get those that they lack (`with_extra_bands`).

    Raises:
        WeightsUnreadable, StartUnusable: the file is missing or damaged, or of another network.
    """
    if path is None:
        return new_network(config)
    if path.suffix == ".pt" and (part := read_carried_part(path)).get("image_half_only", False):
        return network_with_image_half(config, part, path)
    network = load_start(path)
    found = config_of(network)
    if config.bands > found.bands and config.with_bands(found.bands) == found:
        log.info("band(s) %d to %d start with no weight", found.bands + 1, config.bands)
        return with_extra_bands(network, config)  # type: ignore[type-var]  # of these families
    check_same(found, config, path)
    return network


def network_with_image_half(
    config: NetworkConfig, part: dict[str, Any], path: Path
) -> ClickNetwork:
    """A network whose image half is that of a pretraining; the rest is at random.

    Raises:
        StartUnusable: it is of another network, or not exactly its image half.
    """
    network = new_network(config)  # first, so that a seed gives the same rest with and without it
    check_same(config_of(build_network(part["architecture"], part["config"])), config, path)
    wanted, found = image_half(network), part["weights"]
    if wanted.keys() != found.keys():
        raise StartUnusable(
            f"{path} does not hold exactly the image half of its network "
            f"({len(wanted.keys() ^ found.keys())} tensors differ). Nothing was started; pretrain "
            "again with this version."
        )
    network.load_state_dict(network.state_dict() | {k: v.float() for k, v in found.items()})
    log.info(
        "the image half (%d tensors) starts from %s; what answers clicks (%d tensors) starts at "
        "random",
        len(found),
        path,
        len(network.state_dict()) - len(found),
    )
    return network


def check_same(found: NetworkConfig, wanted: NetworkConfig, path: Path) -> None:
    """Refuse weights of another network.

    Raises:
        StartUnusable: the two differ.
    """
    if found != wanted:
        raise StartUnusable(
            f"{path} holds another network than [network] describes. Nothing was started; describe "
            "that network, or leave start_from out."
        )


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
