"""An evaluation as people read it: a table and a plot."""

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from PIL import Image, ImageDraw, ImageFont

SHOWN_CLICKS = (1, 3, 5, 10, 20)
PLOT_SIZE = (900, 560)
PLOT_BOX = (80, 40, 660, 490)
"""Left, top, right, bottom of the axes."""

GRID_COLOUR, TEXT_COLOUR = (222, 222, 222), (40, 40, 40)
LINE_COLOURS = (
    (0, 0, 0),
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (148, 103, 189),
    (120, 120, 120),
    (140, 86, 75),
)
"""Okabe and Ito's, which colour-blind people can tell apart, and three more."""


def table_of(report: Mapping[str, Any]) -> str:
    """Lines of text: all objects, then each source, class and size."""
    clicks = [k for k in SHOWN_CLICKS if k <= len(report["miou"])]
    head = ["", "objects", "NoC80", "NoC85", "NoC90", "NoC95", "NoF90"]
    head += [f"IoU@{k}" for k in clicks] + [f"bIoU@{clicks[-1]}", "s/click", "network"]
    rows = [head, *(_row(name, group, clicks) for name, group in _groups(report))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _groups(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "all", report
    for kind in ("per_source", "per_class"):
        yield from report[kind].items()
    for name, group in report["per_size"].items():
        yield f"{name}, {group['from_px']}-{group['to_px']} px", group


def _row(name: str, group: Mapping[str, Any], clicks: list[int]) -> list[str]:
    counts = [f"{group[f'noc{percent}']:.2f}" for percent in (80, 85, 90, 95)]
    ious = [f"{group['miou'][k - 1]:.3f}" for k in clicks]
    seconds = [f"{group[f'{kind}seconds_per_click']:.3f}" for kind in ("", "network_")]
    rim = f"{group['boundary_iou'][clicks[-1] - 1]:.3f}"
    return [name, str(group["objects"]), *counts, str(group["nof"]["90"]), *ious, rim, *seconds]


def draw_plot(report: Mapping[str, Any], path: Path, *, title: str) -> None:
    """Mean IoU against clicks as a PNG: all objects, the small ones, and each source."""
    lines = {"all": report["miou"]}
    if "small" in report["per_size"] and "others" in report["per_size"]:
        low, high = (report["per_size"]["small"][end] for end in ("from_px", "to_px"))
        lines[f"small ({low}-{high} px)"] = report["per_size"]["small"]["miou"]
    if len(report["per_source"]) > 1:
        lines |= {name: group["miou"] for name, group in report["per_source"].items()}
    image = Image.new("RGB", PLOT_SIZE, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=14)
    left, top, right, bottom = PLOT_BOX
    most = len(report["miou"])

    def x_of(click: int) -> float:
        return left + (right - left) * (click - 1) / max(1, most - 1)

    def y_of(iou: float) -> float:
        return bottom - (bottom - top) * iou

    for tenth in range(11):
        y = y_of(tenth / 10)
        draw.line([(left, y), (right, y)], GRID_COLOUR)
        draw.text((left - 10, y), f"{tenth / 10:.1f}", TEXT_COLOUR, font, anchor="rm")
    for click in range(1, most + 1):
        draw.text((x_of(click), bottom + 8), str(click), TEXT_COLOUR, font, anchor="mt")
    draw.text(((left + right) / 2, bottom + 34), "clicks", TEXT_COLOUR, font, anchor="mt")
    draw.text((left, top - 22), f"mean IoU: {title}", TEXT_COLOUR, font, anchor="lm")
    for number, (name, ious) in enumerate(lines.items()):
        colour = LINE_COLOURS[number % len(LINE_COLOURS)]
        places = [(x_of(click), y_of(iou)) for click, iou in enumerate(ious, 1)]
        width = 4 if number == 0 else 2
        draw.line(places, colour, width, joint="curve")
        y = top + 10 + 24 * number
        draw.line([(right + 20, y), (right + 44, y)], colour, width)
        draw.text((right + 52, y), name, TEXT_COLOUR, font, anchor="lm")
    image.save(path)


class ProgressLine:
    """One line of a terminal that says how far an evaluation is; silent elsewhere.

    Args:
        total: objects in all.
        done: of them already, from an earlier run.
        stream: where to write; None = standard error.
    """

    def __init__(self, total: int, *, done: int = 0, stream: TextIO | None = None) -> None:
        self.total = total
        self.done = self.before = done
        self.clicks = 0
        self._stream = stream or sys.stderr
        self._started = time.monotonic()

    def advance(self, clicks: int) -> None:
        """One more object is done, with so many clicks."""
        self.done += 1
        self.clicks += clicks
        if not self._stream.isatty():
            return
        passed_s = time.monotonic() - self._started
        left_s = passed_s / (self.done - self.before) * (self.total - self.done)
        filled = 30 * self.done // self.total
        self._stream.write(
            f"\r[{'#' * filled}{'.' * (30 - filled)}] {self.done} of {self.total} objects, "
            f"{passed_s / max(1, self.clicks):.2f} s a click, {left_s / 60:.0f} min left  "
        )
        if self.done == self.total:
            self._stream.write("\n")
        self._stream.flush()
