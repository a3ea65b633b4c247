"""Two engine workers against one: passes per second, and what clicks wait when one is killed.

The engines are processes of their own that dial in over WebSockets, as in production; the web's own
dispatch hands them the clicks. People click one object after the other, each as soon as the one
before is settled, so the engines always have work. Both sides run in turns with the same engines:
the second one is only left out of the dispatch. Asserts nothing.

    python -m bench.engines --people 6 --seconds 20 --rounds 3
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.click_latency import places_in
from bench.report import Ratio, Timing, report
from inference.data.local_layer import open_local_layer
from inference.evaluation.simulation import read_truth
from inference.messages import Cancel, Failed, Hello, LayerSource, PassDone, Segment, from_engine
from inference.prediction.question import grid_of
from inference.scenes.files import write_scene
from inference.scenes.scene import draw_scene

WITHIN_S = 300.0


@dataclass(slots=True, eq=False)
class Round:
    """What people had from the engines in one stretch of work."""

    passes: int = 0
    failures: int = 0
    waits_s: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passes_per_s(self) -> float:
        """Over the whole stretch."""
        return self.passes / self.seconds


class Workers:
    """Engine processes, dialled in to a server of this benchmark, and the web's dispatch."""

    def __init__(self, options: argparse.Namespace) -> None:
        # Django is set up by now; the web's modules know its tables.
        from webapp.engines.dispatch import EngineDispatch
        from webapp.engines.hub import EngineHub, EngineLink

        self.hub = EngineHub()
        self.dispatch = EngineDispatch(self.hub)
        self.make_link = EngineLink
        self.options = options
        self.links: dict[str, EngineLink] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.came = asyncio.Event()

    async def start(self, stack: AsyncExitStack, count: int) -> None:
        """Start so many engines; returns when all have dialled in."""
        server = await stack.enter_async_context(serve(self._engine, "127.0.0.1", 0))
        port = server.sockets[0].getsockname()[1]
        stack.callback(self._end)
        for number in range(1, count + 1):
            self._start_engine(f"engine {number}", port)
        async with asyncio.timeout(WITHIN_S):
            while len(self.links) < count:
                await self.came.wait()
                self.came.clear()

    def _start_engine(self, name: str, port: int) -> None:
        command = [sys.executable, "-m", "inference", "engine", "--name", name]
        command += ["--server", f"ws://127.0.0.1:{port}", "--model", self.options.model]
        command += ["--threads", str(self.options.threads), "--backend", self.options.backend]
        environment = {**os.environ, "SEGMAP_ENGINE_TOKEN": "of the benchmark"}
        self.processes[name] = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    async def _engine(self, socket: ServerConnection) -> None:
        """The server's end of an engine's socket."""
        hello = from_engine.validate_json(await socket.recv())
        if not isinstance(hello, Hello):
            return
        unsent: asyncio.Queue[Segment | Cancel] = asyncio.Queue()
        link = self.make_link(
            hello.name, hello.device, hello.models[0].name, hello.capacity, unsent.put_nowait
        )
        self.links[hello.name] = link
        self.came.set()

        async def write() -> None:
            while True:
                await socket.send((await unsent.get()).model_dump_json())

        writing = asyncio.create_task(write())
        try:
            with suppress(ConnectionClosed):
                async for text in socket:
                    answer = from_engine.validate_json(text)
                    if not isinstance(answer, Hello):
                        self.hub.answered(link, answer)
        finally:
            writing.cancel()
            self.hub.disconnected(link)

    def use(self, *names: str) -> None:
        """Let the dispatch know these engines and no others."""
        for name, link in self.links.items():
            if name in names and not self.hub.is_connected(name):
                self.hub.connected(link)
            elif name not in names:
                self.hub.disconnected(link)

    def _end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


async def work(
    workers: Workers,
    source: LayerSource,
    objects: Sequence[shapely.Geometry],
    *,
    seed: int,
    killed: str | None = None,
) -> Round:
    """People at the engines for so many seconds; in the middle one engine may be killed."""
    options, did = workers.options, Round()
    begun = time.perf_counter()
    end = begun + options.seconds

    async def person(number: int) -> None:
        random = np.random.default_rng([seed, number])
        drafts = 0
        while time.perf_counter() < end:
            drafts += 1
            shape = objects[random.integers(len(objects))]
            request = Segment(
                type="segment",
                request=f"{seed}-{number}-{drafts}",
                draft=f"{seed}-{number}-{drafts}",
                step=1,
                source=source,
                clicks=places_in(shape, random, 1),
            )
            asked_at = time.perf_counter()
            async with aclosing(workers.dispatch.segment(request)) as answers:
                async for answer in answers:
                    did.passes += isinstance(answer, PassDone)
                    did.failures += isinstance(answer, Failed)
            did.waits_s.append(time.perf_counter() - asked_at)

    async def kill(name: str) -> None:
        await asyncio.sleep(options.seconds / 2)
        workers.processes[name].kill()

    tasks = [person(number) for number in range(options.people)]
    await asyncio.gather(*tasks, *([kill(killed)] if killed else []))
    did.seconds = time.perf_counter() - begun
    return did


async def compare(
    options: argparse.Namespace, source: LayerSource, objects: Sequence[shapely.Geometry]
) -> None:
    """One and two in turns, then the kill; the table."""
    both = ("engine 1", "engine 2")
    ones: list[Round] = []
    twos: list[Round] = []
    async with AsyncExitStack() as stack:
        workers = Workers(options)
        await workers.start(stack, len(both))
        device = workers.links[both[0]].device
        workers.use(*both)
        await work(workers, source, objects, seed=0)  # both have run once
        for number in range(1, options.rounds + 1):
            workers.use(both[0])
            ones.append(await work(workers, source, objects, seed=number))
            workers.use(*both)
            twos.append(await work(workers, source, objects, seed=number))
        killed = await work(workers, source, objects, seed=options.rounds + 1, killed=both[1])
    report(
        "engines",
        [
            Timing("one engine, click to settled", [s for one in ones for s in one.waits_s]),
            Timing("two engines, click to settled", [s for two in twos for s in two.waits_s]),
            Timing("one of two killed, click to settled", killed.waits_s),
        ],
        {
            "engine": f"{device}, each",
            "model": options.model,
            "people": options.people,
            "one engine": _rates(ones),
            "two engines": _rates(twos),
            "one of two killed": (
                f"{len(killed.waits_s)} clicks, {killed.failures} failed, the longest waited "
                f"{max(killed.waits_s):.1f} s"
            ),
        },
        [
            Ratio(
                "passes per second, two engines over one",
                [two.passes_per_s / one.passes_per_s for one, two in zip(ones, twos, strict=True)],
            )
        ],
    )


def _rates(rounds: Sequence[Round]) -> str:
    rates = ", ".join(f"{one.passes_per_s:.2f}" for one in rounds)
    return f"{rates} passes per second"


def main() -> None:
    """Draw a scene, start the engines, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=20, help="of clicking, for each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=int, default=2048, help="of the scene, in pixels")
    parser.add_argument("--threads", type=int, default=1, help="of each engine")
    parser.add_argument("--model", default="default")
    parser.add_argument("--backend", choices=("auto", "torch", "openvino"), default="torch")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SEGMAP_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
        import django

        django.setup()
        write_scene(
            draw_scene(seed=options.seed, size=(options.size,) * 2, resolution_m=0.6), Path(folder)
        )
        layer = open_local_layer(Path(folder) / "scene.tif")
        objects = read_truth(
            Path(folder) / "truth.gpkg", grid_of(layer.source), objects=200, seed=options.seed
        )
        asyncio.run(compare(options, layer.source, objects))


if __name__ == "__main__":
    main()
