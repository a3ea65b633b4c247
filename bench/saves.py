"""How long a save takes until the server has acknowledged it: labels drawn by hand.

The real server, with one writer and with several at a time, each of them a person with a project's
page: one `POST .../edits` after the other over a connection that is kept open. First on SQLite,
then on PostgreSQL: on the one that SEGMAP_BENCH_POSTGRES names (an empty database), or on one that
is started for it where the binaries are here. Every acknowledged label is looked for in the end.
Asserts nothing about time.

    python -m bench.saves --saves 1000 --writers 4
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.real_server import Person, new_data_folder, server
from bench.report import Timing, report, version
from webapp.ids import new_uid

SCENE_PX = 512
CORNERS = 40
"""Of each label: what an outline by clicks has, more or less."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where labels are drawn."""

    project: str
    layer: str
    label_class: str
    extent: tuple[float, float, float, float]

    def edit(self, random: np.random.Generator) -> dict[str, object]:
        """A new label, as the page sends it."""
        left, bottom, right, top = self.extent
        x, y = random.uniform((left, bottom), (right, top))
        angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        radii = 10 * random.uniform(0.7, 1.3, CORNERS)
        ring = np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1).tolist()
        return {
            "kind": "create",
            "uid": str(new_uid()),
            "layer": self.layer,
            "label_class": self.label_class,
            "geometry": [[[*ring, ring[0]]]],
        }


def place_of(person: Person) -> Place:
    """The demo's project."""
    uid = person.get("/api/projects")[0]["uid"]
    project = person.get(f"/api/projects/{uid}")
    layer = project["layers"][0]
    return Place(uid, layer["uid"], project["classes"][0]["uid"], tuple(layer["extent"]))


def save(address: str, place: Place, writers: int, saves: int, seed: int) -> list[float]:
    """Seconds of each save; so many writers share them."""
    seconds: list[float] = []

    def write(number: int) -> None:
        person = Person(address)
        random = np.random.default_rng([seed, writers, number])
        for _ in range(saves // writers):
            body = place.edit(random)
            begun = time.perf_counter()
            person.post(f"/api/projects/{place.project}/edits", body)
            seconds.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def measure(database: str, options: argparse.Namespace, **variables: str) -> list[Timing]:
    """One row per number of writers, on a data folder of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = new_data_folder(Path(temporary), **variables)
        folder.manage("demo_data", "--size", str(SCENE_PX))
        with server(folder) as address:
            person = Person(address)
            place = place_of(person)
            save(address, place, 1, 20, options.seed + 1)  # warm the libraries
            acknowledged = 20
            for writers in (1, options.writers):
                seconds = save(address, place, writers, options.saves, options.seed)
                acknowledged += len(seconds)
                words = "1 writer" if writers == 1 else f"{writers} writers"
                rows.append(Timing(f"{database}, {words}", seconds))
            summary = person.get(f"/api/projects/{place.project}/summary")
    kept = sum(row["labels"] for row in summary["classes"])
    if kept != acknowledged:
        raise SystemExit(f"{database}: {acknowledged} labels were acknowledged, {kept} are there.")
    return rows


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database; empty text, and the reason said, where there is none."""
    given = os.environ.get("SEGMAP_BENCH_POSTGRES")
    if given:
        yield given
        return
    with ExitStack() as stack:
        try:
            from tests.production.servers import NotHereError, server_folder, start_postgres
        except ImportError as error:
            print(f"PostgreSQL was left out: {error}. Install the group `production`.")
            address = ""
        else:
            try:
                folder = stack.enter_context(server_folder())
                address = stack.enter_context(start_postgres(folder)).address
            except NotHereError as error:
                print(f"PostgreSQL was left out: {error}.")
                address = ""
        yield address


def percentiles(row: Timing) -> str:
    """50, 95 and 99."""
    p50, p95, p99 = (1000 * np.percentile(row.seconds, (50, 95, 99))).tolist()
    return f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms"


def facts_of(rows: Sequence[Timing]) -> dict[str, str]:
    """The percentiles of each row; the table has two of them."""
    return {row.name: percentiles(row) for row in rows}


def main() -> None:
    """Save on both databases, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--saves", type=int, default=400, help="for each row")
    parser.add_argument("--writers", type=int, default=4, help="at once, in the second row")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rows = measure("SQLite", options)
    with postgresql() as address:
        if address:
            rows += measure("PostgreSQL", options, SEGMAP_DATABASE=address)
    report(
        "saves",
        rows,
        {
            "django": version("django"),
            "SQLite": "WAL, synchronous FULL",
            "label": f"{CORNERS} corners",
            **facts_of(rows),
        },
    )


if __name__ == "__main__":
    main()
