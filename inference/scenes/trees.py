"""Single trees of a drawn scene: where they stand, and their crowns."""

import cv2
import numpy as np

from inference.scenes.canvas import Canvas, Owner
from inference.scenes.noise import COARSE_STEP, Box, FloatMap, rgbn, smoothstep, without_margin
from inference.scenes.patches import choose_places

# Foliage in sun, R, G, B, NIR: coast live oak, cypress, willow, eucalyptus.
_CROWN_TINTS = (
    rgbn(86, 96, 62, 170),
    rgbn(72, 84, 60, 146),
    rgbn(104, 114, 74, 186),
    rgbn(98, 102, 78, 164),
)


def plant_trees(
    canvas: Canvas,
    rng: np.random.Generator,
    places: FloatMap,
    tallest_m: float = 11.0,
) -> None:
    """Raise single crowns at places (col, row), N x 2; a taller crown hides a lower one."""
    for col, row in places:
        radius_m = float(np.clip(np.exp(rng.normal(1.15, 0.35)), 1.7, 7.0))
        height_m = min(tallest_m, 1.5 + radius_m * rng.uniform(0.9, 1.5))
        kind = int(rng.choice(4, p=(0.45, 0.3, 0.15, 0.1)))
        _paint_crown(canvas, rng, (float(col), float(row)), radius_m, height_m, kind)


def _paint_crown(
    canvas: Canvas,
    rng: np.random.Generator,
    centre: tuple[float, float],
    radius_m: float,
    height_m: float,
    kind: int,
) -> None:
    noise, radius = canvas.noise, canvas.px(radius_m)
    box = _crown_box(canvas, centre, radius)
    if box.is_empty:
        return
    variant = int(rng.integers(4))
    cols, rows = box.grid()
    aspect = rng.uniform(0.8, 1.25)
    dx, dy = (cols - centre[0]) * np.float32(aspect), (rows - centre[1]) / np.float32(aspect)
    angle = np.arctan2(dy, dx)
    lobes = np.float32(1.0)
    for waves, depth in ((2, 0.08), (3, 0.1), (5, 0.08), (7, 0.05)):
        lobes = lobes + np.float32(depth) * np.cos(waves * angle + rng.uniform(0, 2 * np.pi))
    rim = radius * lobes + noise.mix(box, {1: 0.08, 2: 0.1, 3: 0.08}, variant=variant) * radius
    distance = np.sqrt(dx * dx + dy * dy)
    dome = np.sqrt(np.clip(1 - (distance / rim) ** 2, 0, 1))
    clumps = noise.mix(box, {1: 0.35, 2: 0.75, 3: 0.5}, variant=variant) * np.float32(
        min(radius_m, 4) / 4
    )
    height = np.maximum(
        dome * height_m * np.float32(0.75) + height_m * np.float32(0.2) + clumps, 0.5
    )
    above = height > canvas.canopy_m[box.slices]
    alpha = np.clip(rim - distance + np.float32(0.5), 0, 1) * above
    mask = cv2.medianBlur((alpha > 0.5).astype(np.uint8), 3) > 0
    leaves = noise.mix(box, {0: 4, 1: 6, 2: 5}, variant=variant) + np.float32(rng.normal(0, 6))
    canvas.paint(box, alpha, np.float32(_CROWN_TINTS[kind]) + leaves[..., None], height)
    canvas.claim(box, mask, Owner("OTHERVEG", "tree crown"))


def _crown_box(canvas: Canvas, centre: tuple[float, float], radius: float) -> Box:
    reach = radius * 1.7 + 3
    rows, cols = canvas.shape
    return Box(
        int(np.clip(centre[1] - reach, 0, rows)),
        int(np.clip(centre[1] + reach, 0, rows)),
        int(np.clip(centre[0] - reach, 0, cols)),
        int(np.clip(centre[0] + reach, 0, cols)),
    )


def tree_places(
    canvas: Canvas, rng: np.random.Generator, fresh_m: FloatMap, share: float
) -> FloatMap:
    """Groves, gallery woods along fresh water and lone trees: N x 2 (col, row)."""
    depth = canvas.terrain.depth_scale
    land = smoothstep(150 * depth, 420 * depth, canvas.terrain.inland_m)
    open_wood = land * (np.exp(-fresh_m / 35) + np.float32(0.06) * (1 + canvas.terrain.moisture))
    open_wood = without_margin(open_wood)
    lone = choose_places(rng, open_wood, round(260 * share) + 3, COARSE_STEP)
    groves = choose_places(rng, open_wood, round(16 * share) + 1, COARSE_STEP)
    members = [lone]
    for grove in groves:
        count = int(rng.integers(6, 30))
        spread = canvas.px(float(rng.uniform(6, 20)))
        members.append((grove + rng.normal(0, spread, (count, 2))).astype(np.float32))
    places = np.concatenate(members)
    inside = np.all((places >= 0) & (places < (canvas.shape[1], canvas.shape[0])), axis=1)
    places = places[inside]
    rows, cols = places[:, 1].astype(int), places[:, 0].astype(int)
    inland_m = without_margin(canvas.terrain.inland_m)[rows // COARSE_STEP, cols // COARSE_STEP]
    blocked = [owner.code in ("WATER", "ROAD", "ROOF", "TRACK") for owner in canvas.owners]
    built = np.array([False, *blocked])[canvas.owner_ids[rows, cols]]
    free: FloatMap = places[(inland_m > 120 * depth) & ~built]
    return free
