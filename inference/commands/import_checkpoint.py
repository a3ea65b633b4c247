"""`import-checkpoint`: take a published checkpoint into weights/."""

import argparse
from pathlib import Path

from inference.commands.command import Subparsers, UsageError, numbers


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """The file, and what to call it."""
    parser = subparsers.add_parser(
        "import-checkpoint",
        help="take a published SimpleClick or CFR-ICL file into weights/",
        description="Turns a published PyTorch file into safetensors and a manifest entry. "
        "Nothing in the file is run.",
    )
    parser.add_argument("file", type=Path, help="a .pth file; weights/README.md names them")
    parser.add_argument("--name", help="in the manifest; the file's own without it")
    parser.add_argument("--folder", type=Path, help="where to put it; weights/ without it")
    parser.add_argument("--replace", action="store_true", help="a model of that name may go")
    parser.add_argument("--licence", help="what to note of it; without it, what is known")
    for option in ("--mean", "--deviation"):
        parser.add_argument(
            option, type=float, nargs="+", metavar="VALUE", help="per band, 0..1; if not RGB"
        )
    parser.add_argument(
        "--picture-bands",
        type=numbers,
        metavar="4,1,2",
        default=(),
        help="which it was trained on, in its order: 1 red, 2 green, 3 blue, 4 near infrared; "
        "the first ones without it",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Import it and say what it is."""
    from inference.models.checkpoint_import import BandStatistics, import_checkpoint
    from inference.models.registry import WEIGHTS_FOLDER

    if (options.mean is None) != (options.deviation is None):
        raise UsageError("Give --mean and --deviation together. Nothing was imported.")
    folder = options.folder or WEIGHTS_FOLDER
    spec = import_checkpoint(
        options.file,
        name=options.name or options.file.stem,
        folder=folder,
        replace_existing=options.replace,
        licence=options.licence,
        statistics=options.mean and BandStatistics(tuple(options.mean), tuple(options.deviation)),
        picture_bands=options.picture_bands,
    )
    megabytes = (folder / spec.file).stat().st_size / 1e6
    print(f"{spec.name}: {spec.source}")
    print(f"{spec.bands} bands, windows of {spec.size_px} px, {megabytes:.1f} MB")
    print(f"licence: {spec.licence}")
    print(f"sha256 {spec.sha256}, written to {folder / spec.file}")
    return 0
