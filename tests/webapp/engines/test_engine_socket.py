"""An engine dials in: token, hello, requests, death."""

import asyncio
import json

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from inference.messages import to_engine
from tests.drawn.engine_answers import draw_hello, draw_pass, draw_request
from tests.socket_client import Socket
from webapp.engines import consumers, registry
from webapp.engines.consumers import EngineConsumer
from webapp.engines.dispatch import EngineDispatch
from webapp.engines.events import ENGINES
from webapp.engines.hub import EngineHub, EngineLost
from webapp.engines.models import Engine

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "a-token-of-the-tests"


@pytest.fixture
def hub():
    return EngineHub()


@pytest.fixture
def engine_row():
    return Engine.objects.create(name="lab box", token_sha256=registry.token_hash(TOKEN))


def socket(hub, token=TOKEN, scheme="Bearer"):
    headers = [(b"authorization", f"{scheme} {token}".encode())] if token else []
    return Socket(EngineConsumer.as_asgi(dispatch=EngineDispatch(hub)), "/ws/engine", headers)


async def dialled_in(hub, **hello):
    engine = socket(hub)
    assert await engine.connect() == 0
    await engine.send(draw_hello(**hello).model_dump_json())
    assert (await engine.receive())["type"] == "welcome"
    return engine


async def row():
    return await database_sync_to_async(Engine.objects.get)(name="lab box")


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + " "])
async def test_unknown_token_is_refused_before_the_socket_is_accepted(hub, engine_row, token):
    engine = socket(hub, token, scheme="Bearer" if token.strip() != TOKEN else "Basic")
    assert await engine.connect() == 4401


async def test_revoked_token_is_refused(hub, engine_row):
    await database_sync_to_async(Engine.objects.update)(revoked=True)
    assert await socket(hub).connect() == 4401


async def test_one_time_token_of_the_start_is_known_and_that_of_the_last_start_is_not(
    hub, settings
):
    settings.ENGINE_TOKEN = "first start"
    engine = socket(hub, "first start")
    assert await engine.connect() == 0
    await engine.close()
    settings.ENGINE_TOKEN = "second start"
    assert await socket(hub, "first start").connect() == 4401
    assert await database_sync_to_async(
        lambda: list(Engine.objects.values_list("name", flat=True))
    )() == ["embedded"]


async def test_token_is_kept_as_a_hash(hub, engine_row):
    engine = await dialled_in(hub)
    found = await row()
    assert TOKEN not in json.dumps([found.token_sha256, found.models_loaded])
    assert (found.connected, found.device) == (True, "drawn device")
    await engine.close()
    assert not (await row()).connected


async def test_request_goes_out_and_its_passes_come_back(hub, engine_row):
    engine = await dialled_in(hub)
    request = draw_request()
    stream = hub.answers(request)
    first = asyncio.ensure_future(anext(stream))
    asked = to_engine.validate_python(await engine.receive())
    assert asked == request
    await engine.send(draw_pass(request, 1, 2).model_dump_json())
    await engine.send(draw_pass(request, 2, 2).model_dump_json())
    answers = [await first, await anext(stream)]
    assert [answer.number for answer in answers] == [1, 2]
    assert [answer async for answer in stream] == []
    await engine.close()


async def test_other_processes_hear_of_an_engine_that_comes_and_goes(hub, engine_row):
    layer = get_channel_layer()
    await layer.group_add(ENGINES, "another.process")
    engine = await dialled_in(hub)
    uid = str((await row()).uid)
    heard = json.loads((await layer.receive("another.process"))["text"])
    assert heard == {"type": "engine.came", "engine": uid}
    await engine.close()
    heard = json.loads((await layer.receive("another.process"))["text"])
    assert heard == {"type": "engine.left", "engine": uid}


async def test_revoked_engine_is_closed_at_once_and_its_requests_go_elsewhere(hub, engine_row):
    engine = await dialled_in(hub)
    answers = asyncio.ensure_future(anext(hub.answers(draw_request())))
    await engine.receive()
    await database_sync_to_async(registry.revoke)("lab box")
    assert await engine.receive() == {"closed": 4401}
    with pytest.raises(EngineLost):
        await answers
    assert not (await row()).connected


async def test_revocation_whose_news_was_lost_is_noticed_at_the_next_heartbeat(
    hub, engine_row, monkeypatch
):
    monkeypatch.setattr(consumers, "SEEN_EVERY_S", 0.01)
    engine = await dialled_in(hub)
    await database_sync_to_async(Engine.objects.update)(revoked=True)
    assert await engine.receive() == {"closed": 4401}


async def test_second_engine_with_the_same_token_takes_the_place_of_the_first(
    hub, engine_row, monkeypatch
):
    monkeypatch.setattr(consumers, "SEEN_EVERY_S", 0.01)
    first = await dialled_in(hub)
    other_process = EngineHub()
    second = await dialled_in(other_process)
    assert await first.receive() == {"closed": 4409}
    await first.close()
    assert (await row()).connected
    await second.close()
    assert not (await row()).connected


async def test_heartbeat_keeps_the_row_fresh(hub, engine_row, monkeypatch):
    monkeypatch.setattr(consumers, "SEEN_EVERY_S", 0.01)
    engine = await dialled_in(hub)
    long_ago = timezone.now() - 2 * registry.AWAY_AFTER
    await database_sync_to_async(Engine.objects.update)(last_seen_at=long_ago)
    async with asyncio.timeout(10):
        while not await database_sync_to_async(registry.present)():
            pass
    await engine.close()


async def test_server_that_is_stopped_leaves_no_engine_behind(hub, engine_row):
    engine = await dialled_in(hub)
    gone = asyncio.Event()
    hub.when_engines_change(gone.set)
    await engine.drop()
    await asyncio.wait_for(gone.wait(), 10)
    assert not hub.status().connected


@pytest.mark.parametrize(
    "said",
    ["no json", '{"type": "pass"}', draw_pass(draw_request()).model_dump_json()],
    ids=["no json", "half a message", "an answer before hello"],
)
async def test_engine_that_makes_no_sense_is_closed(hub, engine_row, said):
    engine = socket(hub)
    await engine.connect()
    await engine.send(said)
    assert await engine.receive() == {"closed": 4400}
    assert not hub.status().connected
