"""The whole engine against a server's socket: real link, scheduler, runner, reader, outlines."""

import asyncio
import base64
import threading
import tomllib
from pathlib import Path

import pytest
import shapely

from inference.engine.link import VERSION, EngineRefused, EngineReplaced
from inference.messages import Failed, PassDone, Queued
from tests.drawn.click_layers import (
    PLANT,
    RESOLUTION,
    WATER,
    ColourNetwork,
    click,
    colour_runner,
    draw_layer,
    ground,
    paint,
    segment,
)
from tests.drawn.fake_server import TOKEN, ends, running_engine


@pytest.fixture
def source(tmp_path):
    """Bare ground with a plant that fits a window, a large one, and water."""
    pixels = ground(600, 600)
    paint(pixels, (190, 190, 215, 220), PLANT)
    paint(pixels, (300, 300, 460, 460), PLANT)
    paint(pixels, (50, 400, 90, 440), WATER)
    return draw_layer(tmp_path, pixels)


class GatedNetwork(ColourNetwork):
    """Waits in each pass until the test lets it go on."""

    def __init__(self):
        super().__init__()
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)

    def decode(self, features, previous_mask, click_map):
        self.entered.release()
        assert self.gate.acquire(timeout=30)
        return super().decode(features, previous_mask, click_map)

    async def has_begun(self):
        assert await asyncio.to_thread(self.entered.acquire, timeout=30)

    def open(self, passes=1000):
        self.gate.release(passes)


def stripped(passes):
    """Passes without what differs from run to run: times and the request's name."""
    return [p.model_copy(update={"network_s": 0, "rest_s": 0, "request": ""}) for p in passes]


async def test_engine_introduces_itself_with_its_token():
    async with running_engine(colour_runner()) as (server, _):
        assert server.headers == [f"Bearer {TOKEN}"]


async def test_click_is_answered_pass_by_pass_until_settled(source):
    async with running_engine(colour_runner()) as (server, _):
        passes = await server.answer(segment(source, [click(200, 200)]))
    assert [p.number for p in passes] == list(range(1, len(passes) + 1))
    assert [p.settled for p in passes] == [False] * (len(passes) - 1) + [True]
    assert {(p.request, p.draft, p.step) for p in passes} == {("r1", "d1", 1)}
    assert {(p.model_sha256, p.preset) for p in passes} == {("c" * 64, "interactive")}
    outline = shapely.from_wkb(base64.b64decode(passes[-1].outline))
    assert outline.area / RESOLUTION**2 == pytest.approx(25 * 30, rel=0.05)


async def test_growing_window_is_told_as_coarse_factor(source):
    async with running_engine(colour_runner()) as (server, _):
        passes = await server.answer(segment(source, [click(380, 380)]))
    assert [p.coarse_factor for p in passes][:3] == [1, 2, 4]
    assert passes[-1].mask.window.factor == 4


async def test_replay_from_stored_masks_equals_the_first_run(source):
    clicks = [click(380, 380), click(205, 205), click(320, 440, include=False)]
    runs = []
    for _ in range(2):  # each with an engine of its own: nothing in its memory
        answers, previous = [], None
        async with running_engine(colour_runner()) as (server, _):
            for step in range(1, 4):
                passes = await server.answer(
                    segment(source, clicks[:step], request=f"r{step}", previous=previous)
                )
                previous = passes[-1].mask
                answers += stripped(passes)
        runs.append(answers)
    assert runs[0] == runs[1]


async def test_one_step_replays_alone(source):
    clicks = [click(380, 380), click(320, 440, include=False)]
    async with running_engine(colour_runner()) as (server, _):
        first = await server.answer(segment(source, clicks[:1]))
        second = segment(source, clicks, request="r2", previous=first[-1].mask)
        in_row = await server.answer(second)
    async with running_engine(colour_runner()) as (server, _):
        alone = await server.answer(second)
    assert stripped(in_row) == stripped(alone)


@pytest.mark.parametrize(
    ("order", "largest_batch"), [((0, 1, 2), 1), ((2, 1, 0), 1), ((1, 2, 0), 1), ((0, 1, 2), 3)]
)
async def test_other_peoples_drafts_change_no_answer(source, order, largest_batch):
    places = [(200, 200), (380, 380), (70, 420)]
    alone = []
    for number, place in enumerate(places):
        async with running_engine(colour_runner()) as (server, _):
            question = segment(source, [click(*place)], draft=f"d{number}")
            alone.append(stripped(await server.answer(question)))
    async with running_engine(colour_runner(largest_batch=largest_batch)) as (server, _):
        for number in order:
            await server.send(
                segment(source, [click(*places[number])], request=f"r{number}", draft=f"d{number}")
            )
        open_requests, heard = {"r0", "r1", "r2"}, []
        while open_requests:
            (said,) = await server.until(lambda _: True)
            heard.append(said)
            open_requests -= {r for r in open_requests if ends(said, r)}
    for number in range(3):
        mine = [p for p in heard if isinstance(p, PassDone) and p.request == f"r{number}"]
        assert stripped(mine) == alone[number]


async def test_newer_click_silences_the_older_one_of_its_draft(source):
    network = GatedNetwork()
    async with running_engine(colour_runner(network=network)) as (server, _):
        try:
            await server.send(segment(source, [click(380, 380)], request="old"))
            await network.has_begun()
            await server.send(segment(source, [click(200, 200)], request="new"))
            # The engine has read the newer click once it answers the strange message after it.
            await server.send_text('{"type": "segment", "request": "marker"}')
            await server.until(lambda said: said.request == "marker")
        finally:
            network.open()
        heard = await server.until(lambda said: ends(said, "new"))
    assert {said.request for said in heard} == {"new"}


async def test_cancelled_click_is_not_answered(source):
    network = GatedNetwork()
    async with running_engine(colour_runner(network=network)) as (server, _):
        try:
            await server.send(segment(source, [click(380, 380)], request="gone"))
            await network.has_begun()
            await server.cancel("gone")
            await server.send(segment(source, [click(200, 200)], request="next", draft="d2"))
            await server.send_text('{"type": "segment", "request": "marker"}')
            await server.until(lambda said: said.request == "marker")
        finally:
            network.open()
        heard = await server.until(lambda said: ends(said, "next"))
    assert {said.request for said in heard} == {"next"}


async def test_waiting_click_is_told_its_place(source):
    network = GatedNetwork()
    async with running_engine(colour_runner(network=network)) as (server, _):
        try:
            await server.send(segment(source, [click(200, 200)], request="a", draft="da"))
            await network.has_begun()
            for name in "bc":
                question = segment(source, [click(200, 200)], request=name, draft=f"d{name}")
                await server.send(question)
            told = await server.until(lambda said: said.request == "c")
        finally:
            network.open()
    assert [(said.request, said.ahead) for said in told if isinstance(said, Queued)] == [
        ("b", 1),
        ("c", 2),
    ]


async def test_more_than_the_capacity_is_refused_with_a_sentence(source):
    network = GatedNetwork()
    async with running_engine(colour_runner(network=network), capacity=1) as (server, _):
        try:
            await server.send(segment(source, [click(200, 200)], request="a", draft="da"))
            await network.has_begun()
            await server.send(segment(source, [click(200, 200)], request="b", draft="db"))
            (said,) = await server.until(lambda said: said.request == "b")
        finally:
            network.open()
    assert isinstance(said, Failed)
    assert "Click again" in said.sentence


async def test_second_click_in_a_window_does_not_encode_it_again(source):
    network = ColourNetwork()
    async with running_engine(colour_runner(network=network)) as (server, _):
        first = await server.answer(segment(source, [click(200, 200)]))
        encoded = network.encoded
        clicks = [click(200, 200), click(210, 210)]
        await server.answer(segment(source, clicks, request="r2", previous=first[-1].mask))
    assert network.encoded == encoded


async def test_bad_requests_end_with_a_sentence_and_the_engine_lives_on(source, tmp_path):
    damaged = tmp_path / "damaged.tif"
    damaged.write_bytes(b"II*\0 and then nothing")
    bad_file = source.model_copy(
        update={
            "key": "damaged",
            "files": [source.files[0].model_copy(update={"path": str(damaged)})],
        }
    )
    async with running_engine(colour_runner()) as (server, _):
        failures = []
        for number, question in enumerate(
            [
                segment(bad_file, [click(200, 200)]),
                segment(source, [click(-5, 200)]),
                segment(source, [click(200, 200, include=False)]),
                segment(source, [click(200, 200)], start_outline="nonsense"),
            ]
        ):
            named = question.model_copy(update={"request": f"bad{number}"})
            failures += await server.answer(named)
        await server.send_text("no JSON at all")
        await server.send_text('{"type": "segment", "request": "strange"}')
        failures += await server.until(lambda said: said.request == "strange")
        passes = await server.answer(segment(source, [click(200, 200)], request="good"))
    assert [type(failure) for failure in failures] == [Failed] * 5
    assert "damaged.tif" in failures[0].sentence
    assert "no image here" in failures[1].sentence
    assert passes[-1].settled


async def test_error_of_the_engines_own_ends_one_request_only(source):
    class Broken(ColourNetwork):
        def decode(self, features, previous_mask, click_map):
            if self.decoded == 0:
                self.decoded = 1
                raise ZeroDivisionError
            return super().decode(features, previous_mask, click_map)

    async with running_engine(colour_runner(network=Broken())) as (server, _):
        (failure,) = await server.answer(segment(source, [click(200, 200)], request="unlucky"))
        passes = await server.answer(segment(source, [click(200, 200)], request="next"))
    assert isinstance(failure, Failed)
    assert "error of its own" in failure.sentence
    assert passes[-1].settled


async def test_lost_connection_is_dialled_again(source, monkeypatch):
    monkeypatch.setattr("inference.engine.link.FIRST_DELAY_S", 0.01)
    async with running_engine(colour_runner()) as (server, _):
        await server.socket.close(1012)
        await asyncio.wait_for(server.hellos.get(), 30)
        passes = await server.answer(segment(source, [click(200, 200)]))
    assert passes[-1].settled


@pytest.mark.parametrize("refusal", [403, 4401], ids=["before accepting", "after accepting"])
async def test_refused_token_stops_the_engine_with_a_sentence(refusal):
    async with running_engine(colour_runner(), refusal=refusal) as (_, task):
        with pytest.raises(EngineRefused, match="SEGMAP_ENGINE_TOKEN"):
            await asyncio.wait_for(task, 30)


async def test_engine_whose_token_another_one_uses_stops_with_a_sentence():
    async with running_engine(colour_runner()) as (server, task):
        await server.socket.close(4409)
        with pytest.raises(EngineReplaced, match="engine add"):
            await asyncio.wait_for(task, 30)


def test_version_told_is_the_programs():
    project = Path(__file__).parents[2] / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == VERSION
