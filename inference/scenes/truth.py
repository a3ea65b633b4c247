"""The truth of a drawn scene: one connected region per object, and its exact outline."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import rasterio.features
import skimage.measure
from shapely.geometry import Polygon

from inference.scenes.canvas import CODES, Code, Owner

MIN_OBJECT_PX = 60


@dataclass(frozen=True, slots=True)
class SceneObject:
    """One thing that a person might outline.

    Attributes:
        instance: its number in the scene's instance map, from 1 on.
        code: its class.
        kind: what it is, in words.
        polygon: its outline along pixel edges, pixel frame (col, row), holes kept.
    """

    instance: int
    code: Code
    kind: str
    polygon: Polygon


def separate(
    owner_ids: npt.NDArray[np.int32], owners: list[Owner]
) -> tuple[npt.NDArray[np.int32], list[Owner]]:
    """Split what things own into 4-connected regions of at least `MIN_OBJECT_PX` pixels.

    Touching things of one kind that merge (see `Owner`) count as one.

    Returns:
        An instance map, H x W, numbered from 1 without gaps, and each instance's owner.
    """
    merged = _merged_ids(owners)[owner_ids]
    labels = skimage.measure.label(merged, background=0, connectivity=1).astype(np.int32)
    del merged
    flat = labels.ravel()
    sizes = np.bincount(flat)
    owner_of = np.zeros(len(sizes), np.int32)
    owner_of[flat] = owner_ids.ravel()
    kept = np.flatnonzero((sizes >= MIN_OBJECT_PX) & (np.arange(len(sizes)) > 0))
    renumbered = np.zeros(len(sizes), np.int32)
    renumbered[kept] = np.arange(1, len(kept) + 1)
    return renumbered[labels], [owners[owner_of[label] - 1] for label in kept]


def _merged_ids(owners: list[Owner]) -> npt.NDArray[np.int32]:
    """For each owner id the id of the first owner that it is one thing with, where they touch."""
    table = np.arange(len(owners) + 1, dtype=np.int32)
    first: dict[Owner, int] = {}
    for index, owner in enumerate(owners, start=1):
        if owner.merges:
            table[index] = first.setdefault(owner, index)
    return table


def outline_objects(instances: npt.NDArray[np.int32], owners: list[Owner]) -> list[SceneObject]:
    """Polygons of an instance map, in the order of the instances."""
    objects: dict[int, SceneObject] = {}
    shapes = rasterio.features.shapes(instances, mask=instances > 0, connectivity=4)
    for geometry, value in shapes:
        instance = int(value)
        owner = owners[instance - 1]
        shell, *holes = geometry["coordinates"]
        outline = Polygon(shell, holes)
        objects[instance] = SceneObject(instance, owner.code, owner.kind, outline)
    return [objects[instance] for instance in sorted(objects)]


def class_map(instances: npt.NDArray[np.int32], owners: list[Owner]) -> npt.NDArray[np.uint8]:
    """H x W uint8: 1 + position in `CODES` of the object there, 0 where there is none."""
    table = np.zeros(len(owners) + 1, np.uint8)
    for index, owner in enumerate(owners):
        table[index + 1] = CODES.index(owner.code) + 1
    return table[instances]
