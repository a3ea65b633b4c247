from collections.abc import Iterator

import pytest

from tests.lacking import do_without
from tests.production.servers import (
    NotHereError,
    Postgres,
    Redis,
    server_folder,
    start_postgres,
    start_redis,
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL; without one on this machine, skips, or fails where REQUIRE_ALL=1."""
    with server_folder() as folder:
        try:
            with start_postgres(folder) as server:
                yield server
        except NotHereError as error:
            do_without(str(error))


@pytest.fixture
def database(postgres) -> str:
    """The address of an empty database in that PostgreSQL, for one test."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A Redis; without one on this machine, skips, or fails where REQUIRE_ALL=1."""
    with server_folder() as folder:
        try:
            with start_redis(folder) as server:
                yield server
        except NotHereError as error:
            do_without(str(error))
