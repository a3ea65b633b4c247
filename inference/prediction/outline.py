"""Probability field to polygons in the map frame.

The boundary is the field's contour at the threshold, sub-pixel, not the stairs of its pixels.
Source: marching squares (Lorensen and Cline 1987, in two dimensions), as contourpy does it.

Pixel centres lie at +0.5. The field is known at centres only, so it is continued by half a pixel
over the rim (repeating the outermost values) and the polygons are cut there: an object that goes
on beyond the window or the image ends exactly on its edge.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from contourpy import FillType, contour_generator
from shapely import MultiPolygon, Polygon

from inference.clicks import WindowClick
from inference.messages import OutlineRules
from inference.prediction.previous_mask import CERTAIN, PreviousMask
from inference.prediction.simplification import simplified
from inference.windows import Grid, Window

EDGE_TOLERANCE_PX = 1e-6

Cover = tuple[float, float, float, float]
"""A box in the window frame: u and v from, u and v to."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a mask looks like on the map.

    Attributes:
        geometry: map frame; empty where nothing was found.
        parts_left_out: parts that the rules dropped although `all` would have kept them.
        specks_left_out: parts dropped that are below the minimum mapping unit.
        holes_filled: holes below the least size.
        is_cut_at_image_edge: it touches the end of the layer.
        repair_share: share of the area by which a repair changed it; 0 without a repair.
        all_parts: the outline under `all`, these parts first; None where it is this one.
    """

    geometry: MultiPolygon
    parts_left_out: int = 0
    specks_left_out: int = 0
    holes_filled: int = 0
    is_cut_at_image_edge: bool = False
    repair_share: float = 0.0
    all_parts: "Outline | None" = None


def trace(
    mask: PreviousMask,
    grid: Grid,
    clicks: Sequence[WindowClick],
    rules: OutlineRules,
    *,
    threshold: float = 0.5,
    reach_px: float,
) -> Outline:
    """The outline of a mask.

    Args:
        mask: probabilities, already 0 where the image has no data.
        grid: the layer's.
        clicks: window frame; the include clicks choose the parts under `clicked`.
        rules: which parts and holes stay, and how far the outline may stray.
        threshold: probability at the boundary.
        reach_px: a click keeps the part nearest to it, up to this many window pixels away.
    """
    window = mask.window
    area_px = window.factor**2  # native pixels per window pixel
    cover = image_in_window(window, grid)
    parts = contours(mask.values, cover, threshold)
    chosen = choose_parts(
        parts, [c for c in clicks if c.include], rules, area_px=area_px, reach_px=reach_px
    )
    kept = draw_parts(chosen.kept, rules, window, cover)
    specks = chosen.specks_left_out
    outline = replace(outline_of(kept, window, grid), specks_left_out=specks)
    if not chosen.left_out:
        return outline
    both = kept.and_those(draw_parts(chosen.left_out, rules, window, cover))
    all_parts = replace(outline_of(both, window, grid), specks_left_out=specks)
    return replace(outline, parts_left_out=len(chosen.left_out), all_parts=all_parts)


@dataclass(frozen=True, slots=True)
class DrawnParts:
    """Parts of an outline, window frame, and how many holes were filled in them."""

    polygons: list[Polygon]
    holes_filled: int

    def and_those(self, others: "DrawnParts") -> "DrawnParts":
        """These parts and others."""
        return DrawnParts(self.polygons + others.polygons, self.holes_filled + others.holes_filled)


def draw_parts(
    parts: list[Polygon], rules: OutlineRules, window: Window, cover: Cover
) -> DrawnParts:
    """Contours without small holes, and with no more vertices than they need."""
    filled = [fill_small_holes(part, rules.min_hole_px / window.factor**2) for part in parts]
    holes_filled = count_holes(parts) - count_holes(filled)
    if rules.deviation_px > 0:
        deviation = rules.deviation_px / window.factor
        # Moved edges may reach over the end of the image, so they are cut there again.
        filled = clipped([simplified(part, deviation) for part in filled], cover)
    return DrawnParts(filled, holes_filled)


def outline_of(parts: DrawnParts, window: Window, grid: Grid) -> Outline:
    """Parts as one outline on the map."""
    shape, repair_share = valid_multipolygon(parts.polygons)
    return Outline(
        geometry=to_map(shape, window, grid),
        holes_filled=parts.holes_filled,
        is_cut_at_image_edge=touches_end(shape, window, grid),
        repair_share=repair_share,
    )


def image_in_window(window: Window, grid: Grid) -> Cover:
    """The part of the window that the layer covers."""
    left, top = window.to_window(0, 0)
    right, bottom = window.to_window(grid.width, grid.height)
    size = float(window.size)
    return max(0.0, left), max(0.0, top), min(size, right), min(size, bottom)


def contours(values: npt.NDArray[np.uint8], cover: Cover, threshold: float) -> list[Polygon]:
    """Polygons with holes, window frame, of the field inside `cover`.

    They are simple rings that do not meet: the level lies between two of the 256 steps, so no
    value equals it and each grid edge is crossed once at most.
    """
    left, top, right, bottom = cover
    if left >= right or top >= bottom:
        return []
    first_col, first_row = math.floor(left), math.floor(top)
    field = np.pad(values[first_row : math.ceil(bottom), first_col : math.ceil(right)], 1, "edge")
    level = math.floor(threshold * CERTAIN) + 0.5
    inside = field > level
    rows, cols = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return []
    # Only where the object is: mosaics of long objects are mostly empty.
    low_row, low_col = max(0, rows[0] - 1), max(0, cols[0] - 1)
    field = field[low_row : rows[-1] + 2, low_col : cols[-1] + 2].astype(np.float32)
    generator = contour_generator(
        x=np.arange(field.shape[1]) - 0.5 + first_col + low_col,
        y=np.arange(field.shape[0]) - 0.5 + first_row + low_row,
        z=field,
        fill_type=FillType.ChunkCombinedOffsetOffset,
    )
    ((points,), (rings,), (polygons,)) = generator.filled(level, 2.0 * CERTAIN)
    shapes = shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (rings, polygons))
    return clipped(list(shapes), cover)


@dataclass(frozen=True, slots=True)
class Choice:
    """The parts that stay, those that only `all` keeps, and how many specks neither does."""

    kept: list[Polygon]
    left_out: list[Polygon]
    specks_left_out: int


def choose_parts(
    parts: list[Polygon],
    include: Sequence[WindowClick],
    rules: OutlineRules,
    *,
    area_px: float,
    reach_px: float,
) -> Choice:
    """Which parts the rules keep."""
    if not parts:
        return Choice([], [], 0)
    array = np.array(parts)
    is_kept = np.zeros(len(parts), bool)
    for click in include:
        distance = shapely.distance(array, shapely.Point(click.u, click.v))
        nearest = int(np.argmin(distance))
        is_kept[nearest] |= bool(distance[nearest] <= reach_px)
    is_large = shapely.area(array) * area_px >= rules.min_part_px
    if rules.keep == "all":
        is_kept |= is_large
    return Choice(
        kept=list(array[is_kept]),
        left_out=list(array[is_large & ~is_kept]),
        specks_left_out=int(np.count_nonzero(~is_large & ~is_kept)),
    )


def fill_small_holes(part: Polygon, min_hole: float) -> Polygon:
    """The part without its holes of less than `min_hole` square window pixels."""
    holes = [ring for ring in part.interiors if Polygon(ring).area >= min_hole]
    return Polygon(part.exterior, holes)


def count_holes(parts: Sequence[Polygon]) -> int:
    """How many holes the parts have together."""
    return sum(len(part.interiors) for part in parts)


def clipped(parts: Sequence[Polygon], cover: Cover) -> list[Polygon]:
    """The parts of polygons (window frame) that lie in `cover`."""
    cut = shapely.intersection(np.array(parts, object), shapely.box(*cover))
    return [part for shape in cut for part in polygons_of(shape)]


def valid_multipolygon(parts: list[Polygon]) -> tuple[MultiPolygon, float]:
    """A valid multipolygon of the parts, and the share of area that the repair changed.

    Contours are valid by construction. Simplification treats each part alone, so parts that lie
    closer than the deviation may meet; then they are repaired or joined.
    """
    shape = MultiPolygon(parts)
    if shape.is_valid:
        return shape, 0.0
    area = shape.area
    repaired = MultiPolygon(polygons_of(shapely.union_all([shapely.make_valid(p) for p in parts])))
    return repaired, abs(repaired.area - area) / area if area else 0.0


def polygons_of(shape: shapely.Geometry) -> list[Polygon]:
    """The polygons of any geometry; points and lines, which cuts leave behind, are dropped."""
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    if isinstance(shape, shapely.GeometryCollection | MultiPolygon):
        return [part for child in shape.geoms for part in polygons_of(child)]
    return []


def to_map(shape: MultiPolygon, window: Window, grid: Grid) -> MultiPolygon:
    """Window frame to map frame. y turns round, so rings are turned back to outer = left-handed."""

    def transform(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        col, row = window.to_pixel(points[:, 0], points[:, 1])  # type: ignore[arg-type]  # the same arithmetic on whole columns
        x_map, y_map = grid.to_map(col, row)
        return np.column_stack([x_map, y_map])

    moved = shapely.orient_polygons(shapely.transform(shape, transform))
    return moved if isinstance(moved, MultiPolygon) else MultiPolygon([moved])


def touches_end(shape: MultiPolygon, window: Window, grid: Grid) -> bool:
    """Whether a shape (window frame) reaches the end of the layer."""
    if shape.is_empty:
        return False
    left, top, right, bottom = shape.bounds
    first_col, first_row = window.to_pixel(left, top)
    last_col, last_row = window.to_pixel(right, bottom)
    margin = EDGE_TOLERANCE_PX * max(1.0, window.factor)
    return (
        min(first_col, first_row) <= margin
        or last_col >= grid.width - margin
        or last_row >= grid.height - margin
    )
