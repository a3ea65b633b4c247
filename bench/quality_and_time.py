"""Quality against time: clicks needed, from evaluations, beside ms per click on this machine.

Each model is named with the report that `python -m inference evaluate --out REPORT.json` wrote of
it. Its weights are those of the manifest, and must be those that were evaluated. A click on a new
window is one look at the image and two passes, as the app's first click settles; a click on a
window that was seen before is one pass. With torch and, where it is installed, OpenVINO, in turns.

    python -m bench.quality_and_time default=runs/evaluation/default_j0.json --threads 2
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from bench.report import keep, machine, version
from bench.rounds import in_turns
from inference.backends.backend import Backend
from inference.backends.choice import BackendUnavailable, Choice
from inference.backends.comparison import drawn_window
from inference.models.registry import WEIGHTS_FOLDER, load_model
from inference.plots import colours, new_figure

FIRST_CLICK_PASSES = 2
MARKS = {"torch": "o", "OpenVINO": "s"}


@dataclass(frozen=True, slots=True)
class Row:
    """A model in one back end.

    Attributes:
        model, backend: what.
        objects: that were evaluated.
        noc85, noc90, iou1, iou3: of the evaluation.
        new_window_ms: median of a click on a window not seen before.
        seen_window_ms: median of a click on one that was.
    """

    model: str
    backend: str
    objects: int
    noc85: float
    noc90: float
    iou1: float
    iou3: float
    new_window_ms: float
    seen_window_ms: float


def read_report(text: str, weights: Path) -> tuple[str, dict[str, float]]:
    """Name and measures of `NAME=REPORT.json`.

    Raises:
        SystemExit: the report is of other weights.
    """
    name, _, path = text.partition("=")
    report = json.loads(Path(path).read_text())
    _, spec = load_model(name, weights)
    if report["settings"].get("sha256") != spec.sha256:
        raise SystemExit(
            f"{path} is not about the weights that the manifest calls {name}. Nothing was "
            "measured; evaluate them first."
        )
    measures = {key: report[key] for key in ("objects", "noc85", "noc90")}
    return name, {**measures, "iou1": report["miou"][0], "iou3": report["miou"][2]}


@torch.inference_mode()
def clicks_of(backend: Backend, bands: int, size: int) -> dict[str, Callable[[], object]]:
    """A click on a new window, and one on a window that was seen before."""
    image, clicks = drawn_window(bands, size, radius_px=backend.click_radius_px)
    previous = torch.zeros(1, 1, size, size)
    seen = backend.encode(image)

    @torch.inference_mode()
    def on_new_window() -> object:
        features, mask = backend.encode(image), previous
        for _ in range(FIRST_CLICK_PASSES):
            mask = backend.decode(features, mask, clicks).sigmoid()
        return mask

    @torch.inference_mode()
    def on_seen_window() -> object:
        return backend.decode(seen, previous, clicks)

    return {"new": on_new_window, "seen": on_seen_window}


def measure(
    measures: Mapping[str, dict[str, float]], options: argparse.Namespace, cache: Path
) -> list[Row]:
    """Rows of all models; all of them take turns."""
    works: dict[str, Callable[[], object]] = {}
    for name in measures:
        network, spec = load_model(name, options.weights)
        backends: dict[str, Backend] = {"torch": network}
        path = options.weights / spec.file
        choice = Choice(network, path, spec.sha256, spec.size_px, options.threads, cache / name)
        try:
            backends["OpenVINO"] = choice.make("openvino").backend
        except BackendUnavailable as reason:
            print(reason)
        for made, backend in backends.items():
            for kind, work in clicks_of(backend, spec.bands, spec.size_px).items():
                works[f"{name}\n{made}\n{kind}"] = work
    seconds = in_turns(works, options.rounds)
    median_ms = {key: 1000 * float(np.median(taken)) for key, taken in seconds.items()}
    pairs = dict.fromkeys(tuple(key.split("\n")[:2]) for key in works)
    return [
        Row(
            model=name,
            backend=made,
            new_window_ms=median_ms[f"{name}\n{made}\nnew"],
            seen_window_ms=median_ms[f"{name}\n{made}\nseen"],
            **measures[name],  # type: ignore[arg-type]  # objects is a whole number there
        )
        for name, made in pairs
    ]


def table(rows: Sequence[Row]) -> str:
    """A line per model and back end."""
    lines = [
        "| model | back end | objects | NoC85 | NoC90 | IoU@1 | @3 | ms, new window | seen one |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.model} | {row.backend} | {row.objects:.0f} | {row.noc85:.2f} | {row.noc90:.2f} "
        f"| {row.iou1:.3f} | {row.iou3:.3f} | {row.new_window_ms:.0f} | {row.seen_window_ms:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def plot_of(rows: Sequence[Row]) -> Figure:
    """NoC90 against ms of a click on a new window; lower is better for both."""
    figure = new_figure(inches=(7.6, 5.2))
    (axes,) = figure.axes
    models, shades = list(dict.fromkeys(row.model for row in rows)), colours()
    for row in rows:
        axes.plot(
            row.new_window_ms,
            row.noc90,
            MARKS[row.backend],
            color=shades[models.index(row.model) % len(shades)],
            markersize=9,
            label=f"{row.model}, {row.backend}",
        )
    axes.set(ylabel="NoC90", xlabel="ms of a click on a new window", ylim=(0, 20.5), xlim=(0, None))
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def main() -> None:
    """Measure, print the table, keep it with a plot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("reports", nargs="+", metavar="MODEL=REPORT.json")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--weights", type=Path, default=WEIGHTS_FOLDER)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    measures = dict(read_report(text, options.weights) for text in options.reports)
    if len({found["objects"] for found in measures.values()}) > 1:
        print("The evaluations are of different numbers of objects: do not compare their clicks.")
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(measures, options, Path(folder))
    print(table(rows))
    about = {**machine(), "threads": str(options.threads), "torch": version("torch")}
    path = keep("quality_and_time", {"about": about, "rows": [asdict(row) for row in rows]})
    plot_of(rows).savefig(path.with_suffix(".png"))
    print(f"and {path.with_suffix('.png').name}")


if __name__ == "__main__":
    main()
