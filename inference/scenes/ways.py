"""Where people go in a drawn scene: a road, tracks, footpaths, car parks, cars."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inference.scenes.canvas import Canvas, Owner
from inference.scenes.ground import DRY_GRASS
from inference.scenes.noise import (
    COARSE_STEP,
    Box,
    FloatMap,
    box_around,
    enlarge,
    rgbn,
    smoothstep,
)
from inference.scenes.paths import (
    around,
    distance_to_path,
    place_at,
    smooth_path,
    stroke,
    wander,
)
from inference.scenes.terrain import Terrain

ASPHALT = rgbn(125, 125, 119, 114)
SHOULDER = rgbn(168, 156, 136, 162)
ROAD_PAINT = rgbn(206, 204, 192, 200)
DIRT = rgbn(188, 170, 142, 186)
PATH_SAND = rgbn(202, 188, 162, 204)

_CAR_TINTS = np.stack(
    [
        rgbn(220, 220, 220, 212),
        rgbn(60, 62, 66, 60),
        rgbn(150, 152, 156, 148),
        rgbn(140, 52, 48, 120),
        rgbn(66, 84, 116, 90),
    ]
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where people go: paths in pixels, N x 2 (col, row).

    Attributes:
        roads: paved.
        tracks: two ruts of dirt.
        footpaths: a trodden line.
        car_parks: centre and direction in radians.
    """

    roads: list[FloatMap]
    tracks: list[FloatMap]
    footpaths: list[FloatMap]
    car_parks: list[tuple[FloatMap, float]]


def plan_ways(terrain: Terrain, rng: np.random.Generator, share: float) -> Plan:
    """A coast road, a spur to a car park by the beach, tracks off the road, paths to the sand."""
    depth = terrain.depth_scale
    large = share > 0.3
    plan = Plan([], [], [], [])
    reach = float(terrain.inland_m[:, -1].mean())
    road_inland = reach * rng.uniform(0.58, 0.76)
    if large or rng.random() < 0.55:
        alongs = np.linspace(0, 1, 9)
        offsets = np.cumsum(rng.normal(0, 0.018, 9)) * reach
        points = [
            place_at(terrain, a, road_inland + o) for a, o in zip(alongs, offsets, strict=True)
        ]
        ends = np.array(points, np.float32)
        ends[0, 1], ends[-1, 1] = -60, terrain.inland_m.shape[0] * COARSE_STEP + 60
        plan.roads.append(smooth_path(ends))
    if plan.roads and large:
        _plan_spurs(plan, terrain, rng)
    for _ in range(max(1, round(7 * share))):
        start = _anywhere(plan.roads, terrain, rng, (220 * depth, reach))
        elsewhere = [*plan.roads, *plan.tracks] if rng.random() < 0.5 else []
        end = _anywhere(elsewhere, terrain, rng, (110 * depth, reach))
        plan.tracks.append(wander(rng, start, end, bend=0.16, steps=9))
    heads = plan.tracks + [spur[-8:] for spur in plan.roads[1:]]
    for _ in range(max(1, round(14 * share))):
        start = _anywhere(heads, terrain, rng, (90 * depth, 500 * depth))
        to_beach = rng.random() < 0.6
        belt_m = (20 * depth, 40 * depth) if to_beach else (60 * depth, 260 * depth)
        end = _anywhere([], terrain, rng, belt_m, near=start)
        plan.footpaths.append(wander(rng, start, end, bend=0.14, steps=11))
    return plan


def _plan_spurs(plan: Plan, terrain: Terrain, rng: np.random.Generator) -> None:
    main = plan.roads[0]
    for share_along in (rng.uniform(0.2, 0.45), rng.uniform(0.6, 0.85)):
        start = main[int(share_along * len(main))]
        along = float(start[1]) / (terrain.inland_m.shape[0] * COARSE_STEP)
        inland_m = rng.uniform(120, 260) * terrain.depth_scale
        end = place_at(terrain, along + rng.normal(0, 0.04), inland_m)
        spur = wander(rng, start, end, bend=0.12)
        plan.roads.append(spur)
        heading = spur[-1] - spur[-6]
        plan.car_parks.append((spur[-1], float(np.arctan2(heading[1], heading[0]))))


def _anywhere(
    paths: list[FloatMap],
    terrain: Terrain,
    rng: np.random.Generator,
    belt_m: tuple[float, float],
    near: FloatMap | None = None,
) -> FloatMap:
    """A place on one of the paths, or, where there is none, at random in a belt of the land."""
    if paths:
        path = paths[int(rng.integers(len(paths)))]
        station: FloatMap = path[int(rng.integers(len(path)))]
        return station
    along = rng.uniform(0.03, 0.97)
    if near is not None:
        along = float(near[1]) / (terrain.inland_m.shape[0] * COARSE_STEP) + rng.normal(0, 0.07)
    return place_at(terrain, along, float(rng.uniform(*belt_m)))


def pave_ways(canvas: Canvas, rng: np.random.Generator, plan: Plan) -> None:
    """Footpaths, tracks, roads and car parks, in this order, each cutting what lies below."""
    for path in plan.footpaths:
        width_m = rng.uniform(1.6, 2.4)
        _tread(canvas, rng, path, width_m, "footpath")
    for path in plan.tracks:
        _tread(canvas, rng, path, rng.uniform(2.8, 3.8), "track")
    for index, path in enumerate(plan.roads):
        _pave(canvas, rng, path, 7.4 if index == 0 else 5.6, marked=index == 0)
    for centre, heading in plan.car_parks:
        _pave_car_park(canvas, rng, centre, heading)
    for path in plan.roads[:1]:
        _drive_cars(canvas, rng, path)


def _tread(
    canvas: Canvas,
    rng: np.random.Generator,
    path: FloatMap,
    width_m: float,
    kind: str,
) -> None:
    variant = int(rng.integers(4))
    whole, distances = distance_to_path(path, canvas.px(width_m + 6), canvas.shape)
    owner = canvas.register(Owner("TRACK", kind))
    for box in _stretches(whole, distances, canvas.px(width_m + 4)):
        distance = distances[box.within(whole).slices]
        _tread_stretch(canvas, box, distance, width_m, variant, owner)


def _stretches(whole: Box, distances: FloatMap, reach_px: float) -> Iterator[Box]:
    """The tiles of a path's box that the path comes near to: the rest needs no painting."""
    tile = 192
    for row0 in range(whole.row0, whole.row1, tile):
        for col0 in range(whole.col0, whole.col1, tile):
            box = Box(row0, min(row0 + tile, whole.row1), col0, min(col0 + tile, whole.col1))
            if float(distances[box.within(whole).slices].min()) < reach_px:
                yield box


def _tread_stretch(
    canvas: Canvas,
    box: Box,
    distance: FloatMap,
    width_m: float,
    variant: int,
    owner: int,
) -> None:
    noise, kind = canvas.noise, canvas.owners[owner - 1].kind
    wobble = noise.mix(box, {2: 0.22, 3: 0.3, 4: 0.25, 5: 0.2}, variant=variant) * width_m * 0.22
    inside = canvas.px(width_m / 2) - distance + wobble / noise.resolution_m
    land = enlarge(canvas.terrain.inland_m, box) > 20 * canvas.terrain.depth_scale
    sandy = enlarge(canvas.terrain.sandiness, box)
    colour = DIRT + (PATH_SAND - DIRT) * sandy[..., None]
    colour = colour + noise.mix(box, {0: 3, 1: 4, 2: 4, 4: 5}, variant=variant)[..., None]
    worn = np.clip(0.86 + noise.octave(5, box, variant) * np.float32(0.12), 0.6, 1)
    if kind == "track":
        crown = smoothstep(canvas.px(0.75), canvas.px(0.2), distance)
        grassy = crown * smoothstep(
            -0.2, 0.8, noise.mix(box, {5: 0.6, 3: 0.4}, variant=variant + 1)
        )
        colour += (DRY_GRASS - colour) * (grassy * np.float32(0.75))[..., None]
    trodden = smoothstep(-canvas.px(2.2), 0, inside) * np.float32(0.35)
    canvas.paint(box, trodden * land, colour, 0.0)
    canvas.paint(box, np.clip(inside / 1.6 + 0.5, 0, 1) * worn * land, colour, 0.0)
    mask = (inside > 0) & land
    canvas.owner_ids[box.slices][mask] = owner


def _pave(
    canvas: Canvas, rng: np.random.Generator, path: FloatMap, width_m: float, *, marked: bool
) -> None:
    noise = canvas.noise
    box, distance = distance_to_path(path, canvas.px(width_m + 5), canvas.shape)
    if box.is_empty:
        return
    verge = canvas.px(width_m / 2 + 1.8) + noise.mix(box, {2: 0.6, 3: 0.9, 4: 1.0}) - distance
    gravel = SHOULDER + noise.mix(box, {0: 4, 1: 5, 3: 4})[..., None]
    canvas.paint(box, np.clip(verge / 2 + 0.5, 0, 1) * np.float32(0.85), gravel, 0.0)
    box, ink = stroke(path, canvas.px(width_m), canvas.shape)
    worn = noise.mix(box, {0: 1.5, 1: 1.5, 3: 2.0, 5: 3.0, 6: 4.0}, variant=1)
    tone = float(rng.normal(0, 7))
    canvas.paint(box, ink, ASPHALT + (worn + np.float32(tone))[..., None], 0.0)
    canvas.claim(box, ink > 0.5, Owner("ROAD", "paved road"))
    if marked:
        for offset_m in (-width_m / 2 + 0.7, 0.0, width_m / 2 - 0.7):
            line_box, line = stroke(_offset(path, canvas.px(offset_m)), 1, canvas.shape)
            canvas.paint(line_box, line * np.float32(0.2), ROAD_PAINT, 0.0)


def _offset(path: FloatMap, by_px: float) -> FloatMap:
    """A path moved sideways."""
    heading = np.gradient(path, axis=0)
    heading /= np.maximum(np.hypot(heading[:, :1], heading[:, 1:]), 1e-6)
    side = np.stack([-heading[:, 1], heading[:, 0]], axis=1)
    moved: FloatMap = (path + side * by_px).astype(np.float32)
    return moved


def _pave_car_park(
    canvas: Canvas, rng: np.random.Generator, centre: FloatMap, heading: float
) -> None:
    half = canvas.px(rng.uniform(20, 30)), canvas.px(rng.uniform(11, 14))
    box = box_around(centre[None], sum(half), canvas.shape)
    a, b = around(box, centre, heading)
    inside = np.minimum(half[0] - np.abs(a), half[1] - np.abs(b))
    worn = canvas.noise.mix(box, {0: 1.5, 2: 2, 4: 3, 5: 3}, variant=2)
    canvas.paint(box, np.clip(inside + 2.5, 0, 1) * np.float32(0.7), SHOULDER, 0.0)
    canvas.paint(box, np.clip(inside + 0.5, 0, 1), ASPHALT + worn[..., None], 0.0)
    canvas.claim(box, inside > 0, Owner("ROAD", "car park"))
    pitch = canvas.px(2.7)
    slots = np.abs((a / pitch) % 1 - np.float32(0.5)) > 0.5 - 0.35 / pitch
    slots &= (np.abs(b) > half[1] - canvas.px(5)) & (inside > 1)
    canvas.paint(box, slots.astype(np.float32) * np.float32(0.45), ROAD_PAINT, 0.0)
    for side in (-1, 1):
        for slot in np.arange(-half[0] / pitch + 1, half[0] / pitch - 1):
            if rng.random() < 0.45:
                offset = np.array(
                    [(np.floor(slot) + 1.0) * pitch, side * (half[1] - canvas.px(2.6))]
                )
                turn = np.array(
                    [[np.cos(heading), -np.sin(heading)], [np.sin(heading), np.cos(heading)]]
                )
                _park_car(
                    canvas, rng, (centre + turn @ offset).astype(np.float32), heading + np.pi / 2
                )


def _drive_cars(canvas: Canvas, rng: np.random.Generator, path: FloatMap) -> None:
    for index in range(6, len(path) - 6):
        if rng.random() < 0.04:
            lane = canvas.px(1.8) * (1 if rng.random() < 0.5 else -1)
            step = path[index + 1] - path[index]
            side = np.array([-step[1], step[0]]) / max(float(np.hypot(*step)), 1e-3)
            place = (path[index] + side * lane).astype(np.float32)
            _park_car(canvas, rng, place, float(np.arctan2(step[1], step[0])))


def _park_car(canvas: Canvas, rng: np.random.Generator, centre: FloatMap, heading: float) -> None:
    box = box_around(centre[None], canvas.px(4), canvas.shape)
    if box.is_empty:
        return
    a, b = around(box, centre, heading)
    inside = np.minimum(canvas.px(2.3) - np.abs(a), canvas.px(0.95) - np.abs(b))
    tint = _CAR_TINTS[int(rng.integers(len(_CAR_TINTS)))]
    glass = (np.abs(a - canvas.px(0.6)) < 0.8).astype(np.float32)[..., None] * np.float32(0.5)
    colour = tint * (1 - glass) + rgbn(50, 54, 60, 50) * glass
    canvas.paint(box, np.clip(inside + 0.5, 0, 1), colour, 1.5)
