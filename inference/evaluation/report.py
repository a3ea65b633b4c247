"""An evaluation as people read it: a table and a plot."""

import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from matplotlib.figure import Figure

from inference.plots import new_figure

SHOWN_CLICKS = (1, 3, 5, 10, 20)


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


def plot_of(report: Mapping[str, Any], *, title: str) -> Figure:
    """Mean IoU against clicks: all objects, the small ones, and each source."""
    lines = {"all": report["miou"]}
    if "small" in report["per_size"] and "others" in report["per_size"]:
        low, high = (report["per_size"]["small"][end] for end in ("from_px", "to_px"))
        lines[f"small ({low}-{high} px)"] = report["per_size"]["small"]["miou"]
    if len(report["per_source"]) > 1:
        lines |= {name: group["miou"] for name, group in report["per_source"].items()}
    figure = new_figure(inches=(9, 5.6))
    (axes,) = figure.axes
    for name, ious in lines.items():
        width = 3.5 if name == "all" else 1.5
        axes.plot(range(1, len(ious) + 1), ious, label=name, linewidth=width)
    axes.set(title=f"mean IoU: {title}", xlabel="clicks", ylim=(0, 1))
    axes.locator_params("x", integer=True)
    figure.legend(loc="outside right upper", frameon=False)
    return figure


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
