"""Training and validation pictures of a run: packed once, split by picture."""

import logging
from pathlib import Path

from inference.data.training_pack import Source, read_pack, write_pack
from inference.data.training_pictures import Picture, read_folder
from inference.data.training_pseudo_objects import read_pseudo_objects
from inference.training.config import SourceConfig, TrainingConfig
from inference.training.validation import Case, draw_cases

log = logging.getLogger(__name__)

CASES_SEED = 7


def packed(path: Path, folder: Path, kind: str) -> list[Picture]:
    """The pictures of a folder, from its pack; the pack is made where there is none."""
    if not path.exists():
        read = read_pseudo_objects if kind == "pseudo" else read_folder
        log.info("packed %s: %d objects", folder.name, write_pack(path, read(folder)))
    return read_pack(path)


def is_held_out(picture: Picture, source: SourceConfig) -> bool:
    """Whether a picture is kept for validation."""
    return picture.name.startswith(source.held_out) if source.held_out else False


def read_sources(config: TrainingConfig) -> tuple[list[Source], list[Case]]:
    """Training sources in the configuration's order, and the validation cases.

    Raises:
        TrainingFolderUnreadable: a folder or a picture cannot be read.
    """
    sources, cases = [], []
    wanted, size = config.validation.objects_per_source, config.validation.size_px
    for entry in config.sources:
        folder = config.imagery / entry.folder
        pictures = packed(config.packs / f"{entry.name}.npz", folder, entry.kind)
        kept = [p for p in pictures if not is_held_out(p, entry)]
        sources.append(Source.of(entry.name, kept))
        if held_out := [p for p in pictures if is_held_out(p, entry)]:
            test = Source.of(entry.name, held_out)
            cases += draw_cases(test, count=wanted, size=size, seed=CASES_SEED)
    for name in config.validation.folders:
        pictures = packed(config.packs / f"{name}.npz", config.imagery / name, "labelled")
        test = Source.of(name, pictures)
        cases += draw_cases(test, count=wanted, size=size, seed=CASES_SEED)
    return sources, cases
