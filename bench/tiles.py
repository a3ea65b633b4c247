"""Tiles per second of our server against TiTiler's: same COG, grid, tiles, format, GDAL settings.

One worker process each, fresh in each round, in turns. Cold: the server was just started and the
file's pages were dropped from the system's cache. Warm: the same tiles again. JPEG at quality 85,
which both take by default. People keep their connections open.

The work is not quite the same: ours looks up session and membership for each tile, and keeps files
open; TiTiler knows no people, and opens the file for each tile.

Before anything is timed the tiles are compared: as PNG they must be equal but for rounding (one
grey level), and as JPEG as near to that as each other. Asserts nothing about time.

    python -m bench.tiles --size 8192 --rounds 5
"""

import argparse
import io
import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench import titiler_venv
from bench.real_server import Connection, DataFolder, Person, new_data_folder, server
from bench.report import Ratio, Timing, report, version

LIMITS = (10, 240)
"""Values that become black and white, on both sides."""
GDAL_SETTINGS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_NUM_THREADS": "1",
    "GDAL_CACHEMAX": "200",
    "OMP_NUM_THREADS": "1",
}
FIRST_BYTES = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG"}
COMPARED = 40
"""Tiles, at most, that are compared pixel by pixel."""

Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two servers: how it is started, and how its tiles are addressed."""

    name: str
    start: Callable[[], AbstractContextManager[tuple[str, str]]]
    """Runs it, and answers with its address and the cookie of somebody who is known to it."""
    path_of: Callable[[Place, str], str]


@dataclass(frozen=True, slots=True)
class Up:
    """A server that runs, for people who are known to it."""

    side: Side
    address: str
    cookie: str

    def ask(self, places: Sequence[Place], connections: int) -> list[float]:
        """Seconds that each tile took; so many are asked for at a time."""
        waiting: queue.SimpleQueue[Place] = queue.SimpleQueue()
        for place in places:
            waiting.put(place)
        seconds: list[float] = []

        def browse() -> None:
            connection = Connection(self.address, self.cookie)
            while True:
                try:
                    place = waiting.get_nowait()
                except queue.Empty:
                    return
                begun = time.perf_counter()
                self._tile(connection, place, "jpg")
                seconds.append(time.perf_counter() - begun)

        threads = [threading.Thread(target=browse) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(seconds) < len(places):
            raise SystemExit(f"{self.side.name} did not answer with all tiles; see above.")
        return seconds

    def pixels(self, place: Place, suffix: str) -> NDArray[np.int16]:
        """Rows x cols x 3."""
        content = self._tile(Connection(self.address, self.cookie), place, suffix)
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), dtype=np.int16)

    def _tile(self, connection: Connection, place: Place, suffix: str) -> bytes:
        status, content = connection.get(self.side.path_of(place, suffix))
        if status != HTTPStatus.OK or not content.startswith(FIRST_BYTES[suffix]):
            raise SystemExit(f"{self.side.name}, tile {place}: {status} {content[:300]!r}")
        return content


@dataclass(slots=True)
class Times:
    """What one kind of asking took: of each tile, and the tiles per second of each round."""

    each_s: list[float]
    rates: list[float]

    def add(self, up: Up, places: Sequence[Place], connections: int) -> None:
        """Ask for all tiles."""
        begun = time.perf_counter()
        self.each_s += up.ask(places, connections)
        self.rates.append(len(places) / (time.perf_counter() - begun))


def layer_of(folder: DataFolder) -> dict[str, Any]:
    """The layer with the drawn scene, as the page gets it, with its project's CRS."""
    with server(folder) as address:
        person = Person(address)
        project = person.get(f"/api/projects/{person.get('/api/projects')[0]['uid']}")
    return {**project["layers"][0], "crs": project["crs"]["id"]}


def all_places(layer: dict[str, Any]) -> list[Place]:
    """Every tile that lies within the layer, all zooms: the others are not opaque, so no JPEG."""
    grid = layer["tile_grid"]
    left, bottom, right, top = grid["extent"]
    places = []
    for z, resolution in enumerate(grid["resolutions"]):
        side = resolution * grid["tile_size"]
        across, down = int((right - left) / side + 1e-6), int((top - bottom) / side + 1e-6)
        places += [(z, x, y) for x in range(across) for y in range(down)]
    return places


def ours(folder: DataFolder, layer: dict[str, Any]) -> Side:
    """Our server: signed in, membership looked up for each tile."""
    low, high = LIMITS
    base = layer["tile_url"].rsplit(".", 1)[0].replace("{view}", f"rgb_1-2-3_f{low}to{high}")

    @contextmanager
    def start() -> Iterator[tuple[str, str]]:
        with server(folder) as address:
            cookie = Person(address).cookie
            # Beside the layer: nothing is opened, but the raster library is loaded.
            Connection(address, cookie).get(base.format(z=0, x=9, y=9) + ".jpg")
            yield address, cookie

    def path_of(place: Place, suffix: str) -> str:
        z, x, y = place
        return f"{base.format(z=z, x=x, y=y)}.{suffix}"

    return Side("ours", start, path_of)


def theirs(tiler: titiler_venv.TiTiler, cog: Path, layer: dict[str, Any]) -> Side:
    """TiTiler on our grid."""
    grid = layer["tile_grid"]
    left, top = grid["origin"]
    side = grid["resolutions"][0] * grid["tile_size"]
    about = {
        "extent": [left, top - side, left + side, top],
        "crs": layer["crs"],
        "tile_px": grid["tile_size"],
        "native_zoom": len(grid["resolutions"]) - 1,
    }

    @contextmanager
    def start() -> Iterator[tuple[str, str]]:
        with tiler.server(about, {**os.environ, **GDAL_SETTINGS}) as address:
            yield address, ""

    def path_of(place: Place, suffix: str) -> str:
        return titiler_venv.tile_path(cog, place, suffix, LIMITS)

    return Side("TiTiler", start, path_of)


def compare(sides: Sequence[Side], places: Sequence[Place]) -> dict[str, str]:
    """How far the pictures are apart; ends the benchmark where they are not the same."""
    pictures: list[dict[str, list[NDArray[np.int16]]]] = []
    for side in sides:
        with side.start() as (address, cookie):
            up = Up(side, address, cookie)
            pictures.append({s: [up.pixels(place, s) for place in places] for s in ("png", "jpg")})
    exact, others = pictures[0]["png"], pictures[1]["png"]
    farthest = max(int(np.abs(a - b).max()) for a, b in zip(exact, others, strict=True))
    if farthest > 1:
        raise SystemExit(f"The two draw other pictures: {farthest} grey levels apart.")
    losses = [
        float(np.mean([np.abs(a - b).mean() for a, b in zip(exact, kept["jpg"], strict=True)]))
        for kept in pictures
    ]
    if max(losses) > 1.5 * min(losses):
        raise SystemExit(f"The two encode differently: {losses} grey levels lost on average.")
    return {
        "compared": f"{len(places)} tiles",
        "as PNG": f"at most {farthest} grey level apart (they round, we use a table)",
        "as JPEG": (
            f"{losses[0]:.2f} (ours) and {losses[1]:.2f} (TiTiler) grey levels from the pixels"
        ),
    }


def drop_from_cache(path: Path) -> None:
    """Make the system forget what it has read of a file."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def measure(
    sides: Sequence[Side], cog: Path, places: Sequence[Place], options: argparse.Namespace
) -> dict[str, dict[str, Times]]:
    """Times by kind of asking and by side."""
    several = f"{options.connections} connections"
    kinds = (f"cold, {several}", f"warm, {several}", "warm, 1 connection")
    times = {kind: {side.name: Times([], []) for side in sides} for kind in kinds}
    for number in range(options.rounds):
        order = np.random.default_rng([options.seed, number]).permutation(len(places))
        shuffled = [places[place] for place in order]
        for side in sides:
            drop_from_cache(cog)
            with side.start() as (address, cookie):
                up = Up(side, address, cookie)
                for kind in kinds:
                    connections = 1 if kind.endswith(" 1 connection") else options.connections
                    times[kind][side.name].add(up, shuffled, connections)
    return times


def main() -> None:
    """Draw a scene, import it, ask both servers for its tiles, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--size", type=int, default=4096, help="of the scene, in pixels")
    parser.add_argument("--tiles", type=int, default=400, help="at most so many, of all zooms")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    try:
        tiler = titiler_venv.installed()
    except titiler_venv.NotToBeHadError as error:
        print(f"Tiles were not compared: {error}.")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = new_data_folder(Path(temporary), **GDAL_SETTINGS)
        folder.manage("demo_data", "--size", str(options.size), "--seed", str(options.seed))
        layer = layer_of(folder)
        (cog,) = (folder.path / "cogs").glob("*.tif")
        places = all_places(layer)
        order = np.random.default_rng(options.seed).permutation(len(places))
        places = [places[place] for place in order[: options.tiles]]
        sides = (ours(folder, layer), theirs(tiler, cog, layer))
        likeness = compare(sides, places[:COMPARED])
        times = measure(sides, cog, places, options)
    report(
        "tiles",
        [
            Timing(f"{side}, {kind}", of_side.each_s)
            for kind, by_side in times.items()
            for side, of_side in by_side.items()
        ],
        {
            "ours": f"rio-tiler {version('rio-tiler')}, rasterio {version('rasterio')}; each tile "
            "checks session and membership",
            "TiTiler": ", ".join(f"{k} {v}" for k, v in tiler.versions().items())
            + "; checks nothing",
            "layer": f"{options.size} x {options.size}, {len(places)} tiles of 512 x 512, JPEG 85",
            **likeness,
            **{
                f"{side}, {kind}": f"{np.median(of_side.rates):.1f} tiles per second"
                for kind, by_side in times.items()
                for side, of_side in by_side.items()
            },
        },
        [
            Ratio(
                f"tiles per second, ours over TiTiler, {kind}",
                [a / b for a, b in zip(by["ours"].rates, by["TiTiler"].rates, strict=True)],
            )
            for kind, by in times.items()
        ],
    )


if __name__ == "__main__":
    main()
