"""python -m inference.training.export RUN --name default: a run's weights, ready to be used."""

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from inference.errors import InferenceError
from inference.models.checkpoint import save_weights
from inference.models.click_network import ClickNetwork
from inference.models.registry import WEIGHTS_FOLDER, ModelSpec, read_manifest, write_manifest
from inference.training.networks import (
    StartUnusable,
    architecture_of,
    config_of,
    load_start,
    read_carried,
    trained_network,
)
from inference.training.run_folder import RunFolder

log = logging.getLogger("inference.training.export")

LICENCE = "CC-BY-SA-4.0"
SOURCE = "trained by python -m inference.training; data and credits in weights/README.md"


def export(
    run: Path,
    name: str,
    folder: Path = WEIGHTS_FOLDER,
    *,
    mean_with: Sequence[Path] = (),
    licence: str = LICENCE,
    source: str = SOURCE,
    picture_bands: tuple[int, ...] = (),
) -> ModelSpec:
    """Write the averaged weights of a run's last checkpoint and their manifest entry.

    The run may be going on: its checkpoint is replaced whole, never written in place.

    Args:
        run: folder of the run, or a file that `carry` wrote from one elsewhere.
        name: in the manifest.
        folder: of the manifest.
        mean_with: further runs of the same network, each begun with another's weights; what is
            written is the mean of all. Source: Wortsman et al., Model soups (ICML 2022).
        licence: of the weights.
        source: where they come from, for the model card.
        picture_bands: of the pictures, those it was shown (`ModelSpec`).

    Raises:
        CheckpointUnreadable: the run has no usable checkpoint yet.
        StartUnusable: the file is damaged, it is all of a pretraining, or another network.
    """
    state, network = read_run(run)
    if mean_with:
        average_into(network, {other: read_run(other)[1] for other in mean_with})
    schedule = state["schedule"]
    file = f"{name}.safetensors"
    sha256 = save_weights(
        folder / file,
        network,  # type: ignore[arg-type]  # build_network makes nothing but these families
        training={
            "steps": schedule["steps"],
            "samples": state["samples"],
            "progress": schedule["progress"],
            "crop_px": state["crop_px"],
        },
    )
    spec = ModelSpec(
        name=name,
        file=file,
        sha256=sha256,
        architecture=architecture_of(config_of(network)),
        size_px=state["final_crop_px"],
        bands=network.bands,
        click_radius_px=network.click_radius_px,
        licence=licence,
        source=source,
        picture_bands=picture_bands,
    )
    write_manifest([*(s for s in read_manifest(folder).values() if s.name != name), spec], folder)
    return spec


def read_run(run: Path) -> tuple[dict[str, Any], ClickNetwork]:
    """What a run noted, and its averaged weights; `run` and errors as in `export`."""
    if run.is_file():
        return read_carried(run), load_start(run)
    state = RunFolder(run).load()
    return state, trained_network(state)


def average_into(network: ClickNetwork, others: Mapping[Path, ClickNetwork]) -> None:
    """Make a network's weights the mean of its own and those of others.

    Raises:
        StartUnusable: one of them is another network.
    """
    for path, other in others.items():
        if config_of(other) != config_of(network):
            raise StartUnusable(
                f"{path} holds another network than the run. Nothing was written; a mean takes "
                "runs of one network."
            )
    states = [network.state_dict(), *(other.state_dict() for other in others.values())]
    network.load_state_dict(
        {name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]}
    )


def measured_table(row: dict[str, float]) -> list[str]:
    """The last measurement as a table for the model card (weights/README.md), line by line."""
    if not row:
        return ["Nothing was measured yet."]
    lines = [
        f"At step {row['step']:.0f} ({100 * row['progress']:.0f} % of the run); NoC85 with at most "
        f"10 clicks: {row['noc_85']:.2f}.",
        "",
        "| source | mIoU@1 | mIoU@5 | mIoU@10 |",
        "|---|---|---|---|",
    ]
    names = ["miou", *sorted(k.removesuffix("_10") for k in row if k.endswith("_10"))]
    for name in dict.fromkeys(names):
        shown = "all" if name == "miou" else name
        values = " | ".join(f"{row[f'{name}_{clicks}']:.2f}" for clicks in (1, 5, 10))
        lines.append(f"| {shown} | {values} |")
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = argparse.ArgumentParser(
        prog="python -m inference.training.export",
        description="Write a training run's averaged weights and their entry in the manifest.",
    )
    options.add_argument("run", type=Path, help="folder of the run, or carried weights")
    options.add_argument(
        "--mean-with",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="write the mean of the run's weights and those of these runs of the same network",
    )
    options.add_argument("--name", default="default", help="name in the manifest")
    options.add_argument("--folder", type=Path, default=WEIGHTS_FOLDER, help="where weights lie")
    arguments = options.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        spec = export(
            arguments.run, arguments.name, arguments.folder, mean_with=arguments.mean_with
        )
    except InferenceError as error:
        log.error("%s", error)  # noqa: TRY400 (a sentence for a person, not a traceback)
        return 1
    if arguments.run.is_dir() and not arguments.mean_with:
        for line in measured_table(RunFolder(arguments.run).last_of_curve()):
            log.info("%s", line)
    size = (arguments.folder / spec.file).stat().st_size
    log.info("%s: %.1f MB, sha256 %s", spec.file, size / 1e6, spec.sha256)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
