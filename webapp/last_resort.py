"""`python last_resort.py`: ends the supervisor's children when the supervisor can not.

It reads the children's process groups from its standard input, `+1234` for one that has begun
and `-1234` for one that has ended. The other end of that pipe is the supervisor's alone: when it
closes, the supervisor is gone, however it went, and what still runs is killed. Only then: Ctrl-C
in the terminal does not reach this process, for it leads a group of its own.

A parent-death signal would need no process, but Linux alone has it and grandchildren do not get
it: the pool of the job worker would work on.
"""

import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Listen until the supervisor is gone, then kill what it left."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
