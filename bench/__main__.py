"""`make bench`: all benchmarks, one after the other, each in a process of its own.

python -m bench                             all of them, in some 30 minutes
python -m bench load -- --people 20         one, with options of its own
python -m bench memory -- --minutes 20      what takes long is asked for by name
"""

import subprocess
import sys

BENCHMARKS = (
    "click_latency",
    "transformer_latency",
    "load",
    "engines",
    "browser_latency",
    "tiles",
    "imports",
    "saves",
    "many_labels",
    "memory",
)


def main(arguments: list[str]) -> int:
    """Run them; the number of those that failed."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    names, passed_on = arguments[:split], arguments[split + 1 :]
    if unknown := set(names) - set(BENCHMARKS):
        print(
            f"There is no benchmark {', '.join(sorted(unknown))}. Name some of these: "
            f"{', '.join(BENCHMARKS)}."
        )
        return 2
    commands = [[sys.executable, "-m", f"bench.{name}", *passed_on] for name in names or BENCHMARKS]
    return sum(subprocess.run(command, check=False).returncode != 0 for command in commands)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
