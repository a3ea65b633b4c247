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

from PIL import Image, ImageDraw, ImageFont

from inference.errors import InferenceError

log = logging.getLogger("inference.training.curves")

PANELS = (("miou_1", "mIoU@1"), ("miou_10", "mIoU@10"), ("noc_90", "NoC90, of at most 10 clicks"))
"""Columns of curve.csv, and what a reader calls them."""
SAMPLES = "samples"

PANEL_SIZE = (760, 260)
BOX = (70, 40, 720, 210)
"""Left, top, right, bottom of the axes in a panel."""
LEGEND_LINE_PX = 22
GRID_LINES = 5
GRID_COLOUR, TEXT_COLOUR = (222, 222, 222), (40, 40, 40)
COLOURS = (
    (0, 0, 0),
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
)
"""Okabe and Ito's, which colour-blind people can tell apart; used again with dots when all are."""


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


def draw_curves(curves: Sequence[Curve], path: Path) -> None:
    """A PNG with a panel for each measure and a line for each run."""
    width, height = PANEL_SIZE
    legend = LEGEND_LINE_PX * len(curves) + 20
    image = Image.new("RGB", (width, height * len(PANELS) + legend), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=13)
    for number, (column, title) in enumerate(PANELS):
        draw_panel(draw, font, curves, column, title, top_px=height * number)
    for number, curve in enumerate(curves):
        y = height * len(PANELS) + 10 + LEGEND_LINE_PX * number
        draw_line(draw, number, [(BOX[0], y), (BOX[0] + 40, y)])
        draw.text((BOX[0] + 52, y), curve.name, TEXT_COLOUR, font, anchor="lm")
    image.save(path)


def draw_panel(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    curves: Sequence[Curve],
    column: str,
    title: str,
    *,
    top_px: int,
) -> None:
    """One measure of all runs, from 0 samples on, its axis as long as its values need."""
    left, top, right, bottom = BOX[0], BOX[1] + top_px, BOX[2], BOX[3] + top_px
    most = max(max(curve.samples) for curve in curves) or 1.0
    found = [value for curve in curves for value in curve.values[column]]
    low, high = min(found), max(found)
    if high == low:
        low, high = low - 0.5, high + 0.5
    draw.text((left, top - 18), title, TEXT_COLOUR, font, anchor="lm")
    for line in range(GRID_LINES):
        share = line / (GRID_LINES - 1)
        y, x = bottom - (bottom - top) * share, left + (right - left) * share
        draw.line([(left, y), (right, y)], GRID_COLOUR)
        draw.text((left - 8, y), f"{low + (high - low) * share:.2f}", TEXT_COLOUR, font, "rm")
        draw.text((x, bottom + 8), f"{most * share:,.0f}", TEXT_COLOUR, font, "mt")
    draw.text((right, top - 18), "samples seen", TEXT_COLOUR, font, anchor="rm")
    for number, curve in enumerate(curves):
        places = [
            (
                left + (right - left) * samples / most,
                bottom - (bottom - top) * (value - low) / (high - low),
            )
            for samples, value in zip(curve.samples, curve.values[column], strict=True)
        ]
        draw_line(draw, number, places)


def draw_line(
    draw: ImageDraw.ImageDraw, number: int, places: Sequence[tuple[float, float]]
) -> None:
    """The line of run `number`, and a dot where it was measured."""
    colour = COLOURS[number % len(COLOURS)]
    radius = 2 + 2 * (number // len(COLOURS))
    draw.line(list(places), colour, 2, joint="curve")
    for x, y in places:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


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
    draw_curves(curves, arguments.out)
    for line in ends_of(curves):
        log.info("%s", line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
