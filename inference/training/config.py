"""What a training run is told: a TOML file, read strictly."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from inference.errors import InferenceError
from inference.models.late_clicks import LateClicksConfig
from inference.training.networks import CONFIGS, NetworkConfig
from inference.training_sets.samples import COMPOSITE_SHARE

Config = TypeVar("Config")


class TrainingConfigInvalid(InferenceError):
    """A configuration that cannot be followed."""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One source of training samples.

    Attributes:
        name: short and unique; names the packed file.
        folder: relative to `imagery` of the run; absolute; or, where it begins with a dot,
            relative to the configuration.
        weight: how often it is drawn, beside the other sources' weights.
        kind: "labelled" (images/, masks/ or instances/, classes.json), "pseudo" (pictures only;
            objects are regions of even colour) or "pictures" (without objects, for pretraining).
        held_out: beginnings of the names of pictures kept for validation.
        skipped: beginnings of the names of pictures that are not used at all.
        credit: whom the model card credits, and the licence.
    """

    name: str
    folder: str
    weight: float
    kind: Literal["labelled", "pseudo", "pictures"]
    held_out: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    credit: str = ""


@dataclass(frozen=True, slots=True)
class StageConfig:
    """A part of the run: until this progress (0..1), crops of this size in batches of this many.

    Attributes:
        accumulate: batches whose gradients are added up before the weights move.
    """

    until: float
    crop_px: int
    batch: int
    accumulate: int = 1


@dataclass(frozen=True, slots=True)
class ValidationConfig:
    """What is measured while training.

    Attributes:
        folders: labelled folders that are never trained on, relative to `imagery`.
        objects_per_source: at most so many objects of each folder and of held-out pictures.
        size_px: side of the windows.
        every_minutes: minutes between two measurements.
    """

    folders: tuple[str, ...] = ()
    objects_per_source: int = 14
    size_px: int = 160
    every_minutes: float = 10.0


@dataclass(frozen=True, slots=True)
class PretrainingConfig:
    """Learning without labels: what is hidden in a picture is painted (`pretraining.py`).

    Attributes:
        hidden_share: of the patches.
        decoder_width: of the transformer that paints for a transformer; others need none.
        decoder_layers: of the same.
    """

    hidden_share: float = 0.75
    decoder_width: int = 96
    decoder_layers: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.hidden_share < 1:
            raise ValueError("hidden_share must lie between 0 and 1")
        if self.decoder_width < 32 or self.decoder_width % 32 or self.decoder_layers < 1:
            raise ValueError("the decoder needs a layer, and a width that is a multiple of 32")


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """A whole run.

    Attributes:
        run: folder of the run: checkpoints, curve, sheets.
        packs: folder of the packed sources, shared by runs.
        imagery: folder that the sources lie in.
        archive: file of `python -m inference prepare --pack`; sources and validation folders are
            then read from it, by name, and from nowhere else.
        network: of which family (`architecture` in the file) and how large.
        pretraining: where it is given, the run learns the image half of the network from pictures
            without labels, and leaves it in `encoder.pt` for the `start_from` of other runs.
        minutes: budget of the run; or `steps`, whichever is given.
        seed: of weights and samples; one seed draws the same samples in the same order.
        learning_rate: the highest.
        layer_decay: factor of the learning rate from one transformer block to the one below it;
            1 for the same rate everywhere, 0.75 where pretrained weights are to be kept.
        first_click_share: share of the steps that train the first click.
        iterative_share: share of the steps whose every pass is learnt from, with growing weight.
        latest_click: last click of an object that is learnt.
        composite_share: share of the samples that are pasted together from two windows.
        colour_share: share of the samples whose masks are weighed with the picture's colours
            before they are fed back, as the app does; on the CPU, a millisecond a mask.
        device: "auto" takes a CUDA GPU where there is one. There, networks run in bfloat16.
        workers: processes that draw samples; 0 draws them in the trainer's own.
        threads: of the CPU.
        start_from: weights that a new run starts from: a weights file, one made by
            `python -m inference.training.carry`, or the `encoder.pt` of a pretraining, whose
            clicking half starts at random; without it all of the network does.
    """

    run: Path
    packs: Path
    imagery: Path
    sources: tuple[SourceConfig, ...]
    stages: tuple[StageConfig, ...]
    validation: ValidationConfig = ValidationConfig()
    archive: Path | None = None
    network: NetworkConfig = field(default_factory=LateClicksConfig)
    pretraining: PretrainingConfig | None = None
    minutes: float = 0.0
    steps: int = 0
    seed: int = 1
    learning_rate: float = 1.2e-3
    weight_decay: float = 0.02
    layer_decay: float = 1.0
    averaging: float = 0.998
    first_click_share: float = 0.55
    iterative_share: float = 0.0
    latest_click: int = 10
    composite_share: float = COMPOSITE_SHARE
    colour_share: float = 0.0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    workers: int = 0
    threads: int = 1
    checkpoint_minutes: float = 3.0
    start_from: Path | None = None

    def __post_init__(self) -> None:
        if (self.minutes > 0) == (self.steps > 0):
            raise TrainingConfigInvalid("Give the run either minutes or steps, above 0.")
        if not self.stages or self.stages[-1].until < 1:
            raise TrainingConfigInvalid("The last [[stages]] entry must reach until = 1.0.")
        if not 3 <= self.latest_click <= 20:
            raise TrainingConfigInvalid("latest_click must lie between 3 and 20.")
        if self.first_click_share + self.iterative_share > 1:
            raise TrainingConfigInvalid(
                "first_click_share and iterative_share are more than 1 together."
            )
        for name in ("composite_share", "colour_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise TrainingConfigInvalid(f"{name} must lie between 0 and 1.")
        without_objects = [s.name for s in self.sources if s.kind == "pictures"]
        if without_objects and self.pretraining is None:
            raise TrainingConfigInvalid(
                f"{', '.join(without_objects)}: sources of kind pictures have nothing to click on. "
                "Make them pseudo, or give the run a [pretraining] table."
            )

    def stage(self, progress: float) -> StageConfig:
        """The stage at a progress of 0..1."""
        return next((s for s in self.stages if progress < s.until), self.stages[-1])


def build(kind: type[Config], table: dict[str, Any], where: str) -> Config:
    """A dataclass from a TOML table; arrays become tuples.

    Raises:
        TrainingConfigInvalid: a key is unknown or a required one is missing.
    """
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # every kind is a dataclass
    if unknown := sorted(set(table) - known):
        raise TrainingConfigInvalid(
            f"{where} has unknown keys: {', '.join(unknown)}. Known: {', '.join(sorted(known))}."
        )
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise TrainingConfigInvalid(f"{where} is incomplete: {error}.") from error
    except ValueError as error:
        raise TrainingConfigInvalid(f"{where} describes nothing that works: {error}.") from error


def build_network_config(table: dict[str, Any]) -> NetworkConfig:
    """What `[network]` describes: `architecture` ("late_clicks" without it) and its own keys.

    Raises:
        TrainingConfigInvalid: the architecture or a key is unknown.
    """
    name = table.pop("architecture", "late_clicks")
    if name not in CONFIGS:
        raise TrainingConfigInvalid(
            f"[network] names the architecture {name!r}. Known: {', '.join(sorted(CONFIGS))}."
        )
    return build(CONFIGS[name], table, "[network]")


def read_table(path: Path, *, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """What a TOML file says, with absolute paths, over what the file it is based on says.

    `based_on` names that file. Each key of the one replaces the other's whole, tables and lists
    included; `minutes` replaces `steps` and the reverse. `leave_out` names sources of the other
    that are not taken over, `more_sources` are added to them.

    Args:
        path: of the file.
        above: files that are based on it.

    Raises:
        TrainingConfigInvalid: a file cannot be read, files are based on each other in a ring, the
            upper one has no `run` of its own, or it leaves out what is not there.
    """
    table = read_file(path)
    base = table.pop("based_on", None)
    left_out, more = set(table.pop("leave_out", [])), table.pop("more_sources", [])
    if base is None:
        for key, value in (("leave_out", left_out), ("more_sources", more)):
            if value:
                raise TrainingConfigInvalid(f"{path} says {key}, but not what it is based_on.")
        return table
    origin = (path.parent / base).resolve()
    if origin in (path.resolve(), *above):
        raise TrainingConfigInvalid(f"{path} and {origin} are based on each other.")
    if "run" not in table:
        raise TrainingConfigInvalid(
            f"{path} has no run of its own: it would go on with that of {origin.name}. Name a "
            "folder for it."
        )
    below = read_table(origin, above=(*above, path.resolve()))
    sources = below.get("sources", [])
    if unknown := sorted(left_out - {str(s.get("name")) for s in sources}):
        raise TrainingConfigInvalid(
            f"{path} leaves out {', '.join(unknown)}, which {origin.name} does not have."
        )
    below["sources"] = [s for s in sources if s.get("name") not in left_out] + more
    for given, other in (("minutes", "steps"), ("steps", "minutes")):
        if given in table:
            below.pop(other, None)
    return {**below, **table}


def read_file(path: Path) -> dict[str, Any]:
    """What one TOML file says, its paths made absolute: relative ones start at its own folder.

    Raises:
        TrainingConfigInvalid: it cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TrainingConfigInvalid(
            f"The configuration {path} could not be read: {error}. Nothing was started."
        ) from error
    for key in ("run", "packs", "imagery", "archive", "start_from"):
        if key in table:
            table[key] = (path.parent / table[key]).resolve()
    for source in table.get("sources", []) + table.get("more_sources", []):
        if str(source.get("folder", "")).startswith("."):
            source["folder"] = str((path.parent / source["folder"]).resolve())
    return table


def read_config(path: Path) -> TrainingConfig:
    """The configuration in a TOML file, and in those that it is based on (see `read_table`).

    Raises:
        TrainingConfigInvalid: a file cannot be read or says something unknown.
    """
    table = read_table(path)
    nested: dict[str, type[Any]] = {"sources": SourceConfig, "stages": StageConfig}
    for key, kind in nested.items():
        table[key] = [build(kind, t, f"[[{key}]]") for t in table.get(key, [])]
    for key, kind in (("validation", ValidationConfig), ("pretraining", PretrainingConfig)):
        if key in table:
            table[key] = build(kind, table[key], f"[{key}]")
    if "network" in table:
        table["network"] = build_network_config(table["network"])
    return build(TrainingConfig, table, path.name)
