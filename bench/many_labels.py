"""A project with 200,000 labels: viewport, edit, undo, export, and a migration that remakes it all.

The labels are written by the changesets of the product, 1,000 to an edit, as an import would write
them, each with its change and its row in the index. Then the whole product but its engine runs, and
everything goes through the API. What comes back is compared with shapely on the same polygons.
Last, a column with a default is added, for which Django remakes SQLite's table and drops the
triggers, and `migrate` has to make the index whole again. Asserts nothing about time.

    python -m bench.many_labels --labels 200000
"""

import argparse
import json
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyogrio.raw
import shapely
from numpy.typing import NDArray

from bench.real_server import ADMINISTRATOR, PASSWORD, Person, new_data_folder
from bench.report import Timing, report, version
from tests.product import product
from webapp.ids import new_uid

SCENE_PX = 512
CELL_M = 40.0
"""One label in each cell of a square grid."""
CORNERS = 24
PER_EDIT = 1000
VIEWPORTS_M = (100, 400, 1600, 6400)
"""Sides of the pieces of map that are asked for; an answer holds 5,000 labels at most."""
MOST_IN_ANSWER = 5000

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Labels:
    """What was written: number n is polygon n - 1."""

    polygons: NDArray[np.object_]

    @property
    def side_m(self) -> float:
        """Of the square in which they lie."""
        return CELL_M * int(np.ceil(np.sqrt(len(self.polygons))))

    def numbers_in(self, box: tuple[float, float, float, float]) -> set[int]:
        """Those whose boxes meet `box`."""
        low_x, low_y, high_x, high_y = shapely.bounds(self.polygons).T
        meets = (low_x <= box[2]) & (high_x >= box[0]) & (low_y <= box[3]) & (high_y >= box[1])
        return set((np.flatnonzero(meets) + 1).tolist())


def draw(count: int, corner: tuple[float, float], seed: int) -> Labels:
    """Blobs, each somewhere in its cell, neighbours overlapping now and then.

    Args:
        count: how many.
        corner: the upper left one of the square, map frame.
        seed: of the random numbers.
    """
    random = np.random.default_rng(seed)
    across = int(np.ceil(np.sqrt(count)))
    cells = np.stack([np.arange(count) % across, -(np.arange(count) // across) - 1], axis=1)
    centres = np.array(corner) + CELL_M * (cells + random.uniform(0.3, 0.7, (count, 2)))
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    radii = random.uniform(3, 18, (count, 1)) * random.uniform(0.7, 1.3, (count, CORNERS))
    offsets = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * radii[..., None]
    polygons = shapely.polygons(centres[:, None] + offsets)
    return Labels(np.array([shapely.MultiPolygon([one]) for one in np.asarray(polygons)]))


def write(labels: Labels) -> None:
    """Store them in the demo's project."""
    from django.db import transaction

    from webapp.labels.changesets import Changeset
    from webapp.labels.geometry import shape_from_wkb
    from webapp.labels.models import EditKind, Label
    from webapp.labels.states import put_shape
    from webapp.projects.models import Project, Role
    from webapp.projects.roles import Member

    project = Project.objects.get()
    member = Member(user=project.created_by, project=project, role=Role.MANAGER)
    layer, classes = project.layers.get(), list(project.classes.all())
    for start in range(0, len(labels.polygons), PER_EDIT):
        with transaction.atomic():
            changeset = Changeset(member, new_uid(), EditKind.IMPORT)
            for number, polygon in enumerate(labels.polygons[start : start + PER_EDIT], start):
                label = Label(
                    project=project,
                    layer=layer,
                    label_class=classes[number % len(classes)],
                    origin={"kind": "imported", "file": "bench"},
                    created_by=member.user,
                )
                shape = shape_from_wkb(shapely.to_wkb(polygon, byte_order=1))
                put_shape(label, shape, metres_per_unit=1)
                changeset.created(label)
            changeset.publish()


def timed(seconds: list[float], work: Callable[[], Result]) -> Result:
    """Do it, and note how long it took."""
    begun = time.perf_counter()
    result = work()
    seconds.append(time.perf_counter() - begun)
    return result


class Map:
    """Somebody at the project's map."""

    def __init__(self, address: str, labels: Labels, password: str, seed: int) -> None:
        self.person = Person(address, ADMINISTRATOR, password)
        self.labels = labels
        self.random = np.random.default_rng(seed)
        uid = self.person.get("/api/projects")[0]["uid"]
        self.base = f"/api/projects/{uid}"
        self.project = self.person.get(self.base)
        left, _, _, top = self.project["layers"][0]["extent"]
        self.corner = left, top

    def viewport(self, side_m: float) -> Callable[[], tuple[Any, set[int]]]:
        """What asks for a piece of the map; it answers with what should be there, too."""
        span = max(0.0, self.labels.side_m - side_m)
        x = self.corner[0] + self.random.uniform(0, span)
        y = self.corner[1] - side_m - self.random.uniform(0, span)
        box = (x, y, x + side_m, y + side_m)
        words = ",".join(map(repr, box))
        expected = self.labels.numbers_in(box)
        return lambda: (self.person.get(f"{self.base}/labels?bbox={words}"), expected)

    def need_right(self, answer: Any, expected: set[int]) -> None:  # noqa: ANN401 - JSON
        """Nothing, where an answer holds the labels that lie there, or the first 5,000 of them."""
        found = {label["number"] for label in answer["labels"]}
        wanted = set(sorted(expected)[:MOST_IN_ANSWER])
        if found != wanted or answer["truncated"] != (len(expected) > MOST_IN_ANSWER):
            raise SystemExit(f"A viewport held {len(found)} labels, {len(wanted)} lie there.")

    def reshape(self) -> dict[str, object]:
        """An edit of some label: moved by a metre."""
        x, y = self.corner
        side = self.labels.side_m
        at_x, at_y = self.random.uniform((x, y - side), (x + side - 200, y - 200)).tolist()
        box = ",".join(map(repr, (at_x, at_y, at_x + 200, at_y + 200)))
        label = self.person.get(f"{self.base}/labels?bbox={box}&limit=1")["labels"][0]
        moved = [
            [[[px + 1, py] for px, py in ring] for ring in polygon] for polygon in label["geometry"]
        ]
        edit = {"kind": "reshape", "label": label["uid"], "base_revision": label["revision"]}
        return {"uid": str(new_uid()), "geometry": moved, **edit}

    def post_edit(self, body: dict[str, object]) -> dict[str, Any]:
        """The answer of the server."""
        return dict(self.person.post(f"{self.base}/edits", body))

    def export(self) -> bytes:
        """A GeoPackage of everything, downloaded."""
        asked = {"format": "gpkg", "state": "all"}
        job = self.person.post(f"{self.base}/exports", asked)
        while job["state"] in ("queued", "running"):
            time.sleep(0.2)
            jobs = self.person.get(f"{self.base}/jobs")
            job = next(each for each in jobs if each["uid"] == job["uid"])
        if job["state"] != "done":
            raise SystemExit(f"The export ended as {job['state']}: {job['sentence']}")
        return self.person.download(job["download"])


def viewports(page: Map, times: int) -> list[Timing]:
    """Labels of pieces of the map, one row per size."""
    rows = []
    for side_m in VIEWPORTS_M:
        seconds: list[float] = []
        most = 0
        for _ in range(times):
            answer, expected = timed(seconds, page.viewport(side_m))
            page.need_right(answer, expected)
            most = max(most, len(answer["labels"]))
        rows.append(Timing(f"viewport of {side_m} m, up to {most} labels", seconds))
    return rows


def on_the_wire(page: Map) -> str:
    """How long the answer of the largest viewport is, as it is and as nginx compresses it."""
    answer, _ = page.viewport(VIEWPORTS_M[-1])()
    written = json.dumps(answer, separators=(",", ":")).encode()
    compressed = zlib.compress(written, level=1)
    return f"{len(written) / 1e6:.1f} MB, {len(compressed) / 1e6:.1f} MB compressed"


def edits(page: Map, times: int) -> list[Timing]:
    """Edits, each undone."""
    edited: list[float] = []
    undone: list[float] = []
    for _ in range(times):
        body = page.reshape()
        before = page.person.get(f"{page.base}/labels/{body['label']}")
        edit = timed(edited, partial(page.post_edit, body))
        undo = {"kind": "undo", "uid": str(new_uid()), "edit": edit["uid"]}
        after = timed(undone, partial(page.post_edit, undo))
        shapes = [answer["labels"][0]["geometry"] for answer in (edit, after)]
        if shapes != [body["geometry"], before["geometry"]]:
            raise SystemExit("An edit or its undo left another shape.")
    return [Timing("edit: reshape a label", edited), Timing("undo of it", undone)]


def reads(page: Map, times: int) -> list[Timing]:
    """What the page asks for beside labels."""
    rows = []
    for path in ("/summary", "/typical-object", "/edits"):
        seconds: list[float] = []
        for _ in range(times):
            timed(seconds, partial(page.person.get, page.base + path))
        rows.append(Timing(f"GET {path}", seconds))
    return rows


def sizes(times: int) -> Timing:
    """What a first click asks of each class, without the API: how long its labels are."""
    from webapp.labels.queries import typical_length
    from webapp.projects.models import Project

    project = Project.objects.get()
    seconds: list[float] = []
    for _ in range(times):
        for label_class in project.classes.all():
            timed(seconds, partial(typical_length, project, label_class))
    return Timing("size of a class's labels", seconds)


def need_exported(content: bytes, labels: Labels, folder: Path) -> None:
    """Nothing, where an export holds every polygon to the bit."""
    path = folder / "export.gpkg"
    path.write_bytes(content)
    meta, _, geometry, columns = pyogrio.raw.read(path, layer="labels")
    numbers = columns[list(meta["fields"]).index("number")]
    exported = shapely.from_wkb(geometry)[np.argsort(numbers)]
    if (
        len(exported) != len(labels.polygons)
        or not shapely.equals_exact(exported, labels.polygons, tolerance=0).all()
    ):
        raise SystemExit("The export does not hold the labels that were written.")


def remake() -> float:
    """Add a column, as a migration does, and take it away; seconds until the index is whole."""
    from django.core.management import call_command
    from django.db import connection, models

    from webapp.labels import spatial_index
    from webapp.labels.models import Label

    column = models.IntegerField(default=3)
    column.set_attributes_from_name("remade")
    with connection.schema_editor() as editor:
        editor.add_field(Label, column)
    if spatial_index.is_whole(connection):
        raise SystemExit("The table was not remade: its triggers are still there.")
    begun = time.perf_counter()
    call_command("migrate", verbosity=0)
    seconds = time.perf_counter() - begun
    if not spatial_index.is_whole(connection):
        raise SystemExit("After the migration the index is not whole.")
    return seconds


@contextmanager
def without_engine(data_dir: Path) -> Iterator[str]:
    """The address of the product, up."""
    os.environ["SEGMAP_ENGINE"] = "off"
    with product(data_dir) as running:
        yield running.address


def main() -> None:
    """Write the labels, use the map, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--labels", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=20, help="that each thing is done")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        data_dir = Path(temporary)
        folder = new_data_folder(data_dir)
        folder.manage("demo_data", "--size", str(SCENE_PX))
        os.environ.update(folder.environment)
        import django

        django.setup()
        from django.db import connection

        from webapp.imaging.models import Layer

        layer = Layer.objects.get()
        labels = draw(options.labels, (layer.left, layer.top), options.seed)
        writing: list[float] = []
        timed(writing, lambda: write(labels))
        looked_up = sizes(options.times)
        connection.close()
        with without_engine(data_dir) as address:
            page = Map(address, labels, PASSWORD, options.seed)
            rows = [
                *viewports(page, options.times),
                *edits(page, options.times),
                *reads(page, options.times),
                looked_up,
            ]
            wire = on_the_wire(page)
            exports: list[float] = []
            need_exported(timed(exports, page.export), labels, data_dir)
        repair = remake()
        connection.close()
    report(
        "many_labels",
        [*rows, Timing("export to GeoPackage, downloaded", exports)],
        {
            "labels": f"{options.labels}, {CORNERS} corners each, in {writing[0]:.0f} s",
            "checked": "viewports against shapely; edits, undos and the export, to the bit",
            "largest answer": wire,
            "remade table": f"index whole again after {repair:.1f} s of migrate",
            "django": version("django"),
        },
    )


if __name__ == "__main__":
    main()
