"""`manage.py check` as an operator runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SEGMAP_HOSTS": "segmap.example.org",
    "SEGMAP_HTTPS": "1",
    "SEGMAP_DATABASE": "postgresql://segmap:secret@127.0.0.1:5432/segmap",
    "SEGMAP_REDIS": "redis://127.0.0.1:6379/0",
    "SEGMAP_METRICS_TOKEN": "0123456789abcdef0123456789abcdef",
    "SEGMAP_LOG": "json",
}
"""As in deploy/systemd/segmap.env.example. Nothing is connected to."""


def check(data_dir, **changed):
    """Exit status and words of `manage.py check --deploy`; a warning counts as a failure."""
    chosen = {name: value for name, value in {**PRODUCTION, **changed}.items() if value is not None}
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "manage.py",
            "check",
            "--deploy",
            "--fail-level",
            "WARNING",
        ],
        cwd=REPOSITORY,
        env={"PATH": os.defpath, "SEGMAP_DATA": str(data_dir), **chosen},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_production_has_nothing_to_warn_of(data_dir):
    assert check(data_dir) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"SEGMAP_DEBUG": "1"}, "SEGMAP_DEBUG=1 shows the program's inside to everybody who"),
        ({"SEGMAP_HOSTS": None}, "the server answers under localhost alone"),
        ({"SEGMAP_REDIS": None}, "people do not see each other's changes"),
        ({"SEGMAP_METRICS_TOKEN": "short"}, "SEGMAP_METRICS_TOKEN is short enough to be guessed"),
        ({"SEGMAP_HTTPS": None}, "SESSION_COOKIE_SECURE"),
        ({"SEGMAP_OBJECTS": "maps"}, "SEGMAP_OBJECTS is no address of a bucket"),
        ({"SEGMAP_S3_ENDPOINT": "https://s3.lab"}, "imagery stays in the data folder"),
        (
            {"SEGMAP_OBJECTS": "s3://maps", "SEGMAP_S3_ENDPOINT": "http://s3.lab"},
            "go through the network in the clear",
        ),
    ],
)
def test_dangerous_setting_is_told_in_a_sentence(data_dir, changed, words):
    status, said = check(data_dir, **changed)
    assert status != 0
    assert words in said
