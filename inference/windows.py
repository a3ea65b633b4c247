"""Windows and grids: pure geometry shared by the engine and the web server.

Frames, each with its outer upper-left corner at (0, 0):

- map frame (`x_map`, `y_map`): the project's CRS, y up;
- pixel frame (`col`, `row`): native pixels of a layer's grid, y down;
- window frame (`u`, `v`): the S x S pixels that the network sees.

Between two frames there is one affine transform, in float64, and it is written here and
nowhere else. Layers are north-up with square pixels (an import warps what is not), so a scale
and an offset say it all.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """The pixel grid of a layer.

    Attributes:
        left: x_map of the outer left edge of column 0.
        top: y_map of the outer upper edge of row 0.
        resolution: side of a native pixel in units of the project CRS.
        width: columns of the layer, all its files together.
        height: rows of the layer.
    """

    left: float
    top: float
    resolution: float
    width: int
    height: int

    def to_pixel(self, x_map: float, y_map: float) -> tuple[float, float]:
        """(col, row) of a place on the map."""
        return (x_map - self.left) / self.resolution, (self.top - y_map) / self.resolution

    def to_map(self, col: float, row: float) -> tuple[float, float]:
        """(x_map, y_map) of a place on the grid."""
        return self.left + col * self.resolution, self.top - row * self.resolution

    def contains(self, x_map: float, y_map: float) -> bool:
        """Whether a place lies on the grid (its right and lower edges excluded)."""
        col, row = self.to_pixel(x_map, y_map)
        return 0 <= col < self.width and 0 <= row < self.height


SNAP_PX = 16
"""Windows snap to this many window pixels, so that near-equal windows share cached features."""


@dataclass(frozen=True, slots=True)
class Window:
    """The square of a layer that the network sees: `size` x `size` window pixels.

    Attributes:
        col: pixel frame, left edge; may be negative or past the image.
        row: pixel frame, upper edge.
        factor: native pixels per window pixel (1 = native; 1/4 = enlarged four times).
        size: side in window pixels.
    """

    col: float
    row: float
    factor: float
    size: int

    @classmethod
    def around(cls, col: float, row: float, *, factor: float, size: int) -> "Window":
        """The snapped window whose centre is nearest to a place in the pixel frame."""
        step = SNAP_PX * factor
        half = size * factor / 2
        return cls(
            col=round((col - half) / step) * step,
            row=round((row - half) / step) * step,
            factor=factor,
            size=size,
        )

    @property
    def side(self) -> float:
        """Side in native pixels."""
        return self.size * self.factor

    @property
    def centre(self) -> tuple[float, float]:
        """(col, row) of the centre."""
        return self.col + self.side / 2, self.row + self.side / 2

    def to_window(self, col: float, row: float) -> tuple[float, float]:
        """(u, v) of a place in the pixel frame."""
        return (col - self.col) / self.factor, (row - self.row) / self.factor

    def to_pixel(self, u: float, v: float) -> tuple[float, float]:
        """(col, row) of a place in the window frame."""
        return self.col + u * self.factor, self.row + v * self.factor
