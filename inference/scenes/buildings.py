"""Buildings of a drawn scene: houses with gardens and drives, barns, water tanks."""

import numpy as np

from inference.scenes.canvas import Canvas, Owner
from inference.scenes.ground import GREEN_GRASS
from inference.scenes.noise import Box, FloatMap, box_around, rgbn
from inference.scenes.paths import around, place_at, stroke
from inference.scenes.ways import DIRT, Plan

CONCRETE = rgbn(186, 182, 174, 184)

_ROOF_TINTS = np.stack(
    [
        rgbn(142, 140, 138, 138),
        rgbn(104, 102, 102, 100),
        rgbn(166, 112, 92, 160),
        rgbn(176, 160, 140, 168),
        rgbn(128, 116, 106, 122),
        rgbn(204, 204, 202, 200),
        rgbn(90, 92, 98, 88),
    ]
)


def build_houses(canvas: Canvas, rng: np.random.Generator, plan: Plan, share: float) -> FloatMap:
    """Houses in rows along the spurs and a few farms; returns garden tree places, N x 2."""
    trees: list[FloatMap] = []
    streets = plan.roads[1:] or plan.roads or plan.tracks
    wanted = max(2, round(58 * share))
    for street in streets:
        travelled = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(street, axis=0).T))])
        gap = canvas.px(23)
        stations = np.arange(travelled[-1] * rng.uniform(0.05, 0.3), travelled[-1] * 0.94, gap)
        stations = stations[: max(1, wanted // (2 * len(streets)))]
        for station in stations:
            index = int(np.clip(np.searchsorted(travelled, station), 1, len(street) - 1))
            step = street[index] - street[index - 1]
            heading = float(np.arctan2(step[1], step[0]))
            for side in (-1, 1):
                if rng.random() < 0.82:
                    away = canvas.px(rng.uniform(17, 22)) * side
                    normal = np.array([-np.sin(heading), np.cos(heading)])
                    plot = (street[index] + normal * away).astype(np.float32)
                    trees.append(_build_house(canvas, rng, plot, heading, street[index]))
    return np.concatenate([*trees, np.zeros((0, 2), np.float32)])


def _build_house(
    canvas: Canvas, rng: np.random.Generator, plot: FloatMap, heading: float, street: FloatMap
) -> FloatMap:
    box = box_around(plot[None], canvas.px(16), canvas.shape)
    if min(box.shape) < canvas.px(12):
        return np.zeros((0, 2), np.float32)
    heading += float(rng.normal(0, 0.06)) + float(rng.choice((0.0, np.pi / 2)))
    a, b = around(box, plot, heading)
    length, width = canvas.px(rng.uniform(6, 9)), canvas.px(rng.uniform(3.8, 5.2))
    inside = np.minimum(length - np.abs(a), width - np.abs(b))
    if rng.random() < 0.6:
        wing = canvas.px(rng.uniform(2.8, 3.8)), canvas.px(rng.uniform(4, 6.5))
        shift = (length - wing[0]) * float(rng.choice((-1, 1)))
        beyond = width * float(rng.choice((-1, 1)))
        second = np.minimum(wing[0] - np.abs(a - shift), wing[1] - np.abs(b - beyond))
        inside = np.maximum(inside, second)
    if _is_taken(canvas, box, inside):
        return np.zeros((0, 2), np.float32)
    _lay_garden(canvas, rng, box, plot)
    drive_box, drive = stroke(
        np.stack([street, plot]).astype(np.float32), canvas.px(3), canvas.shape
    )
    off_road = canvas.owner_ids[drive_box.slices] == 0
    canvas.paint(drive_box, drive * off_road, CONCRETE, 0.0)
    _put_roof(canvas, rng, box, inside, "house", flat=rng.random() < 0.15)
    angles = rng.uniform(0, 2 * np.pi, int(rng.integers(1, 5)))
    ring = canvas.px(float(rng.uniform(11, 15)))
    return (plot + ring * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)


def _lay_garden(canvas: Canvas, rng: np.random.Generator, box: Box, plot: FloatMap) -> None:
    a, b = around(box, plot, float(rng.uniform(0, np.pi)))
    edge = canvas.px(12.5) - (np.abs(a) ** 3 + np.abs(b) ** 3) ** np.float32(1 / 3)
    edge = edge + canvas.noise.mix(box, {2: 1.2, 3: 1.8, 4: 2.2}, variant=1)
    lawn = rng.random() < 0.55
    colour = GREEN_GRASS if lawn else rgbn(170, 155, 128, 170)
    mottle = canvas.noise.mix(box, {0: 3, 1: 5, 2: 5, 3: 5}, variant=3)
    alpha = np.clip(edge / 4 + 0.5, 0, 1) * np.float32(0.85)
    alpha = alpha * (canvas.owner_ids[box.slices] == 0)
    canvas.paint(box, alpha, colour + mottle[..., None], 0.05)


def _is_taken(canvas: Canvas, box: Box, inside: FloatMap) -> bool:
    """Whether water, a way or another roof lies where a house is to stand."""
    under = np.unique(canvas.owner_ids[box.slices][inside > -2])
    codes = {canvas.owners[owner - 1].code for owner in under if owner > 0}
    return bool(codes & {"WATER", "ROAD", "TRACK", "ROOF"})


def _put_roof(
    canvas: Canvas,
    rng: np.random.Generator,
    box: Box,
    inside: FloatMap,
    kind: str,
    *,
    flat: bool,
) -> None:
    tint = _ROOF_TINTS[int(rng.integers(len(_ROOF_TINTS)))] * np.float32(rng.normal(1, 0.06))
    pitch = 0.03 if flat else rng.uniform(0.3, 0.5)
    wall_m = rng.uniform(2.8, 4.2)
    height = wall_m + np.maximum(inside, 0) * np.float32(pitch * canvas.noise.resolution_m)
    weather = canvas.noise.mix(box, {0: 2.2, 1: 2.2, 3: 2.5}, variant=2)
    alpha = np.clip(inside + 0.5, 0, 1)
    canvas.paint(box, alpha, tint + weather[..., None], height)
    canvas.claim(box, inside > 0, Owner("ROOF", kind))


def build_tanks(canvas: Canvas, rng: np.random.Generator, share: float) -> None:
    """Round water tanks on the hills, now and then a barn."""
    for _ in range(round(8 * share + rng.random() * 0.7)):
        reach = float(canvas.terrain.inland_m[:, -1].mean())
        inland_m = float(rng.uniform(0.5, 0.95)) * reach
        centre = place_at(canvas.terrain, rng.uniform(0.05, 0.95), inland_m)
        box = box_around(centre[None], canvas.px(22), canvas.shape)
        if min(box.shape) < canvas.px(20):
            continue
        a, b = around(box, centre, float(rng.uniform(0, np.pi)))
        tank = rng.random() < 0.5
        if tank:
            inside = canvas.px(rng.uniform(5, 9)) - np.sqrt(a * a + b * b)
        else:
            inside = np.minimum(canvas.px(12) - np.abs(a), canvas.px(6.5) - np.abs(b))
        if _is_taken(canvas, box, inside):
            continue
        yard = np.clip((inside + canvas.px(5) + canvas.noise.mix(box, {3: 2, 4: 2.5})) / 4, 0, 1)
        canvas.paint(box, yard * np.float32(0.8), DIRT, 0.0)
        _put_roof(canvas, rng, box, inside, "water tank" if tank else "barn", flat=tank)
