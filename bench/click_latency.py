"""How long a click waits, inside the engine: from the request to its first and last outline.

Clicks fall inside objects of a drawn scene, in an order that is drawn too; each draft gets a
first click and then one more, on a second place of the same object. No socket, nobody else:
what is measured is reading, network, refinement, window rule and outline, with torch and with
OpenVINO in turns. Then each half of the network alone. Asserts nothing.

    python -m bench.click_latency --drafts 50 --threads 2
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import shapely
import torch

from bench.report import Ratio, Timing, ratio, report, version
from bench.rounds import flops_of, in_turns, large_product, share_of_rate
from inference.backends.backend import Backend
from inference.backends.choice import BackendUnavailable, Choice
from inference.backends.comparison import compare, drawn_window
from inference.commands.model_options import model_info
from inference.data.local_layer import LocalLayer, open_local_layer
from inference.engine.request import EngineRequest
from inference.engine.runner import Runner
from inference.evaluation.simulation import read_truth
from inference.messages import ClickMessage, PassDone, Segment, WindowMask
from inference.models.click_network import ClickNetwork
from inference.models.registry import WEIGHTS_FOLDER, ModelSpec, load_model
from inference.prediction.question import grid_of
from inference.scenes.files import write_scene
from inference.scenes.scene import draw_scene

BATCH = 4
HALVES_ROUNDS = 15


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


def places_in(
    shape: shapely.Geometry, random: np.random.Generator, count: int = 2
) -> list[ClickMessage]:
    """Include clicks inside an object (map frame)."""
    x_min, y_min, x_max, y_max = shape.bounds
    places: list[ClickMessage] = []
    while len(places) < count:
        x, y = random.uniform((x_min, y_min), (x_max, y_max))
        if shapely.contains_xy(shape, x, y):
            places.append(ClickMessage(x=float(x), y=float(y), include=True))
    return places


def measure(
    runners: dict[str, Runner], layer: LocalLayer, truth: Path, drafts: int, seed: int
) -> dict[str, tuple[Waits, Waits]]:
    """Waits of first and of second clicks; the back ends take turns, click by click."""
    random = np.random.default_rng(seed)
    objects = read_truth(truth, grid_of(layer.source), objects=drafts, seed=seed)
    waits = {name: (Waits(), Waits()) for name in runners}
    for number, shape in enumerate(objects):
        clicks = places_in(shape, random)
        about = {"type": "segment", "draft": f"d{number}", "source": layer.source}
        begin = Segment(request="first", step=1, clicks=clicks[:1], **about)
        previous = {name: waits[name][0].answer(r, begin) for name, r in runners.items()}
        for name, runner in runners.items():
            go_on = Segment(
                request="second", step=2, clicks=clicks, previous=previous[name], **about
            )
            waits[name][1].answer(runner, go_on)
    return waits


def rows_of(name: str, first: Waits, second: Waits) -> list[Timing]:
    """The rows of one back end."""
    return [
        Timing(f"{name}: first click, to first outline", first.first_pass),
        Timing(f"{name}: first click, to settled", first.settled),
        Timing(f"{name}: second click, to first outline", second.first_pass),
        Timing(f"{name}: second click, to settled", second.settled),
        Timing(f"{name}: one pass, network", first.network + second.network),
        Timing(f"{name}: one pass, the rest", first.rest + second.rest),
    ]


@torch.inference_mode()
def halves_alone(
    network: ClickNetwork, others: dict[str, Backend], size: int
) -> tuple[list[Timing], list[Ratio]]:
    """Each half of the network by itself, what a batch gains, and the share of the matrix rate."""
    image, clicks = drawn_window(network.bands, size, radius_px=network.click_radius_px)
    previous = torch.rand(1, 1, size, size)
    features = network.encode(image)
    four = tuple(torch.cat([tensor] * BATCH) for tensor in features)
    fed = previous.expand(BATCH, -1, -1, -1), clicks.expand(BATCH, -1, -1, -1)
    works: dict[str, Callable[[], object]] = {}
    for name, backend in {"torch": network, **others}.items():
        works[f"{name}: encode"] = partial(backend.encode, image)
        works[f"{name}: decode"] = partial(backend.decode, features, previous, clicks)
    works[f"torch: decode, a batch of {BATCH}"] = partial(network.decode, four, *fed)
    product = "large product"
    seconds = in_turns({**works, product: large_product()}, HALVES_ROUNDS)
    ratios = [
        Ratio(
            f"{name}: share of the machine's matrix rate",
            share_of_rate(
                flops_of(works[f"torch: {name.split(': ')[1]}"]), seconds[name], seconds[product]
            ),
        )
        for name in works
    ]
    one_by_one = [BATCH * taken for taken in seconds["torch: decode"]]
    batch = seconds[f"torch: decode, a batch of {BATCH}"]
    ratios.append(ratio(f"torch: a batch of {BATCH} over one by one", batch, one_by_one))
    return [Timing(name, taken) for name, taken in seconds.items()], ratios


def backends_of(
    options: argparse.Namespace, network: ClickNetwork, spec: ModelSpec, cache: Path
) -> dict[str, Backend]:
    """OpenVINO's, where it is installed, by name."""
    choice = Choice(
        network,
        options.weights / spec.file,
        spec.sha256,
        spec.size_px,
        options.threads,
        cache,
    )
    try:
        return {"OpenVINO": choice.make("openvino").backend}
    except BackendUnavailable as reason:
        print(reason)
        return {}


def main() -> None:
    """Draw a scene, click it, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
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
    model = model_info(spec)
    with tempfile.TemporaryDirectory() as folder:
        others = backends_of(options, network, spec, Path(folder))
        backends: dict[str, Backend] = {"torch": network, **others}
        scene = options.scene or Path(folder)
        if options.scene is None:
            drawn = draw_scene(seed=options.seed, size=(options.size,) * 2, resolution_m=0.6)
            write_scene(drawn, scene)
        layer, truth = open_local_layer(scene / "scene.tif"), scene / "truth.gpkg"

        def runners() -> dict[str, Runner]:
            return {name: Runner(backend, model) for name, backend in backends.items()}

        measure(runners(), layer, truth, 3, options.seed + 1)  # warm the libraries
        waits = measure(runners(), layer, truth, options.drafts, options.seed)
        alone, ratios = halves_alone(network, others, spec.size_px)
        found = {name: compare(network, other, size=spec.size_px) for name, other in others.items()}
    settled = {name: first.settled for name, (first, _) in waits.items()}
    report(
        "click_latency",
        [row for name, (first, second) in waits.items() for row in rows_of(name, first, second)]
        + alone,
        {
            "threads": options.threads,
            "model": f"{model.name}, {model.architecture}, {model.sha256[:12]}",
            "window": f"{model.size} px",
            "torch": version("torch"),
            **{name: f"{version(name.lower())}; {how}" for name, how in found.items()},
            **{
                f"passes, {name}": f"first click {np.mean(first.passes):.1f}, "
                f"second {np.mean(second.passes):.1f} on average"
                for name, (first, second) in waits.items()
            },
        },
        [
            *(
                ratio(
                    f"first click, to settled: {name} over torch", settled[name], settled["torch"]
                )
                for name in others
            ),
            *ratios,
        ],
    )


if __name__ == "__main__":
    main()
