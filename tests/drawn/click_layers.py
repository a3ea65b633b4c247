"""Layers with objects of plain colours, and a network that finds what has the clicked colour."""

import base64
from pathlib import Path

import numpy as np
import rasterio
import torch
from rasterio.transform import Affine
from torch import nn

from inference.clicks import Click
from inference.engine.runner import Runner
from inference.messages import (
    ClickMessage,
    FileSource,
    GridMessage,
    LayerSource,
    ModelInfo,
    Segment,
    ValueRange,
)
from inference.models.click_network import ClickNetwork
from inference.models.registry import ModelSpec
from inference.windows import Grid

LEFT, TOP, RESOLUTION = 723_000.0, 3_822_000.0, 0.6
GROUND, PLANT, WATER = (150, 140, 110), (60, 160, 70), (30, 60, 150)


def ground(width, height):
    """3 x height x width of bare ground, uint8."""
    return np.tile(np.array(GROUND, np.uint8)[:, None, None], (1, height, width))


def paint(pixels, box, colour):
    """Paint a box (first col, first row, past-last col, past-last row)."""
    first_col, first_row, last_col, last_row = box
    pixels[:, first_row:last_row, first_col:last_col] = np.array(colour)[:, None, None]
    return pixels


def write_file(path, pixels, *, col=0, row=0, nodata=None, mask=None):
    """A GeoTIFF on the grid of these layers, shifted by whole pixels."""
    bands, height, width = pixels.shape
    transform = Affine(
        RESOLUTION, 0, LEFT + col * RESOLUTION, 0, -RESOLUTION, TOP - row * RESOLUTION
    )
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=width,
            height=height,
            count=bands,
            dtype=pixels.dtype,
            crs="EPSG:26910",
            transform=transform,
            nodata=nodata,
        ) as out,
    ):
        out.write(pixels)
        if mask is not None:
            out.write_mask(mask)
    return FileSource(path=str(path), col=col, row=row)


def layer(files, *, width, height, bands=(1, 2, 3), low=0.0, high=255.0, key="layer"):
    """The source of a layer with these files, topmost first."""
    return LayerSource(
        key=key,
        files=files,
        grid=GridMessage(left=LEFT, top=TOP, resolution=RESOLUTION, width=width, height=height),
        bands=list(bands),
        ranges=[ValueRange(low=low, high=high)] * len(bands),
    )


def draw_layer(folder, pixels, *, name="layer", **options):
    """A layer of one file."""
    _, height, width = pixels.shape
    file = write_file(Path(folder) / f"{name}.tif", pixels, **options)
    return layer([file], width=width, height=height, key=name)


def grid(width, height):
    return Grid(LEFT, TOP, RESOLUTION, width, height)


def click(col, row, *, include=True):
    """A click at a place in the pixel frame."""
    return Click(LEFT + col * RESOLUTION, TOP - row * RESOLUTION, include)


def segment(source, clicks, *, request="r1", draft="d1", **options):
    """A request with clicks as `click` gives them."""
    return Segment(
        type="segment",
        request=request,
        draft=draft,
        step=len(clicks),
        source=source,
        clicks=[ClickMessage(x=c.x_map, y=c.y_map, include=c.include) for c in clicks],
        **options,
    )


def wkb_text(geometry):
    return base64.b64encode(geometry.wkb).decode("ascii")


class ColourNetwork(ClickNetwork):
    """Finds every pixel whose colour is nearer than `tolerance` to that under the include clicks.

    Pixels that look more like an excluded colour are left out. It counts its calls.
    """

    bands = 3
    click_radius_px = 3

    def __init__(self, tolerance=0.15, gain=400.0):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(gain))
        self.tolerance = tolerance
        self.encoded = 0
        self.decoded = 0

    def encode(self, image):
        self.encoded += 1
        return (image,)

    def decode(self, features, previous_mask, click_map):
        self.decoded += 1
        (image,) = features
        near = self.distance(image, click_map[:, 0:1])
        far = self.distance(image, click_map[:, 1:2])
        return self.gain * torch.minimum(self.tolerance - near, far - near - 0.02)

    def distance(self, image, disks):
        count = disks.sum(dim=(2, 3), keepdim=True)
        if not bool(count.any()):
            return torch.full_like(image[:, :1], 2.0)
        colour = (image * disks).sum(dim=(2, 3), keepdim=True) / count
        return (image - colour).norm(dim=1, keepdim=True)

    def nearest_valid_size(self, side_px):
        return side_px


def colour_runner(*, size=64, network=None, **options):
    """A runner whose network is a `ColourNetwork`."""
    model = ModelInfo(name="colour", architecture="colour", sha256="c" * 64, size=size, bands=3)
    return Runner(network or ColourNetwork(), model, **options)


COLOUR_SPEC = ModelSpec(
    name="default",
    file="colour.safetensors",
    sha256="c" * 64,
    architecture="colour",
    size_px=64,
    bands=3,
    click_radius_px=3,
    licence="none",
    source="drawn",
)
"""The manifest entry that `ColourNetwork` would have."""
