import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client

from tests.browsers import chromium_path
from tests.cast import Cast, make_cast
from tests.lacking import do_without
from tests.s3_server import CREDENTIALS, REGION, Kept, S3Server
from webapp.accounts.models import User
from webapp.service_addresses import Bucket

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path) -> Path:
    """The data folder of one test."""
    settings.DATA_DIR = tmp_path / "data"
    for name in ("uploads", "cogs", "exports", "queue", "run"):
        (settings.DATA_DIR / name).mkdir(parents=True)
    return settings.DATA_DIR


@pytest.fixture
def cast(db) -> Cast:
    """A project with its people; see tests/cast.py."""
    return make_cast()


@pytest.fixture
def client_of() -> Callable[[User | None], Client]:
    """`client_of(cast.ana)`: a test client in which she is signed in (None: nobody is)."""

    def signed_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return signed_in


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The shared data (real imagery); skips where it is not."""
    folder = Path(os.environ.get("SEGMAP_SHARED") or REPOSITORY.parent / "shared").resolve()
    if not (folder / "imagery").is_dir():
        pytest.skip(f"the shared data is not at {folder}; name its folder in SEGMAP_SHARED")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; without one, skips, or fails where REQUIRE_ALL=1."""
    found = chromium_path()
    if found is None:
        do_without("there is no Chromium here; install one, or name it in CHROME_PATH")
    return found


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A server that speaks S3."""
    server = S3Server()
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch) -> Kept:
    """An empty bucket; the settings do not name it yet: `settings.OBJECTS = bucket.bucket`."""
    name = f"imagery-{uuid4().hex}"
    s3_server.client.create_bucket(Bucket=name)
    for variable, value in CREDENTIALS.items():
        monkeypatch.setenv(variable.upper(), value)
    return Kept(s3_server, Bucket(name, "maps/segmap", s3_server.endpoint, REGION))
