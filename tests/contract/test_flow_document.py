"""docs/flow.md names files and functions; they must be there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`([\w/.]+\.(?:py|tsx?))(?:: ([\w., ]+))?`")
SOURCES = ("inference", "webapp", "frontend/src")


def named_in_document() -> list[tuple[str, str]]:
    text = (REPOSITORY / "docs" / "flow.md").read_text().replace("\n   ", "")
    return [
        (path, name)
        for path, names in NAMED.findall(text)
        for name in (names.split(", ") if names else [""])
    ]


def files_called(path: str) -> list[Path]:
    """The file of that path, or all sources that end in it."""
    if (REPOSITORY / path).is_file():
        return [REPOSITORY / path]
    return [
        found
        for folder in SOURCES
        for found in (REPOSITORY / folder).rglob(Path(path).name)
        if found.as_posix().endswith("/" + path)
    ]


@pytest.mark.parametrize(("path", "name"), named_in_document())
def test_what_the_journey_names_is_there(path, name):
    files = files_called(path)
    assert files, f"docs/flow.md names {path}, which is not there"
    for part in filter(None, name.split(".")):
        defined = re.compile(rf"\b(?:def|class|function|const) {part}\b")
        assert any(defined.search(file.read_text()) for file in files), f"{path} has no {part}"


def test_the_journey_names_enough_to_be_followed():
    assert len(named_in_document()) > 20
