"""`prepare`: folders and archives to train on."""

import argparse

from inference.commands.command import Subparsers, add_forwarding_parser


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """All arguments are the preparing's own."""
    return add_forwarding_parser(
        subparsers, "prepare", purpose="make folders to train on; see its own --help"
    )


def run(options: argparse.Namespace) -> int:
    """Prepare one folder, or pack several."""
    from inference.training.prepare import main

    return main(options.arguments)
