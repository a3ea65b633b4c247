"""What a training run is told: a TOML file, read strictly."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from inference.errors import InferenceError
from inference.models.late_clicks import LateClicksConfig
from inference.training.networks import CONFIGS, NetworkConfig

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
        kind: "labelled" (images/, masks/ or instances/, classes.json) or "pseudo" (pictures only;
            objects are regions of even colour).
        held_out: beginnings of the names of pictures kept for validation.
        credit: whom the model card credits, and the licence.
    """

    name: str
    folder: str
    weight: float
    kind: Literal["labelled", "pseudo"]
    held_out: tuple[str, ...] = ()
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
class TrainingConfig:
    """A whole run.

    Attributes:
        run: folder of the run: checkpoints, curve, sheets.
        packs: folder of the packed sources, shared by runs.
        imagery: folder that the sources lie in.
        archive: file of `python -m inference prepare --pack`; sources and validation folders are
            then read from it, by name, and from nowhere else.
        network: of which family (`architecture` in the file) and how large.
        minutes: budget of the run; or `steps`, whichever is given.
        seed: of weights and samples; one seed draws the same samples in the same order.
        learning_rate: the highest.
        layer_decay: factor of the learning rate from one transformer block to the one below it;
            1 for the same rate everywhere, 0.75 where pretrained weights are to be kept.
        first_click_share: share of the steps that train the first click.
        iterative_share: share of the steps whose every pass is learnt from, with growing weight.
        latest_click: last click of an object that is learnt.
        device: "auto" takes a CUDA GPU where there is one. There, networks run in bfloat16.
        workers: processes that draw samples; 0 draws them in the trainer's own.
        threads: of the CPU.
        start_from: weights that a new run starts from, a weights file or one made by
            `python -m inference.training.carry`; without them it starts at random.
    """

    run: Path
    packs: Path
    imagery: Path
    sources: tuple[SourceConfig, ...]
    stages: tuple[StageConfig, ...]
    validation: ValidationConfig = ValidationConfig()
    archive: Path | None = None
    network: NetworkConfig = field(default_factory=LateClicksConfig)
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


def read_config(path: Path) -> TrainingConfig:
    """The configuration in a TOML file; relative paths in it start at its own folder.

    Raises:
        TrainingConfigInvalid: the file cannot be read or says something unknown.
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
    for source in table.get("sources", []):
        if str(source.get("folder", "")).startswith("."):
            source["folder"] = str((path.parent / source["folder"]).resolve())
    nested: dict[str, type[Any]] = {"sources": SourceConfig, "stages": StageConfig}
    for key, kind in nested.items():
        table[key] = [build(kind, t, f"[[{key}]]") for t in table.get(key, [])]
    if "validation" in table:
        table["validation"] = build(ValidationConfig, table["validation"], "[validation]")
    if "network" in table:
        table["network"] = build_network_config(table["network"])
    return build(TrainingConfig, table, path.name)
