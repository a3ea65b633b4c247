import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from inference.messages import PassDone
from inference.models.registry import read_manifest
from tests.drawn.click_layers import PLANT, click, draw_layer, ground, paint, segment
from tests.drawn.fake_server import TOKEN, FakeServer

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.engine
async def test_engine_process_answers_with_the_shipped_weights_and_stops_when_told(tmp_path):
    shipped = read_manifest()
    if "default" not in shipped:
        pytest.skip("there are no default weights here; weights/README.md says how to get them")
    source = draw_layer(tmp_path, paint(ground(600, 600), (280, 280, 330, 330), PLANT))
    server = FakeServer()
    async with serve(server.handle, "127.0.0.1", 0, process_request=server.before_accepting) as s:
        port = s.sockets[0].getsockname()[1]
        engine = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "inference",
            "engine",
            "--server",
            f"ws://127.0.0.1:{port}/ws/engine",
            "--threads",
            "1",
            cwd=REPOSITORY,
            env={**os.environ, "SEGMAP_ENGINE_TOKEN": TOKEN},
        )
        try:
            hello = await asyncio.wait_for(server.hellos.get(), 120)
            passes = await server.answer(segment(source, [click(305, 305)]))
        finally:
            engine.send_signal(signal.SIGTERM)
            status = await asyncio.wait_for(engine.wait(), 60)
    assert server.headers == [f"Bearer {TOKEN}"]
    assert hello.models[0].sha256 == shipped["default"].sha256
    assert isinstance(passes[-1], PassDone)
    assert passes[-1].settled
    assert status == 0
