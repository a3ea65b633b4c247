"""Training and validation pictures of a run: packed once, split by picture."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from inference.training.config import SourceConfig, TrainingConfig
from inference.training.validation import Case, draw_cases
from inference.training_sets.archive import read_archive
from inference.training_sets.pack import Source, read_pack, write_pack
from inference.training_sets.pictures import Picture, TrainingFolderUnreadable, read_folder
from inference.training_sets.samples import Drawer, SampleDrawer
from inference.training_sets.whole_pictures import PlaceDrawer, read_whole_pictures, whole

log = logging.getLogger(__name__)

CASES_SEED = 7

Kind: TypeAlias = Literal["labelled", "pseudo", "pictures"]


def read_pictures(folder: Path, kind: Kind) -> Iterator[Picture]:
    """The pictures of a folder with their objects, or what stands in for them (see `kind`).

    Raises:
        TrainingFolderUnreadable: the folder or a picture cannot be read.
    """
    if kind == "labelled":
        return read_folder(folder)
    if kind == "pictures":
        return read_whole_pictures(folder)
    from inference.training_sets.pseudo_objects import read_pseudo_objects  # needs scikit-image

    return read_pseudo_objects(folder)


class Pictures:
    """The pictures of a run's sources by name: from its archive if it has one, else from folders.

    Objects that are read from a folder are packed once, for the runs to come.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self.config = config
        self.archived = None if config.archive is None else read_archive(config.archive)

    def of(self, name: str, folder: str, kind: Kind) -> list[Picture]:
        """The pictures of one source.

        Raises:
            TrainingFolderUnreadable: they cannot be read, or are not in the archive.
        """
        if self.archived is not None:
            if name not in self.archived:
                raise TrainingFolderUnreadable(
                    f"{self.config.archive} has no source called {name} (it has "
                    f"{', '.join(sorted(self.archived))}). Pack it, or take it out of the run."
                )
            return self.archived[name]
        if kind == "pictures":
            return list(read_pictures(self.config.imagery / folder, kind))
        path = self.config.packs / f"{name}.npz"
        if not path.exists():
            pictures = read_pictures(self.config.imagery / folder, kind)
            log.info("packed %s: %d objects", name, write_pack(path, pictures))
        return read_pack(path)


def is_held_out(picture: Picture, source: SourceConfig) -> bool:
    """Whether a picture is kept for validation."""
    return picture.name.startswith(source.held_out) if source.held_out else False


def read_sources(config: TrainingConfig) -> tuple[list[Source], list[Case]]:
    """Training sources in the configuration's order, and the validation cases.

    A pretraining has whole pictures instead of objects, and no cases; what other runs hold out it
    must not see either.

    Raises:
        TrainingFolderUnreadable: a folder or a picture cannot be read.
    """
    sources, cases = [], []
    wanted, size = config.validation.objects_per_source, config.validation.size_px
    bands, pictures_of = config.network.bands, Pictures(config).of
    for entry in config.sources:
        found = pictures_of(entry.name, entry.folder, entry.kind)
        pictures = [p for p in found if not p.name.startswith(entry.skipped)]
        kept = [p for p in pictures if not is_held_out(p, entry)]
        if config.pretraining is not None:
            sources.append(Source.of(entry.name, [whole(p.name, p.pixels) for p in kept]))
            continue
        sources.append(Source.of(entry.name, kept))
        if held_out := [p for p in pictures if is_held_out(p, entry)]:
            test = Source.of(entry.name, held_out)
            cases += draw_cases(test, count=wanted, size=size, seed=CASES_SEED, bands=bands)
    if config.pretraining is not None:
        return sources, []
    for name in config.validation.folders:
        pictures = pictures_of(name, name, "labelled")
        test = Source.of(name, pictures)
        cases += draw_cases(test, count=wanted, size=size, seed=CASES_SEED, bands=bands)
    return sources, cases


def drawer_of(config: TrainingConfig, sources: list[Source]) -> Drawer:
    """What draws the run's samples from its sources.

    Raises:
        BandsMissing: a picture has too few bands for the network.
    """
    weights, bands = [s.weight for s in config.sources], config.network.bands
    if config.pretraining is not None:
        return PlaceDrawer(sources, weights, bands=bands)
    return SampleDrawer(sources, weights, bands=bands, composite_share=config.composite_share)
