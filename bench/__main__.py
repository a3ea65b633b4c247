"""`make bench`: all benchmarks, one after the other, each in a process of its own."""

import subprocess
import sys

BENCHMARKS = ("click_latency", "browser_latency")


def main() -> int:
    """Run them; the number of those that failed."""
    commands = [[sys.executable, "-m", f"bench.{name}"] for name in BENCHMARKS]
    return sum(subprocess.run(command, check=False).returncode != 0 for command in commands)


if __name__ == "__main__":
    sys.exit(main())
