"""Prints the packages of one kind of process, for an image that holds nothing else.

`python deploy/requirements.py web | engine`: names of pyproject.toml; the versions are those of
constraints.txt. A web process or job worker loads no network, an engine knows nothing of the web.
"""

import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text())

NEVER_IN = {
    "web": {
        "contourpy",
        "opencv-python-headless",
        "safetensors",
        "scikit-image",
        "timm",
        "torch",
        "torchvision",
    },
    "engine": {
        "celery",
        "channels",
        "django",
        "django-ninja",
        "httptools",
        "morecantile",
        "prometheus-client",
        "rio-cogeo",
        "rio-tiler",
        "uuid-utils",
        "uvicorn",
        "uvloop",
        "whitenoise",
    },
}
EXTRA = {"web": ("production",), "engine": ()}


def packages(kind: str) -> list[str]:
    """What `kind` needs, by name."""
    project = PROJECT["project"]
    wanted = [name for name in project["dependencies"] if name not in NEVER_IN[kind]]
    for extra in EXTRA[kind]:
        wanted += project["optional-dependencies"][extra]
    return wanted


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in packages(sys.argv[1])))
