"""Tables on the screen and files in bench/results/, alike for every benchmark."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that one thing took, many times over."""

    name: str
    seconds: Sequence[float]

    @property
    def median_ms(self) -> float:
        """Median, in milliseconds."""
        return float(np.median(self.seconds)) * 1000

    @property
    def p95_ms(self) -> float:
        """95th percentile, in milliseconds."""
        return float(np.percentile(self.seconds, 95)) * 1000


@dataclass(frozen=True, slots=True)
class Ratio:
    """One thing measured against another of the same round, many times over."""

    name: str
    values: Sequence[float]

    @property
    def median(self) -> float:
        """Median of the rounds."""
        return float(np.median(self.values))

    @property
    def spread(self) -> tuple[float, float]:
        """Lowest and highest of the rounds."""
        return min(self.values), max(self.values)


def ratio(name: str, ours_s: Sequence[float], theirs_s: Sequence[float]) -> Ratio:
    """How much of the other's time ours took, round by round."""
    return Ratio(name, [ours / theirs for ours, theirs in zip(ours_s, theirs_s, strict=True)])


def machine() -> dict[str, str]:
    """What the numbers were measured on."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.2f}",
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit(),
    }


def processor() -> str:
    """The processor's name, where the system tells it."""
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit that is checked out, with a plus where files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return described.stdout.strip() or "unknown"


def version(package: str) -> str:
    """Version of an installed package."""
    return importlib.metadata.version(package)


def report(
    benchmark: str,
    timings: Sequence[Timing],
    facts: Mapping[str, str | float | int],
    ratios: Sequence[Ratio] = (),
) -> Path:
    """Print a table and keep it as JSON; the file's path.

    Args:
        benchmark: its module's name.
        timings: the rows.
        facts: what else a reader must know: threads, model, versions.
        ratios: comparisons within the run.
    """
    about: dict[str, str | float | int] = {**machine(), **facts}
    print(f"\n== {benchmark}")
    margin = max(len(name) for name in about)
    for name, value in about.items():
        print(f"{name:>{margin}}  {value}")
    width = max(len(timing.name) for timing in timings)
    print(f"\n{'':{width}}  {'n':>5}  {'median':>10}  {'p95':>10}")
    for timing in timings:
        print(
            f"{timing.name:{width}}  {len(timing.seconds):5d}  {timing.median_ms:7.1f} ms"
            f"  {timing.p95_ms:7.1f} ms"
        )
    for row in ratios:
        low, high = row.spread
        print(f"{row.name}: {row.median:.2f} ({low:.2f} to {high:.2f})")
    content = {
        "about": about,
        "rows": [
            {
                "name": timing.name,
                "n": len(timing.seconds),
                "median_ms": round(timing.median_ms, 2),
                "p95_ms": round(timing.p95_ms, 2),
            }
            for timing in timings
        ],
        "ratios": [
            {
                "name": row.name,
                "n": len(row.values),
                "median": round(row.median, 3),
                "lowest": round(row.spread[0], 3),
                "highest": round(row.spread[1], 3),
            }
            for row in ratios
        ],
    }
    return keep(benchmark, content)


def keep(benchmark: str, content: Mapping[str, object]) -> Path:
    """Keep what a benchmark found as JSON, with when and by what command; the file's path.

    Args:
        benchmark: its module's name.
        content: plain values.
    """
    now = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{benchmark}-{now:%Y%m%dT%H%M%SZ}.json"
    whole = {
        "benchmark": benchmark,
        "at": now.isoformat(timespec="seconds"),
        "command": ["python", "-m", f"bench.{benchmark}", *sys.argv[1:]],
        **content,
    }
    path.write_text(json.dumps(whole, indent=2) + "\n")
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    print(f"\nwritten to {shown}")
    return path
