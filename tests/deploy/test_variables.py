"""The environment: what deploy/ sets is read, and what is read is documented."""

import ast
import re
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"
VARIABLE = re.compile(r"(?:SEGMAP_[A-Z0-9_]+|PORT|HOST|OMP_NUM_THREADS)")
READERS = [
    REPOSITORY / "webapp" / "settings.py",
    REPOSITORY / "webapp" / "supervisor.py",
    *(REPOSITORY / "inference" / "commands").glob("*.py"),
]
OF_OTHERS = {
    # Read by PostgreSQL's image, by the driver's container toolkit, and by this very compose file.
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES",
    "TORCH_INDEX",
    # Of Python and pip, in the image.
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "PIP_NO_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    # Of whatever speaks to S3: boto3 and GDAL (AWS_REGION by the settings too).
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    # Filled in by systemd into the engine's command line.
    "SEGMAP_ENGINE_SERVER",
}


def read_by(path: Path) -> set[str]:
    """Names of variables that stand alone as a string in a program."""
    tree = ast.parse(path.read_text())
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and VARIABLE.fullmatch(node.value)
    }


READ = set().union(*map(read_by, READERS))


def set_in(path: Path) -> list[str]:
    """The variables that a unit, image or example sets."""
    text = path.read_text().replace("\\\n", " ") if path.is_file() else ""
    if path.suffix == ".service":
        return re.findall(r"^Environment=.*?([A-Z0-9_]+)=", text, re.MULTILINE)
    if path.name.endswith("env.example"):
        return re.findall(r"^#?([A-Z0-9_]+)=", text, re.MULTILINE)
    if path.name == "Dockerfile":
        lines = re.findall(r"^ENV (.*)$", text, re.MULTILINE)
        return [name for line in lines for name in re.findall(r"([A-Z0-9_]+)=", line)]
    if path.name == "compose.yaml":
        services = yaml.safe_load(text)["services"].values()
        return [name for service in services for name in service.get("environment", {})]
    return []


SET = sorted({(path.name, name) for path in DEPLOY.rglob("*") for name in set_in(path)})
"""File and variable."""


def test_variables_are_read_and_set_where_this_test_looks():
    assert {"SEGMAP_DATA", "SEGMAP_USER_GB", "SEGMAP_ENGINE_TOKEN", "PORT"} <= READ
    files = {file for file, _ in SET}
    assert files == {
        "Dockerfile",
        "compose.yaml",
        "engine.env.example",
        "env.example",
        "segmap.env.example",
    }


@pytest.mark.parametrize(("file", "name"), SET)
def test_variable_that_deploy_sets_is_read_by_something(file, name):
    assert name in READ | OF_OTHERS, f"{file} sets {name}, which nothing reads"


@pytest.mark.parametrize("name", sorted(READ))
def test_variable_that_is_read_is_documented(name):
    assert f"`{name}`" in (REPOSITORY / "docs" / "running.md").read_text()


@pytest.mark.parametrize("name", sorted(read_by(REPOSITORY / "webapp" / "settings.py")))
def test_variable_of_the_settings_stands_in_their_docstring(name):
    docstring = ast.get_docstring(ast.parse((REPOSITORY / "webapp" / "settings.py").read_text()))
    assert re.search(rf"\b{name}\b", docstring)


def test_documented_variables_are_read():
    named = re.findall(r"`(SEGMAP_[A-Z0-9_]+)`", (REPOSITORY / "docs" / "running.md").read_text())
    assert set(named) <= READ | OF_OTHERS
