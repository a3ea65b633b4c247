"""`python -m tests.fuzz --minutes N`: odd input of all kinds, N minutes of each.

A failure names its seed; `SEGMAP_FUZZ_SEED=... python -m pytest tests/fuzz` runs it again.
"""

import argparse
import os
import sys

import pytest


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="for each kind of input")
    minutes = parser.parse_args().minutes
    os.environ["SEGMAP_FUZZ_MINUTES"] = str(minutes)
    return int(pytest.main(["-q", "-s", f"--timeout={60 * minutes + 300:.0f}", "tests/fuzz"]))


if __name__ == "__main__":
    sys.exit(main())
