"""A procedural orthophoto of a coastal preserve, and the truth that comes with it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import InferenceError
from inference.scenes.buildings import build_houses, build_tanks
from inference.scenes.canvas import Canvas
from inference.scenes.ground import paint_ground
from inference.scenes.noise import NoiseFields
from inference.scenes.render import Sun, photograph
from inference.scenes.terrain import raise_terrain
from inference.scenes.trees import plant_trees, tree_places
from inference.scenes.truth import SceneObject, class_map, outline_objects, separate
from inference.scenes.vegetation import plant_patches
from inference.scenes.water import (
    claim_sea,
    fresh_distance,
    lay_water,
    paint_water,
    raise_rocks,
)
from inference.scenes.ways import pave_ways, plan_ways

FULL_SCENE_M2 = (4096 * 0.6) ** 2
SMALLEST_SIDE_PX = 128


class SceneSizeRefused(InferenceError):
    """The asked size or resolution cannot hold a coast."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawn orthophoto with its truth.

    Attributes:
        image: 4 x H x W uint8: R, G, B, NIR.
        resolution_m: side of a pixel on the ground.
        objects: what there is to outline, ordered by instance.
        instances: H x W int32, number of the object a pixel belongs to, 0 for none.
        classes: H x W uint8, 1 + position of the object's code in `canvas.CODES`, or 0.
    """

    image: npt.NDArray[np.uint8]
    resolution_m: float
    objects: list[SceneObject]
    instances: npt.NDArray[np.int32]
    classes: npt.NDArray[np.uint8]


def draw_scene(*, seed: int, size: tuple[int, int], resolution_m: float = 0.6) -> Scene:
    """Draw a stretch of coast: the same seed and size give the same scene.

    Args:
        seed: any integer from 0 on.
        size: rows and columns.
        resolution_m: side of a pixel on the ground, 0.2 to 2 m.

    Raises:
        SceneSizeRefused: a side is under 128 px, or the resolution is out of range.
    """
    if min(size) < SMALLEST_SIDE_PX or not 0.2 <= resolution_m <= 2:
        raise SceneSizeRefused(
            f"A scene of {size[0]} x {size[1]} pixels of {resolution_m} m was not drawn: "
            f"ask for sides of at least {SMALLEST_SIDE_PX} pixels and for 0.2 to 2 m."
        )
    noise = NoiseFields(seed=seed, shape=size, resolution_m=resolution_m)
    rng = np.random.default_rng([seed, 1])
    canvas = Canvas.blank(noise, raise_terrain(noise, rng))
    # Small scenes are denser than a cut-out of a large one: more to learn from per pixel.
    share = (size[0] * size[1] * resolution_m**2 / FULL_SCENE_M2) ** 0.8
    waters = lay_water(canvas, rng, share)
    fresh_m = fresh_distance(canvas, waters)
    plan = plan_ways(canvas.terrain, rng, share)

    paint_ground(canvas, rng)
    claim_sea(canvas)
    plant_patches(canvas, rng, fresh_m, share)
    paint_water(canvas, rng, waters)
    raise_rocks(canvas, rng, share)
    pave_ways(canvas, rng, plan)
    build_tanks(canvas, rng, share)
    gardens = build_houses(canvas, rng, plan, share)
    woods = tree_places(canvas, rng, fresh_m, share)
    plant_trees(canvas, rng, np.concatenate([woods, gardens]))

    image = photograph(canvas, rng, Sun.of_a_flight(rng))
    instances, owners = separate(canvas.owner_ids, canvas.owners)
    objects = outline_objects(instances, owners)
    return Scene(image, resolution_m, objects, instances, class_map(instances, owners))
