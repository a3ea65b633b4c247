"""Rounds of `kill -9`, each while something is under way or just acknowledged, and the account."""

import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import shapely

from tests.kills.author import Author, Task
from tests.kills.worlds import World
from tests.product import Running

TASKS: tuple[Task, ...] = ("save", "draft", "job", "reshape")
AFTER_ACKNOWLEDGEMENT_S = 0.05
IN_FLIGHT_S: dict[Task, float] = {"save": 0.04, "reshape": 0.04, "draft": 0.6, "job": 1.5}
"""A kill comes within this time after the decisive message has left."""
JOBS_END_WITHIN_S = 120.0

# What is in the database, read by the program's own models.
ACCOUNT = """
import json
from webapp.jobs.models import Job
from webapp.labels.models import Edit, Label
from webapp.labels.geometry import shape_from_wkb
from shapely import to_wkb
print("ACCOUNT" + json.dumps({
    "edits": [[str(e.uid), e.number] for e in Edit.objects.filter(project__uid=PROJECT)],
    "labels": [[str(x.uid), bytes(x.geometry).hex()]
               for x in Label.objects.filter(project__uid=PROJECT, deleted=False)],
    "jobs": [[str(j.uid), str(j.state), f"attempt {j.attempt}: {j.sentence or j.stage}"]
             for j in Job.objects.filter(project__uid=PROJECT)],
}))
"""


@dataclass
class Verdict:
    """What the rounds ended with; the lists hold what must not be."""

    rounds: int = 0
    after_acknowledgement: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    acknowledged_edits: int = 0
    acknowledged_labels: int = 0
    acknowledged_jobs: int = 0
    sent_again: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or stuck."""
        return not (self.lost or self.doubled or self.gaps or self.stuck)


def author_in(running: Running) -> Author:
    """The administrator, in the demo project, with places that a click finds something at."""
    session = running.administrator()
    project = session.get(f"/api/projects/{session.get('/api/projects')[0]['uid']}")
    layer = project["layers"][0]
    left, bottom, right, top = layer["extent"]
    middle = ((left + right) / 2, (bottom + top) / 2)
    steps = [step * layer["resolution"] for step in (-60, -20, 20, 60)]
    return Author(
        session,
        project["uid"],
        layer["uid"],
        project["classes"][0]["uid"],
        corner=middle,
        places=[(middle[0] + x, middle[1] + y) for x, y in itertools.product(steps, steps)],
        addresses=running.addresses,
    )


def play(
    world: World, *, rounds: int, seed: int, say: Callable[[str], object] = lambda _: None
) -> Verdict:
    """So many rounds, and what is there afterwards."""
    dice = random.Random(seed)
    author, verdict = author_in(world.running), Verdict()
    for number in range(rounds):
        victim = world.victims[number % len(world.victims)]
        # No victim's turns hide from a task, nor from one of the two moments.
        task = TASKS[number % len(TASKS)]
        is_after = (number + number // len(TASKS)) % 2 == 0
        say(f"{number + 1}: {victim}, {'after' if is_after else 'during'} {task}")
        attack(world, author, victim, task, is_after=is_after, dice=dice)
        verdict.rounds += 1
        verdict.after_acknowledgement += is_after
        verdict.killed[victim] += 1
        world.mend()
        author.do("save")
    audit(world, author, verdict)
    return verdict


def attack(
    world: World, author: Author, victim: str, task: Task, *, is_after: bool, dice: random.Random
) -> None:
    """Kill while the task is under way, or within 50 ms of its acknowledgement."""
    if is_after:
        author.do(task)
        time.sleep(dice.uniform(0, AFTER_ACKNOWLEDGEMENT_S))
        world.kill(victim)
        return
    has_left = threading.Event()
    author.was_sent = has_left.set
    failures: list[BaseException] = []

    def work() -> None:
        try:
            author.do(task)
        except BaseException as error:  # noqa: BLE001 - told below, in the test's own thread
            failures.append(error)
            has_left.set()

    thread = threading.Thread(target=work)
    thread.start()
    has_left.wait()
    time.sleep(dice.uniform(0, IN_FLIGHT_S[task]))
    world.kill(victim)
    thread.join()
    author.was_sent = lambda: None
    if failures:
        raise failures[0]


def audit(world: World, author: Author, verdict: Verdict) -> None:
    """Compare the author's book with the database."""
    account = settled_account(world, author.project)
    uids = [uid for uid, _ in account["edits"]]
    numbers = sorted(number for _, number in account["edits"])
    shapes = {uid: shapely.from_wkb(bytes.fromhex(wkb)) for uid, wkb in account["labels"]}
    book = author.book
    verdict.acknowledged_edits = len(book.edits)
    verdict.acknowledged_labels = len(book.labels)
    verdict.acknowledged_jobs = len(book.jobs)
    verdict.sent_again = book.sent_again
    verdict.lost = sorted(book.edits - set(uids)) + [
        uid
        for uid, rings in book.labels.items()
        if uid not in shapes or coordinates(shapes[uid]) != rings
    ]
    # The author gives up nothing: what is not in the book was made twice.
    verdict.doubled = sorted(set(shapes) - set(book.labels)) + [
        uid for uid, count in Counter(uids).items() if count > 1 or uid not in book.edits
    ]
    verdict.gaps = sorted(set(range(1, len(numbers) + 1)) ^ set(numbers))
    verdict.stuck = [
        f"{uid} {state}, {more}"
        for uid, state, more in account["jobs"]
        if state not in ("done", "cancelled")
    ]
    verdict.lost += sorted(book.jobs - {uid for uid, *_ in account["jobs"]})


def settled_account(world: World, project: str) -> dict[str, Any]:
    """What is in the database once no job waits or runs any more, or has had its time."""
    code = ACCOUNT.replace("PROJECT", repr(project))
    deadline = time.monotonic() + JOBS_END_WITHIN_S
    while True:
        said = world.running.manage("shell", "-v", "0", "-c", code)
        account: dict[str, Any] = json.loads(said.partition("ACCOUNT")[2])
        is_over = all(state not in ("queued", "running") for _, state, _ in account["jobs"])
        if is_over or time.monotonic() > deadline:
            return account
        world.mend()
        time.sleep(1)


def coordinates(shape: shapely.MultiPolygon) -> list[Any]:
    """Rings as the API writes them."""
    return [
        [[list(point) for point in ring.coords] for ring in (part.exterior, *part.interiors)]
        for part in shape.geoms
    ]
