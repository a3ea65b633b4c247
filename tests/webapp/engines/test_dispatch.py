"""Which engine answers a draft, and what happens when it dies, in one web process."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.messages import ClickMessage, Failed, PassDone, Queued
from tests.drawn.engine_answers import draw_request
from tests.engine_end import Engine
from webapp.engines.affinity import affinity
from webapp.engines.dispatch import EngineDispatch
from webapp.engines.hub import EngineHub
from webapp.engines.segmenter import EngineAway


def draw_request_at(x, draft="", step=1):
    """A request whose draft began at `x`; drafts at other windows belong to other engines."""
    request = draw_request(draft or f"draft at {x}", step)
    first = ClickMessage(x=x, y=50, include=True)
    return request.model_copy(update={"clicks": [first, *request.clicks[1:]]})


def favourite(request, engines):
    return max(engines, key=lambda engine: affinity(request, engine))


@pytest.fixture
def dispatch():
    return EngineDispatch(EngineHub())


async def started(dispatch, request):
    """A task that collects a request's answers; it has begun when this returns."""

    async def collect():
        return [answer async for answer in dispatch.segment(request)]

    task = asyncio.create_task(collect())
    await asyncio.sleep(0)
    return task


async def turn():
    """Let what is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


def passes(answers):
    return [answer.number for answer in answers if isinstance(answer, PassDone)]


# --- Rendezvous ----------------------------------------------------------------------------------

engine_names = st.sets(st.text("abcdef0123456789", min_size=4), min_size=2, max_size=8)
places = st.lists(st.floats(0, 10_000), min_size=1, max_size=40)


@given(engine_names, places, st.data())
def test_only_the_drafts_of_an_engine_that_left_move(engines, xs, data):
    gone = data.draw(st.sampled_from(sorted(engines)))
    for request in map(draw_request_at, xs):
        before, after = favourite(request, engines), favourite(request, engines - {gone})
        assert after == before or before == gone


@given(engine_names, st.floats(0, 10_000), st.integers(2, 5))
def test_later_clicks_of_a_draft_go_where_the_first_one_went(engines, x, step):
    first, later = draw_request_at(x), draw_request_at(x, step=step)
    assert favourite(first, engines) == favourite(later, engines)


def test_drafts_all_over_a_layer_are_spread_over_its_engines():
    engines = ["a", "b", "c"]
    chosen = [favourite(draw_request_at(40 * place), engines) for place in range(300)]
    assert all(70 <= chosen.count(engine) <= 130 for engine in engines)


def test_drafts_in_one_window_share_an_engine():
    engines = [f"engine {number}" for number in range(50)]
    first, other = draw_request_at(160.0, "one"), draw_request_at(163.0, "other")
    assert favourite(first, engines) == favourite(other, engines)


# --- In one process ------------------------------------------------------------------------------


async def test_draft_goes_to_its_own_engine(dispatch):
    engines = [Engine(dispatch.hub, name, capacity=100) for name in ("a", "b", "c")]
    requests = [draw_request_at(40 * place) for place in range(30)]
    for request in requests:
        await started(dispatch, request)
    for engine in engines:
        own = [r.request for r in requests if favourite(r, ["a", "b", "c"]) == engine.name]
        assert engine.asked == own


async def test_engine_without_credit_leaves_a_draft_to_the_next(dispatch):
    first, second = Engine(dispatch.hub, "a"), Engine(dispatch.hub, "b")
    for draft in ("one", "two"):
        await started(dispatch, draw_request(draft))
    assert [len(first.asked), len(second.asked)] == [1, 1]


async def test_draft_waits_in_line_and_is_told_its_place_where_no_engine_has_credit(dispatch):
    engine = Engine(dispatch.hub, "a")
    await started(dispatch, draw_request("running"))
    task = await started(dispatch, draw_request("waiting"))
    await turn()
    engine.settle(draw_request("running"))
    await turn()
    engine.settle(draw_request("waiting"))
    answers = await task
    assert [answer.ahead for answer in answers if isinstance(answer, Queued)] == [1]
    assert passes(answers) == [3]


async def test_without_an_engine_the_person_is_told_at_once(dispatch):
    with pytest.raises(EngineAway) as away:
        await (await started(dispatch, draw_request()))
    assert "clicks run when it is back" in away.value.sentence


async def test_newer_click_of_a_draft_ends_the_older_one(dispatch):
    engine = Engine(dispatch.hub, "a", capacity=2)
    first = await started(dispatch, draw_request(step=1))
    second = await started(dispatch, draw_request(step=2))
    assert await first == []
    assert engine.cancelled == ["draft/1"]
    engine.settle(draw_request(step=2))
    assert passes(await second) == [3]


async def test_cancelled_request_ends_and_its_engine_is_told(dispatch):
    engine, request = Engine(dispatch.hub, "a"), draw_request()
    task = await started(dispatch, request)
    dispatch.cancel(request.request)
    assert await task == []
    assert engine.cancelled == [request.request]
    dispatch.cancel("unknown")


async def test_another_engine_takes_over_when_one_dies(dispatch):
    first = Engine(dispatch.hub, "a")
    request = draw_request()
    task = await started(dispatch, request)
    second = Engine(dispatch.hub, "b")
    first.answer(request, 1)
    first.die()
    await turn()
    assert second.asked == [request.request]
    first.answer(request, 2)  # a ghost: dropped
    second.answer(request, 1)
    second.settle(request)
    assert passes(await task) == [1, 1, 3]


async def test_request_that_two_engines_died_of_is_not_given_to_a_third(dispatch):
    first = Engine(dispatch.hub, "a")
    task = await started(dispatch, draw_request())
    second = Engine(dispatch.hub, "b")
    first.die()
    await turn()
    third = Engine(dispatch.hub, "c")
    second.die()
    (failed,) = await task
    assert isinstance(failed, Failed)
    assert third.asked == []


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (0, "The engine was lost before it found an outline. Click again to go on."),
        (2, "The outline stopped at pass 2. Click again to go on."),
    ],
)
async def test_last_engine_dies_and_the_person_is_told_how_far_it_came(dispatch, done, said):
    engine, request = Engine(dispatch.hub, "a"), draw_request()
    task = await started(dispatch, request)
    for number in range(1, done + 1):
        engine.answer(request, number)
    engine.die()
    assert (await task)[-1].sentence == said
    assert not dispatch.status().connected


async def test_clicks_that_only_waited_when_the_last_engine_died_are_to_run_later(dispatch):
    engine = Engine(dispatch.hub, "a")
    await started(dispatch, draw_request("running"))
    waiting = await started(dispatch, draw_request("waiting"))
    await turn()
    engine.die()
    with pytest.raises(EngineAway):
        await waiting


async def test_engines_that_come_and_go_are_told(dispatch):
    heard = []
    dispatch.when_engines_change(lambda: heard.append(dispatch.status().connected))
    Engine(dispatch.hub, "a").die()
    assert heard == [True, False]
