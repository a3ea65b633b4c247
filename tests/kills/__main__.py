"""`python -m tests.kills`: kill -9 on every process, and what is left of the labels.

    python -m tests.kills --rounds 200 --profile production

Prints one line per round and a table; ends with 1 where anything was lost, doubled or stuck.
"""

import argparse
import sys

from tests.kills.rounds import Verdict, play
from tests.kills.worlds import PROFILES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="embedded")
    options = parser.parse_args()
    with PROFILES[options.profile]() as world:
        verdict = play(world, rounds=options.rounds, seed=options.seed, say=tell)
    tell(table_of(verdict))
    return 0 if verdict.is_clean else 1


def table_of(verdict: Verdict) -> str:
    """The verdict in words."""
    killed = ", ".join(f"{name} {count}" for name, count in sorted(verdict.killed.items()))
    return (
        f"{verdict.rounds} rounds ({killed}), {verdict.after_acknowledgement} of them within "
        f"50 ms of an acknowledgement; {verdict.sent_again} requests sent again\n"
        f"acknowledged: {verdict.acknowledged_edits} edits, {verdict.acknowledged_labels} labels, "
        f"{verdict.acknowledged_jobs} jobs\n"
        f"lost {len(verdict.lost)}, doubled {len(verdict.doubled)}, gaps {len(verdict.gaps)}, "
        f"jobs stuck or failed {len(verdict.stuck)}"
        + "".join(f"\n  {each}" for each in (*verdict.lost, *verdict.doubled, *verdict.stuck))
    )


def tell(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - a command talks to its terminal


if __name__ == "__main__":
    sys.exit(main())
