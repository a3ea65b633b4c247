"""python -m inference.training CONFIG.toml: start a run, or go on with it."""

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from inference.errors import InferenceError
from inference.training.config import TrainingConfig, read_config
from inference.training.run_folder import RunFolder
from inference.training.sources import drawer_of, read_sources
from inference.training.trainer import Trainer

log = logging.getLogger("inference.training")


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    options = argparse.ArgumentParser(
        prog="python -m inference train",
        description="Train a click network as a configuration says; a run that was stopped or "
        "killed goes on from its last checkpoint. Or fine-tune weights on labels of your own.",
    )
    options.add_argument("config", type=Path, nargs="?", help="configuration (TOML)")
    options.add_argument(
        "--finish-in-minutes",
        type=float,
        help="start nothing: ask the trainer that is running, or the next one, to anneal and end",
    )
    tuning = options.add_argument_group("fine-tuning, instead of a configuration")
    tuning.add_argument(
        "--data", type=Path, metavar="FOLDER", help="labelled folder; a quarter is held out"
    )
    tuning.add_argument(
        "--from", dest="start", default="default", metavar="MODEL", help="a name, or a weights file"
    )
    tuning.add_argument("--out", metavar="NAME", help="of the model to make")
    tuning.add_argument("--minutes", type=float, default=0.0, help="of training; or --steps")
    tuning.add_argument("--steps", type=int, default=0)
    tuning.add_argument(
        "--bands",
        type=parse_bands,
        help="of the pictures, such as 4,1,2; all of them without it. More than the weights take, "
        "such as 1,2,3,4, make a model that takes so many",
    )
    tuning.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    tuning.add_argument("--workers", type=int, default=0, help="processes that draw samples")
    tuning.add_argument("--threads", type=int, default=1, help="of the CPU")
    tuning.add_argument("--runs", type=Path, help="where its run's folder is made")
    tuning.add_argument("--weights", type=Path, help="where models lie")
    tuning.add_argument("--resume", action="store_true", help="go on with the run of this name")
    return options


def parse_bands(text: str) -> tuple[int, ...]:
    """Numbers of bands, from 1."""
    return tuple(int(band) for band in text.split(","))


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
    options = parser()
    arguments = options.parse_args(argv)
    if (arguments.config is None) == (arguments.data is None):
        options.error("name a configuration, or a folder with --data")
    if arguments.data and arguments.out is None:
        options.error("--out is missing: the name of the model to make")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        if arguments.data:
            fine_tune_as_told(arguments)
        elif arguments.finish_in_minutes is not None:
            run = read_config(arguments.config).run
            RunFolder(run).ask_to_finish(arguments.finish_in_minutes)
        else:
            train(read_config(arguments.config), StopSignal())
    except InferenceError as error:
        log.error("%s", error)  # noqa: TRY400 (a sentence for a person, not a traceback)
        return 1
    return 0


def train(config: TrainingConfig, should_stop: Callable[[], bool]) -> None:
    """Start a run, or go on with it, until its end or until `should_stop` says so."""
    torch.set_num_threads(config.threads)
    sources, cases = read_sources(config)
    for source in sources:
        objects = sum(len(p.objects) for p in source.pictures)
        counted = "" if config.pretraining else f", {objects} objects"
        log.info("%s: %d pictures%s", source.name, len(source.pictures), counted)
    log.info("validation: %d objects", len(cases))
    trainer = Trainer(config, drawer_of(config, sources), cases)
    log.info("going on from a checkpoint" if trainer.resume() else "starting afresh")
    trainer.run(should_stop)


def fine_tune_as_told(options: argparse.Namespace) -> None:
    """Fine-tune, and print what it brought."""
    from inference.models.registry import WEIGHTS_FOLDER
    from inference.training.fine_tuning import RUNS_FOLDER, Order, fine_tune, table

    order = Order(
        data=options.data,
        start=options.start,
        name=options.out,
        minutes=options.minutes,
        steps=options.steps,
        bands=options.bands,
    )
    outcome = fine_tune(
        order,
        runs=options.runs or RUNS_FOLDER,
        weights=options.weights or WEIGHTS_FOLDER,
        resume=options.resume,
        settings={
            "device": options.device,
            "workers": options.workers,
            "threads": options.threads,
        },
        should_stop=StopSignal(),
    )
    if outcome is None:
        log.info("stopped before its end; go on with the same command and --resume")
        return
    for line in table(outcome):
        log.info("%s", line)


if __name__ == "__main__":
    raise SystemExit(main())
