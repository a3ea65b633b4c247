"""Requests from one web process to an engine of another, over a layer that may lose anything."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest
from channels.layers import get_channel_layer
from django.utils import timezone

from inference.messages import Failed, PassDone, Queued, Segment
from tests.drawn.engine_answers import draw_pass, draw_request
from webapp.engines.affinity import affinity
from webapp.engines.dispatch import EngineDispatch
from webapp.engines.hub import EngineHub, EngineLink
from webapp.engines.models import Engine
from webapp.engines.relay import Relay
from webapp.engines.segmenter import EngineAway
from webapp.realtime.in_database import in_database

pytestmark = pytest.mark.django_db(transaction=True)

REMIND_EVERY_S = 0.02
MODEL = {"name": "tiny", "architecture": "drawn", "sha256": "ab" * 32, "size": 64, "bands": 3}
WITHIN_S = 20


@pytest.fixture(autouse=True)
def layer(settings):
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "tests.lossy_layer.LossyLayer", "CONFIG": {"capacity": 5000}}
    }
    return get_channel_layer()


class Process:
    """A web process: its hub, and its view of all engines."""

    def __init__(self, **relay_options):
        self.hub = EngineHub()
        options = {"remind_every_s": REMIND_EVERY_S, **relay_options}
        self.dispatch = EngineDispatch(self.hub, Relay(self.hub, **options))
        self._changed = asyncio.Event()
        self.dispatch.when_engines_change(self._changed.set)

    async def start(self):
        self.dispatch.start()
        await self.until(lambda: self.channel and self.dispatch.relay.carries)
        return self

    @property
    def channel(self):
        return self.dispatch.relay.channel

    async def until(self, is_so):
        """Look at the rows until it is so."""
        async with asyncio.timeout(WITHIN_S):
            while not is_so():
                await self.dispatch.look()
                await asyncio.sleep(0)

    async def knows(self, *engines):
        names = sorted(engine.name for engine in engines)
        await self.until(lambda: sorted(e.engine for e in self.dispatch.engines()) == names)

    async def started(self, request):
        async def collect():
            return [answer async for answer in self.dispatch.segment(request)]

        return asyncio.create_task(collect())


@dataclass
class RemoteEngine:
    """An engine with a row; it answers by itself: `passes` passes, if it is not `silent`."""

    process: Process
    name: str = ""
    capacity: int = 8
    passes: int = 3
    silent: bool = False
    asked: asyncio.Queue = field(default_factory=asyncio.Queue)
    cancelled: asyncio.Queue = field(default_factory=asyncio.Queue)

    async def dial_in(self):
        row = await in_database(Engine.objects.create)(
            name=f"row {random.random()}",
            token_sha256=f"{random.random()}",
            device="far",
            models_loaded=[MODEL],
            connected=True,
            holder=self.process.channel,
            last_seen_at=timezone.now(),
        )
        self.name = str(row.uid)
        self.link = EngineLink(self.name, "far", "tiny", [1, 2, 3], self.capacity, self._hear)
        self.process.hub.connected(self.link)
        return self

    def _hear(self, message):
        if not isinstance(message, Segment):
            self.cancelled.put_nowait(message.request)
            return
        self.asked.put_nowait(message)
        if not self.silent:
            for number in range(1, self.passes + 1):
                asyncio.get_running_loop().call_soon(self.answer, message, number)

    def answer(self, request, number, limit=None):
        done = draw_pass(request, number, limit or self.passes)
        self.process.hub.answered(self.link, done)

    async def die(self):
        self.process.hub.disconnected(self.link)
        await in_database(Engine.objects.filter(uid=self.name).update)(connected=False)


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, WITHIN_S)


def settled(answers):
    return [a for a in answers if isinstance(a, PassDone) and a.settled]


@pytest.fixture
async def here():
    return await Process().start()


@pytest.fixture
async def there():
    return await Process().start()


async def test_click_is_answered_by_an_engine_of_another_process(here, there):
    engine = await RemoteEngine(there).dial_in()
    await here.knows(engine)
    request = draw_request()
    answers = await soon(await here.started(request))
    assert settled(answers) == [draw_pass(request, 3, 3)]
    assert (await engine.asked.get()) == request
    assert here.dispatch.status().device == "far"


async def test_nothing_is_lost_by_a_layer_that_loses_every_third_message(there, layer):
    here = await Process(most_silent=100).start()
    engine = await RemoteEngine(there, capacity=3).dial_in()
    await here.knows(engine)
    drawn = random.Random(5)
    layer.lose = lambda channel, message: drawn.random() < 1 / 3
    requests = [draw_request(f"draft {number}") for number in range(40)]
    tasks = [await here.started(request) for request in requests]
    for request, task in zip(requests, tasks, strict=True):
        assert settled(await soon(task)) == [draw_pass(request, 3, 3)]


async def test_last_pass_that_was_lost_is_asked_for_again(here, there, layer):
    engine = await RemoteEngine(there, passes=1).dial_in()
    await here.knows(engine)
    lost = []

    def lose_the_first_pass(channel, message):
        is_pass = '"answer":{"type":"pass"' in message.get("text", "")
        if is_pass and not lost:
            lost.append(message)
            return True
        return False

    layer.lose = lose_the_first_pass
    assert settled(await soon(await here.started(draw_request())))
    assert len(lost) == 1


async def test_question_that_was_doubled_is_computed_once(here, there, layer):
    engine = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(engine)
    kept_back = []

    def lose_what_is_said(channel, message):
        is_said = '"type":"said"' in message.get("text", "")
        if is_said and len(kept_back) < 2:
            kept_back.append(message)
            return True
        return False

    layer.lose = lose_what_is_said
    request = draw_request()
    task = await here.started(request)
    await soon(engine.asked.get())
    engine.answer(request, 1, 1)
    assert settled(await soon(task))
    assert engine.asked.empty()


async def test_newer_click_ends_the_older_one_across_processes(here, there):
    engine = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(engine)
    first = await here.started(draw_request(step=1))
    old = await soon(engine.asked.get())
    second = await here.started(draw_request(step=2))
    new = await soon(engine.asked.get())
    assert await soon(first) == []
    assert await soon(engine.cancelled.get()) == old.request
    engine.answer(new, 1, 1)
    assert settled(await soon(second))


async def test_same_draft_clicked_in_two_processes_has_one_request_and_the_newest_wins(here, there):
    engine = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(engine)
    older = await here.started(draw_request(step=1))
    await soon(engine.asked.get())
    newer = await there.started(draw_request(step=2))
    assert await soon(older) == []
    assert await soon(engine.cancelled.get()) == "draft/1"
    engine.answer(await soon(engine.asked.get()), 1, 1)
    assert settled(await soon(newer))


async def test_cancel_travels_even_when_it_is_lost(here, layer):
    there = await Process(lease_s=10 * REMIND_EVERY_S).start()
    engine = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(engine)
    task = await here.started(draw_request())
    await soon(engine.asked.get())
    layer.lose = lambda channel, message: '"type":"drop"' in message.get("text", "")
    here.dispatch.cancel("draft/1")
    assert await soon(task) == []
    async with asyncio.timeout(WITHIN_S):
        while engine.cancelled.empty():
            await there.dispatch.relay.look_around()
            await asyncio.sleep(0)


async def test_holder_is_reminded_also_while_answers_come_thick_and_fast(there, layer):
    here = await Process(remind_every_s=WITHIN_S, lease_s=0).start()
    engine = await RemoteEngine(there).dial_in()
    await here.knows(engine)
    reminders = []

    def note(channel, message):
        if '"type":"remind"' in message.get("text", ""):
            reminders.append(channel)
        return False

    layer.lose = note
    assert settled(await soon(await here.started(draw_request())))
    assert there.channel in reminders


async def test_place_in_the_line_of_another_process_is_told(here, there):
    engine = await RemoteEngine(there, capacity=1, silent=True).dial_in()
    await here.knows(engine)
    running = await here.started(draw_request("running"))
    first = await soon(engine.asked.get())
    waiting = await here.started(draw_request("waiting"))
    await there.until(lambda: there.hub.load().waiting == 1)
    engine.answer(first, 1, 1)
    await soon(running)
    engine.answer(await soon(engine.asked.get()), 1, 1)
    answers = await soon(waiting)
    assert [a.ahead for a in answers if isinstance(a, Queued)] == [1]
    assert settled(answers)


async def test_engine_elsewhere_without_credit_leaves_the_draft_to_ours(here, there):
    far = await RemoteEngine(there, capacity=1, silent=True).dial_in()
    near = await RemoteEngine(here).dial_in()
    await here.knows(far, near)
    drafts = (draw_request(f"draft {number}") for number in range(2))
    place = next(x for x in range(100) if _belongs_to(far, near, x))
    requests = [_at(request, place) for request in drafts]
    await here.started(requests[0])
    assert (await soon(far.asked.get())).request == "draft 0/1"
    assert settled(await soon(await here.started(requests[1])))
    assert near.asked.qsize() == 1


async def test_engine_that_dies_leaves_its_requests_to_one_of_another_process(here, there):
    far = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(far)
    request = draw_request()
    task = await here.started(request)
    await soon(far.asked.get())
    far.answer(request, 1, 3)
    near = await RemoteEngine(here).dial_in()
    await far.die()
    answers = await soon(task)
    assert settled(answers)
    assert near.asked.qsize() == 1


async def test_only_engine_dies_elsewhere_and_the_person_is_told(here, there):
    far = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(far)
    task = await here.started(draw_request())
    await soon(far.asked.get())
    await far.die()
    (failed,) = await soon(task)
    assert isinstance(failed, Failed)
    await here.until(lambda: not here.dispatch.status().connected)


async def test_process_that_falls_silent_loses_its_requests_and_is_asked_nothing(
    here, there, layer
):
    third = await Process().start()
    lost = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(lost)
    task = await here.started(draw_request())
    await soon(lost.asked.get())
    other = await RemoteEngine(third).dial_in()
    await here.knows(lost, other)
    layer.lose = lambda channel, message: channel == there.channel
    assert settled(await soon(task))
    assert other.asked.qsize() == 1
    await here.knows(other)


async def test_layer_that_is_down_leaves_our_own_engines(here, there, layer):
    far = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(far)
    task = await here.started(draw_request())
    await soon(far.asked.get())
    near = await RemoteEngine(here).dial_in()
    layer.is_down = True
    assert settled(await soon(task))
    assert near.asked.qsize() == 1


async def test_layer_that_is_down_and_no_engine_here_is_an_engine_that_is_away(here, there, layer):
    far = await RemoteEngine(there, silent=True).dial_in()
    await here.knows(far)
    layer.is_down = True
    with pytest.raises(EngineAway):
        await soon(await here.started(draw_request()))
    layer.is_down = False
    told = asyncio.Event()
    here.dispatch.when_engines_change(told.set)
    await here.dispatch.look()
    await soon(told.wait())  # the click that waits runs again


async def test_row_that_was_not_seen_for_long_is_no_engine(here, there):
    far = await RemoteEngine(there).dial_in()
    await here.knows(far)
    long_ago = timezone.now() - timezone.timedelta(minutes=1)
    await in_database(Engine.objects.update)(last_seen_at=long_ago)
    await here.until(lambda: not here.dispatch.status().connected)


def _at(request, place):
    first = request.clicks[0].model_copy(update={"x": 40.0 * place})
    return request.model_copy(update={"clicks": [first]})


def _belongs_to(far, near, place):
    request = _at(draw_request(), place)
    return affinity(request, far.name) > affinity(request, near.name)
