"""python -m inference.training.ablations [FOLDER]: train its configurations in turn, and compare.

Pretrainings go first, as other runs start from them; the rest follows by name. A command that is
stopped or killed goes on where it was; when all runs are over, it prints their table and no more.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from inference.errors import InferenceError
from inference.training.__main__ import StopSignal, train
from inference.training.config import TrainingConfig, read_config
from inference.training.networks import new_network
from inference.training.run_folder import RunFolder

log = logging.getLogger("inference.training.ablations")

FOLDER = Path(__file__).with_name("configs") / "ablations"
MEASURED = ("miou_1", "miou_3", "miou_5", "miou_10", "noc_85", "noc_90")
HEADS = ("run", "starts from", "parameters", "samples", "s/step")
MEASURED_HEADS = ("mIoU@1", "@3", "@5", "@10", "NoC85", "NoC90")


class AblationsRefused(InferenceError):
    """A folder of configurations that cannot be compared; nothing was started."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one run: `measured` as in its curve's last row, empty without one."""

    name: str
    start: str
    parameters: int
    samples: int
    seconds_per_step: float
    measured: dict[str, float]


def read_ablations(folder: Path) -> dict[str, TrainingConfig]:
    """The configurations of a folder by name, in the order in which they run.

    Raises:
        AblationsRefused: there are none, or two would write to one run's folder.
        TrainingConfigInvalid: one of them cannot be followed.
    """
    configs = {path.stem: read_config(path) for path in sorted(folder.glob("*.toml"))}
    if not configs:
        raise AblationsRefused(f"{folder} holds no configurations (*.toml). Nothing was started.")
    owners: dict[Path, str] = {}
    for name, config in configs.items():
        if (owner := owners.setdefault(config.run, name)) != name:
            raise AblationsRefused(
                f"{owner} and {name} both name the run {config.run}. Nothing was started; give "
                "each a folder of its own."
            )
    order = sorted(configs, key=lambda name: (configs[name].pretraining is None, name))
    return {name: configs[name] for name in order}


def is_over(config: TrainingConfig) -> bool:
    """Whether a run has come to its end and left what it is for."""
    folder = RunFolder(config.run)
    if config.pretraining is not None:
        return folder.encoder.exists()
    return folder.last_of_curve().get("progress", 0.0) >= 1


def run_all(configs: dict[str, TrainingConfig], should_stop: Callable[[], bool]) -> None:
    """Train what is not over yet, until `should_stop` says so."""
    for name, config in configs.items():
        if is_over(config):
            log.info("%s is over", name)
            continue
        log.info("%s: %s", name, config.run)
        train(config, should_stop)
        if should_stop():
            return


def row_of(name: str, config: TrainingConfig) -> Row | None:
    """What became of a run; None where it has no checkpoint yet.

    Raises:
        CheckpointUnreadable: it has one that is damaged.
    """
    folder = RunFolder(config.run)
    if not folder.checkpoint.exists():
        return None
    state = folder.load()
    with torch.device("meta"):
        parameters = sum(p.numel() for p in new_network(config.network).parameters())
    start = config.start_from
    return Row(
        name,
        "random" if start is None else f"{start.parent.name}/{start.name}",
        parameters,
        state["samples"],
        state["stepping_s"] / max(1, state["schedule"]["steps"]),
        folder.last_of_curve(),
    )


def table_of(rows: Sequence[Row]) -> list[str]:
    """A line for every run: the last row of its curve, and what it took."""
    cells = [[*HEADS, *MEASURED_HEADS]]
    for row in rows:
        measured = [
            "-" if key not in row.measured else f"{row.measured[key]:{form}}"
            for key, form in zip(MEASURED, (".3f",) * 4 + (".2f",) * 2, strict=True)
        ]
        took = [f"{row.parameters:,}", f"{row.samples:,}", f"{row.seconds_per_step:.2f}"]
        cells.append([row.name, row.start, *took, *measured])
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = argparse.ArgumentParser(
        prog="python -m inference.training.ablations",
        description="Train the configurations of a folder one after the other, and print one table "
        "(clicks needed are counted up to 10). Started again, it goes on where it was.",
    )
    options.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="of *.toml")
    options.add_argument("--table", action="store_true", help="train nothing")
    arguments = options.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        configs = read_ablations(arguments.folder)
        if not arguments.table:
            run_all(configs, StopSignal())
        rows = [row_of(name, config) for name, config in configs.items()]
    except InferenceError as error:
        log.error("%s", error)  # noqa: TRY400 (a sentence for a person, not a traceback)
        return 1
    for line in table_of([row for row in rows if row is not None]):
        log.info("%s", line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
