"""The plants of a drawn scene: patches of the seven classes, thickets, and single trees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from inference.scenes.canvas import Canvas, Code, Owner, scatter
from inference.scenes.ground import sand_colour
from inference.scenes.noise import (
    COARSE_STEP,
    Box,
    FloatMap,
    blend,
    enlarge,
    rgbn,
    smoothstep,
    without_margin,
)
from inference.scenes.patches import Growth, Outline, choose_places, grow_outline
from inference.scenes.terrain import Terrain

Painter: TypeAlias = Callable[[Canvas, Outline, np.random.Generator], None]

ICE_GREEN = rgbn(86, 92, 54, 172)
ICE_OLIVE = rgbn(112, 100, 58, 164)
ICE_RED = rgbn(102, 72, 61, 164)
ICE_DARK_RED = rgbn(82, 59, 52, 146)
RUSH_DARK = rgbn(62, 66, 52, 106)
RUSH_BROWN = rgbn(92, 78, 60, 116)
RUSH_POOL = rgbn(44, 50, 48, 40)
GOLDEN = rgbn(142, 131, 82, 160)
GOLDEN_GREY = rgbn(116, 112, 86, 136)
SALT_PALE = rgbn(166, 156, 120, 176)
SALT_GREEN = rgbn(132, 132, 92, 166)
SALT_PAN = rgbn(178, 166, 140, 176)
THICKET_DARK = rgbn(74, 82, 52, 144)
THICKET_GREEN = rgbn(98, 106, 66, 168)


def _iceplant_colour(
    canvas: Canvas, box: Box, rng: np.random.Generator
) -> tuple[FloatMap, FloatMap]:
    """Colour and height of a succulent carpet: green, olive and red mottles, soft cushions."""
    noise = canvas.noise
    variant = int(rng.integers(4))
    redness = noise.mix(box, {6: 0.45, 5: 0.35, 4: 0.22, 3: 0.2, 2: 0.14}, variant=variant)
    redness = smoothstep(-0.9, 0.9, redness + np.float32(rng.normal(0.1, 0.8)))
    green = blend(ICE_GREEN, ICE_OLIVE, smoothstep(-0.6, 0.9, noise.octave(5, box, variant + 1)))
    red = blend(ICE_RED, ICE_DARK_RED, smoothstep(-0.8, 1.0, noise.octave(4, box, variant + 1)))
    colour = green + (red - green) * redness[..., None]
    colour *= np.float32(rng.normal(1.0, 0.07))
    colour += noise.mix(box, {0: 2.2, 1: 4.0, 2: 3.6, 3: 2.5}, variant=variant)[..., None]
    withered = smoothstep(1.1, 2.0, noise.mix(box, {1: 0.7, 2: 0.6, 4: 0.5}, variant=variant + 2))
    colour += (rgbn(128, 114, 96, 140) - colour) * (withered * np.float32(0.7))[..., None]
    cushions = noise.mix(box, {1: 0.06, 2: 0.12, 3: 0.14, 4: 0.14}, variant=variant)
    return colour, np.maximum(cushions + np.float32(0.4), 0.1)


def _paint_iceplant(canvas: Canvas, outline: Outline, rng: np.random.Generator) -> None:
    colour, height = _iceplant_colour(canvas, outline.box, rng)
    canvas.paint(outline.box, outline.alpha(2.2), colour, height)


def _paint_mixed_iceplant(canvas: Canvas, outline: Outline, rng: np.random.Generator) -> None:
    """A carpet in pieces, among dark and grey bushes and bare spots."""
    box, noise = outline.box, canvas.noise
    colour, height = _iceplant_colour(canvas, box, rng)
    pieces = noise.mix(box, {1: 0.35, 2: 0.6, 3: 0.7, 4: 0.3}, variant=int(rng.integers(4)))
    share = smoothstep(-0.5, 0.1, pieces + np.float32(rng.uniform(-0.25, 0.35)))
    alpha = outline.alpha(3.0)
    ground = blend(rgbn(150, 136, 110, 154), rgbn(112, 104, 86, 128), smoothstep(-0.6, 0.6, pieces))
    canvas.paint(box, alpha * np.float32(0.7), ground, 0.05)
    canvas.paint(box, alpha * share, colour, height)
    _paint_bushes(canvas, box, alpha, rng, (0.016, 0.9, 0.4), rgbn(88, 92, 74, 128), 0.7)


def _paint_possible_iceplant(canvas: Canvas, outline: Outline, rng: np.random.Generator) -> None:
    """A faint tinge over what grows there, without a firm edge."""
    box = outline.box
    colour, height = _iceplant_colour(canvas, box, rng)
    patchy = canvas.noise.mix(box, {2: 0.2, 3: 0.25, 4: 0.25}, variant=int(rng.integers(4)))
    strength = np.clip(patchy + np.float32(rng.uniform(0.42, 0.6)), 0.15, 0.85)
    canvas.paint(box, outline.alpha(9.0) * strength, colour, height)


def _paint_rushes(canvas: Canvas, outline: Outline, rng: np.random.Generator) -> None:
    """Tussocks over dark wet ground, small pools in the middle."""
    box, noise = outline.box, canvas.noise
    variant = int(rng.integers(4))
    brown = smoothstep(-0.7, 0.9, noise.mix(box, {2: 0.35, 3: 0.5, 4: 0.5}, variant=variant))
    colour = blend(RUSH_DARK, RUSH_BROWN, brown)
    tussocks = noise.mix(box, {0: 0.3, 1: 0.6, 2: 0.5}, variant=variant)
    colour += (tussocks * np.float32(8))[..., None]
    height = np.clip(tussocks * np.float32(0.35) + np.float32(0.7), 0, 1.6)
    canvas.paint(box, outline.alpha(2.5), colour, height)
    deep = np.clip(outline.inside_px / canvas.px(6) - 1, -1, 1) * np.float32(0.5)
    pools = smoothstep(0.9, 1.1, deep + noise.mix(box, {3: 0.4, 4: 0.5}, variant=variant + 1))
    canvas.paint(box, pools * outline.alpha(2.5), RUSH_POOL, 0.0)


def _paint_golden_bush(canvas: Canvas, outline: Outline, rng: np.random.Generator) -> None:
    """Low yellowish bushes that nearly touch, litter and sand between them."""
    box, noise = outline.box, canvas.noise
    alpha = outline.alpha(1.6)
    ground = noise.mix(box, {1: 4, 2: 5, 3: 5, 5: 5}, variant=int(rng.integers(4)))
    canvas.paint(box, alpha * np.float32(0.8), rgbn(146, 132, 104, 152) + ground[..., None], 0)
    tint = blend(
        GOLDEN_GREY, GOLDEN, smoothstep(-0.8, 0.8, noise.mix(box, {3: 0.5, 5: 0.6, 6: 0.4}))
    )
    _paint_bushes(canvas, box, alpha, rng, (0.075, 0.85, 0.35), tint, 0.9)


def _paint_salt_grass(canvas: Canvas, outline: Outline, rng: np.random.Generator) -> None:
    """A pale fine lawn, greener in hollows, with crusted pans."""
    box, noise = outline.box, canvas.noise
    variant = int(rng.integers(4))
    green = noise.mix(box, {6: 0.5, 5: 0.5, 4: 0.3, 3: 0.2}, variant=variant)
    colour = blend(SALT_PALE, SALT_GREEN, smoothstep(-0.9, 0.9, green))
    pans = smoothstep(
        0.6, 2.2, noise.mix(box, {5: 0.6, 4: 0.4, 3: 0.4, 2: 0.4, 1: 0.3}, variant=variant + 1)
    )
    colour += (SALT_PAN - colour) * pans[..., None]
    colour *= np.float32(rng.normal(1.0, 0.04))
    colour += noise.mix(box, {0: 2.4, 1: 3.4, 2: 3.0, 3: 2.0}, variant=variant)[..., None]
    canvas.paint(box, outline.alpha(4.5), colour, 0.12)


def _paint_thicket(canvas: Canvas, outline: Outline, rng: np.random.Generator) -> None:
    """Tall scrub closed to a canopy, rounded heads with shade between them."""
    box, noise = outline.box, canvas.noise
    alpha = outline.alpha(1.6)
    shade = THICKET_DARK * np.float32(0.82)
    shade = shade + noise.mix(box, {0: 4, 1: 6, 2: 5, 3: 4}, variant=3)[..., None]
    canvas.paint(box, alpha, shade, 0.6)
    light = smoothstep(
        -0.9, 0.9, noise.mix(box, {3: 0.4, 4: 0.4, 5: 0.4}, variant=int(rng.integers(4)))
    )
    tint = blend(THICKET_DARK, THICKET_GREEN, light) * np.float32(rng.normal(1.0, 0.07))
    _paint_bushes(canvas, box, alpha, rng, (0.028, 1.7, 0.4), tint, 2.1)


def _paint_bare_dune(canvas: Canvas, outline: Outline, rng: np.random.Generator) -> None:
    """Open sand: a blowout, with a few stray plants."""
    box = outline.box
    colour = sand_colour(canvas, box) + np.float32(rng.normal(4, 5))
    alpha = outline.alpha(3.5)
    canvas.paint(box, alpha, colour, 0.0)
    clumps = smoothstep(0.4, 1.8, canvas.noise.mix(box, {5: 0.7, 6: 0.7}, variant=3))
    rim = smoothstep(canvas.px(7), 0, outline.inside_px)
    habit = (np.clip(rim * np.float32(0.03) + clumps * np.float32(0.02), 0, 1), 0.7, 0.45)
    _paint_bushes(canvas, box, alpha, rng, habit, rgbn(100, 98, 78, 134), 0.5)


def _paint_bushes(
    canvas: Canvas,
    box: Box,
    alpha: FloatMap,
    rng: np.random.Generator,
    habit: tuple[FloatMap | float, float, float],
    tint: FloatMap | tuple[int, ...],
    tall_m: float,
) -> None:
    """Strew bushes where `alpha` is; `habit`: density per 0.36 m2, radius in m, spread."""
    density = habit[0] * canvas.noise.resolution_m**2 / 0.36
    fray = canvas.noise.mix(
        box, {0: 0.15 * habit[1], 1: 0.4 * habit[1], 2: 0.3 * habit[1]}, variant=2
    )
    cover, dome, nearest = scatter(
        box.shape, rng, density, (canvas.px(habit[1]), habit[2]), fray / canvas.noise.resolution_m
    )
    shades = rng.normal(0, 8, int(nearest.max()) + 1).astype(np.float32)
    grain = shades[nearest] + canvas.noise.mix(box, {0: 5, 1: 6, 2: 3}, variant=1)
    colour = np.asarray(tint, np.float32) + grain[..., None]
    canvas.paint(box, cover * alpha, colour, dome * np.float32(tall_m))


@dataclass(frozen=True, slots=True)
class Community:
    """A class of patches: how many a full scene has, how they grow, how they are painted."""

    code: Code
    kind: str
    per_scene: int
    growth: Growth
    painter: Painter


# Painted in this order; later ones cut earlier ones.
COMMUNITIES: tuple[Community, ...] = (
    Community(
        "SALTGRASS",
        "salt grass flat",
        46,
        Growth((34, 0.5), (1, 3), 2.2, "drifting", 1, 0.08),
        _paint_salt_grass,
    ),
    Community(
        "BAREDUNE",
        "bare dune",
        90,
        Growth((20, 0.6), (1, 4), 3.4, "ragged", 4, 0.06),
        _paint_bare_dune,
    ),
    Community(
        "ICE_POSS",
        "possible iceplant",
        56,
        Growth((18, 0.5), (1, 3), 2.0, "drifting", 0, 0.0),
        _paint_possible_iceplant,
    ),
    Community(
        "GOLDENBUSH",
        "golden bush scrub",
        84,
        Growth((22, 0.5), (1, 4), 2.4, "ragged", 5, 0.12),
        _paint_golden_bush,
    ),
    Community(
        "ICE_MIX",
        "mixed iceplant",
        90,
        Growth((21, 0.55), (1, 4), 2.2, "ragged", 5, 0.06),
        _paint_mixed_iceplant,
    ),
    Community(
        "ICEPLANT",
        "iceplant mat",
        190,
        Growth((20, 0.7), (1, 5), 2.6, "lobed", 9, 0.05),
        _paint_iceplant,
    ),
    Community(
        "RUSHSEEP",
        "rush seep",
        60,
        Growth((13, 0.5), (1, 3), 2.8, "ragged", 3, 0.04),
        _paint_rushes,
    ),
    Community(
        "OTHERVEG",
        "thicket",
        120,
        Growth((12, 0.6), (1, 4), 2.2, "ragged", 6, 0.06),
        _paint_thicket,
    ),
)


def suitability(code: Code, terrain: Terrain, fresh_m: FloatMap) -> FloatMap:
    """Where a class likes to grow, on the coarse grid; `fresh_m`: distance to fresh water."""
    inland, depth = terrain.inland_m, terrain.depth_scale
    land = smoothstep(44 * depth, 80 * depth, inland)
    dune = land * smoothstep(720 * depth, 300 * depth, inland)
    wet = smoothstep(0.05, 0.6, terrain.moisture) + np.float32(0.03)
    near_water = np.exp(-fresh_m / 70)
    likings: dict[Code, FloatMap] = {
        "ICEPLANT": dune * (1 - np.float32(0.5) * wet) + np.float32(0.04),
        "ICE_MIX": dune * (1 - np.float32(0.5) * wet) + np.float32(0.04),
        "ICE_POSS": smoothstep(1200 * depth, 300 * depth, inland) + np.float32(0.02),
        "BAREDUNE": terrain.sandiness + np.float32(0.02),
        "RUSHSEEP": wet * (np.float32(0.3) + near_water),
        "SALTGRASS": near_water * 2 + wet * np.float32(0.35),
        "GOLDENBUSH": smoothstep(160 * depth, 420 * depth, inland) + np.float32(0.1) * dune,
        "OTHERVEG": (wet + near_water + np.float32(0.15))
        * smoothstep(120 * depth, 420 * depth, inland),
    }
    return land * likings[code]


def plant_patches(
    canvas: Canvas, rng: np.random.Generator, fresh_m: FloatMap, share: float
) -> None:
    """Grow every community's patches; `share` scales their numbers (1 for a full scene)."""
    largest_m = 0.16 * min(canvas.shape) * canvas.noise.resolution_m
    for community in COMMUNITIES:
        count = max(1, round(community.per_scene * share))
        liking = without_margin(suitability(community.code, canvas.terrain, fresh_m))
        for col, row in choose_places(rng, liking, count, COARSE_STEP):
            outline = grow_outline(
                canvas.noise,
                rng,
                community.growth,
                (float(col), float(row)),
                canvas.terrain.wind,
                largest_m,
            )
            outline = _kept_off_the_beach(canvas, outline)
            crowded = _crowding(canvas, outline, community.code) > 0.25 and rng.random() < 0.75
            if outline.mask.any() and not crowded:
                community.painter(canvas, outline, rng)
                owner = Owner(community.code, community.kind, merges=True)
                canvas.claim(outline.box, outline.mask, owner)


def _crowding(canvas: Canvas, outline: Outline, code: Code) -> float:
    """Share of a patch that lies on patches of its own class: these would grow into one."""
    under = np.bincount(canvas.owner_ids[outline.box.slices][outline.mask])
    same = [
        owner for owner in np.flatnonzero(under) if owner and canvas.owners[owner - 1].code == code
    ]
    return float(under[same].sum() / max(under.sum(), 1))


def _kept_off_the_beach(canvas: Canvas, outline: Outline) -> Outline:
    """Waves end plants: an outline pulled back behind the beach, its raggedness kept."""
    if outline.box.is_empty:
        return outline
    limit = enlarge(canvas.terrain.inland_m, outline.box) - np.float32(
        44 * canvas.terrain.depth_scale
    )
    if float(limit.min()) > 20:
        return outline
    limit += canvas.noise.mix(outline.box, {5: 5, 4: 5, 3: 3.5, 2: 2.0, 1: 0.8}, variant=1)
    inside = np.minimum(outline.inside_px, limit / np.float32(canvas.noise.resolution_m))
    mask = cv2.medianBlur((inside > 0).astype(np.uint8), 3) > 0
    return Outline(outline.box, inside, mask)
