"""The hub between drafts and engines, with links that only note what they were sent."""

import asyncio

import pytest

from inference.messages import Failed, PassDone, Queued
from tests.drawn.engine_answers import draw_request
from tests.engine_end import Engine
from webapp.engines.hub import (
    MOST_ANSWERS_KEPT,
    EngineGone,
    EngineHub,
    EngineLost,
    NoCredit,
)
from webapp.engines.segmenter import EngineAway
from webapp.errors import TooMany


@pytest.fixture
def hub():
    return EngineHub()


async def started(hub, request, **options):
    """A task that collects a request's answers; it has begun when this returns."""

    async def collect():
        return [answer async for answer in hub.answers(request, **options)]

    task = asyncio.create_task(collect())
    await asyncio.sleep(0)
    return task


def passes(answers):
    return [answer.number for answer in answers if isinstance(answer, PassDone)]


def places(answers):
    return [answer.ahead for answer in answers if isinstance(answer, Queued)]


async def test_passes_arrive_in_order_and_the_stream_ends_when_settled(hub):
    engine, request = Engine(hub, "a"), draw_request()
    task = await started(hub, request)
    for number in (1, 2, 3):
        engine.answer(request, number)
    assert passes(await task) == [1, 2, 3]
    assert engine.cancelled == []


async def test_without_an_engine_the_person_is_told_at_once(hub):
    with pytest.raises(EngineAway) as away:
        await (await started(hub, draw_request()))
    assert "clicks run when it is back" in away.value.sentence


async def test_newer_click_of_a_draft_ends_the_older_one(hub):
    engine = Engine(hub, "a", capacity=2)
    old, new = draw_request(step=1), draw_request(step=2)
    first = await started(hub, old)
    second = await started(hub, new)
    assert await first == []
    assert engine.cancelled == [old.request]
    engine.answer(old)  # it was on its way: nobody hears it
    engine.settle(new)
    assert passes(await second) == [3]


async def test_newer_click_replaces_one_that_still_waits_without_a_word_to_the_engine(hub):
    engine = Engine(hub, "a")
    other = draw_request("other")
    running = await started(hub, other)
    waiting = await started(hub, draw_request(step=1))
    newest = await started(hub, draw_request(step=2))
    assert places(await waiting) == [1]
    engine.settle(other)
    await running
    assert engine.asked == [other.request, "draft/2"]
    assert engine.cancelled == []
    engine.settle(draw_request(step=2))
    assert places(await newest) == [1]


async def test_engine_gets_no_more_than_it_has_credit_for(hub):
    engine = Engine(hub, "a", capacity=2)
    requests = [draw_request(f"draft {index}") for index in range(5)]
    tasks = [await started(hub, request) for request in requests]
    assert len(engine.asked) == 2
    for request, task in zip(requests, tasks, strict=True):
        engine.settle(request)
        await task
    assert engine.asked == [request.request for request in requests]


async def test_place_in_the_line_is_told_and_told_anew_when_it_moves(hub):
    engine = Engine(hub, "a")
    requests = [draw_request(f"draft {index}") for index in range(3)]
    tasks = [await started(hub, request) for request in requests]
    engine.settle(requests[0])
    engine.settle(requests[1])
    engine.settle(requests[2])
    assert [places(await task) for task in tasks] == [[], [1], [2, 1]]


async def test_line_has_an_end(hub):
    hub = EngineHub(most_waiting=2)
    Engine(hub, "a")
    for index in range(3):
        await started(hub, draw_request(f"draft {index}"))
    with pytest.raises(TooMany):
        await (await started(hub, draw_request("one too many")))


async def test_clicks_that_only_waited_when_the_last_engine_died_are_to_run_later(hub):
    engine = Engine(hub, "a")
    await started(hub, draw_request("running"))
    waiting = await started(hub, draw_request("waiting"))
    engine.die()
    with pytest.raises(EngineAway):
        await waiting


async def test_reader_that_leaves_frees_the_engine(hub):
    engine, request = Engine(hub, "a"), draw_request()
    task = await started(hub, request)
    waiting = await started(hub, draw_request("next"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.cancelled == [request.request]
    assert engine.asked == [request.request, "next/1"]
    hub.cancel("next/1")
    await waiting


async def test_failure_is_passed_on_and_ends_the_request(hub):
    engine, request = Engine(hub, "a"), draw_request()
    task = await started(hub, request)
    sentence = "The image cannot be read."
    hub.answered(engine.link, Failed(type="failed", request=request.request, sentence=sentence))
    assert [answer.sentence for answer in await task] == [sentence]
    assert engine.link.has_credit


async def test_answer_for_another_step_or_from_another_engine_is_dropped(hub):
    engine, request = Engine(hub, "a"), draw_request()
    task = await started(hub, request)
    stranger = Engine(hub, "b")
    engine.answer(request, step=7)
    engine.answer(request, draft="another")
    stranger.answer(request)
    engine.settle(request)
    assert passes(await task) == [3]


async def test_slow_reader_loses_the_oldest_passes_and_never_the_last(hub):
    engine, request = Engine(hub, "a"), draw_request()
    task = await started(hub, request)
    for number in range(1, 101):
        engine.answer(request, number, 100)
    assert passes(await task) == list(range(101 - MOST_ANSWERS_KEPT, 101))


async def test_status_names_the_engine_and_its_coming_and_going_is_told(hub):
    came = []
    hub.when_engines_change(lambda: came.append(hub.status().device))
    assert not hub.status().connected
    engine = Engine(hub, "a")
    assert came == ["drawn"]
    assert hub.status().model == "tiny"
    engine.die()
    assert came == ["drawn", ""]


async def test_request_that_an_engine_died_of_ends_after_what_it_has_had(hub):
    engine, request = Engine(hub, "a"), draw_request()
    heard = []

    async def collect():
        async for answer in hub.answers(request):
            heard.extend([answer.number])

    task = asyncio.create_task(collect())
    await asyncio.sleep(0)
    engine.answer(request, 1)
    engine.die()
    with pytest.raises(EngineLost):
        await task
    assert heard == [1]
    engine.answer(request, 2)  # a ghost: dropped


async def test_named_engine_answers_at_once_or_not_at_all(hub):
    first, second = Engine(hub, "a"), Engine(hub, "b")
    running = await started(hub, draw_request("running"), engine="b")
    assert (first.asked, second.asked) == ([], ["running/1"])
    with pytest.raises(NoCredit):
        await (await started(hub, draw_request("more"), engine="b"))
    with pytest.raises(EngineGone):
        await (await started(hub, draw_request("more"), engine="c"))
    second.settle(draw_request("running"))
    assert passes(await running) == [3]


async def test_newer_click_takes_the_credit_that_its_older_one_had(hub):
    engine = Engine(hub, "a")
    await started(hub, draw_request(step=1), engine="a")
    await started(hub, draw_request(step=2), engine="a")
    assert engine.asked == ["draft/1", "draft/2"]


async def test_request_that_has_waited_before_goes_to_the_front(hub):
    engine = Engine(hub, "a")
    await started(hub, draw_request("running"))
    await started(hub, draw_request("waiting"))
    await started(hub, draw_request("lost elsewhere"), first=True)
    engine.settle(draw_request("running"))
    assert engine.asked == ["running/1", "lost elsewhere/1"]
