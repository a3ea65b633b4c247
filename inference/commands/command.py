"""What a command of `python -m inference` is.

A command is a module with two functions, listed in `inference/__main__.py`:

    add_parser(subparsers) -> its parser, with its options
    run(options) -> the exit status

Modules of commands import their heavy parts inside `run`: torch takes seconds to load, and
`--help` must not wait for it. `run` raises an `InferenceError` where it cannot go on; its
sentence is printed and the status is 1.
"""

import argparse
from typing import Protocol, TypeAlias

from inference.errors import InferenceError

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Command(Protocol):
    """A module in `inference/commands`."""

    def add_parser(self, subparsers: Subparsers) -> argparse.ArgumentParser:
        """Declare the command's name and options."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it; the exit status."""


class UsageError(InferenceError):
    """The command was called in a way that cannot work."""


def numbers(text: str) -> tuple[int, ...]:
    """The type of an option such as `--bands 4,1,2`."""
    return tuple(int(part) for part in text.split(","))


def add_forwarding_parser(
    subparsers: Subparsers, name: str, *, purpose: str
) -> argparse.ArgumentParser:
    """A command whose options are its own module's affair: all arguments land in `arguments`.

    No argument starts with the prefix given here, so argparse takes even `--help` as it is.
    """
    parser = subparsers.add_parser(name, help=purpose, add_help=False, prefix_chars="\0")
    parser.add_argument("arguments", nargs="*")
    return parser
