"""Memory of each process of the product while people work at it, and what their clicks wait.

The whole product (server, engine, job worker), as `make run` starts it, in a data folder of its
own. Each person has an account and the socket of a page, clicks at random times (Poisson, one click
per five seconds on average, whether answered yet or not), one to three clicks inside an object of a
drawn scene, saves it, and goes on with the next. One row per minute; then the slope of the second
half: a process whose memory grows there keeps something. Asserts nothing.

    python -m bench.memory --minutes 20
"""

import argparse
import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.click_latency import places_in
from bench.real_server import Person
from bench.report import Timing, report
from inference.data.local_layer import open_local_layer
from inference.evaluation.simulation import read_truth
from inference.messages import ClickMessage
from inference.prediction.question import grid_of
from tests.product import Supervised, product
from webapp.ids import new_uid

CLICK_EVERY_S = 5.0
CLICKS_PER_OBJECT = 3
SAMPLE_EVERY_S = 10.0
LAST_ANSWERS_WITHIN_S = 60.0
WORDS = {"server": b"uvicorn", "engine": b"inference", "job worker": b"celery"}
"""By which a child of the supervisor is known."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What people work on."""

    project: str
    layer: str
    label_class: str
    objects: Sequence[shapely.Geometry]


@dataclass(slots=True)
class Waits:
    """What all clicks waited, and what became of them."""

    clicks: int = 0
    saved: int = 0
    first_s: list[float] = field(default_factory=list)
    settled_s: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


class Clicker:
    """One person with the socket of a page."""

    def __init__(
        self, socket: ClientConnection, scene: Scene, waits: Waits, random: np.random.Generator
    ) -> None:
        self.socket, self.scene, self.waits, self.random = socket, scene, waits, random
        self.draft, self.step = "", 0
        self.places: list[ClickMessage] = []
        self.said = 0
        self.asked: dict[tuple[str, int], float] = {}
        self.seen: set[tuple[str, int]] = set()
        self.answered = asyncio.Event()
        """Set while no click of theirs waits for its last outline."""
        self.answered.set()

    async def click_until(self, end: float) -> None:
        """Click object after object; what is begun at the end stays open."""
        while True:
            await asyncio.sleep(self.random.exponential(CLICK_EVERY_S))
            if time.perf_counter() >= end:
                return
            if not self.places:
                await self._next_object()
            self.step += 1
            place = self.places.pop()
            self.asked[self.draft, self.step] = time.perf_counter()
            self.answered.clear()
            self.waits.clicks += 1
            await self._say(
                "draft.click", step=self.step, x=place.x, y=place.y, include=place.include
            )

    async def listen(self) -> None:
        """Take the times of what the server says."""
        with suppress(ConnectionClosed):
            async for text in self.socket:
                self._hear(json.loads(text))

    async def _next_object(self) -> None:
        if self.draft:
            await self._say(
                "draft.save",
                edit=str(new_uid()),
                label_class=self.scene.label_class,
                certainty="sure",
                note="",
            )
        self.draft, self.step = str(new_uid()), 0
        shape = self.scene.objects[int(self.random.integers(len(self.scene.objects)))]
        clicks = int(self.random.integers(1, CLICKS_PER_OBJECT + 1))
        self.places = places_in(shape, self.random, clicks)
        await self._say(
            "draft.open",
            layer=self.scene.layer,
            label_class=self.scene.label_class,
            start_label=None,
        )

    async def _say(self, kind: str, **fields: object) -> None:
        self.said += 1
        message = {"type": kind, "id": self.said, "draft": self.draft, **fields}
        await self.socket.send(json.dumps(message))

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "draft.outlined":
            answer = message["answer"]
            click = (message["draft"], answer["step"])
            if click not in self.asked:
                return
            waited_s = time.perf_counter() - self.asked[click]
            if click not in self.seen:
                self.seen.add(click)
                self.waits.first_s.append(waited_s)
            if answer["settled"]:
                del self.asked[click]
                self.waits.settled_s.append(waited_s)
                if click == (self.draft, self.step):
                    self.answered.set()
        elif message["type"] in ("error", "draft.failed"):
            self.waits.refusals.append(message["sentence"])
            self.answered.set()
        elif message["type"] == "draft.saved":
            self.waits.saved += 1


class Memory:
    """Resident memory of the product's processes, sample by sample."""

    def __init__(self, supervisor: int) -> None:
        self.supervisor = supervisor
        self.at_s: list[float] = []
        self.mb: dict[str, list[float]] = {name: [] for name in ("supervisor", *WORDS)}

    async def sample_until(self, end: float) -> None:
        """Take a sample now and again, and print one row per minute."""
        begun = time.perf_counter()
        print(f"\nminute  {'  '.join(f'{name:>12}' for name in self.mb)}")
        while True:
            self._sample(time.perf_counter() - begun)
            if len(self.at_s) == 1 or self.at_s[-1] // 60 > self.at_s[-2] // 60:
                values = "  ".join(f"{values[-1]:9.1f} MB" for values in self.mb.values())
                print(f"{self.at_s[-1] / 60:6.1f}  {values}", flush=True)
            if time.perf_counter() >= end:
                return
            await asyncio.sleep(SAMPLE_EVERY_S)

    def _sample(self, at_s: float) -> None:
        self.at_s.append(at_s)
        self.mb["supervisor"].append(resident_mb(self.supervisor))
        children = children_of(self.supervisor)
        for name, words in WORDS.items():
            # A child with what it started itself: the job worker has a pool of one.
            pids = [
                pid
                for child in children
                if words in command_of(child)
                for pid in (child, *children_of(child))
            ]
            self.mb[name].append(sum(map(resident_mb, pids)))

    def rows(self) -> dict[str, str]:
        """Per process: at the minutes, and the slope of the second half."""
        at_s = np.array(self.at_s)
        later = at_s >= at_s[-1] / 2
        minutes = np.searchsorted(at_s, np.arange(0, at_s[-1] + 1, 60)).clip(max=len(at_s) - 1)
        rows = {}
        for name, values in self.mb.items():
            every_minute = ", ".join(f"{values[sample]:.0f}" for sample in minutes)
            rows[f"memory, {name}"] = f"{every_minute} MB, minute by minute"
            if later.sum() > 2:
                slope = float(np.polyfit(at_s[later] / 60, np.array(values)[later], 1)[0])
                rows[f"slope, {name}"] = f"{slope:+.2f} MB a minute in the second half"
        return rows


def resident_mb(pid: int) -> float:
    """0 for a process that is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def children_of(pid: int) -> list[int]:
    """Processes that this one started, from any of its threads."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def command_of(pid: int) -> bytes:
    """The words that a process was started with."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def prepare(running: Supervised, options: argparse.Namespace) -> tuple[Scene, list[str]]:
    """The drawn demo, and the cookies of so many annotators."""
    running.manage("demo_data", "--size", str(options.size), "--seed", str(options.seed))
    administrator = Person(running.address, "admin", running.admin_password)
    row = administrator.get("/api/projects")[0]
    project = administrator.get(f"/api/projects/{row['uid']}")
    folder = running.data_dir / "demo"
    objects = read_truth(
        folder / "truth.gpkg",
        grid_of(open_local_layer(folder / "scene.tif").source),
        objects=200,
        seed=options.seed,
    )
    cookies = []
    for number in range(options.people):
        name, password = f"person{number}", secrets.token_urlsafe(12)
        administrator.post("/api/users", {"username": name, "password": password})
        administrator.put(
            f"/api/projects/{row['uid']}/members", {"username": name, "role": "annotator"}
        )
        cookies.append(Person(running.address, name, password).cookie)
    scene = Scene(
        project["uid"], project["layers"][0]["uid"], project["classes"][0]["uid"], objects
    )
    return scene, cookies


async def work(
    running: Supervised, scene: Scene, cookies: Sequence[str], options: argparse.Namespace
) -> tuple[Waits, Memory]:
    """Everybody at work for so many minutes."""
    waits, memory = Waits(), Memory(running.supervisor.pid)
    address = running.address.replace("http", "ws", 1) + f"/ws/projects/{scene.project}"
    async with AsyncExitStack() as stack:
        people = []
        for number, cookie in enumerate(cookies):
            socket = await stack.enter_async_context(
                connect(
                    address,
                    additional_headers={"Cookie": cookie},
                    origin=running.address,  # type: ignore[arg-type]  # a NewType of str
                    max_size=None,
                )
            )
            random = np.random.default_rng([options.seed, number])
            people.append(Clicker(socket, scene, waits, random))
        listening = [asyncio.create_task(person.listen()) for person in people]
        end = time.perf_counter() + 60 * options.minutes
        await asyncio.gather(
            memory.sample_until(end), *(person.click_until(end) for person in people)
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_ANSWERS_WITHIN_S):
                await asyncio.gather(*(person.answered.wait() for person in people))
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return waits, memory


def main() -> None:
    """Start the product, let people work, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--size", type=int, default=2048, help="of the scene, in pixels")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, product(Path(temporary)) as running:
        scene, cookies = prepare(running, options)
        waits, memory = asyncio.run(work(running, scene, cookies, options))
    refusals = f"; the first: {waits.refusals[0]}" if waits.refusals else ""
    report(
        "memory",
        [
            Timing("click to first outline", waits.first_s),
            Timing("click to settled", waits.settled_s),
        ],
        {
            "people": options.people,
            "minutes": options.minutes,
            "work": f"{waits.clicks} clicks, {waits.clicks - len(waits.settled_s)} of them "
            f"overtaken by the person's next one; {waits.saved} labels saved; "
            f"{len(waits.refusals)} refusals{refusals}",
            **memory.rows(),
        },
    )


if __name__ == "__main__":
    main()
