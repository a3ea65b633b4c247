"""Somebody's own labels: train on from weights that exist, and say what it brought.

Part of the folder is held out. The weights are measured on it before and after, by clicks on
centres, in windows as while training (see `validation`); the two rows are the command's answer.
"""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from inference.errors import InferenceError
from inference.models.checkpoint import load_weights, sha256_of
from inference.models.registry import WEIGHTS_FOLDER, ModelSpec, load_model, read_manifest
from inference.training.config import StageConfig, TrainingConfig, ValidationConfig
from inference.training.export import LICENCE, export
from inference.training.networks import config_of, load_start, read_carried, start_network
from inference.training.trainer import Trainer, choose_device
from inference.training.validation import Case, Measurement, draw_cases, measure
from inference.training_sets.pack import Source
from inference.training_sets.pictures import Picture, read_folder, table_of_objects
from inference.training_sets.samples import SampleDrawer

log = logging.getLogger(__name__)

RUNS_FOLDER = Path(__file__).resolve().parents[2] / "runs"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
HELD_OUT_SHARE = 0.25
SPLIT_SEED = 11
CLICKS = 20
MOST_CASES = 80
FEWEST_OBJECTS = 4
"""Of training and of held-out objects: with fewer, the table would say nothing."""
LEARNING_RATE = 3e-4
LAYER_DECAY = 0.75
AVERAGING = 0.99
"""Of short runs: the average looks back over some hundred steps."""
PUBLISHED_SIZE_PX = 448
"""Of weights that do not say at which size they were trained."""
BATCH = {"cpu": 8, "cuda": 24}


class FineTuningRefused(InferenceError):
    """Something that stands in the way of a fine-tuning; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes:
        data: a labelled folder; or one with `train/` and `test/`, the latter then held out.
        start: a model of the manifest, or a weights file.
        name: of the model to make, and of its run.
        minutes: of training; or `steps`.
        bands: of the pictures, from 1, in the order the network gets them; None takes them as
            they are. More than the weights take are further ones that the model learns to use.
    """

    data: Path
    start: str
    name: str
    minutes: float = 0.0
    steps: int = 0
    bands: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Starting:
    """Weights to start from."""

    path: Path
    name: str
    sha256: str
    size_px: int
    licence: str


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a fine-tuning brought.

    Attributes:
        start: name of the weights that it started from.
        spec: of the model that was made.
        before: of the weights that it started from, on the held-out objects.
        after: of the model that was made, on the same.
    """

    start: str
    spec: ModelSpec
    before: Measurement
    after: Measurement


def fine_tune(
    order: Order,
    *,
    runs: Path = RUNS_FOLDER,
    weights: Path = WEIGHTS_FOLDER,
    resume: bool = False,
    settings: dict[str, object] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Outcome | None:
    """Train, measure, and offer the result under its name.

    None where it was stopped on the way; `resume` then goes on with it.

    Args:
        order: what is asked for.
        runs: where its run's folder is made.
        weights: folder of the manifest.
        resume: go on with a run of this name.
        settings: of the run (`TrainingConfig`), such as device, workers, threads.
        should_stop: asked after every step.

    Raises:
        FineTuningRefused: a name is taken, or the pictures do not fit the weights.
        InferenceError: the folder or the weights cannot be read.
    """
    check_name(order, runs / order.name, weights, resume=resume)
    starting = find_start(order.start, weights)
    known = config_of(load_start(starting.path))
    described = known.with_bands(max(known.bands, len(order.bands or ())))
    network = start_network(described, starting.path)
    train, held_out = split(order.data)
    train, held_out = (with_bands(part, order, network.bands) for part in (train, held_out))
    size = network.nearest_valid_size(starting.size_px)
    cases = draw_cases(held_out, count=MOST_CASES, size=size, seed=SPLIT_SEED, bands=network.bands)
    check_enough(train, cases, order)
    config = run_config(order, runs / order.name, starting, size, settings or {})
    config = replace(config, network=described)
    device = choose_device(config)
    torch.set_num_threads(config.threads)
    keep_order(order, starting, config.run)

    log.info("measuring %s on %d held-out objects", starting.name, len(cases))
    before = measure(network.to(device).eval(), cases, clicks=CLICKS)
    trainer = Trainer(config, SampleDrawer([train], [1.0], bands=network.bands), [])
    log.info("going on from a checkpoint" if trainer.resume() else "starting")
    trainer.run(should_stop)
    if not trainer.schedule.is_over:
        return None
    after = measure(trainer.average, cases, clicks=CLICKS)
    spec = export(
        config.run,
        order.name,
        weights,
        licence=starting.licence,
        source=f"fine-tuned from {starting.name} ({starting.sha256[:12]}) on {order.data.name}",
        picture_bands=order.bands or (),
    )
    return Outcome(starting.name, spec, before, after)


def check_name(order: Order, run: Path, weights: Path, *, resume: bool) -> None:
    """Refuse names that are taken.

    Raises:
        FineTuningRefused: nothing was changed.
    """
    if not NAME.fullmatch(order.name):
        raise FineTuningRefused(
            f"{order.name!r} cannot be a model's name: use small letters, digits, - and _. Nothing "
            "was started."
        )
    if order.name in read_manifest(weights) or (weights / f"{order.name}.safetensors").exists():
        raise FineTuningRefused(
            f"There is a model called {order.name} already; it was not touched, and nothing was "
            "started. Choose another name with --out."
        )
    if run.exists() and not resume:
        raise FineTuningRefused(
            f"There is a run called {order.name} already ({run}); it was not touched. Go on with "
            "it by --resume, or choose another name with --out."
        )


def find_start(start: str, weights: Path) -> Starting:
    """The weights that a name or path stands for.

    Raises:
        ModelUnavailable, WeightsUnreadable, StartUnusable: they are not there or are damaged.
    """
    path = Path(start)
    if path.suffix == ".pt":
        size = read_carried(path).get("final_crop_px", PUBLISHED_SIZE_PX)
    elif path.suffix == ".safetensors":
        size = load_weights(path)[1].training.get("crop_px", PUBLISHED_SIZE_PX)
    else:
        _, spec = load_model(start, weights)
        return Starting(weights / spec.file, spec.name, spec.sha256, spec.size_px, spec.licence)
    return Starting(path, path.stem, sha256_of(path), int(size), LICENCE)


def split(data: Path) -> tuple[Source, Source]:
    """Objects to train on and objects to measure on, which share no picture.

    `train/` and `test/` where the folder has them; else a quarter of the pictures is held out; of
    a single picture, the part to the right.

    Raises:
        TrainingFolderUnreadable: the folder does not have the shape of one.
    """
    if (data / "train").is_dir() and (data / "test").is_dir():
        kept, held_out = (list(read_folder(data / part)) for part in ("train", "test"))
    else:
        pictures = [p for p in read_folder(data) if len(p.objects)]
        if len(pictures) == 1:
            kept, held_out = ([part] for part in halves(pictures[0]))
        else:
            order = np.random.default_rng(SPLIT_SEED).permutation(len(pictures))
            count = max(1, round(HELD_OUT_SHARE * len(pictures)))
            held_out = [pictures[i] for i in sorted(order[:count])]
            kept = [pictures[i] for i in sorted(order[count:])]
    return Source.of("training", kept), Source.of("held out", held_out)


def halves(picture: Picture) -> tuple[Picture, Picture]:
    """A picture cut in two: the left three quarters, and the rest.

    Objects across the cut touch an edge in both parts, and so are not measured.
    """
    cut = int((1 - HELD_OUT_SHARE) * picture.pixels.shape[1])
    parts = []
    for name, cols in (("left", slice(None, cut)), ("right", slice(cut, None))):
        maps = [np.ascontiguousarray(numbered[:, cols]) for numbered in picture.maps]
        pixels = np.ascontiguousarray(picture.pixels[:, cols])
        parts.append(Picture(f"{picture.name}_{name}", pixels, maps, table_of_objects(maps)))
    return parts[0], parts[1]


def with_bands(source: Source, order: Order, bands: int) -> Source:
    """The same pictures with the bands that the network gets.

    Raises:
        FineTuningRefused: the bands do not fit.
    """
    for picture in source.pictures:
        has = picture.pixels.shape[2]
        chosen = order.bands or tuple(range(1, has + 1))
        if len(chosen) != bands or not all(1 <= band <= has for band in chosen):
            given = f", of which --bands takes {chosen}" if order.bands else ""
            proposed = "4,1,2" if (bands, has) == (3, 4) else ",".join("1" * bands)
            every = ",".join(str(band) for band in range(1, has + 1))
            learnt = f", or --bands {every} to learn the others, too" if has > bands else ""
            raise FineTuningRefused(
                f"{picture.name} has {has} band(s){given}; {order.start} takes {bands}. Nothing "
                f"was started; choose {bands} of them, such as --bands {proposed}{learnt}, or "
                "start from other weights."
            )
    if order.bands is None:
        return source
    take = [band - 1 for band in order.bands]
    return Source.of(
        source.name,
        [replace(p, pixels=np.ascontiguousarray(p.pixels[:, :, take])) for p in source.pictures],
    )


def check_enough(train: Source, cases: list[Case], order: Order) -> None:
    """Refuse folders that are too small to learn from, or to say what it brought.

    Raises:
        FineTuningRefused: nothing was started.
    """
    objects = sum(len(p.objects) for p in train.pictures)
    if objects < FEWEST_OBJECTS or len(cases) < FEWEST_OBJECTS:
        raise FineTuningRefused(
            f"{order.data} has {objects} objects to train on and {len(cases)} whole ones to "
            f"measure on; {FEWEST_OBJECTS} of each are needed. Nothing was started; label more, "
            "or in more pictures."
        )


def run_config(
    order: Order, run: Path, starting: Starting, size: int, settings: dict[str, object]
) -> TrainingConfig:
    """The run's configuration."""
    device = "cuda" if torch.cuda.is_available() and settings.get("device") != "cpu" else "cpu"
    values: dict[str, object] = {
        "learning_rate": LEARNING_RATE,
        "layer_decay": LAYER_DECAY,
        "averaging": AVERAGING,
        "seed": SPLIT_SEED,
        "validation": ValidationConfig(size_px=size, every_minutes=float("inf")),
        **settings,
    }
    return TrainingConfig(
        run=run,
        packs=run,
        imagery=order.data,
        sources=(),
        stages=(StageConfig(1.0, size, BATCH[device]),),
        minutes=order.minutes,
        steps=order.steps,
        start_from=starting.path,
        **values,  # type: ignore[arg-type]  # of the fields' types, as the command gives them
    )


def keep_order(order: Order, starting: Starting, run: Path) -> None:
    """Write down what the run is for; refuse to go on with a run that was for something else.

    Raises:
        FineTuningRefused: nothing was changed.
    """
    path = run / "order.json"
    said = {**asdict(order), "data": str(order.data.resolve()), "sha256": starting.sha256}
    said = json.loads(json.dumps(said))
    if not path.exists():
        run.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(said, indent=1))
    elif json.loads(path.read_text()) != said:
        raise FineTuningRefused(
            f"The run {run} was started with other settings (see {path.name} in it); it was not "
            "touched. Go on with those, or choose another name with --out."
        )


def table(outcome: Outcome) -> list[str]:
    """Before and after, as the paper prints them, line by line."""
    start, spec, before, after = outcome.start, outcome.spec, outcome.before, outcome.after
    lines = [
        f"{len(before.sources)} held-out objects, at most {CLICKS} clicks on centres:",
        f"{'':<24}{'mIoU@1':>8}{'@3':>7}{'@5':>7}{'NoC85':>8}{'NoC90':>8}",
    ]
    for name, found in ((f"before ({start})", before), (f"after ({spec.name})", after)):
        ious = (found.mean_iou(clicks) for clicks in (1, 3, 5))
        one, three, five = ious
        counts = found.clicks_needed(0.85), found.clicks_needed(0.90)
        lines.append(
            f"{name:<24}{one:>8.3f}{three:>7.3f}{five:>7.3f}{counts[0]:>8.2f}{counts[1]:>8.2f}"
        )
    if after.clicks_needed(0.85) > before.clicks_needed(0.85):
        lines.append(f"It needs more clicks than before: {start} is the better model here.")
    lines.append(f"Offered as the model {spec.name}: {spec.file}, sha256 {spec.sha256[:12]}.")
    return lines
