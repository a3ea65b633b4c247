"""A project that can be labelled, somebody who makes drafts in it, and its socket."""

import pytest

from tests.cast import Cast
from tests.drawn.drafter import Drafter
from tests.drawn.labelled_project import prepare
from tests.project_page import Server


@pytest.fixture
def place(cast) -> Cast:
    prepare(cast.project)
    return cast


@pytest.fixture
def ana(place) -> Drafter:
    return Drafter(place, place.ana)


@pytest.fixture
def server(cast, client_of) -> Server:
    prepare(cast.project)
    return Server(cast, client_of)
