"""A few rounds of kill -9; `python -m tests.kills` plays as many as you like."""

import pytest

from tests.kills.rounds import play
from tests.kills.worlds import embedded, on_servers
from tests.lacking import do_without
from tests.production.servers import NotHereError

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


def test_nothing_acknowledged_is_lost_on_one_machine():
    with embedded() as world:
        verdict = play(world, rounds=6, seed=1)
    assert verdict.is_clean, verdict
    assert verdict.acknowledged_edits > verdict.rounds


def test_nothing_acknowledged_is_lost_in_production():
    try:
        with on_servers() as world:
            verdict = play(world, rounds=len(world.victims), seed=1)
    except NotHereError as error:
        do_without(str(error))
    assert set(verdict.killed) == set(world.victims)
    assert verdict.is_clean, verdict
    assert verdict.acknowledged_edits > verdict.rounds
