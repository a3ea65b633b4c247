"""Which weights there are: `weights/manifest.toml`, and loading by name."""

import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from inference.errors import InferenceError
from inference.models.checkpoint import load_weights, sha256_of
from inference.models.click_network import ClickNetwork

WEIGHTS_FOLDER = Path(__file__).resolve().parents[2] / "weights"
MANIFEST = "manifest.toml"

FileState: TypeAlias = Literal["ok", "missing", "changed"]
"""Of a model's file: as the manifest says, not there, or another file than it names."""


class ModelUnavailable(InferenceError):
    """A model that the manifest does not offer, or whose file is not the one it names."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One entry of the manifest.

    Attributes:
        name: what people and messages call it; "default" is the app's own.
        file: weights file, relative to the manifest.
        sha256: of that file; the weights hash that drafts keep.
        architecture: family of the network.
        size_px: side of the windows it was trained for.
        bands: image bands it takes.
        click_radius_px: radius of the click disks, in window pixels.
        licence: of the weights.
        source: where they come from, for the model card.
        picture_bands: which bands of a picture (1 to 4: red, green, blue, infrared) it was trained
            to take, in its order; empty = the first ones.
    """

    name: str
    file: str
    sha256: str
    architecture: str
    size_px: int
    bands: int
    click_radius_px: int
    licence: str
    source: str
    picture_bands: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "picture_bands", tuple(self.picture_bands))  # a list in TOML


def read_manifest(folder: Path = WEIGHTS_FOLDER) -> dict[str, ModelSpec]:
    """The models offered, by name; none where there is no manifest.

    Raises:
        ModelUnavailable: the manifest cannot be understood.
    """
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        entries: list[dict[str, Any]] = tomllib.loads(path.read_text()).get("models", [])
        specs = [ModelSpec(**entry) for entry in entries]
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise ModelUnavailable(
            f"{path} could not be understood: {error}. No model was loaded; restore the file from "
            "the repository."
        ) from error
    return {spec.name: spec for spec in specs}


def write_manifest(specs: list[ModelSpec], folder: Path = WEIGHTS_FOLDER) -> None:
    """Write the manifest; what it said before is replaced."""
    lines = ["# Written by the commands that export and import weights; see README.md.", ""]
    for spec in sorted(specs, key=lambda s: s.name):
        lines.append("[[models]]")
        # A JSON string or whole number is a TOML value, too.
        lines += [f"{f.name} = {json.dumps(getattr(spec, f.name))}" for f in fields(ModelSpec)]
        lines.append("")
    partial = folder / f"{MANIFEST}.partial"
    partial.write_text("\n".join(lines))
    partial.replace(folder / MANIFEST)


def file_state(spec: ModelSpec, folder: Path = WEIGHTS_FOLDER) -> FileState:
    """Whether a model's file is there and is the one that the manifest names."""
    path = folder / spec.file
    if not path.exists():
        return "missing"
    return "ok" if sha256_of(path) == spec.sha256 else "changed"


def load_model(name: str, folder: Path = WEIGHTS_FOLDER) -> tuple[ClickNetwork, ModelSpec]:
    """The network of that name, ready to predict (evaluation mode, float32, CPU), and its entry.

    Raises:
        ModelUnavailable: there is no such model, or its file is not the one the manifest names.
        WeightsUnreadable: the file is missing or damaged.
    """
    specs = read_manifest(folder)
    if name not in specs:
        offered = ", ".join(sorted(specs)) or "none"
        raise ModelUnavailable(
            f"There is no model called {name!r} (offered: {offered}). Choose one of these, or add "
            f"it to {folder / MANIFEST}."
        )
    spec = specs[name]
    path = folder / spec.file
    if path.exists() and (found := sha256_of(path)) != spec.sha256:
        raise ModelUnavailable(
            f"{path} is not the file that the manifest names (sha256 {found[:12]}… instead of "
            f"{spec.sha256[:12]}…). It was not loaded; fetch it again, or export it again."
        )
    network, _ = load_weights(path)
    return network, spec
