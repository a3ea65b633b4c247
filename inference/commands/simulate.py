"""`simulate`: judge a model by simulated clicks on one image with known outlines."""

import argparse
from pathlib import Path

from inference.commands.command import Subparsers
from inference.commands.model_options import add_model_options, load


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """The image, its truth, how much to try, and the model."""
    parser = subparsers.add_parser("simulate", help="judge a model by simulated clicks")
    parser.add_argument("image", type=Path)
    parser.add_argument("truth", type=Path, help="polygons in the image's CRS")
    parser.add_argument("--objects", type=int, default=30)
    parser.add_argument("--clicks", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    add_model_options(parser)
    return parser


def run(options: argparse.Namespace) -> int:
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
    reader = CogReader.for_model(layer.source, model, files=OpenFiles())
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
