"""The service units of `deploy/systemd`, read as systemd reads them."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
PYTHON = "/opt/segmap/.venv/bin/python"
CACHE = "/var/cache/segmap"


def directives(unit: str) -> dict[str, list[str]]:
    """A unit's directives, whatever section they stand in."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / unit).read_text().replace("\\\n", " ").splitlines():
        if not line.startswith(("#", "[")) and "=" in line:
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def command_of(unit: str) -> list[str]:
    """What a unit starts, as it stands there."""
    return shlex.split(directives(unit)["ExecStart"][0])


def command_here(unit: str, words: Mapping[str, str] | None = None) -> list[str]:
    """The same with this Python, and with `words` for what differs from machine to machine."""
    here = {PYTHON: sys.executable, **(words or {})}
    return [here.get(word, word) for word in command_of(unit)]
