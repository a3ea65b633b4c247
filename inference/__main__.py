"""The command line: `python -m inference COMMAND`."""

import argparse
import sys
from collections.abc import Sequence

from inference.commands import (
    check_golden,
    cut_labels,
    draw_scene,
    engine,
    evaluate,
    import_checkpoint,
    models,
    prepare,
    segment,
    simulate,
    train,
)
from inference.commands.command import Command
from inference.errors import InferenceError

COMMANDS: tuple[Command, ...] = (
    engine,
    segment,
    simulate,
    evaluate,
    models,
    import_checkpoint,
    check_golden,
    prepare,
    train,
    cut_labels,
    draw_scene,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    options = parser().parse_args(argv)
    command: Command = options.command
    try:
        return command.run(options)
    except InferenceError as error:
        print(error, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="python -m inference", description=__doc__)
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers).set_defaults(command=command)
    return top


if __name__ == "__main__":
    raise SystemExit(main())
