"""The command line: `python -m inference COMMAND`.

Each command imports its heavy parts itself: torch takes seconds to load, and neither `--help`
nor drawing a scene needs it.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from inference.clicks import Click
from inference.errors import InferenceError

if TYPE_CHECKING:
    from inference.messages import ModelInfo
    from inference.models.click_network import ClickNetwork

TOKEN_NAME = "SEGMAP_ENGINE_TOKEN"  # noqa: S105 (the variable's name, not a token)


class UsageError(InferenceError):
    """The command was called in a way that cannot work."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["train"]:
        from inference.training.__main__ import main as train

        return train(arguments[1:])
    if arguments[:1] == ["draw-scene"]:
        from inference.data.scene_cli import main as draw_scene

        return draw_scene(arguments[1:])
    options = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except InferenceError as error:
        print(error, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="python -m inference", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    # The two whose options are their own modules' affair; `main` passes them on.
    commands.add_parser("train", help="train a network; see its own --help", add_help=False)
    commands.add_parser("draw-scene", help="draw a scene with its truth", add_help=False)

    engine = commands.add_parser("engine", help=f"serve a web server ({TOKEN_NAME} proves who)")
    engine.add_argument("--server", required=True, help="ws:// or wss:// address of its socket")
    engine.add_argument("--name", default=socket.gethostname(), help="shown to people")
    add_model_options(engine)
    engine.set_defaults(run=run_engine)

    models = commands.add_parser("models", help="list the models in weights/")
    models.set_defaults(run=run_models)

    segment = commands.add_parser("segment", help="outline one object of a GeoTIFF by clicks")
    segment.add_argument("image", type=Path)
    segment.add_argument(
        "--click",
        type=parse_click,
        action="append",
        required=True,
        metavar="X,Y,+",
        help="in the image's CRS; + includes, - excludes; repeat for more (--click=-5,7,+)",
    )
    segment.add_argument("--out", type=Path, required=True, help="GeoPackage to write")
    add_model_options(segment)
    segment.set_defaults(run=run_segment)

    simulate = commands.add_parser("simulate", help="judge a model by simulated clicks")
    simulate.add_argument("image", type=Path)
    simulate.add_argument("truth", type=Path, help="polygons in the image's CRS")
    simulate.add_argument("--objects", type=int, default=30)
    simulate.add_argument("--clicks", type=int, default=5)
    simulate.add_argument("--seed", type=int, default=0)
    add_model_options(simulate)
    simulate.set_defaults(run=run_simulate)
    return top


def add_model_options(command: argparse.ArgumentParser) -> None:
    """Options of every command that runs a network."""
    command.add_argument("--model", default="default", help="a name of `models`")
    command.add_argument(
        "--threads", type=int, help="for the network; OMP_NUM_THREADS or all cores without it"
    )


def parse_click(text: str) -> Click:
    """A click from `X,Y,+` or `X,Y,-`."""
    x_map, y_map, sign = text.split(",")
    if sign not in ("+", "-"):
        raise ValueError(sign)
    return Click(float(x_map), float(y_map), include=sign == "+")


def run_engine(options: argparse.Namespace) -> int:
    """Dial in to a server and answer its clicks until stopped."""
    from inference.engine.link import EngineLink
    from inference.engine.runner import Runner

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    token = os.environ.get(TOKEN_NAME, "")
    if not token:
        raise UsageError(
            f"The engine has no token, so it did not start. Put the one that the server shows for "
            f"it into {TOKEN_NAME}."
        )
    network, model, threads = load(options)
    device = next(network.parameters()).device
    link = EngineLink(
        url=options.server,
        token=token,
        name=options.name,
        device=f"{device.type}, {threads} threads" if device.type == "cpu" else device.type,
        runner=Runner(network, model),
        # OpenMP's thread count belongs to the thread that sets it.
        prepare_thread=lambda: use_threads(threads),
    )

    async def serve() -> None:
        task = asyncio.create_task(link.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(serve())
    return 0


def run_models(options: argparse.Namespace) -> int:  # noqa: ARG001 (every command takes them)
    """Print what `--model` may name."""
    from inference.models.registry import read_manifest

    for spec in read_manifest().values():
        print(
            f"{spec.name}  {spec.architecture}, windows of {spec.size_px} px, {spec.bands} bands, "
            f"{spec.licence}, sha256 {spec.sha256[:12]}"
        )
    return 0


def run_segment(options: argparse.Namespace) -> int:
    """Outline one object and write it."""
    import numpy as np
    import pyogrio.raw
    import shapely

    from inference.data.cog_reader import CogReader
    from inference.data.local_layer import open_local_layer
    from inference.data.open_files import OpenFiles
    from inference.prediction.local_draft import LocalDraft
    from inference.prediction.predictor import Predictor
    from inference.prediction.question import grid_of

    layer = open_local_layer(options.image)
    network, model, _ = load(options)
    reader = CogReader(layer.source, bands=model.bands, files=OpenFiles())
    draft = LocalDraft(Predictor(network, size=model.size), reader, grid_of(layer.source))
    for click in options.click:
        answer = draft.add(click)
    geometry = answer.outline.geometry
    if geometry.is_empty:
        raise UsageError("Nothing found here, so nothing was written. Add a click.")
    area_m2 = geometry.area * layer.unit_m**2
    pyogrio.raw.write(
        options.out,
        geometry=np.array([shapely.to_wkb(geometry)], dtype=object),
        field_data=[
            np.array([area_m2]),
            np.array([len(options.click)]),
            np.array([model.sha256], dtype=object),
        ],
        fields=["area_m2", "clicks", "model"],
        geometry_type="MultiPolygon",
        crs=layer.crs,
        driver="GPKG",
    )
    print(f"{area_m2:.1f} m2 in {len(geometry.geoms)} part(s), written to {options.out}")
    return 0


def run_simulate(options: argparse.Namespace) -> int:
    """Print how good outlines are after 1, 3, 5, ... simulated clicks."""
    from inference.data.cog_reader import CogReader
    from inference.data.local_layer import open_local_layer
    from inference.data.open_files import OpenFiles
    from inference.evaluation.iou import number_of_clicks
    from inference.evaluation.simulation import median_iou, read_truth, simulate
    from inference.prediction.predictor import Predictor
    from inference.prediction.question import grid_of

    layer = open_local_layer(options.image)
    grid = grid_of(layer.source)
    truth = read_truth(options.truth, grid, objects=options.objects, seed=options.seed)
    network, model, _ = load(options)
    predictor = Predictor(network, size=model.size)
    reader = CogReader(layer.source, bands=model.bands, files=OpenFiles())
    runs = [simulate(predictor, reader, grid, one, clicks=options.clicks) for one in truth]
    print(f"{len(runs)} objects of {options.truth.name}, model {model.name} {model.sha256[:12]}")
    for clicks in sorted({*range(1, options.clicks + 1, 2), options.clicks}):
        print(f"median IoU after {clicks:2d} click(s): {median_iou(runs, clicks):.3f}")
    for target in (0.8, 0.85, 0.9):
        counts = [number_of_clicks(run, target, most=options.clicks) for run in runs]
        print(
            f"mean clicks to IoU {target:.2f} (at most {options.clicks}): "
            f"{sum(counts) / len(counts):.2f}"
        )
    return 0


def load(options: argparse.Namespace) -> "tuple[ClickNetwork, ModelInfo, int]":
    """The network on its device, what it is called on the wire, and the threads it runs with."""
    import torch

    from inference.messages import ModelInfo
    from inference.models.registry import load_model

    threads = options.threads or int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    use_threads(threads)
    network, spec = load_model(options.model)
    model = ModelInfo(
        name=spec.name,
        architecture=spec.architecture,
        sha256=spec.sha256,
        size=spec.size_px,
        bands=spec.bands,
    )
    return network.to("cuda" if torch.cuda.is_available() else "cpu"), model, threads


def use_threads(threads: int) -> None:
    """Let torch use so many threads in operators called from this thread."""
    import torch

    torch.set_num_threads(threads)


if __name__ == "__main__":
    raise SystemExit(main())
