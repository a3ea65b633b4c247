"""`train`: the same as `python -m inference.training`."""

import argparse

from inference.commands.command import Subparsers, add_forwarding_parser


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """All arguments are the training's own."""
    return add_forwarding_parser(subparsers, "train", purpose="train a network; see its own --help")


def run(options: argparse.Namespace) -> int:
    """Start a run, or go on with it."""
    from inference.training.__main__ import main

    return main(options.arguments)
