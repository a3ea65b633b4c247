"""python -m inference prepare: labelled folders from other people's data, and archives of them.

What is prepared can be killed and started again: pictures that are done are not done twice.
"""

import argparse
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from inference.errors import InferenceError
from inference.training_sets.layout import (
    UNKNOWN_CLASS,
    PreparingRefused,
    Written,
    read_classes,
    write_folder,
)
from inference.training_sets.pictures import Picture

log = logging.getLogger("inference.training.prepare")

TILE_PX = 640


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    options = argparse.ArgumentParser(
        prog="python -m inference prepare",
        description="Make folders to train on (images/, masks/, instances/, classes.json), or "
        "pack several into one small archive. Started again, it goes on where it was.",
    )
    kinds = options.add_mutually_exclusive_group(required=True)
    kinds.add_argument(
        "--isprs", type=Path, metavar="FOLDER", help="ISPRS Potsdam or Vaihingen as handed out"
    )
    kinds.add_argument("--images", type=Path, metavar="FOLDER", help="pictures; with --masks")
    kinds.add_argument("--raster", type=Path, metavar="TIF", help="a GeoTIFF; with --polygons")
    kinds.add_argument(
        "--pack", type=Path, metavar="FILE", help="one archive of FOLDERs, or of --config's sources"
    )
    options.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="for --pack")
    options.add_argument("--out", type=Path, help="folder to write")
    options.add_argument("--set", choices=("PRGB", "PRGIR", "PRGBIR", "VRGIR"), help="for --isprs")
    options.add_argument(
        "--test", nargs="*", default=[], metavar="NAME", help="test pictures, for --isprs"
    )
    options.add_argument("--patch", type=int, metavar="PX", help="side of patches, for --isprs")
    options.add_argument("--masks", type=Path, metavar="FOLDER", help="masks of the same names")
    options.add_argument(
        "--classes", type=Path, metavar="JSON", help="names, ignored ids, colours; for --masks"
    )
    options.add_argument("--polygons", type=Path, metavar="FILE", help="GeoPackage or shapefile")
    options.add_argument("--class-field", metavar="NAME", help="field of the class; one without it")
    options.add_argument("--tile", type=int, default=TILE_PX, metavar="PX", help="for --polygons")
    options.add_argument(
        "--rest-is-unknown",
        action="store_true",
        help="ground without a polygon was not labelled, rather than being background",
    )
    options.add_argument("--config", type=Path, help="training configuration, for --pack")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        if options.pack:
            pack(options)
        elif options.isprs:
            prepare_isprs(options)
        elif options.images:
            prepare_pairs(options)
        else:
            prepare_polygons(options)
    except InferenceError as error:
        log.error("%s", error)  # noqa: TRY400 (a sentence for a person, not a traceback)
        return 1
    return 0


def required(options: argparse.Namespace, *names: str) -> None:
    """Refuse to go on without these options.

    Raises:
        PreparingRefused: one is missing.
    """
    for name in names:
        if getattr(options, name) is None:
            raise PreparingRefused(f"--{name} is missing. Nothing was written; see --help.")


def report(where: Path, written: Written) -> None:
    """What a folder holds now."""
    log.info(
        "%s: %d pictures, %d objects%s%s",
        where,
        written.pictures,
        written.objects,
        f", {written.skipped} of them done before" if written.skipped else "",
        f"; {written.empty} without a label were left out" if written.empty else "",
    )


def prepare_isprs(options: argparse.Namespace) -> None:
    """Write a set of the paper; its counts beside the paper's."""
    from inference.training_sets.isprs import CLASSES, SETS, pictures_of_set, plan_patches, split
    from inference.training_sets.isprs_folders import UNKNOWN

    required(options, "set", "out")
    parts = split(pictures_of_set(options.isprs, options.set), options.test)
    wanted = SETS[options.set]
    patch_px = options.patch or wanted.benchmark.patch_px
    rows = []
    for index, (part, pictures) in enumerate(zip(("train", "test"), parts, strict=True)):
        log.info("%s: %s", part, ", ".join(p.name for p in pictures))
        folder = options.out / options.set / part
        written = write_folder(
            folder,
            plan_patches(pictures, options.set, patch_px=patch_px),
            classes=CLASSES,
            ignored=[UNKNOWN],
            progress=log.info,
        )
        report(folder, written)
        patches, objects = (numbers[index] for numbers in wanted.published)
        rows.append(f"{part:<6}{written.pictures:>9}{patches:>9}{written.objects:>10}{objects:>9}")
    log.info("%s of patches of %d px (the last two of each pair: the paper)", options.set, patch_px)
    log.info("%-6s%9s%9s%10s%9s", "", "patches", "paper", "objects", "paper")
    for row in rows:
        log.info("%s", row)


def prepare_pairs(options: argparse.Namespace) -> None:
    """Write pictures with masks."""
    from inference.training_sets.importing import MaskRules, plan_pairs

    required(options, "masks", "out")
    names, ignored, colours = read_classes(options.classes) if options.classes else ({}, set(), {})
    rules = MaskRules(names, frozenset(ignored), colours)
    planned = plan_pairs(options.images, options.masks, rules)
    written = write_folder(options.out, planned, classes=names, ignored=ignored, progress=log.info)
    report(options.out, written)


def prepare_polygons(options: argparse.Namespace) -> None:
    """Write tiles of a GeoTIFF with polygons."""
    from inference.training_sets.importing import plan_tiles, read_polygons

    required(options, "polygons", "out")
    polygons = read_polygons(options.polygons, options.raster, class_field=options.class_field)
    if polygons.reprojected_from:
        log.info(
            "%s was reprojected from %s to the raster's CRS",
            options.polygons.name,
            polygons.reprojected_from,
        )
    planned = plan_tiles(
        options.raster, polygons, tile_px=options.tile, rest_is_known=not options.rest_is_unknown
    )
    written = write_folder(
        options.out,
        planned,
        classes=polygons.classes,
        ignored=[UNKNOWN_CLASS],
        progress=log.info,
    )
    report(options.out, written)


def pack(options: argparse.Namespace) -> None:
    """Write an archive, and say what did not fit."""
    from inference.training_sets.archive import write_archive

    packed = write_archive(options.pack, dict(sources_to_pack(options)))
    for name, count in packed.kept.items():
        log.info("%s: %d pictures", name, count)
    for name, names in packed.left_out.items():
        log.info("left out of %s to fit: %s", name, ", ".join(names))
    log.info("%s: %.1f MB, WebP quality %d", options.pack, packed.bytes / 1e6, packed.quality)


def sources_to_pack(options: argparse.Namespace) -> Iterator[tuple[str, Iterable[Picture]]]:
    """Names and pictures: of the folders given, and of a configuration's sources.

    Raises:
        PreparingRefused: there are none, or two have one name.
    """
    from inference.training.config import read_config
    from inference.training.sources import Pictures, read_pictures

    names = [folder.name for folder in options.folders]
    if not options.folders and options.config is None:
        raise PreparingRefused(
            "There is nothing to pack. Nothing was written; name folders, or a configuration "
            "with --config."
        )
    if options.config:
        config = read_config(options.config)
        pictures = Pictures(config)
        for source in config.sources:
            names.append(source.name)
            yield source.name, pictures.of(source.name, source.folder, source.kind)
        for name in config.validation.folders:
            names.append(name)
            yield name, pictures.of(name, name, "labelled")
    if twice := {name for name in names if names.count(name) > 1}:
        raise PreparingRefused(
            f"Two sources are called {', '.join(sorted(twice))}. Nothing was written; rename one."
        )
    for folder in options.folders:
        is_labelled = (folder / "classes.json").is_file()
        yield folder.name, read_pictures(folder, "labelled" if is_labelled else "pseudo")


if __name__ == "__main__":
    raise SystemExit(main())
