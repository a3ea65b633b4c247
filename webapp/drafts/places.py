"""Where on a layer a click may fall."""

import shapely

from webapp.errors import BadInput
from webapp.imaging.models import ImageState, Layer
from webapp.imaging.queries import grid_of

OUTSIDE = "There is no image here. Click on the image, or choose another flight."
EMPTY = "This part of the image is empty."


def refuse_where_no_image_is(layer: Layer, x_map: float, y_map: float) -> None:
    """Nothing, for a place on the layer that holds data.

    Raises:
        BadInput: the place lies outside the grid, outside every image, or on nodata.
    """
    grid = grid_of(layer)
    if not layer.version or not grid.contains(x_map, y_map):
        raise BadInput(OUTSIDE)
    col, row = grid.to_pixel(x_map, y_map)
    here = layer.images.filter(state=ImageState.READY, col__lte=col, row__lte=row).values_list(
        "col", "row", "width", "height", "footprint"
    )
    footprints = [
        bytes(footprint)
        for left, upper, width, height, footprint in here
        if col < left + width and row < upper + height
    ]
    if not footprints:
        raise BadInput(OUTSIDE)
    # An image without a footprint is full to its edges.
    if not all(footprints):
        return
    if not any(shapely.intersects_xy(shapely.from_wkb(footprints), x_map, y_map)):
        raise BadInput(EMPTY)
