"""Weights on disk: one safetensors file that says itself which network it fits.

Tensors are stored in half precision, or in single where that would change them (imported ones),
and used in float32. The file's metadata hold the
architecture's name, its configuration and facts about the training, so a file is usable without
its manifest entry, and no pickle is ever opened.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from inference.errors import InferenceError
from inference.models.click_network import ClickNetwork
from inference.models.late_clicks import LateClicks, LateClicksConfig
from inference.models.simple_click import SimpleClick, SimpleClickConfig

METADATA_KEY = "segmap"

Architecture = Literal["late_clicks", "simple_click"]


class WeightsUnreadable(InferenceError):
    """A weights file that is missing, damaged or of another program."""


@dataclass(frozen=True, slots=True)
class WeightsMetadata:
    """What a weights file says about itself.

    Attributes:
        architecture: name of the network's family.
        config: keyword arguments of its configuration.
        training: facts worth keeping: steps, samples, crop size.
    """

    architecture: Architecture
    config: dict[str, Any]
    training: dict[str, float | str] = field(default_factory=dict)


def build_network(architecture: str, config: dict[str, Any]) -> ClickNetwork:
    """A network with initial weights.

    Raises:
        WeightsUnreadable: the architecture is unknown, or the configuration does not fit it.
    """
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in config.items()
    }
    try:
        if architecture == "late_clicks":
            return LateClicks(LateClicksConfig(**values))
        if architecture == "simple_click":
            return SimpleClick(SimpleClickConfig(**values))
    except (TypeError, ValueError) as error:
        raise WeightsUnreadable(
            f"The configuration in the weights file does not fit {architecture}: {error}. They "
            "were probably written by another version of this program; export them again."
        ) from error
    raise WeightsUnreadable(
        f"This program knows no network called {architecture!r}. Use weights of late_clicks or "
        "simple_click, or a newer version of the program."
    )


def sha256_of(path: Path) -> str:
    """Hash of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_weights(
    path: Path,
    network: LateClicks | SimpleClick,
    *,
    training: dict[str, float | str],
    dtype: torch.dtype = torch.float16,
) -> str:
    """Write a network's weights; the file's sha256. Replaces the file whole."""
    from safetensors.torch import save_file  # training runs where it is not installed

    architecture = "late_clicks" if isinstance(network, LateClicks) else "simple_click"
    # One entry only: the library writes several in a random order, and the hash would change.
    metadata = {
        METADATA_KEY: json.dumps(
            {"architecture": architecture, "config": asdict(network.config), "training": training}
        )
    }
    tensors = {k: v.to(dtype).contiguous() for k, v in network.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata)
    partial.chmod(0o644)  # the library makes files that only their owner can read
    partial.replace(path)
    return sha256_of(path)


def load_weights(path: Path) -> tuple[ClickNetwork, WeightsMetadata]:
    """The network in a file, in evaluation mode, float32 on the CPU, and what the file says.

    Raises:
        WeightsUnreadable: the file is missing, damaged, or does not fit its own description.
    """
    from safetensors import SafetensorError, safe_open  # training runs where it is not installed

    try:
        with safe_open(path, framework="pt") as file:
            said = json.loads((file.metadata() or {})[METADATA_KEY])
            tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118 (safe_open is no mapping)
        metadata = WeightsMetadata(said["architecture"], said["config"], said["training"])
    except FileNotFoundError as error:
        raise WeightsUnreadable(
            f"The weights {path} are not there. weights/README.md says how to get them: import a "
            "published file, or export a training run (python -m inference.training.export)."
        ) from error
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise WeightsUnreadable(
            f"The weights {path} are damaged or were not written by this program ({error}). "
            "Nothing was loaded; fetch the file again."
        ) from error
    network = build_network(metadata.architecture, metadata.config)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise WeightsUnreadable(
            f"The tensors in {path} do not fit the network it describes. Nothing was loaded; "
            "fetch the file again."
        ) from error
    return network.eval().to(memory_format=torch.channels_last), metadata  # type: ignore[call-overload]  # torch's stubs lack this form
