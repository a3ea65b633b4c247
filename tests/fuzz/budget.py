"""How long a fuzz run goes on: a fixed small number of rounds, or as many as fit its minutes."""

import os
import time
from collections.abc import Iterator
from random import Random, SystemRandom

MINUTES = float(os.environ.get("SEGMAP_FUZZ_MINUTES") or 0)
"""For each kind of input. 0: the small number, the same inputs in every run."""


def rounds(few: int) -> Iterator[tuple[int, Random]]:
    """Seeds, each with its random numbers: `SEGMAP_FUZZ_SEED` runs one of them again."""
    if os.environ.get("SEGMAP_FUZZ_SEED"):
        seeds = iter([int(os.environ["SEGMAP_FUZZ_SEED"])])
    elif MINUTES:
        seeds = _until(time.monotonic() + 60 * MINUTES)
    else:
        seeds = iter(range(few))
    return ((seed, Random(seed)) for seed in seeds)


def _until(end: float) -> Iterator[int]:
    while time.monotonic() < end:
        yield SystemRandom().randrange(2**32)


def report(text: str) -> None:
    """Print what came of a run (pytest shows it with -s)."""
    print(f"\n{text}")  # noqa: T201  # the result of the command
