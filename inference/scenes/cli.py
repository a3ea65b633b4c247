"""Draws scenes from the command line: `python -m inference draw-scene`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.errors import InferenceError
from inference.scenes.files import write_scene, write_training_scene
from inference.scenes.scene import draw_scene


def main(argv: Sequence[str] | None = None) -> int:
    """Draw one scene or several; prints what was written; 0, or 1 where nothing could be."""
    options = _parser().parse_args(argv)
    folder: Path = options.out
    for seed in range(options.seed, options.seed + options.count):
        try:
            scene = draw_scene(
                seed=seed, size=(options.size, options.size), resolution_m=options.resolution
            )
            name = "scene" if options.count == 1 else f"scene_{seed:04d}"
            if options.layout == "training":
                path = write_training_scene(scene, folder, name=f"scene_{seed:04d}")
            else:
                # Each scene has a truth.gpkg of its own.
                path = write_scene(scene, folder if options.count == 1 else folder / name)
        except (InferenceError, OSError) as error:
            print(error, file=sys.stderr)  # noqa: T201 - a command speaks to its caller
            return 1
        print(f"{path}: {len(scene.objects)} objects")  # noqa: T201 - a command prints its result
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m inference draw-scene",
        description="Draw a procedural orthophoto of a coastal preserve, with its truth.",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--size", type=int, default=4096, help="rows and columns, in pixels")
    parser.add_argument("--seed", type=int, default=7, help="which scene; counted up by --count")
    parser.add_argument("--count", type=int, default=1, help="how many scenes")
    parser.add_argument("--resolution", type=float, default=0.6, help="metres per pixel")
    parser.add_argument(
        "--layout",
        choices=("geotiff", "training"),
        default="geotiff",
        help="a georeferenced picture with truth.gpkg, or images, masks and instances",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
