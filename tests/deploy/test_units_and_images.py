"""Units, compose file and images say what the supervisor says, and their own tools read them."""

import ast
import importlib.metadata
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.production.units import PYTHON, UNITS, command_of, directives
from webapp import supervisor

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
OWN_CHOICE = {"--port", "--host", "--concurrency"}
"""Options that differ from machine to machine, with the value behind each."""


def tool(name: str) -> str:
    """Path of a program that is not everywhere; skips without it."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def choices_left_out(words: list[str]) -> list[str]:
    """A command without its program and the options of `OWN_CHOICE`."""
    kept, is_value = [], False
    for word in words[1:]:
        if not is_value and word not in OWN_CHOICE:
            kept.append(word)
        is_value = word in OWN_CHOICE
    return kept


def supervised(name: str) -> list[str]:
    """What the supervisor would start."""
    children = supervisor._children("127.0.0.1", 8000, last_resort=None)
    return next(child.command for child in children if child.name == name)


def dockerfile_command() -> list[str]:
    text = (DEPLOY / "compose" / "Dockerfile").read_text().replace("\\\n", " ")
    return ast.literal_eval(re.search(r"^CMD (\[.*\])$", text, re.MULTILINE)[1])


# --- One way to start each process -------------------------------------------------------------


def test_web_process_is_started_with_the_supervisors_options():
    wanted = choices_left_out(supervised("server"))
    assert choices_left_out(command_of("segmap-web@.service")) == wanted
    assert choices_left_out(dockerfile_command()) == wanted


def test_job_worker_is_started_with_the_supervisors_options():
    wanted = choices_left_out(supervised("job worker"))
    assert choices_left_out(command_of("segmap-jobs.service")) == wanted
    assert choices_left_out(COMPOSE["services"]["jobs"]["command"]) == wanted


def test_engine_dials_in_as_the_supervisors_does():
    wanted = supervised("engine")[1:4]
    assert command_of("segmap-engine@.service")[1:4] == wanted
    text = (DEPLOY / "compose" / "Dockerfile").read_text()
    entry = ast.literal_eval(re.search(r"^ENTRYPOINT (\[.*\])$", text, re.MULTILINE)[1])
    assert entry[1:4] == wanted


# --- Walls -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.name for path in UNITS.glob("*.service")))
def test_unit_gives_up_what_it_does_not_need(name):
    found = directives(name)
    for key, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "CapabilityBoundingSet": "",
        "User": "segmap",
        "Restart": "always",
    }.items():
        assert found[key] == [value], key


def test_job_worker_may_confine_what_opens_an_upload():
    jobs = directives("segmap-jobs.service")
    assert jobs["RestrictNamespaces"] == ["user net"]
    # The web process tells in /healthz whether Landlock is there, so it has to be able to ask.
    for name in ("segmap-jobs.service", "segmap-web@.service"):
        allowed = directives(name)["SystemCallFilter"][0].split()
        for call in ("create_ruleset", "add_rule", "restrict_self"):
            assert f"landlock_{call}" in allowed


@pytest.mark.parametrize("name", ["migrate", "web", "jobs", "sweeper", "engine-cpu", "engine-cuda"])
def test_container_gives_up_what_it_does_not_need(name):
    service = COMPOSE["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_nothing_but_the_proxy_is_reached_from_outside():
    exposed = {name for name, service in COMPOSE["services"].items() if "ports" in service}
    assert exposed == {"proxy"}


# --- Images hold what is imported --------------------------------------------------------------


def imported(folder: Path) -> set[str]:
    """Top-level packages that a folder's programs import."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(("kind", "folder"), [("web", "webapp"), ("engine", "inference")])
def test_image_holds_every_package_that_its_programs_import(kind, folder):
    wanted = runpy.run_path(str(DEPLOY / "requirements.py"))["packages"](kind)
    named = {re.split(r"[\[;]", name)[0].lower() for name in wanted}
    distributions = importlib.metadata.packages_distributions()
    optional = {"openvino"}
    # Comes with what is named: kombu with celery, asgiref with django, affine with rasterio.
    brought = {"asgiref", "botocore", "kombu", "pydantic_core", "affine", "scipy", "redis"}
    for package in imported(REPOSITORY / folder) - set(sys.stdlib_module_names):
        if package in {"webapp", "inference", *optional, *brought}:
            continue
        owners = {name.lower().replace("_", "-") for name in distributions.get(package, [])}
        assert owners & named, f"{folder} imports {package}"


def test_web_image_holds_no_network():
    wanted = runpy.run_path(str(DEPLOY / "requirements.py"))["packages"]("web")
    assert not {"torch", "torchvision", "timm"} & set(wanted)


# --- Their own tools ---------------------------------------------------------------------------


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    analyze = tool("systemd-analyze")
    folder = tmp_path / "units"
    folder.mkdir()
    for path in UNITS.glob("segmap*"):
        if path.suffix in (".service", ".target"):
            text = path.read_text().replace(PYTHON, sys.executable)
            name = path.name.replace("@.", "@8001.")
            (folder / name).write_text(text)
            (folder / path.name).write_text(text)
    units = sorted(path.name for path in folder.iterdir() if "@." not in path.name)
    said = subprocess.run(
        [analyze, "verify", "--man=no", *units], cwd=folder, capture_output=True, text=True
    )
    assert (said.returncode, said.stderr) == (0, "")


def test_compose_reads_the_file():
    compose = tool("docker-compose")
    values = dict.fromkeys(("SEGMAP_HOSTS", "POSTGRES_PASSWORD", "SEGMAP_ENGINE_TOKEN"), "x")
    for profile in ("cpu", "cuda"):
        said = subprocess.run(
            [compose, "--file", "compose.yaml", "--profile", profile, "config", "--quiet"],
            cwd=DEPLOY / "compose",
            env={"PATH": os.environ["PATH"], **values},
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stderr


def test_compose_refuses_to_start_without_its_secrets():
    compose = tool("docker-compose")
    said = subprocess.run(
        [compose, "--file", "compose.yaml", "config", "--quiet"],
        cwd=DEPLOY / "compose",
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert said.returncode != 0
