"""A project with labels and images, a folder for backups, and an empty machine to restore on."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.drawn.labelled_project import prepare
from tests.drawn.stored_images import store_image
from tests.label_writer import Writer
from webapp.imaging.models import Image


@pytest.fixture
def images(transactional_db, cast) -> list[Image]:
    """A ready image and its like, in the one layer of the cast's project."""
    layer = prepare(cast.project)
    layer.images.all().delete()
    return [store_image(layer, cast.ana, seed=seed) for seed in (1, 2)]


@dataclass(frozen=True)
class EmptyMachine:
    """A data folder that nobody used yet; commands there are processes of their own."""

    data_dir: Path

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SEGMAP_DATA": str(self.data_dir), "SEGMAP_NOTICES_TO": ""}
        environment["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
        return subprocess.run(
            [sys.executable, REPOSITORY / "manage.py", *command],
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
            env=environment,
        )

    @property
    def database(self) -> Path:
        return self.data_dir / "segmap.sqlite3"


@pytest.fixture
def empty_machine(tmp_path) -> EmptyMachine:
    return EmptyMachine(tmp_path / "elsewhere")


@pytest.fixture
def writers(images, cast, client_of):
    """Ana and Max, who label all the while."""
    people = [Writer(cast, client_of(user), seed) for seed, user in ((1, cast.ana), (2, cast.max))]
    yield people
    for writer in people:
        writer.stop.set()
    for writer in people:
        writer.thread.join()
