"""What a scene is painted on: sunlit colour, height above ground, and who owns each pixel."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from inference.scenes.noise import BoolMap, Box, FloatMap, NoiseFields
from inference.scenes.terrain import Terrain

Code: TypeAlias = Literal[
    "ICEPLANT",
    "ICE_MIX",
    "ICE_POSS",
    "RUSHSEEP",
    "GOLDENBUSH",
    "SALTGRASS",
    "OTHERVEG",
    "WATER",
    "BAREDUNE",
    "ROCK",
    "ROAD",
    "TRACK",
    "ROOF",
]

CODES: tuple[Code, ...] = (
    "ICEPLANT",
    "ICE_MIX",
    "ICE_POSS",
    "RUSHSEEP",
    "GOLDENBUSH",
    "SALTGRASS",
    "OTHERVEG",
    "WATER",
    "BAREDUNE",
    "ROCK",
    "ROAD",
    "TRACK",
    "ROOF",
)
"""Classes of a drawn scene; class maps hold 1 + the position here, 0 where nothing is."""


_BAND_ROWS = 256


@dataclass(frozen=True, slots=True)
class Owner:
    """A thing that was painted.

    Attributes:
        code: its class.
        kind: what it is, in words.
        merges: whether it and another of its kind that it touches are one thing, as two mats of
            one plant are and two trees are not.
    """

    code: Code
    kind: str
    merges: bool = False


@dataclass(slots=True)
class Canvas:
    """A scene in the making.

    Attributes:
        noise: the scene's noise; also says its shape and resolution.
        terrain: the land that is painted.
        albedo: H x W x 4 float32, R, G, B, NIR as 8-bit values of flat ground in full sun.
        canopy_m: H x W float32, height of plants, rocks and roofs above the ground.
        owner_ids: H x W int32, 1 + index into `owners`, 0 for what belongs to no thing.
    """

    noise: NoiseFields
    terrain: Terrain
    albedo: FloatMap
    canopy_m: FloatMap
    owner_ids: npt.NDArray[np.int32]
    owners: list[Owner] = field(default_factory=list)

    @classmethod
    def blank(cls, noise: NoiseFields, terrain: Terrain) -> "Canvas":
        """Nothing painted yet."""
        return cls(
            noise=noise,
            terrain=terrain,
            albedo=np.zeros((*noise.shape, 4), np.float32),
            canopy_m=np.zeros(noise.shape, np.float32),
            owner_ids=np.zeros(noise.shape, np.int32),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.noise.shape

    @property
    def whole(self) -> Box:
        """The box of all pixels."""
        return Box(0, self.shape[0], 0, self.shape[1])

    def bands(self) -> Iterator[Box]:
        """The whole as strips of rows, for work whose arrays would otherwise be too large."""
        for row0 in range(0, self.shape[0], _BAND_ROWS):
            yield Box(row0, min(row0 + _BAND_ROWS, self.shape[0]), 0, self.shape[1])

    def px(self, metres: float) -> float:
        """A length on the ground in pixels."""
        return metres / self.noise.resolution_m

    def paint(
        self, box: Box, alpha: FloatMap, colour: npt.ArrayLike, canopy_m: FloatMap | float
    ) -> None:
        """Lay a surface over a box: colour (4, or H x W x 4) and height, by opacity 0 to 1."""
        under = self.albedo[box.slices]
        under += (np.asarray(colour, np.float32) - under) * alpha[..., None]
        height = self.canopy_m[box.slices]
        height += (canopy_m - height) * alpha

    def claim(self, box: Box, mask: BoolMap, owner: Owner) -> None:
        """Make the pixels of `mask` one thing's; what was there before loses them."""
        self.owner_ids[box.slices][mask] = self.register(owner)

    def register(self, owner: Owner) -> int:
        """The id under which pixels may be claimed for a thing, part by part."""
        self.owners.append(owner)
        return len(self.owners)


def scatter(
    shape: tuple[int, int],
    rng: np.random.Generator,
    density: FloatMap | float,
    radius_px: tuple[float, float],
    edge_noise_px: FloatMap,
) -> tuple[FloatMap, FloatMap, npt.NDArray[np.int32]]:
    """Bushes strewn over a box, their outlines frayed.

    Args:
        shape: rows and columns of the box.
        rng: draws places and sizes.
        density: chance that a pixel is the middle of a bush.
        radius_px: median radius and its spread (sigma of the logarithm).
        edge_noise_px: added to the radius, pixel by pixel.

    Returns:
        Cover (0 to 1), a dome of height 0 to 1, and each pixel's nearest bush as a number from
        1 on; a box without a bush gives zeros.
    """
    open_ground = (rng.random(shape, dtype=np.float32) >= density).astype(np.uint8)
    count = int(open_ground.size - np.count_nonzero(open_ground))
    if count == 0:
        return np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.int32)
    distance, nearest = cv2.distanceTransformWithLabels(
        open_ground, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    radii = np.zeros(count + 1, np.float32)
    radii[1:] = radius_px[0] * np.exp(radius_px[1] * rng.standard_normal(count))
    radius = np.maximum(radii[nearest] + edge_noise_px, np.float32(0.3))
    cover: FloatMap = np.clip((radius - distance) * np.float32(0.7) + np.float32(0.5), 0, 1)
    ratio = distance / radius
    dome: FloatMap = np.sqrt(np.clip(1 - ratio * ratio, 0, 1))
    return cover, dome, nearest
