"""`draw-scene`: draw a procedural scene with its truth."""

import argparse

from inference.commands.command import Subparsers, add_forwarding_parser


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """All arguments are the drawing's own."""
    return add_forwarding_parser(
        subparsers, "draw-scene", purpose="draw a scene with its truth; see its own --help"
    )


def run(options: argparse.Namespace) -> int:
    """Draw one scene or several."""
    from inference.scenes.cli import main

    return main(options.arguments)
