"""What clicks wait when several people work at once on one engine.

The real session, scheduler, runner and outlines run in this process; only the socket is one in
memory. Each person clicks at random times (Poisson, one click per five seconds on average, whether
answered yet or not): one to three clicks inside an object of a drawn scene, then the next object.
From the trace of the scheduler it is counted how often a coarse pass waited while a refinement
began; by design never. Asserts nothing.

    python -m bench.load --people 1 5 20 --seconds 60 --threads 2
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
import torch

from bench.click_latency import places_in
from bench.report import Ratio, Timing, report, version
from inference.backends.choice import Choice, Wish
from inference.commands.model_options import model_info
from inference.data.local_layer import open_local_layer
from inference.engine.link import CAPACITY, Session
from inference.engine.runner import Runner
from inference.engine.scheduler import Scheduler
from inference.evaluation.simulation import read_truth
from inference.messages import (
    ClickMessage,
    Failed,
    LayerSource,
    PassDone,
    Queued,
    Segment,
    WindowMask,
    from_engine,
)
from inference.models.registry import WEIGHTS_FOLDER, load_model
from inference.prediction.question import grid_of
from inference.scenes.files import write_scene
from inference.scenes.scene import draw_scene

CLICK_EVERY_S = 5.0
CLICKS_PER_OBJECT = 3


class TracingScheduler(Scheduler):
    """A scheduler that counts the refinements which began while a coarse pass waited.

    It keeps its own book of who waits for what, from what is submitted, begun and cancelled.
    """

    def __init__(self, *, capacity: int, largest_batch: int) -> None:
        super().__init__(capacity=capacity, largest_batch=largest_batch)
        self.unseen: set[str] = set()
        self.batches = 0
        self.violations = 0

    def submit(self, request: str, draft: str) -> str | None:
        """As the scheduler's own."""
        older = super().submit(request, draft)
        self.unseen.discard(older or "")
        self.unseen.add(request)
        return older

    def cancel(self, request: str) -> bool:
        """As the scheduler's own."""
        self.unseen.discard(request)
        return super().cancel(request)

    def next_batch(self) -> list[str]:
        """As the scheduler's own."""
        batch = super().next_batch()
        self.batches += bool(batch)
        coarse = self.unseen.intersection(batch)
        self.unseen -= coarse
        if len(coarse) < len(batch) and self.unseen:
            self.violations += 1
        return batch


@dataclass(slots=True, eq=False)
class Asked:
    """A click on its way."""

    person: "Person"
    at: float
    said_s: float | None = None
    first_s: float | None = None
    settled_s: float | None = None


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who clicks objects, one after the other."""

    number: int
    random: np.random.Generator
    drafts: int = 0
    clicks: list[ClickMessage] = field(default_factory=list)
    places: list[ClickMessage] = field(default_factory=list)
    mask: WindowMask | None = None

    def next_click(self, source: LayerSource, objects: Sequence[shapely.Geometry]) -> Segment:
        """A further click on the object, or the first one on another."""
        if not self.places:
            self.drafts += 1
            self.clicks, self.mask = [], None
            shape = objects[self.random.integers(len(objects))]
            most = int(self.random.integers(1, CLICKS_PER_OBJECT + 1))
            self.places = places_in(shape, self.random, most)
        self.clicks.append(self.places.pop())
        draft = f"{self.number}-{self.drafts}"
        return Segment(
            type="segment",
            request=f"{draft}-{len(self.clicks)}",
            draft=draft,
            step=len(self.clicks),
            source=source,
            clicks=list(self.clicks),
            previous=self.mask,
        )


class Crowd:
    """People at one engine: the server's end of its socket, in memory."""

    def __init__(self) -> None:
        self.to_engine: asyncio.Queue[str] = asyncio.Queue()
        self.asked: dict[str, Asked] = {}
        self.failures = 0
        self.open: dict[int, str] = {}
        """The newest click of each person, until it is settled."""
        self.is_answered = asyncio.Event()
        self.is_answered.set()

    async def __aiter__(self) -> AsyncIterator[str]:
        """What the engine receives."""
        while True:
            yield await self.to_engine.get()

    async def send(self, text: str) -> None:
        """What the engine says."""
        message = from_engine.validate_json(text)
        now = time.perf_counter()
        match message:
            case PassDone(request=request):
                asked = self.asked[request]
                asked.first_s = asked.first_s or now - asked.at
                if message.settled:
                    asked.settled_s = now - asked.at
                    self._close(request)
                if message.draft == f"{asked.person.number}-{asked.person.drafts}":
                    asked.person.mask = message.mask
            case Queued(request=request, seconds=seconds):
                asked = self.asked[request]
                # Said later in the wait, it counts from then.
                asked.said_s = asked.said_s or now - asked.at + seconds
            case Failed(request=request):
                self.failures += 1
                self._close(request)

    def _close(self, request: str) -> None:
        person = self.asked[request].person.number
        if self.open.get(person) == request:
            del self.open[person]
        if not self.open:
            self.is_answered.set()

    async def click(
        self, person: Person, source: LayerSource, objects: Sequence[shapely.Geometry], end: float
    ) -> None:
        """Let one person click until the end."""
        while True:
            await asyncio.sleep(person.random.exponential(CLICK_EVERY_S))
            if time.perf_counter() >= end:
                return
            segment = person.next_click(source, objects)
            self.asked[segment.request] = Asked(person, time.perf_counter())
            self.open[person.number] = segment.request
            self.is_answered.clear()
            await self.to_engine.put(segment.model_dump_json())


async def work(
    runner: Runner,
    source: LayerSource,
    objects: Sequence[shapely.Geometry],
    options: argparse.Namespace,
    people: int,
) -> tuple[Crowd, TracingScheduler]:
    """So many people at the engine for so many seconds, and its work to the end."""
    crowd = Crowd()
    with ThreadPoolExecutor(
        1, initializer=torch.set_num_threads, initargs=(options.threads,)
    ) as worker:
        session = Session(crowd, runner, worker, CAPACITY)
        scheduler = TracingScheduler(capacity=CAPACITY, largest_batch=runner.largest_batch)
        session.scheduler = scheduler
        serving = asyncio.create_task(session.run())
        end = time.perf_counter() + options.seconds
        await asyncio.gather(
            *(
                crowd.click(
                    Person(n, np.random.default_rng([options.seed, people, n])),
                    source,
                    objects,
                    end,
                )
                for n in range(people)
            )
        )
        await crowd.is_answered.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    return crowd, scheduler


def engine(name: str, wish: Wish, threads: int, cache: Path) -> tuple[Callable[[], Runner], str]:
    """What makes runners that have seen no window yet, and the words for their device."""
    network, spec = load_model(name)
    chosen = Choice(
        network, WEIGHTS_FOLDER / spec.file, spec.sha256, spec.size_px, threads, cache
    ).make(wish)
    model = model_info(spec)

    def make() -> Runner:
        return Runner(chosen.backend, model, largest_batch=chosen.largest_batch)

    return make, chosen.words


def rows_of(people: int, crowd: Crowd) -> list[Timing]:
    """Waits for the first and for the settled outline."""
    asked = crowd.asked.values()
    first = [one.first_s for one in asked if one.first_s is not None]
    settled = [one.settled_s for one in asked if one.settled_s is not None]
    return [
        Timing(f"{people:2d} people, to first outline", first),
        Timing(f"{people:2d} people, to settled", settled),
    ]


def honesty_of(people: int, crowd: Crowd) -> list[Ratio]:
    """The wait told (until the pass begins), over the wait had (until its outline is there)."""
    values = [
        one.said_s / one.first_s
        for one in crowd.asked.values()
        if one.said_s is not None and one.first_s is not None
    ]
    return [Ratio(f"{people:2d} people: wait told, over wait had", values)] if values else []


def main() -> None:
    """Draw a scene, let people click, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--people", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--seconds", type=float, default=60, help="of clicking, for each number")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=int, default=2048, help="of the scene, in pixels")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--model", default="default")
    parser.add_argument("--backend", choices=("auto", "torch", "openvino"), default="auto")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows: list[Timing] = []
    ratios: list[Ratio] = []
    facts: dict[str, str | float | int] = {}
    with tempfile.TemporaryDirectory() as folder:
        runner_of, words = engine(options.model, options.backend, options.threads, Path(folder))
        write_scene(
            draw_scene(seed=options.seed, size=(options.size,) * 2, resolution_m=0.6), Path(folder)
        )
        layer = open_local_layer(Path(folder) / "scene.tif")
        objects = read_truth(
            Path(folder) / "truth.gpkg", grid_of(layer.source), objects=200, seed=options.seed
        )
        for people in options.people:
            crowd, scheduler = asyncio.run(
                work(runner_of(), layer.source, objects, options, people)
            )
            rows += rows_of(people, crowd)
            ratios += honesty_of(people, crowd)
            overtaken = sum(one.settled_s is None for one in crowd.asked.values())
            facts[f"{people} people"] = (
                f"{len(crowd.asked)} clicks, {overtaken} of them overtaken by the person's next "
                f"one, {crowd.failures} failed; {scheduler.batches} passes, "
                f"{scheduler.violations} refinements begun while a coarse pass waited"
            )
    report(
        "load",
        rows,
        {"engine": words, "model": options.model, "torch": version("torch"), **facts},
        ratios,
    )


if __name__ == "__main__":
    main()
