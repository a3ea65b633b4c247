"""From a published checkpoint of SimpleClick or CFR-ICL to a model in the manifest.

Which member of the family it is follows from the tensors' shapes: configurations name classes of
the authors' code, shapes name nothing. The configuration is asked only for settings that change
what the same tensors compute.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from inference.errors import InferenceError
from inference.models.checkpoint import save_weights, sha256_of
from inference.models.published_file import PublishedFile, open_published_file
from inference.models.registry import WEIGHTS_FOLDER, ModelSpec, read_manifest, write_manifest
from inference.models.simple_click import (
    DEVIATION,
    IMAGE_PATCHES,
    MEAN,
    SIZES,
    SimpleClick,
    SimpleClickConfig,
    without_unused_keys,
)

WINDOW_PX = 448
"""Side of the windows that all published networks were trained for."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

SETTINGS: Mapping[str, object] = {
    "use_disks": True,
    "with_prev_mask": True,
    "random_split": False,
    "upsample": "x1",
}
"""Parameters that all published networks share; with other values the network is another one."""

LICENCES = (
    ("_icl_", "CC-BY-NC-4.0 (of the authors' code; not for commercial use)"),
    ("sbd_vit_", "MIT (of the authors' code)"),
    ("cocolvis_vit_", "MIT (of the authors' code)"),
)
"""By a part of the published file names; the files themselves say nothing."""

UNSTATED_LICENCE = "not stated: ask the authors of the file before you use its answers"


class UnknownNetwork(InferenceError):
    """A checkpoint of a network that this program does not have."""


class NameTaken(InferenceError):
    """The manifest or the folder has something of that name already."""


class NameUnusable(InferenceError):
    """A name that cannot be a file name."""


class PictureBandsUnusable(InferenceError):
    """Bands of a picture that the file's network cannot be given."""


@dataclass(frozen=True, slots=True)
class BandStatistics:
    """Mean and deviation of each band, values 0..1."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def import_checkpoint(
    path: Path,
    *,
    name: str,
    folder: Path = WEIGHTS_FOLDER,
    replace_existing: bool = False,
    licence: str | None = None,
    statistics: BandStatistics | None = None,
    picture_bands: tuple[int, ...] = (),
) -> ModelSpec:
    """Write a published checkpoint's weights as safetensors, and their manifest entry.

    Half precision where it holds every value exactly, else single.

    Args:
        path: the checkpoint.
        name: in the manifest, and of the file.
        folder: where the manifest and the weights lie.
        replace_existing: whether a model of that name may be replaced.
        licence: what to note; without it, what is known of the published file of that name.
        statistics: of the bands, where they are not those that the file gives.
        picture_bands: those it was trained to take (`ModelSpec`), where not the first ones.

    Raises:
        PictureBandsUnusable: they are not as many as the network takes, or not of 1 to 4.
        NameTaken, NameUnusable: see `name` and `replace_existing`.
        UnknownNetwork: the file's network is not of the SimpleClick family.
        UnknownFile, DamagedFile, HostileFile: as `open_published_file` raises them.
    """
    if not NAME.fullmatch(name):
        raise NameUnusable(
            f"{name!r} cannot name a model. Nothing was imported; use letters, digits, dots, "
            "dashes and underscores."
        )
    specs = read_manifest(folder)
    target = folder / f"{name}.safetensors"
    if (name in specs or target.exists()) and not replace_existing:
        raise NameTaken(
            f"There is a model called {name!r} in {folder} already. Nothing was imported; choose "
            "another --name, or say --replace."
        )
    file = open_published_file(path)
    size, config = recognised(file, statistics)
    if picture_bands and (
        len(picture_bands) != config.bands or not {*picture_bands} <= {1, 2, 3, 4}
    ):
        raise PictureBandsUnusable(
            f"The network in {path.name} takes {config.bands} bands. Nothing was imported; name so "
            "many with --picture-bands: 1 red, 2 green, 3 blue, 4 near infrared."
        )
    with torch.device("meta"):
        network = SimpleClick(config)
    weights = file.read(network.state_dict())
    network.load_state_dict(weights, assign=True)
    sha256 = save_weights(
        target,
        network,
        training={"published_file": path.name, "published_sha256": sha256_of(path)},
        dtype=lossless_dtype(weights),
    )
    spec = ModelSpec(
        name=name,
        file=target.name,
        sha256=sha256,
        architecture="simple_click",
        size_px=WINDOW_PX,
        bands=config.bands,
        click_radius_px=config.click_radius_px,
        licence=licence or known_licence(path),
        source=f"SimpleClick {size}, imported from {path.name}",
        picture_bands=picture_bands,
    )
    write_manifest([*(s for s in specs.values() if s.name != name), spec], folder)
    return spec


def recognised(
    file: PublishedFile, statistics: BandStatistics | None = None
) -> tuple[str, SimpleClickConfig]:
    """The published size whose tensors the file holds, and the network's configuration.

    Raises:
        UnknownNetwork: the file's tensors or settings are not those of a published size.
    """
    shapes = {name: tensor.shape for name, tensor in file.tensors.items()}
    refuse_other_families(file.path, shapes)
    patches = shapes.get(IMAGE_PATCHES, ())
    if len(patches) != 4:
        raise UnknownNetwork(
            f"{file.path} holds no network of the SimpleClick family ({IMAGE_PATCHES} is missing). "
            "Nothing was imported."
        )
    width, bands, patch_px, _ = patches
    blocks = {name.split(".")[2] for name in shapes if name.startswith("backbone.blocks.")}
    sizes = {(c.width, c.depth, c.patch_px): (name, c) for name, c in SIZES.items()}
    found = sizes.get((width, len(blocks), patch_px))
    if found is None:
        raise UnknownNetwork(
            f"{file.path} holds a transformer of {len(blocks)} blocks of width {width} for patches "
            f"of {patch_px} px, which is none of {', '.join(SIZES)}. Nothing was imported."
        )
    refuse_other_settings(file)
    size, config = found[0], with_bands(found[1], file, bands, statistics)
    check_shapes(file.path, size, config, shapes)
    return size, config


def refuse_other_families(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Say what a file is that people may take for one of SimpleClick."""
    parts = {name.split(".")[0] for name in shapes}
    if "feature_extractor" in parts:
        family = "FocalClick" if "refiner" in parts else "RITM"
        raise UnknownNetwork(
            f"{path} holds a network of the {family} family, which this program does not have. "
            "Nothing was imported; weights/README.md names the files that can be."
        )


def refuse_other_settings(file: PublishedFile) -> None:
    """Raise unless the settings that change what the tensors compute are the published ones."""
    head = file.parameters.get("head_params")
    said = {**file.parameters, **(head if isinstance(head, dict) else {})}
    for setting, published in SETTINGS.items():
        if said.get(setting, published) != published:
            raise UnknownNetwork(
                f"{file.path} was made with another {setting} than the {published!r} that networks "
                "here have. Nothing was imported; weights/README.md names the files that can be."
            )


def with_bands(
    config: SimpleClickConfig,
    file: PublishedFile,
    bands: int,
    statistics: BandStatistics | None,
) -> SimpleClickConfig:
    """The size's configuration with the file's click radius and the statistics of its bands."""
    radius = file.parameters.get("norm_radius", config.click_radius_px)
    statistics = statistics or statistics_in(file)
    if len(statistics.mean) != bands or len(statistics.deviation) != bands:
        raise UnknownNetwork(
            f"The network in {file.path} takes {bands} bands, but the mean and deviation of "
            f"{len(statistics.mean)} are known. Nothing was imported; give them with --mean and "
            "--deviation, one value per band."
        )
    if type(radius) is not int or not 1 <= radius <= WINDOW_PX:
        raise UnknownNetwork(
            f"{file.path} gives no usable radius of click disks (norm_radius). Nothing was "
            "imported; fetch it again, or use one that weights/README.md names."
        )
    if not all(value > 0 for value in statistics.deviation):
        raise UnknownNetwork(
            f"The bands of the network in {file.path} have deviations that are not above 0. "
            "Nothing was imported; give --mean and --deviation, one value per band."
        )
    return replace(
        config,
        click_radius_px=radius,
        mean=statistics.mean,
        deviation=statistics.deviation,
    )


def statistics_in(file: PublishedFile) -> BandStatistics:
    """The statistics in the file's parameters; those of red, green and blue where it has none."""
    match file.parameters.get("norm_mean_std"):
        case ([*mean], [*deviation]):
            said = [v for v in (*mean, *deviation) if isinstance(v, int | float)]
            if len(said) == 2 * len(mean) == 2 * len(deviation):
                return BandStatistics(tuple(said[: len(mean)]), tuple(said[len(mean) :]))
    return BandStatistics(MEAN, DEVIATION)


def check_shapes(
    path: Path,
    size: str,
    config: SimpleClickConfig,
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    """Raise unless the file holds the network's tensors, each in its shape, and no others."""
    with torch.device("meta"):
        expected = {k: tuple(v.shape) for k, v in SimpleClick(config).state_dict().items()}
    found = without_unused_keys(shapes)
    for what, names in (
        ("lacks", expected.keys() - found.keys()),
        ("has unknown", found.keys() - expected.keys()),
        (
            "has in another shape",
            {k for k in expected.keys() & found.keys() if expected[k] != found[k]},
        ),
    ):
        if names:
            shown = ", ".join(sorted(names)[:3])
            raise UnknownNetwork(
                f"{path} looks like SimpleClick {size} but {what} {len(names)} of the "
                f"{len(expected)} tensors ({shown}{', ...' if len(names) > 3 else ''}). Nothing "
                "was imported; fetch it again, or use one that weights/README.md names."
            )


def lossless_dtype(weights: Mapping[str, Tensor]) -> torch.dtype:
    """Half precision where it holds every value exactly, else single."""
    exact = all(torch.equal(values.half().float(), values) for values in weights.values())
    return torch.float16 if exact else torch.float32


def known_licence(path: Path) -> str:
    """The licence to note for the published file of that name."""
    for part, licence in LICENCES:
        if part in path.stem:
            return licence
    return UNSTATED_LICENCE
