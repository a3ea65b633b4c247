import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SAY = (
    "import logging; from inference.commands import log_lines; log_lines.begin();"
    "logging.getLogger('inference.x').info('hello')"
)


def said(**environment):
    return subprocess.run(
        [sys.executable, "-c", SAY],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stderr


@pytest.mark.parametrize("environment", [{}, {"SEGMAP_LOG": ""}, {"SEGMAP_LOG": "plain"}])
def test_engine_logs_lines_for_people(environment):
    assert re.fullmatch(r"\d{4}-\d\d-\d\d [\d:,]+ INFO hello\n", said(**environment))


def test_engine_logs_lines_for_programs_where_asked():
    line = json.loads(said(SEGMAP_LOG="json"))
    assert line.pop("time")
    assert line == {"level": "INFO", "logger": "inference.x", "message": "hello"}
