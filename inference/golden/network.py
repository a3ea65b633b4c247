"""Recorded calls of a SimpleClick network, from its patches to its logits."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from inference.golden.clicks import disks_of_points
from inference.golden.comparison import Comparison, Numbers
from inference.models.formula_weights import fill_by_formula, formula_tensor
from inference.models.plain_vit import from_windows, windows_along
from inference.models.simple_click import SIZES, SimpleClick

TOLERANCE = 5e-5
HEAD_TOLERANCE = 2e-4
"""For the head's hidden maps, whose values reach 44 in the authors' data.

Networks run channels last, and in that layout torch's group normalisation adds up squares in one
pass. On the map whose hidden values then differ most (by 6.9e-5, the largest being 38), it is off
by 1.5e-5 against float64; on the same input made contiguous, by 1.1e-6. So the neck's map at
stride 16 is off by 1.7e-5 and the head's by 6.1e-5, where the recorded ones are by 0.4e-5 and
1.1e-5. With contiguous inputs to the norms no hidden map differs from the recorded by more than
2.9e-5: the layers are the same, and the rest is rounding.
"""
CHECKSUM_SHARE = 1e-9

Part: TypeAlias = tuple[nn.Module, Callable[[Tensor], Tensor]]
"""A module, and what makes B x C x H x W of its output."""

NECK_STRIDES = {4: 16, 8: 8, 16: 4, 32: 2}
"""Every how many rows and columns of each of the neck's maps is recorded in network files."""


def check_network(path: Path, network: SimpleClick, comparison: Comparison) -> None:
    """Every case of a network file."""
    with np.load(path) as recorded:
        for case in recorded["case_names"]:
            arrays = {
                name.removeprefix(f"{case}/"): recorded[name]
                for name in recorded.files
                if name.startswith(f"{case}/")
            }
            check_case(arrays, network, comparison)


def check_case(case: dict[str, Numbers], network: SimpleClick, comparison: Comparison) -> None:
    """One call, with all that was recorded inside of it."""
    shape = case["image"].shape[:2]
    radius_px = network.click_radius_px
    disks = np.stack([disks_of_points(points, shape, radius_px) for points in case["points"]])
    comparison.add("disks", disks, case["disks"])
    image, previous = image_and_mask(case["image"], case["prev_mask"], batch=len(disks))
    seen = observe(network, image, previous, torch.from_numpy(disks))
    for name, recorded in case.items():
        if name == "logits_mean_std_min_max":
            logits = seen["logits"].double()
            moments = [logits.mean(), logits.std(correction=0), logits.min(), logits.max()]
            comparison.add(name, [float(x) for x in moments], recorded, tolerance=TOLERANCE)
        elif name == "pos_embed_resized":
            add_positions(case, network, comparison)
        elif name.endswith("_shape"):
            comparison.add("shapes", seen[name.removesuffix("_shape")].shape, recorded)
        elif (part := recorded_part(name, seen, case["token_index"])) is not None:
            add(name, part, recorded, comparison)


def image_and_mask(image: Numbers, mask: Numbers, *, batch: int) -> tuple[Tensor, Tensor]:
    """B x 3 x H x W, 0..1, and B x 1 x H x W; the second of a batch is the mirror of the first."""
    picture = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    previous = torch.from_numpy(mask.astype(np.float32)).reshape(-1, 1, *image.shape[:2])
    if batch == 2:
        picture = torch.cat([picture, picture.flip(3)])
        if len(previous) == 1:
            previous = torch.cat([previous, previous.flip(3)])
    return picture, previous


@torch.inference_mode()
def observe(
    network: SimpleClick, image: Tensor, previous: Tensor, disks: Tensor
) -> dict[str, Tensor]:
    """What flows through the network in one call, by the names used in recorded files."""
    network.check_size(image)
    grid = image.shape[-2] // network.config.patch_px, image.shape[-1] // network.config.patch_px
    seen: dict[str, Tensor] = {}
    with keeping_outputs(parts_of(network, grid), seen):
        seen["logits"] = network(image, previous, disks)
    positions = network.backbone.positions(*grid)
    seen["tokens_with_position"] = seen["image_embedded"] + seen["coords_embedded"] + positions
    return seen


def parts_of(network: SimpleClick, grid: tuple[int, int]) -> dict[str, Part]:
    """Modules whose outputs are recorded, by the names they are recorded under."""
    vit = network.backbone
    parts: dict[str, Part] = {
        "coords_embedded": (network.patch_embed_coords, as_it_is),
        "image_embedded": (vit.patch_embed, as_it_is),
        "head_fused": (network.head.fusion_conv, as_it_is),
        "head_logits": (network.head, as_it_is),
    }
    split = windows_along(grid[0], vit.base), windows_along(grid[1], vit.base)
    for number, block in enumerate(vit.blocks):
        windows = (1, 1) if (number + 1) % vit.group == 0 else split
        parts[f"block_{number:02d}"] = (block, partial(together, windows=windows, grid=grid))
    for index, stride in enumerate(NECK_STRIDES):
        parts[f"neck_{stride}"] = (getattr(network.neck, f"down_{stride}"), as_it_is)
        parts[f"head_conv_{index}"] = (network.head.convs[index], as_it_is)
    return parts


def as_it_is(output: Tensor) -> Tensor:
    """An output that is B x C x H x W already."""
    return output


def together(output: Tensor, *, windows: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """The tokens of attention windows as one map, B x D x gh x gw."""
    return from_windows(output, *windows, grid).permute(0, 3, 1, 2)


@contextmanager
def keeping_outputs(parts: dict[str, Part], kept: dict[str, Tensor]) -> Iterator[None]:
    """Meanwhile every output of the modules is put into `kept`."""

    def keep(
        _module: nn.Module,
        _inputs: tuple[Tensor, ...],
        output: Tensor,
        *,
        name: str,
        as_map: Callable[[Tensor], Tensor],
    ) -> None:
        kept[name] = as_map(output)

    handles = [
        module.register_forward_hook(partial(keep, name=name, as_map=as_map))
        for name, (module, as_map) in parts.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def recorded_part(name: str, seen: dict[str, Tensor], token_index: Numbers) -> Tensor | None:
    """The rows, columns or tokens that are recorded under a name; None for what is no output."""
    what, _, every = name.partition("_every_")
    if what not in seen:
        return None
    output = seen[what]
    if what.startswith("block_") or what in {
        "coords_embedded",
        "image_embedded",
        "tokens_with_position",
    }:
        return output.flatten(2).transpose(1, 2)[:, token_index]  # B x tokens x D
    stride = int(every.removesuffix("th")) if every else default_stride(what)
    return output[..., ::stride, ::stride]


def default_stride(what: str) -> int:
    """Every how many rows and columns are recorded where the name does not say it."""
    kind, _, last = what.rpartition("_")
    if kind == "neck":
        return NECK_STRIDES[int(last)]
    if kind == "head_conv":
        return list(NECK_STRIDES.values())[int(last)]
    return 16 if what == "head_fused" else 1


def add(name: str, found: Tensor, recorded: Numbers, comparison: Comparison) -> None:
    """Compare an output."""
    tolerance = HEAD_TOLERANCE if name.startswith("head_conv_") else TOLERANCE
    comparison.add(name, found.numpy(), recorded, tolerance=tolerance)


def add_positions(case: dict[str, Numbers], network: SimpleClick, comparison: Comparison) -> None:
    """Positions of the case's grid: the unused entry of the class token, then those recorded."""
    positions = network.backbone.positions(*(int(side) for side in case["grid"]))
    tokens = positions.detach().flatten(2).transpose(1, 2)[:, case["token_index"]]
    first = network.backbone.pos_embed.detach()[:, :1]
    add("pos_embed_resized", torch.cat([first, tokens], 1), case["pos_embed_resized"], comparison)


def check_formula_network(path: Path, comparison: Comparison) -> None:
    """One call of a network whose weights come from a formula, and the weights themselves."""
    size = path.stem.removeprefix("formula_")
    network = SimpleClick(FORMULA_SIZES[size]).eval()
    fill_by_formula(network)
    with np.load(path) as recorded:
        case = {name: recorded[name] for name in recorded.files}
    names = path.with_name(f"network_{size}_shapes.json")
    if names.is_file():
        add_checksums(json.loads(names.read_text())["keys"], case, network, comparison)
    disks = disks_of_points(case["points"][0], case["image"].shape[:2], network.click_radius_px)
    image, previous = image_and_mask(case["image"], case["prev_mask"], batch=1)
    seen = observe(network, image, previous, torch.from_numpy(disks)[None])
    for name, expected in case.items():
        if (part := recorded_part(name, seen, case["token_index"])) is not None:
            add(name, part, expected, comparison)


FORMULA_SIZES = {name.lower().replace("-", "_"): config for name, config in SIZES.items()}
"""Sizes by the names that recorded files bear."""


def add_checksums(
    shapes: dict[str, list[int]],
    case: dict[str, Numbers],
    network: SimpleClick,
    comparison: Comparison,
) -> None:
    """Sums of the weights' magnitudes, as shares of those recorded.

    The published state dicts have tensors that this network does without; they are drawn anew.
    """
    weights = network.state_dict()
    sums = [
        np.abs(
            weights[name].numpy() if name in weights else formula_tensor(name, shape),
            dtype=np.float64,
        ).sum()
        for name, shape in shapes.items()
    ]
    shares = np.array(sums) / case["weight_checksums"]
    comparison.add("weights, share", shares, np.ones(len(shares)), tolerance=CHECKSUM_SHARE)
