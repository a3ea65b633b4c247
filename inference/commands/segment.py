"""`segment`: outline one object of a GeoTIFF by clicks, without a page."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from inference.clicks import Click
from inference.commands.command import Subparsers, UsageError
from inference.commands.model_options import add_model_options, load

if TYPE_CHECKING:
    from inference.prediction.predictor import Answer


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """The image, the clicks, where to write, and the model."""
    parser = subparsers.add_parser("segment", help="outline one object of a GeoTIFF by clicks")
    parser.add_argument("image", type=Path)
    parser.add_argument(
        "--click",
        type=parse_click,
        action="append",
        required=True,
        metavar="X,Y,+",
        help="in the image's CRS; + includes, - excludes; repeat for more (--click=-5,7,+)",
    )
    parser.add_argument("--out", type=Path, required=True, help="GeoPackage to write")
    parser.add_argument(
        "--native-passes",
        type=int,
        metavar="N",
        help="most native tiles along the outline of an object larger than a window; the app's "
        "own number without it",
    )
    add_model_options(parser)
    return parser


def parse_click(text: str) -> Click:
    """A click from `X,Y,+` or `X,Y,-`."""
    x_map, y_map, sign = text.split(",")
    if sign not in ("+", "-"):
        raise ValueError(sign)
    return Click(float(x_map), float(y_map), include=sign == "+")


def run(options: argparse.Namespace) -> int:
    """Outline one object and write it."""
    from dataclasses import replace

    import numpy as np
    import pyogrio.raw
    import shapely

    from inference.data.cog_reader import CogReader
    from inference.data.local_layer import open_local_layer
    from inference.data.open_files import OpenFiles
    from inference.prediction.cascade import INTERACTIVE
    from inference.prediction.local_draft import LocalDraft
    from inference.prediction.predictor import Predictor
    from inference.prediction.question import grid_of

    layer = open_local_layer(options.image)
    network, model, _ = load(options)
    reader = CogReader.for_model(layer.source, model, files=OpenFiles())
    preset = INTERACTIVE
    if options.native_passes is not None:
        preset = replace(preset, native_passes=options.native_passes)
    predictor = Predictor(network, size=model.size, preset=preset)
    draft = LocalDraft(predictor, reader, grid_of(layer.source))
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
    print(f"{area_m2:.1f} m2 in {count(len(geometry.geoms), 'part')}, written to {options.out}.")
    print(" ".join(told(answer)))
    return 0


def told(answer: "Answer") -> list[str]:
    """Sentences on what the outline leaves out, and how fine it is."""
    outline, found = answer.outline, answer.found
    left_out = [
        count(outline.parts_left_out, "other part"),
        count(outline.specks_left_out, "part") + " below the least size",
        count(outline.holes_filled, "hole") + " filled",
    ]
    sentences = [f"Left out: {', '.join(left_out)}."]
    if outline.repair_share:
        sentences.append(f"Crossing rings were repaired: {outline.repair_share:.1%} of the area.")
    if outline.is_cut_at_image_edge:
        sentences.append("The outline is cut at the edge of the image.")
    if found.coarse_factor > 1:
        sentences.append(
            f"{found.native_share:.0%} of the outline is as fine as the image, the rest was drawn "
            f"at {found.coarse_factor:g} pixels to one (more with --native-passes)."
        )
    return sentences


def count(number: int, thing: str) -> str:
    """`1 part`, `2 parts`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
