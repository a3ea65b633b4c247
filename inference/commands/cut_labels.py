"""`cut-labels`: a project's labels as a training set; `manage.py export_training_set` calls it."""

import argparse
import sys
from pathlib import Path

from inference.commands.command import Subparsers, UsageError


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Where to write."""
    parser = subparsers.add_parser(
        "cut-labels",
        help="labels of a project as a training set; manage.py export_training_set calls it",
        description="Reads what to cut from its standard input (inference.messages.CutLabels).",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder, not there yet or empty")
    return parser


def run(options: argparse.Namespace) -> int:
    """Cut the labels."""
    from pydantic import ValidationError

    from inference.messages import CutLabels
    from inference.training_sets.cut import cut_labels

    try:
        order = CutLabels.model_validate_json(sys.stdin.read())
    except ValidationError as error:
        raise UsageError(
            f"What to cut could not be understood, so nothing was written: {error}"
        ) from error
    cut_labels(order, options.out, lambda sentence: print(sentence, flush=True))
    return 0
