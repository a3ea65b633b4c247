"""python -m inference.training CONFIG.toml: start a run, or go on with it."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from inference.data.samples import SampleDrawer
from inference.errors import InferenceError
from inference.training.config import read_config
from inference.training.run_folder import RunFolder
from inference.training.sources import read_sources
from inference.training.trainer import Trainer

log = logging.getLogger("inference.training")


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    options = argparse.ArgumentParser(
        prog="python -m inference.training",
        description="Train a click network as a configuration says. A run that was stopped or "
        "killed goes on from its last checkpoint.",
    )
    options.add_argument("config", type=Path, help="configuration (TOML)")
    options.add_argument(
        "--finish-in-minutes",
        type=float,
        help="start nothing: ask the trainer that is running, or the next one, to anneal and end",
    )
    return options


class StopSignal:
    """Whether the process was asked to stop: the step in hand is finished and saved first."""

    def __init__(self) -> None:
        self.received = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.receive)

    def receive(self, number: int, _frame: object) -> None:
        """Signal handler."""
        log.info("stopping after this step (signal %d)", number)
        self.received = True

    def __call__(self) -> bool:
        """Whether a signal came."""
        return self.received


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    arguments = parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        config = read_config(arguments.config)
        if arguments.finish_in_minutes is not None:
            RunFolder(config.run).ask_to_finish(arguments.finish_in_minutes)
            return 0
        torch.set_num_threads(config.threads)
        sources, cases = read_sources(config)
        for source in sources:
            objects = sum(len(p.objects) for p in source.pictures)
            log.info("%s: %d pictures, %d objects", source.name, len(source.pictures), objects)
        log.info("validation: %d objects", len(cases))
        trainer = Trainer(config, SampleDrawer(sources, [s.weight for s in config.sources]), cases)
        log.info("going on from a checkpoint" if trainer.resume() else "starting afresh")
        trainer.run(StopSignal())
    except InferenceError as error:
        log.error("%s", error)  # noqa: TRY400 (a sentence for a person, not a traceback)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
