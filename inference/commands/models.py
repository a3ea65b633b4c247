"""`models`: what `--model` may name."""

import argparse
from pathlib import Path

from inference.commands.command import Subparsers

ROW = "{:<24} {:<14} {:>6} {:>5} {:>8}  {:<9} {}"


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Where to look."""
    parser = subparsers.add_parser("models", help="list the models in weights/")
    parser.add_argument("--folder", type=Path, help="another folder with a manifest")
    return parser


def run(options: argparse.Namespace) -> int:
    """Print the manifest's models and whether their files are what it says."""
    from inference.models.registry import WEIGHTS_FOLDER, file_state, read_manifest

    folder = options.folder or WEIGHTS_FOLDER
    specs = read_manifest(folder)
    if not specs:
        print(f"{folder} offers no models.")
        return 0
    print(ROW.format("name", "architecture", "window", "bands", "MB", "file", "licence"))
    for spec in specs.values():
        path = folder / spec.file
        megabytes = f"{path.stat().st_size / 1e6:.1f}" if path.exists() else "-"
        print(
            ROW.format(
                spec.name,
                spec.architecture,
                spec.size_px,
                spec.bands,
                megabytes,
                file_state(spec, folder),
                spec.licence,
            )
        )
    return 0
