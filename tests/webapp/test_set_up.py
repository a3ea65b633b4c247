"""`bin/set_up.py`, without fetching anything."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "bin" / "set_up.py"


@pytest.fixture
def set_up(monkeypatch):
    """The script as a module; `set_up.fetched` lists what pip was asked for, `.said` the words."""
    spec = importlib.util.spec_from_file_location("set_up", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.fetched, module.said = [], []
    monkeypatch.setattr(module, "pip", lambda *arguments: module.fetched.append(arguments))
    monkeypatch.setattr(module, "say", module.said.append)
    monkeypatch.setattr(module, "need_space", lambda _: None)
    monkeypatch.setattr(module.sys, "platform", "linux")
    return module


def put_node(folder: Path, version: str) -> None:
    for name in ("node", "npm"):
        path = folder / name
        path.write_text(f"#!/bin/sh\necho {version}\n")
        path.chmod(0o755)


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.3"])
def test_old_node_is_one_sentence(set_up, tmp_path, monkeypatch, version):
    put_node(tmp_path, version)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(set_up.CannotSetUpError, match=r"Node 20.19 or newer is needed; this one"):
        set_up.check_node()


@pytest.mark.parametrize("version", ["v20.19.0", "v22.12.0", "v24.1.0"])
def test_new_node_is_enough(set_up, tmp_path, monkeypatch, version):
    put_node(tmp_path, version)
    monkeypatch.setenv("PATH", str(tmp_path))
    set_up.check_node()


def test_missing_node_and_npm_are_named(set_up, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(set_up.CannotSetUpError, match="is needed and was not found"):
        set_up.check_node()
    put_node(tmp_path, "v20.20.0")
    (tmp_path / "npm").unlink()
    with pytest.raises(set_up.CannotSetUpError, match="npm is needed"):
        set_up.check_node()


@pytest.mark.parametrize(
    ("index", "has_card", "found", "expected"),
    [
        ("", False, ["2.13.0", "2.13.0+cpu"], "torch==2.13.0+cpu"),
        ("", False, ["2.13.0"], "torch===2.13.0"),
        ("", True, ["2.13.0", "2.13.0+cpu"], "torch===2.13.0"),
        ("somewhere", False, [], "torch==2.13.0"),
        ("somewhere", True, [], "torch==2.13.0"),
    ],
    ids=["small one found", "only the large one", "NVIDIA card", "named source", "both"],
)
def test_torch_fits_the_machine(set_up, monkeypatch, index, has_card, found, expected):
    monkeypatch.setattr(set_up, "versions_of", lambda _: found)
    set_up.fetch_torch("torch==2.13.0", index=index, has_card=has_card)
    (arguments,) = set_up.fetched
    assert arguments[-1] == expected
    assert ("--index-url" in arguments) == bool(index)
    assert set_up.said


def test_large_torch_without_a_card_comes_with_a_way_out(set_up, monkeypatch):
    monkeypatch.setattr(set_up, "versions_of", lambda _: [])
    set_up.fetch_torch("torch==2.13.0", index="", has_card=False)
    assert any("6 GB" in sentence for sentence in set_up.said)
    assert any("TORCH_INDEX=" in sentence for sentence in set_up.said)


def test_full_disk_is_told_before_anything_is_fetched(monkeypatch):
    spec = importlib.util.spec_from_file_location("set_up_as_it_is", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(module.CannotSetUpError, match="Make room and run make setup again"):
        module.need_space(10**18)


def test_torch_is_pinned_without_a_build(set_up):
    assert set_up.torch_requirement() == "torch==2.13.0"


def test_everything_the_project_names_is_pinned(set_up):
    project = set_up.tomllib.loads((SCRIPT.parents[1] / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = set_up.CONSTRAINTS.read_text().splitlines()
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    assert {name.partition("[")[0].lower() for name in wanted} <= pinned


def test_stamp_tells_changed_sources_from_unchanged_ones(set_up, tmp_path, monkeypatch):
    monkeypatch.setattr(set_up, "REPOSITORY", tmp_path)
    source, stamp = tmp_path / "main.ts", tmp_path / "stamp"
    source.write_text("a")
    first = set_up.fingerprint([source])
    assert not set_up.is_current(stamp, first)
    stamp.write_text(first)
    assert set_up.is_current(stamp, set_up.fingerprint([source]))
    source.write_text("b")
    assert not set_up.is_current(stamp, set_up.fingerprint([source]))
