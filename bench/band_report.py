"""What other bands than red, green and blue cost, on real pictures with near infrared.

The same weights on the same objects with the same rules, shown three ways: red, green, blue;
near infrared, red, green; near infrared three times. (A fourth band reaches only weights that take
four.) Two sources: crowns drawn by hand (denmark_tree_crowns), and on NAIP of California regions
of even colour in all four bands that hold a tree point, whose first click is that point. The
latter are no objects anybody drew: their differences count, not their height.

Each object is its own control: differences to red, green, blue are paired, with a bootstrap 95 %
interval of their mean. It covers the choice of objects; of places and cameras there are few.

    python -m bench.band_report --data ../shared/imagery --objects 60
"""

import argparse
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely
import torch
from pyproj import Transformer

from bench.paired import interval
from bench.report import keep, machine
from inference.clicks import PixelClick
from inference.evaluation.evaluate import ClickRules, ObjectResult, evaluate_object
from inference.evaluation.iou import number_of_clicks
from inference.evaluation.methods import InteractiveMethod, TimedNetwork
from inference.evaluation.objects import LabelledPicture, ObjectRules, Target, open_sources
from inference.evaluation.sheet import iou_after
from inference.models.registry import load_model
from inference.training_sets.pictures import IGNORED, Pixels, boxes, read_pixels
from inference.training_sets.pseudo_objects import regions

LONGEST_PX = (20, 300)
REGION_SCALE = 60
"""Of the graph segmentation: its regions come nearest to crowns on pixels of 0.6 m."""
NAIP_PICTURES = 20
"""So many of the NAIP crops are drawn: finding regions takes a second each."""
LOOKS: dict[str, tuple[int, ...]] = {
    "red, green, blue": (1, 2, 3),
    "infrared, red, green": (4, 1, 2),
    "infrared alone": (4, 4, 4),
    "red, green, blue, infrared": (1, 2, 3, 4),
}
PLAIN = "red, green, blue"
NAIP_M = 0.6

Measure = Callable[[ObjectResult], float]
MOST_CLICKS = 20
MEASURES: dict[str, Measure] = {
    "NoC85": lambda r: number_of_clicks(r.ious, 0.85, most=MOST_CLICKS),
    "NoC90": lambda r: number_of_clicks(r.ious, 0.90, most=MOST_CLICKS),
    "IoU@1": lambda r: iou_after(r, 1),
    "IoU@3": lambda r: iou_after(r, 3),
    "IoU@5": lambda r: iou_after(r, 5),
}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """An object to click, with the place of its first click where somebody pointed at it."""

    picture: LabelledPicture
    target: Target
    first: PixelClick | None = None


def drawn(cases: Sequence[Case], most: int, seed: int) -> list[Case]:
    """At most so many, at random, in their order."""
    order = np.random.default_rng(seed).permutation(len(cases))[:most]
    return [cases[i] for i in sorted(order)]


def has_size(target: Target) -> bool:
    """Whether an object is whole and of a size that is asked about."""
    least, most = LONGEST_PX
    return not target.touches_edge and least <= max(target.box[2:]) <= most


def crowns(imagery: Path, seed: int) -> list[Case]:  # noqa: ARG001 (all pictures are taken)
    """Crowns that were drawn by hand."""
    (source,) = open_sources(imagery / "denmark_tree_crowns", ObjectRules())
    return [Case(p, t) for p in source.pictures() for t in p.targets if has_size(t)]


def regions_with_trees(imagery: Path, seed: int) -> list[Case]:
    """Regions of some NAIP crops that hold a tree point, and the first such point of each."""
    folder = imagery / "unlabelled" / "naip_california"
    points: dict[str, list[PixelClick]] = {}
    with (folder / "tree_points.csv").open() as stream:
        for row in csv.DictReader(stream):
            place = PixelClick(int(float(row["row_px"])), int(float(row["col_px"])), include=True)
            points.setdefault(Path(row["image"]).stem, []).append(place)
    cases = []
    paths = sorted((folder / "images").glob("*.tif"))
    order = np.random.default_rng(seed).permutation(len(paths))[:NAIP_PICTURES]
    for path in (paths[i] for i in sorted(order)):
        picture = as_labelled(path.stem, read_pixels(path))
        targets = {t.number: t for t in picture.targets if has_size(t)}
        for point in points.get(path.stem, []):
            height, width = picture.numbered.shape
            if 0 <= point.row < height and 0 <= point.col < width:
                found = targets.pop(int(picture.numbered[point.row, point.col]), None)
                if found is not None:
                    cases.append(Case(picture, found, point))
    return cases


def as_labelled(name: str, pixels: Pixels) -> LabelledPicture:
    """A picture whose objects are its regions of even colour."""
    numbered = regions(pixels, REGION_SCALE)
    return LabelledPicture(pixels, numbered, tuple(targets_of(name, numbered)))


def targets_of(name: str, numbered: np.ndarray) -> Iterator[Target]:
    """The regions as targets."""
    areas = np.bincount(numbered.ravel())
    rows, cols = numbered.shape
    for number, box in boxes(numbered):
        if number == IGNORED:
            continue
        row, col, height, width = box
        touches = row == 0 or col == 0 or row + height == rows or col + width == cols
        yield Target("naip_california", name, number, "region", int(areas[number]), touches, box)


def compare(
    results: dict[str, list[ObjectResult]], seed: int
) -> dict[str, dict[str, dict[str, object]]]:
    """Mean of each measure for each look, and how far it is from the plain one, with interval."""
    rows: dict[str, dict[str, dict[str, object]]] = {}
    for look, found in results.items():
        rows[look] = {}
        for name, measure in MEASURES.items():
            values = [measure(r) for r in found]
            row: dict[str, object] = {"mean": float(np.mean(values))}
            if look != PLAIN:
                plain = [measure(r) for r in results[PLAIN]]
                paired = [a - b for a, b in zip(values, plain, strict=True)]
                row["difference"] = float(np.mean(paired))
                row["interval"] = interval(paired, seed)
            rows[look][name] = row
    return rows


def table(rows: dict[str, dict[str, dict[str, object]]]) -> str:
    """Means, and differences to the plain look in brackets with their interval."""
    lines = ["| bands | " + " | ".join(MEASURES) + " |", "|---" * (len(MEASURES) + 1) + "|"]
    for look, row in rows.items():
        cells = []
        for name, cell in row.items():
            digits = 2 if name.startswith("NoC") else 3
            said = f"{cell['mean']:.{digits}f}"
            if "interval" in cell:
                low, high = cell["interval"]  # type: ignore[misc]  # a pair, by `compare`
                said += f" ({cell['difference']:+.{digits}f}: {low:+.{digits}f} to "
                said += f"{high:+.{digits}f})"
            cells.append(said)
        lines.append(f"| {look} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def iceplant_px(imagery: Path) -> list[float]:
    """Longest sides of the iceplant patches drawn on NAIP of Santa Barbara, in its pixels."""
    longest: list[float] = []
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:26910", always_xy=True)
    folder = imagery / "unlabelled" / "iceplant_santa_barbara_vectors"
    for path in sorted(folder.glob("*.shp")):
        _, _, geometry, _ = pyogrio.raw.read(path, columns=[])
        shapes = shapely.transform(
            shapely.from_wkb(geometry),
            lambda xy: np.column_stack(to_metres.transform(xy[:, 0], xy[:, 1])),
        )
        left, bottom, right, top = shapely.bounds(shapes).T
        longest += (np.maximum(right - left, top - bottom) / NAIP_M).tolist()
    return longest


def main() -> None:
    """Click every object in every look, print the tables and keep them as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="the shared imagery")
    parser.add_argument("--model", default="default")
    parser.add_argument("--objects", type=int, default=60, help="of each source, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network, spec = load_model(options.model)
    rules = ClickRules(max_clicks=MOST_CLICKS, stop_iou=0.9)
    looks = {name: bands for name, bands in LOOKS.items() if len(bands) == spec.bands}
    print(f"{spec.name} ({spec.sha256[:12]}) takes {spec.bands} bands.")
    if PLAIN not in looks:
        raise SystemExit("It is compared with red, green and blue, which it does not take.")
    found: dict[str, object] = {}
    for name, cases_of in (("crowns", crowns), ("NAIP regions", regions_with_trees)):
        cases = cases_of(options.data, options.seed)
        chosen = drawn(cases, options.objects, options.seed)
        results = {}
        for look, bands in looks.items():
            method = InteractiveMethod(TimedNetwork(network), spec.size_px, bands)
            results[look] = [
                evaluate_object(method, case.picture, case.target, rules, first=case.first)
                for case in chosen
            ]
        rows = compare(results, options.seed)
        pictures = len({case.target.image for case in chosen})
        print(f"\n{name}: {len(chosen)} of {len(cases)} objects in {pictures} picture(s)")
        print(table(rows))
        found[name] = {"objects": len(chosen), "of": len(cases), "pictures": pictures, **rows}
    longest = iceplant_px(options.data)
    low, median, high = np.percentile(longest, (25, 50, 75))
    print(
        f"\nIceplant drawn on NAIP: {len(longest)} patches, longest side {median:.0f} px of "
        f"{NAIP_M} m (median; half of them {low:.0f} to {high:.0f} px)."
    )
    found["iceplant"] = {"patches": len(longest), "quartiles_px": [low, median, high]}
    about = {**machine(), "model": spec.name, "sha256": spec.sha256, "seed": str(options.seed)}
    keep("band_report", {"about": about, **found})


if __name__ == "__main__":
    main()
