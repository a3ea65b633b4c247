r"""What 10, 50 and 200 labels of one's own bring: fine-tuning, measured on other pictures.

The labels of a source that the weights never saw are split by picture (of a single picture, the
part to the right is held out). From the training part so many objects are drawn, the smaller sets
within the larger ones; the other objects are unknown ground, as if nobody had come to them yet.
Each set starts from the same weights, has the same time, and is measured on the same held-out
objects, by clicks on centres in windows that fit the object. Differences are paired, with a
bootstrap 95 % interval of their mean, which covers the choice of held-out objects, not of labels
or of what training draws. Nothing that is made is kept.

    python -m bench.fine_tuning --data ../shared/imagery/denmark_tree_crowns --minutes 3

With several choices of bands each set is trained on each, and compared with the first choice:

    python -m bench.fine_tuning --data ../shared/imagery/denmark_tree_crowns --steps 150 \
        --labels 50 200 --bands 1,2,3 1,2,3,4 4,1,2
"""

import argparse
import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.paired import interval
from bench.report import keep, machine
from inference.models.registry import WEIGHTS_FOLDER
from inference.training.fine_tuning import Order, Outcome, fine_tune, split
from inference.training.validation import SMALLEST_AREA_PX, Measurement
from inference.training_sets.layout import UNKNOWN_CLASS, Example, Planned, write_folder
from inference.training_sets.pictures import IGNORED, Picture


@dataclass(frozen=True, slots=True)
class Row:
    """One set and choice of bands: clicks needed before and after, and the mean differences.

    Attributes:
        difference90: of NoC90 after and before.
        beside90: of NoC90 after, here and with the first choice of bands; None for that one.
    """

    bands: str
    labels: int
    held_out: int
    noc85_before: float
    noc85_after: float
    noc90_before: float
    noc90_after: float
    difference90: float
    interval90: tuple[float, float]
    iou1_before: float
    iou1_after: float
    beside90: float | None = None
    beside_interval90: tuple[float, float] | None = None


def whole_objects(pictures: Sequence[Picture]) -> list[tuple[int, int]]:
    """(picture, number) of every object that is whole and of a size that is measured."""
    return [
        (index, int(target["number"]))
        for index, picture in enumerate(pictures)
        for target in picture.objects
        if not target["touches_edge"] and target["area"] >= SMALLEST_AREA_PX
    ]


def write_part(
    folder: Path, pictures: Sequence[Picture], kept: set[tuple[int, int]] | None
) -> None:
    """A labelled folder in which only the kept objects are known; None keeps all."""
    planned = []
    for index, picture in enumerate(pictures):
        numbered = picture.maps[0].copy()
        if kept is not None:
            numbers = [number for at, number in kept if at == index]
            numbered[(numbered > 0) & ~np.isin(numbered, numbers)] = IGNORED
            if not numbers:
                continue
        mask = np.where(numbered == IGNORED, UNKNOWN_CLASS, numbered > 0).astype(np.uint8)
        example = Example(picture.pixels, mask, numbered)
        planned.append(Planned(picture.name, lambda example=example: example))
    write_folder(folder, planned, classes={1: "object"}, ignored=[UNKNOWN_CLASS])


def counts(found: Measurement, threshold: float) -> list[int]:
    """Clicks that each object needed, the most made where it was not reached."""
    reached = found.iou >= threshold
    return [int(c) for c in np.where(reached.any(1), reached.argmax(1) + 1, found.iou.shape[1])]


def difference(new: Measurement, old: Measurement, seed: int) -> tuple[float, tuple[float, float]]:
    """Of NoC90, paired by object, with its interval."""
    pairs = zip(counts(new, 0.9), counts(old, 0.9), strict=True)
    differences = [a - b for a, b in pairs]
    return float(np.mean(differences)), interval(differences, seed)


def row_of(bands: str, labels: int, outcome: Outcome, first: Outcome | None, seed: int) -> Row:
    """What a set brought, with the first choice of bands beside it."""
    before, after = outcome.before, outcome.after
    gained, gained_interval = difference(after, before, seed)
    beside = difference(after, first.after, seed) if first else (None, None)
    return Row(
        bands=bands,
        labels=labels,
        held_out=len(before.sources),
        noc85_before=before.clicks_needed(0.85),
        noc85_after=after.clicks_needed(0.85),
        noc90_before=before.clicks_needed(0.9),
        noc90_after=after.clicks_needed(0.9),
        difference90=gained,
        interval90=gained_interval,
        iou1_before=before.mean_iou(1),
        iou1_after=after.mean_iou(1),
        beside90=beside[0],
        beside_interval90=beside[1],
    )


def said(mean: float | None, limits: tuple[float, float] | None) -> str:
    """A difference with its interval; nothing where there is none."""
    if mean is None or limits is None:
        return ""
    return f"{mean:+.2f} ({limits[0]:+.2f} to {limits[1]:+.2f})"


def table(rows: Sequence[Row]) -> str:
    """As the paper prints before and after."""
    lines = [
        "| bands | labels | NoC85 before | after | NoC90 before | after | difference (95 %) "
        "| IoU@1 before | after | NoC90 beside the first bands |",
        "|---" * 10 + "|",
    ]
    lines += [
        f"| {row.bands} | {row.labels} | {row.noc85_before:.2f} | {row.noc85_after:.2f} "
        f"| {row.noc90_before:.2f} | {row.noc90_after:.2f} "
        f"| {said(row.difference90, row.interval90)} "
        f"| {row.iou1_before:.3f} | {row.iou1_after:.3f} "
        f"| {said(row.beside90, row.beside_interval90)} |"
        for row in rows
    ]
    return "\n".join(lines)


def run_set(options: argparse.Namespace, folder: Path, labels: int, bands: str) -> Outcome:
    """Fine-tune on the folder's `train/`, measure on its `test/`."""
    order = Order(
        data=folder,
        start="default",
        name=f"labels-{labels}-{bands.replace(',', '')}",
        minutes=0.0 if options.steps else options.minutes,
        steps=options.steps,
        bands=tuple(int(band) for band in bands.split(",")),
    )
    settings = {"device": options.device, "threads": options.threads, "seed": options.seed}
    weights = folder.parent / "weights"
    outcome = fine_tune(order, runs=folder.parent / "runs", weights=weights, settings=settings)
    if outcome is None:
        raise SystemExit("It was stopped.")
    return outcome


def main() -> None:
    """Fine-tune once per number of labels, print the table and keep it as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="a labelled folder")
    parser.add_argument("--labels", type=int, nargs="*", default=[10, 50, 200])
    parser.add_argument("--minutes", type=float, default=3.0, help="of training, each time")
    parser.add_argument("--steps", type=int, default=0, help="instead of minutes")
    parser.add_argument("--bands", nargs="+", default=["1,2,3"], help="one or several choices")
    parser.add_argument("--seed", type=int, default=1, help="of the choice and of training")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    kept, held_out = split(options.data)
    train = [p for p in kept.pictures if len(p.objects)]
    everything = whole_objects(train)
    order = np.random.default_rng(options.seed).permutation(len(everything))
    rows = []
    with tempfile.TemporaryDirectory() as made:
        weights, folder = Path(made) / "weights", Path(made) / options.data.resolve().name
        shutil.copytree(WEIGHTS_FOLDER, weights)
        write_part(folder / "test", held_out.pictures, None)
        for wanted in options.labels:
            chosen = {everything[i] for i in order[:wanted]}
            if len(chosen) < wanted:
                print(f"There are {len(chosen)} whole objects to train on, fewer than {wanted}.")
            shutil.rmtree(folder / "train", ignore_errors=True)
            write_part(folder / "train", train, chosen)
            first: Outcome | None = None
            for bands in options.bands:
                outcome = run_set(options, folder, len(chosen), bands)
                rows.append(row_of(bands, len(chosen), outcome, first, options.seed))
                first = first or outcome
                print(f"{len(chosen)} labels, bands {bands}: done", flush=True)
            if len(chosen) < wanted:
                break
    budget = f"{options.steps} steps" if options.steps else f"{options.minutes:g} minutes"
    print(
        f"\n{options.data.name}: {budget} each on {options.threads} thread(s) of the "
        f"{options.device}; {rows[0].held_out} held-out objects, at most 20 clicks."
    )
    print(table(rows))
    about = {**machine(), "data": options.data.name, "budget": budget, "seed": str(options.seed)}
    keep("fine_tuning", {"about": about, "rows": [asdict(row) for row in rows]})


if __name__ == "__main__":
    main()
