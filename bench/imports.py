"""An import against plain `rio cogeo create` of the same file: time, and memory of the child.

Ours: the inspection and the writing of the COG in the sandbox, as a job does them, with masks,
statistics and hash. Theirs: the command as a person would type it, with the same profile (deflate,
predictor 2, blocks of 512, averaged overviews). Both start a Python of their own, have one thread
and the same cache for blocks. In turns; the system has the file in its cache for both. The COGs are
compared: pixels of the image and of every overview. Asserts nothing about time.

    python -m bench.imports --size 10000 --rounds 3
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from bench.report import Timing, ratio, report, version
from webapp.imaging.answers import Answers
from webapp.imaging.sandbox import WRITE_LIMITS, run_inspect, run_write_cog
from webapp.imaging.verdict import RasterFiles

STEP_PX = 1000
BLOCK_PX = 512


@dataclass(frozen=True, slots=True)
class Done:
    """What one import took."""

    seconds: float
    peak_mb: float


def draw_file(path: Path, size: int, seed: int) -> None:
    """Four bands of uint8, as a camera sees ground: smooth, with noise; tiled, not compressed."""
    random = np.random.default_rng(seed)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=size,
        height=size,
        count=4,
        dtype="uint8",
        crs="EPSG:32610",
        transform=Affine(0.6, 0, 559_200, 0, -0.6, 4_108_800),
        tiled=True,
        blockxsize=256,
        blockysize=256,
        photometric="RGB",
    ) as dataset:
        dataset.colorinterp = [
            ColorInterp.red,
            ColorInterp.green,
            ColorInterp.blue,
            ColorInterp.undefined,
        ]
        for row in range(0, size, STEP_PX):
            for col in range(0, size, STEP_PX):
                rows, cols = min(STEP_PX, size - row), min(STEP_PX, size - col)
                dataset.write(
                    _ground(random, row, col, rows, cols), window=Window(col, row, cols, rows)
                )


def _ground(
    random: np.random.Generator, row: int, col: int, rows: int, cols: int
) -> NDArray[np.uint8]:
    """4 x rows x cols."""
    down = np.arange(row, row + rows)[:, None]
    across = np.arange(col, col + cols)[None]
    hills = 40 * np.sin(down / 97) * np.cos(across / 131) + 25 * np.sin((down + across) / 23)
    bands: NDArray[np.float64] = hills + np.array([110, 120, 95, 140])[:, None, None]
    noise = random.normal(0, 4, (1, rows, cols)) + random.normal(0, 2, (4, rows, cols))
    return np.clip(bands + noise, 1, 254).astype(np.uint8)


def ours(source: Path, out: Path) -> None:
    """Our import, but for the rows in the database."""
    answers = Answers.from_mapping({"band4": "nir"})
    files = RasterFiles(source, source.name, ())
    verdict = run_inspect(files, answers)
    if verdict.state != "shown":
        raise SystemExit(f"The import asks: {verdict}")
    run_write_cog(files, answers, None, out, on_progress=lambda _share: None)


def theirs(source: Path, out: Path) -> None:
    """Plain rio-cogeo."""
    rio = str(Path(sys.executable).with_name("rio"))
    command = [rio, "cogeo", "create", str(source), str(out), "--cog-profile", "deflate", "--quiet"]
    command += ["--co", "PREDICTOR=2", "--blocksize", str(BLOCK_PX)]
    command += ["--overview-blocksize", str(BLOCK_PX), "--overview-resampling", "average"]
    command += ["--threads", "1"]
    environment = {**os.environ, "GDAL_CACHEMAX": str(WRITE_LIMITS.cache_mb)}
    subprocess.run(command, env=environment, check=True)


def measured(work: Callable[[Path, Path], None], source: Path, out: Path) -> Done:
    """Do it in a fresh process, whose children tell how much memory the largest of them had."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measure_here, work, source, out).result()


def _measure_here(work: Callable[[Path, Path], None], source: Path, out: Path) -> Done:
    begun = time.perf_counter()
    work(source, out)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return Done(seconds, peak / (1024 if sys.platform == "linux" else 1024**2))


def compare(ours_at: Path, theirs_at: Path) -> dict[str, str]:
    """What the two COGs hold; ends the benchmark where their pixels differ."""
    counts = []
    for path in (ours_at, theirs_at):
        with rasterio.open(path) as dataset:
            counts.append(len(dataset.overviews(1)))
    for level in range(-1, min(counts)):  # -1: the image itself
        options = {} if level < 0 else {"overview_level": level}
        with rasterio.open(ours_at, **options) as one, rasterio.open(theirs_at, **options) as other:
            if one.shape != other.shape or one.block_shapes != other.block_shapes:
                raise SystemExit("The two COGs have other sizes or blocks.")
            for row in range(0, one.height, BLOCK_PX):
                rows = Window(0, row, one.width, min(BLOCK_PX, one.height - row))
                if not np.array_equal(one.read(window=rows), other.read(window=rows)):
                    raise SystemExit(f"The two COGs hold other pixels, in overview {level}.")
    sizes = [path.stat().st_size / 1e6 for path in (ours_at, theirs_at)]
    return {
        "pixels": "equal, and those of the overviews that both have",
        "overviews": f"{counts[0]} (ours), {counts[1]} (rio cogeo)",
        "size": f"{sizes[0]:.1f} MB (ours), {sizes[1]:.1f} MB (rio cogeo)",
    }


def main() -> None:
    """Draw a file, import it with both in turns, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--size", type=int, default=4000, help="rows and columns")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    ours_done: list[Done] = []
    theirs_done: list[Done] = []
    with tempfile.TemporaryDirectory() as temporary:
        source, one, other = (
            Path(temporary) / f"{name}.tif" for name in ("source", "one", "other")
        )
        draw_file(source, options.size, options.seed)
        for _ in range(options.rounds):
            one.unlink(missing_ok=True)
            other.unlink(missing_ok=True)
            ours_done.append(measured(ours, source, one))
            theirs_done.append(measured(theirs, source, other))
        likeness = compare(one, other)
    ours_s, theirs_s = ([done.seconds for done in side] for side in (ours_done, theirs_done))
    report(
        "imports",
        [Timing("our import", ours_s), Timing("rio cogeo create", theirs_s)],
        {
            "file": f"{options.size} x {options.size}, 4 bands of uint8",
            "rio-cogeo": version("rio-cogeo"),
            "rasterio": version("rasterio"),
            "most memory": f"{max(d.peak_mb for d in ours_done):.0f} MB (our child), "
            f"{max(d.peak_mb for d in theirs_done):.0f} MB (rio cogeo)",
            **likeness,
        },
        [ratio("time of our import over that of rio cogeo create", ours_s, theirs_s)],
    )


if __name__ == "__main__":
    main()
