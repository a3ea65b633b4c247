"""Programs that a test starts beside itself, with the servers in their environment."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def environment_with(data_dir: Path, **variables: str) -> dict[str, str]:
    """This process's environment for a product of its own."""
    own = {"DJANGO_SETTINGS_MODULE": "webapp.settings", "SEGMAP_DATA": str(data_dir)}
    return {**os.environ, **own, **variables}


def python(environment: Mapping[str, str], *arguments: str, said: str | None = None) -> str:
    """What Python prints with these arguments; `said` goes to its standard input."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=environment,
        input=said,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def start_python(environment: Mapping[str, str], *arguments: str) -> "subprocess.Popen[str]":
    """A Python that goes on, with pipes to and from it."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
