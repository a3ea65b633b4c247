"""The hub between drafts and engines, with links that only note what they were sent."""

import asyncio
from dataclasses import dataclass, field

import pytest

from inference.messages import Cancel, Failed, PassDone, Queued, Segment
from tests.drawn.engine_answers import draw_pass, draw_request
from webapp.engines.dispatch import MOST_ANSWERS_KEPT, EngineAway, EngineHub, EngineLink
from webapp.errors import TooMany


@dataclass
class Engine:
    """An engine's end of a link."""

    hub: EngineHub
    name: str
    capacity: int = 1
    heard: list = field(default_factory=list)

    def __post_init__(self):
        self.link = EngineLink(
            engine=self.name,
            device="drawn",
            model="tiny",
            capacity=self.capacity,
            post=self.heard.append,
        )
        self.hub.connected(self.link)

    @property
    def asked(self) -> list[str]:
        return [message.request for message in self.heard if isinstance(message, Segment)]

    @property
    def cancelled(self) -> list[str]:
        return [message.request for message in self.heard if isinstance(message, Cancel)]

    def answer(self, request: Segment, number=1, limit=3, **other):
        self.hub.answered(self.link, draw_pass(request, number, limit, **other))

    def settle(self, request: Segment):
        self.answer(request, 3, 3)

    def die(self):
        self.hub.disconnected(self.link)


@pytest.fixture
def hub():
    return EngineHub()


async def started(hub, request):
    """A task that collects a request's answers; it has begun when this returns."""

    async def collect():
        return [answer async for answer in hub.segment(request)]

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


async def test_draft_stays_with_its_engine_and_others_are_spread(hub):
    engines = [Engine(hub, name, capacity=100) for name in ("a", "b", "c")]
    requests = [draw_request(f"draft {index}") for index in range(60)]
    for request in requests:
        await started(hub, request)
    home = {draft: engine.name for engine in engines for draft in engine.asked}
    assert all(10 <= len(engine.asked) <= 30 for engine in engines)
    for request in requests:
        hub.cancel(request.request)
    for request in requests:
        await started(hub, draw_request(request.draft, step=2))
    for engine in engines:
        later = [draft for draft in engine.asked if draft.endswith("/2")]
        assert {home[draft.replace("/2", "/1")] for draft in later} == {engine.name}


async def test_another_engine_takes_over_when_one_dies(hub):
    first = Engine(hub, "a")
    request = draw_request()
    task = await started(hub, request)
    second = Engine(hub, "b")
    first.answer(request, 1)
    first.die()
    assert second.asked == [request.request]
    first.answer(request, 2)  # a ghost: dropped
    second.answer(request, 1)
    second.settle(request)
    assert passes(await task) == [1, 1, 3]


async def test_request_that_two_engines_died_of_is_not_given_to_a_third(hub):
    first = Engine(hub, "a")
    request = draw_request()
    task = await started(hub, request)
    second = Engine(hub, "b")
    first.die()
    third = Engine(hub, "c")
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
async def test_last_engine_dies_and_the_person_is_told_how_far_it_came(hub, done, said):
    engine, request = Engine(hub, "a"), draw_request()
    task = await started(hub, request)
    for number in range(1, done + 1):
        engine.answer(request, number)
    engine.die()
    assert (await task)[-1].sentence == said
    assert not hub.status().connected


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


async def test_status_names_the_engine_and_its_coming_is_told(hub):
    came = []
    hub.when_engine_comes(lambda: came.append(hub.status().device))
    assert not hub.status().connected
    Engine(hub, "a")
    assert came == ["drawn"]
    assert hub.status().model == "tiny"
