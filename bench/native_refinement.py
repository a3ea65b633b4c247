"""What native tiles do to the outlines of large objects: judged with them and without.

Large objects of a drawn scene are clicked by the simulator. Where a click settles in a window of
factor > 1, its outline is judged as it is and after the native tiles. A second table leaves the
clicks out: there the settled mask is the truth itself, as coarse as its window has it, so that
what remains to be gained is the pixels alone. Asserts nothing.

    python -m bench.native_refinement --objects 40 --clicks 5
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from shapely import MultiPolygon, Polygon

from bench.report import keep, machine
from inference.clicks import Click
from inference.data.cog_reader import CogReader
from inference.data.local_layer import open_local_layer
from inference.data.open_files import OpenFiles
from inference.evaluation.click_simulator import ClickSimulator
from inference.evaluation.simulation import Frame, iou_on_map, read_truth
from inference.messages import OutlineRules
from inference.models.registry import WEIGHTS_FOLDER, load_model
from inference.prediction.cascade import INTERACTIVE
from inference.prediction.prediction import Prediction
from inference.prediction.predictor import Answer, Predictor, draw_outline
from inference.prediction.previous_mask import PreviousMask
from inference.prediction.question import Question, grid_of
from inference.prediction.start_mask import extent_of, mask_from_outline
from inference.prediction.window_rule import window_round_outline
from inference.scenes.files import write_scene
from inference.scenes.scene import draw_scene
from inference.windows import Grid, Window

Truth = Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Judged:
    """One outline before and after its native tiles; distances in native pixels."""

    kind: str
    factor: float
    tiles: int
    share: float
    iou_before: float
    iou_after: float
    distance_before: float
    distance_after: float
    seconds: float


class Bench:
    """Clicks objects of one layer.

    Args:
        predictor: with a preset that has native passes.
        reader: of the layer.
        grid: of the layer.
    """

    def __init__(self, predictor: Predictor, reader: CogReader, grid: Grid) -> None:
        self.predictor = predictor
        self.reader = reader
        self.grid = grid

    def by_clicks(self, truth: Truth, *, clicks: int) -> Iterator[Judged]:
        """One judgement per click that settled coarsely."""
        frame = Frame.around(truth, self.grid)
        wanted = frame.draw(truth, self.grid)
        simulator = ClickSimulator(wanted.astype(np.int8))
        found = np.zeros_like(wanted)
        previous: PreviousMask | None = None
        so_far: tuple[Click, ...] = ()
        for number in range(1, clicks + 1):
            at = simulator.next_click(found)
            place = self.grid.to_map(frame.col + at.col + 0.5, frame.row + at.row + 0.5)
            so_far = (*so_far, Click(*place, at.include))
            question = Question(self.grid, so_far, OutlineRules(), previous=previous)
            answers: list[Answer] = []
            ended: list[float] = []
            for answer in self.predictor.passes(question, self.reader):
                answers.append(answer)
                ended.append(time.perf_counter())
            coarse, last, tiles, seconds = parted(answers, ended)
            if tiles:
                yield self.judged(f"click {number}", truth, coarse, last, tiles, seconds)
            previous = last.found.mask
            found = frame.draw(coarse.outline.geometry, self.grid)

    def from_truth(self, truth: Truth) -> Iterator[Judged]:
        """One judgement, with the truth for a settled mask."""
        predictor, size = self.predictor, self.predictor.size
        window = window_round_outline(extent_of(truth, self.grid), size=size)
        if window.factor <= 1:
            return
        inside = truth.representative_point()
        question = Question(self.grid, (Click(inside.x, inside.y, include=True),), OutlineRules())
        # The mask is fed as what the cascade's only pass found, whatever the network thinks.
        preset = replace(predictor.preset, first_refinements=0, window_changes=0, colour_weight=0.0)
        reach_px = predictor.backend.click_radius_px
        start = Prediction.begin(question, preset=preset, size=size, reach_px=reach_px)
        start = replace(start, previous=PreviousMask.empty(window))
        valid = np.ones((size, size), bool)
        colours = np.zeros((size, size), np.uint16)
        prediction, found = start.record(covered(truth, self.grid, window).values, valid, colours)
        if prediction.native is None:
            return
        tiles = len(prediction.native.waiting)
        coarse = Answer(found, draw_outline(found, question, preset=preset, reach_px=reach_px))
        begun = time.perf_counter()
        *_, last = predictor.finished(prediction, self.reader)
        seconds = time.perf_counter() - begun
        yield self.judged("from truth", truth, coarse, last, tiles, seconds)

    def judged(
        self, kind: str, truth: Truth, coarse: Answer, last: Answer, tiles: int, seconds: float
    ) -> Judged:
        """Both outlines against the truth."""
        (iou_before, distance_before), (iou_after, distance_after) = (
            self.compare(truth, answer.outline.geometry) for answer in (coarse, last)
        )
        return Judged(
            kind=kind,
            factor=coarse.found.mask.window.factor,
            tiles=tiles,
            share=last.found.native_share,
            iou_before=iou_before,
            iou_after=iou_after,
            distance_before=distance_before,
            distance_after=distance_after,
            seconds=seconds,
        )

    def compare(self, truth: Truth, found: MultiPolygon) -> tuple[float, float]:
        """IoU, and mean distance between the two boundaries (of pixels, both ways)."""
        frame = Frame.around(truth, self.grid)
        wanted, drawn = frame.draw(truth, self.grid), frame.draw(found, self.grid)
        one, other = edge(wanted), edge(drawn)
        return iou_on_map(wanted, drawn, found, frame, self.grid), float(
            np.mean([distances(other)[one].mean(), distances(one)[other].mean()])
        )


def parted(answers: Sequence[Answer], at: Sequence[float]) -> tuple[Answer, Answer, int, float]:
    """The last coarse answer, the last of all, how many tiles lie between, and their seconds."""
    tiles = sum(one.found.mask is answers[-1].found.mask for one in answers) - 1
    coarse = len(answers) - 1 - tiles
    return answers[coarse], answers[-1], tiles, at[-1] - at[coarse]


def covered(truth: Truth, grid: Grid, window: Window) -> PreviousMask:
    """How much of each pixel of a window the truth covers, by 16 places in it."""
    fine = Window(window.col, window.row, window.factor / 4, window.size * 4)
    values = mask_from_outline(truth, grid, fine).values
    size = (window.size, window.size)
    return PreviousMask(window, cv2.resize(values, size, interpolation=cv2.INTER_AREA))


def edge(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Pixels of a mask beside one that is not in it."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(mask & (inner == 0))


def distances(pixels: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Distance of every pixel from the nearest of some; as long as the frame where none are."""
    if not pixels.any():
        return np.full(pixels.shape, float(max(pixels.shape)), np.float32)
    away = (~pixels).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def table(rows: Sequence[Judged]) -> list[dict[str, str | float | int]]:
    """One line per kind: medians."""
    lines: list[dict[str, str | float | int]] = []
    for kind in sorted({row.kind for row in rows}):
        of_kind = [row for row in rows if row.kind == kind]
        medians = {
            name: round(float(np.median([getattr(row, name) for row in of_kind])), 3)
            for name in list(asdict(of_kind[0]))[1:]
        }
        better = sum(row.iou_after > row.iou_before for row in of_kind)
        lines.append({"kind": kind, "n": len(of_kind), "better": better, **medians})
    return lines


def main() -> None:
    """Draw a scene, click its large objects, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--objects", type=int, default=40)
    parser.add_argument("--clicks", type=int, default=5)
    parser.add_argument("--tiles", type=int, default=200, help="most native passes")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=int, default=4096, help="of the scene, in pixels")
    parser.add_argument("--scene", type=Path, help="folder of a scene drawn before")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--model", default="default")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_FOLDER)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network, spec = load_model(options.model, options.weights)
    preset = replace(INTERACTIVE, native_passes=options.tiles)
    with tempfile.TemporaryDirectory() as folder:
        scene = options.scene or Path(folder)
        if options.scene is None:
            drawn = draw_scene(seed=options.seed, size=(options.size,) * 2, resolution_m=0.6)
            write_scene(drawn, scene)
        layer = open_local_layer(scene / "scene.tif")
        grid = grid_of(layer.source)
        objects = [
            truth
            for truth in read_truth(scene / "truth.gpkg", grid, objects=10**6, seed=0)
            if extent_of(truth, grid).longest > spec.size_px
        ]
        order = np.random.default_rng(options.seed).permutation(len(objects))[: options.objects]
        bench = Bench(
            Predictor(network, size=spec.size_px, preset=preset),
            CogReader(layer.source, bands=spec.bands, files=OpenFiles()),
            grid,
        )
        rows = [
            row
            for index in order
            for row in (
                *bench.by_clicks(objects[index], clicks=options.clicks),
                *bench.from_truth(objects[index]),
            )
        ]
    about = {**machine(), "threads": options.threads, "model": f"{spec.name} {spec.sha256[:12]}"}
    lines = table(rows)
    print(about)
    for line in lines:
        print("  ".join(f"{name} {value}" for name, value in line.items()))
    keep("native_refinement", {"about": about, "rows": lines})


if __name__ == "__main__":
    main()
