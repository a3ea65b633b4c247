"""Where a layer's tiles lie: aligned to its own pixels. Integers only, no raster library.

The grid's origin is the layer's upper left corner and its resolutions are the native one times
powers of two, so that at full zoom a tile's pixels are the file's pixels.
"""

from dataclasses import dataclass

from inference.windows import Grid

TILE_PX = 512


@dataclass(frozen=True, slots=True)
class TileGrid:
    """The pyramid of tiles over a layer; z = 0 is the coarsest, one tile.

    Attributes:
        grid: the layer's pixels.
    """

    grid: Grid

    @property
    def native_zoom(self) -> int:
        """The z at which a tile's pixels are the layer's."""
        longest = max(self.grid.width, self.grid.height, 1)
        return max(0, -(-longest // TILE_PX) - 1).bit_length()

    @property
    def resolutions(self) -> list[float]:
        """Units of the CRS per tile pixel, from z = 0 on."""
        return [self.grid.resolution * self.factor(z) for z in range(self.native_zoom + 1)]

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) of the layer, map frame."""
        right, bottom = self.grid.to_map(self.grid.width, self.grid.height)
        return self.grid.left, bottom, right, self.grid.top

    def factor(self, z: int) -> int:
        """Native pixels per tile pixel."""
        return 1 << (self.native_zoom - z)

    def covers(self, z: int, x: int, y: int) -> bool:
        """Whether a tile exists and touches the layer."""
        if not 0 <= z <= self.native_zoom or x < 0 or y < 0:
            return False
        side = TILE_PX * self.factor(z)
        return x * side < self.grid.width and y * side < self.grid.height


@dataclass(frozen=True, slots=True)
class LayerFile:
    """One COG of a layer and its place on the layer's grid, in native pixels.

    Attributes:
        path: as GDAL opens it; named by its content, so that it never changes what it holds.
        col: the layer's column of the file's first one; may be negative.
        row: likewise.
    """

    path: str
    col: int
    row: int
    width: int
    height: int
