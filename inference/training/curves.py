"""python -m inference.training.curves RUN... --out FILE.png: how good runs were after how much.

Three panels over the samples seen: mIoU@1, mIoU@10, and NoC90 of at most 10 clicks.
"""

import argparse
import csv
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from inference.errors import InferenceError
from inference.plots import new_figure

log = logging.getLogger("inference.training.curves")

PANELS = (("miou_1", "mIoU@1"), ("miou_10", "mIoU@10"), ("noc_90", "NoC90, of at most 10 clicks"))
"""Columns of curve.csv, and what a reader calls them."""
SAMPLES = "samples"


class CurveUnreadable(InferenceError):
    """A run that has no curve to draw."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One run: samples seen at each measurement, and what was measured, by column."""

    name: str
    samples: list[float]
    values: dict[str, list[float]]


def read_curve(run: Path) -> Curve:
    """The curve in a run's folder.

    Raises:
        CurveUnreadable: there is none, or it does not say what is drawn here.
    """
    path = run / "curve.csv"
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise CurveUnreadable(
            f"{path} could not be read ({error}). Leave this run out, or wait for its first "
            "measurement."
        ) from error
    columns = (SAMPLES, *(column for column, _ in PANELS))
    missing = [column for column in columns if not rows or column not in rows[0]]
    if missing:
        raise CurveUnreadable(
            f"{path} says nothing of {', '.join(missing)}: it is empty, or of an older version of "
            "the trainer. Leave this run out."
        )
    try:
        numbers = {column: [float(row[column]) for row in rows] for column in columns}
    except (TypeError, ValueError) as error:
        raise CurveUnreadable(f"{path} is damaged ({error}). Leave this run out.") from error
    return Curve(run.name, numbers.pop(SAMPLES), numbers)


def figure_of(curves: Sequence[Curve]) -> Figure:
    """A panel for each measure and a line for each run, from 0 samples on."""
    figure = new_figure(len(PANELS), inches=(8, 9))
    for axes, (column, title) in zip(figure.axes, PANELS, strict=True):
        for curve in curves:
            axes.plot(curve.samples, curve.values[column], ".-", label=curve.name)
        axes.set(title=title, xlabel="samples seen", xlim=(0, None))
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower left")
    return figure


def ends_of(curves: Sequence[Curve]) -> list[str]:
    """For each run, the samples it saw and what it was worth at the end."""
    lines = []
    for curve in curves:
        last: Mapping[str, float] = {column: curve.values[column][-1] for column, _ in PANELS}
        lines.append(
            f"{curve.name}: {curve.samples[-1]:,.0f} samples, mIoU@1 {last['miou_1']:.3f}, "
            f"@10 {last['miou_10']:.3f}, NoC90 {last['noc_90']:.2f}"
        )
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = argparse.ArgumentParser(
        prog="python -m inference.training.curves",
        description="Draw what runs measured on their validation pictures against samples seen.",
    )
    options.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder of a run")
    options.add_argument("--out", type=Path, required=True, help="picture to write (.png)")
    arguments = options.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        curves = [read_curve(run) for run in arguments.runs]
    except InferenceError as error:
        log.error("%s", error)  # noqa: TRY400 (a sentence for a person, not a traceback)
        return 1
    figure_of(curves).savefig(arguments.out)
    for line in ends_of(curves):
        log.info("%s", line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
