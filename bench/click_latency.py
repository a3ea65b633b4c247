"""How long a click waits, inside the engine: from the request to its first and last outline.

Clicks fall inside objects of a drawn scene, in an order that is drawn too; each draft gets a
first click and then one more, on a second place of the same object. No socket, nobody else:
what is measured is reading, network, refinement, window rule and outline. Asserts nothing.

    python -m bench.click_latency --drafts 50 --threads 2
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
import torch

from bench.report import Timing, report, version
from inference.data.local_layer import LocalLayer, open_local_layer
from inference.data.scene import draw_scene
from inference.data.scene_files import write_scene
from inference.engine.request import EngineRequest
from inference.engine.runner import Runner
from inference.evaluation.simulation import read_truth
from inference.messages import ClickMessage, ModelInfo, PassDone, Segment, WindowMask
from inference.models.registry import WEIGHTS_FOLDER, load_model
from inference.prediction.question import grid_of


@dataclass(slots=True)
class Waits:
    """Seconds that clicks of one kind waited."""

    first_pass: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)
    passes: list[int] = field(default_factory=list)
    network: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)

    def answer(self, runner: Runner, segment: Segment) -> WindowMask:
        """Run a request to its end; the mask it settled with."""
        request = EngineRequest(segment)
        begun = time.perf_counter()
        answers: list[PassDone] = []
        while not answers or not answers[-1].settled:
            answers.append(runner.step(request))
            if len(answers) == 1:
                self.first_pass.append(time.perf_counter() - begun)
        self.settled.append(time.perf_counter() - begun)
        self.passes.append(len(answers))
        self.network += [answer.network_s for answer in answers]
        self.rest += [answer.rest_s for answer in answers]
        return answers[-1].mask


def places_in(shape: shapely.Geometry, random: np.random.Generator) -> list[ClickMessage]:
    """Two include clicks inside an object (map frame)."""
    x_min, y_min, x_max, y_max = shape.bounds
    places: list[ClickMessage] = []
    while len(places) < 2:
        x, y = random.uniform((x_min, y_min), (x_max, y_max))
        if shapely.contains_xy(shape, x, y):
            places.append(ClickMessage(x=float(x), y=float(y), include=True))
    return places


def measure(runner: Runner, layer: LocalLayer, truth: Path, drafts: int, seed: int) -> list[Waits]:
    """Waits of first and of second clicks."""
    random = np.random.default_rng(seed)
    objects = read_truth(truth, grid_of(layer.source), objects=drafts, seed=seed)
    first, second = Waits(), Waits()
    for number, shape in enumerate(objects):
        clicks = places_in(shape, random)
        about = {"type": "segment", "draft": f"d{number}", "source": layer.source}
        begin = Segment(request="first", step=1, clicks=clicks[:1], **about)
        previous = first.answer(runner, begin)
        go_on = Segment(request="second", step=2, clicks=clicks, previous=previous, **about)
        second.answer(runner, go_on)
    return [first, second]


def main() -> None:
    """Draw a scene, click it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--drafts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=int, default=2048, help="of the scene, in pixels")
    parser.add_argument("--scene", type=Path, help="folder of a scene drawn before")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--model", default="default")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_FOLDER)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network, spec = load_model(options.model, options.weights)
    model = ModelInfo(
        name=spec.name,
        architecture=spec.architecture,
        sha256=spec.sha256,
        size=spec.size_px,
        bands=spec.bands,
    )
    with tempfile.TemporaryDirectory() as folder:
        scene = options.scene or Path(folder)
        if options.scene is None:
            drawn = draw_scene(seed=options.seed, size=(options.size,) * 2, resolution_m=0.6)
            write_scene(drawn, scene)
        layer, truth = open_local_layer(scene / "scene.tif"), scene / "truth.gpkg"
        measure(Runner(network, model), layer, truth, 3, options.seed + 1)  # warm the libraries
        first, second = measure(Runner(network, model), layer, truth, options.drafts, options.seed)
    report(
        "click_latency",
        [
            Timing("first click, to first outline", first.first_pass),
            Timing("first click, to settled", first.settled),
            Timing("second click, to first outline", second.first_pass),
            Timing("second click, to settled", second.settled),
            Timing("one pass, network", first.network + second.network),
            Timing("one pass, the rest", first.rest + second.rest),
        ],
        {
            "threads": options.threads,
            "model": f"{model.name}, {model.architecture}, {model.sha256[:12]}",
            "window": f"{model.size} px",
            "torch": version("torch"),
            "passes": f"first click {np.mean(first.passes):.1f}, "
            f"second {np.mean(second.passes):.1f} on average",
        },
    )


if __name__ == "__main__":
    main()
