"""Layers and images as the page, the tiles and the engine see them."""

from uuid import UUID

from django.db.models import QuerySet

from inference.messages import FileSource, GridMessage, LayerSource, ValueRange
from inference.windows import Grid
from webapp.bounds import Bounds
from webapp.errors import BadInput, NotFound
from webapp.imaging.cog_store import cog_store
from webapp.imaging.models import Image, ImageState, Layer
from webapp.imaging.rendering import ndvi_legend, page_format
from webapp.imaging.schemas import (
    ImageOut,
    LayerOut,
    LegendEntryOut,
    OptionOut,
    QuestionOut,
    TileGridOut,
    ViewOut,
)
from webapp.imaging.signed_pixels import address_of
from webapp.imaging.tile_grid import TILE_PX, LayerFile, TileGrid
from webapp.imaging.verdict import BandStatistics
from webapp.imaging.views import NamedView, Stretch, UnknownView, named_views, parse_view
from webapp.projects.models import Project

BYTE_RANGE = ValueRange(low=0, high=255)


def image_out(image: Image) -> ImageOut:
    """An image with its progress."""
    job = image.job
    return ImageOut(
        uid=image.uid,
        layer=image.layer.uid,
        name=image.name,
        size_bytes=image.size_bytes,
        state=ImageState(image.state),
        sentence=image.sentence,
        questions=[
            QuestionOut(
                kind=question["kind"],
                sentence=question["sentence"],
                options=[OptionOut(**option) for option in question["options"]],
                accepts=question["accepts"],
            )
            for question in image.questions
        ],
        progress=job.progress if job else 0.0,
        stage=job.stage if job else "",
    )


def images_of(project: Project) -> list[ImageOut]:
    """All images of a project, oldest first."""
    rows = Image.objects.filter(layer__project=project).select_related("layer", "job")
    return [image_out(image) for image in rows]


def image_of(project: Project, uid: UUID) -> Image:
    """One image of a project.

    Raises:
        NotFound: it has none of that id.
    """
    rows = Image.objects.select_related("layer", "job")
    image = rows.filter(layer__project=project, uid=uid).first()
    if image is None:
        raise NotFound("There is no such image in this project. Load the page again.")
    return image


def layer_of(project: Project, uid: UUID) -> Layer:
    """One layer of a project.

    Raises:
        NotFound: it has none of that id.
    """
    layer = project.layers.filter(uid=uid).first()
    if layer is None:
        raise NotFound("There is no such layer in this project. Load the page again.")
    return layer


def grid_of(layer: Layer) -> Grid:
    """A layer's pixels."""
    return Grid(
        left=layer.left,
        top=layer.top,
        resolution=layer.resolution,
        width=layer.width,
        height=layer.height,
    )


def layer_out(layer: Layer) -> LayerOut:
    """A layer as the page shows it; prefetch `images__job` where there are many."""
    images = list(layer.images.all())
    ready = [image for image in images if image.state == ImageState.READY]
    tile_grid = TileGrid(grid_of(layer)) if layer.version else None
    suffix = page_format(has_mask=_has_gaps(layer, ready))
    address = f"/tiles/{layer.uid}/{layer.version}/{{view}}/{{z}}/{{x}}/{{y}}.{suffix}"
    return LayerOut(
        uid=layer.uid,
        name=layer.name,
        captured_on=layer.captured_on,
        ready=tile_grid is not None,
        resolution=layer.resolution,
        pixel_m=layer.resolution * layer.project.metres_per_unit,
        extent=list(tile_grid.extent) if tile_grid else [],
        tile_grid=_tile_grid_out(tile_grid) if tile_grid else None,
        tile_url=address if tile_grid else "",
        views=[_view_out(named) for named in named_views(layer.band_roles)],
        band_roles=layer.band_roles,
        network_bands=_network_roles(layer) if layer.version else [],
        images=[image_out(image) for image in images],
    )


def layer_source(layer: Layer) -> LayerSource:
    """A layer as the engine reads it: files, grid, and the bands that the network gets.

    They follow from the band roles, never from a view: red, green, blue and, where there is one,
    near infrared; a picture without colours gives its first band three times.

    Raises:
        Unavailable: there are no credentials for the bucket.
    """
    store = cog_store()
    bands = _network_bands(layer)
    return LayerSource(
        key=f"{layer.uid}/{layer.version}",
        files=[
            FileSource(
                path=store.opened_as(image.cog_path),
                address=store.address(image.cog_path) or address_of(image.uid),
                col=image.col,
                row=image.row,
            )
            for image in _ready_images(layer)
        ],
        grid=GridMessage(
            left=layer.left,
            top=layer.top,
            resolution=layer.resolution,
            width=layer.width,
            height=layer.height,
        ),
        bands=bands,
        ranges=[_range(layer, band) for band in bands],
    )


def layer_files(layer: Layer) -> list[LayerFile]:
    """The COGs of a layer, topmost (newest) first."""
    store = cog_store()
    return [
        LayerFile(
            path=store.opened_as(image.cog_path),
            col=image.col,
            row=image.row,
            width=image.width,
            height=image.height,
        )
        for image in _ready_images(layer)
    ]


def statistics_of(layer: Layer) -> list[BandStatistics]:
    """One per band, for stretches."""
    return [BandStatistics.from_mapping(values) for values in layer.statistics]


def stretch_of(layer: Layer, view: str, window: Bounds) -> Stretch:
    """The stretch that suits what a window of a layer shows in a view.

    Raises:
        BadInput: the layer has no such view, or the window shows nothing that can be stretched.
        Unavailable: a file cannot be read.
    """
    try:
        wanted = parse_view(view, len(layer.band_roles))
    except UnknownView as error:
        raise BadInput("This layer has no such view. Load the page again.") from error
    # With the first window: rio-tiler and rasterio take a fifth of the server's start and 35 MB.
    from webapp.imaging.window_stretch import stretch_of_window

    return stretch_of_window(layer_files(layer), TileGrid(grid_of(layer)), wanted, window)


def _ready_images(layer: Layer) -> "QuerySet[Image]":
    """Topmost (newest) first."""
    return layer.images.filter(state=ImageState.READY).order_by("-id")


def _has_gaps(layer: Layer, ready: list[Image]) -> bool:
    """Whether a place on the layer's grid may show nothing."""
    if layer.dtype.startswith("float") or any(image.has_mask for image in ready):
        return True
    return len(ready) != 1


def _tile_grid_out(tile_grid: TileGrid) -> TileGridOut:
    return TileGridOut(
        origin=[tile_grid.grid.left, tile_grid.grid.top],
        extent=list(tile_grid.extent),
        resolutions=tile_grid.resolutions,
        tile_size=TILE_PX,
    )


def _view_out(named: NamedView) -> ViewOut:
    legend = ndvi_legend(named.view.stretch) if named.view.kind == "ndvi" else []
    return ViewOut(
        id=named.view.text,
        name=named.name,
        legend=[LegendEntryOut(value=entry.value, colour=entry.colour) for entry in legend],
    )


def _network_bands(layer: Layer) -> list[int]:
    roles: list[str] = layer.band_roles
    if {"red", "green", "blue"} <= set(roles):
        wanted = ["red", "green", "blue"] + (["nir"] if "nir" in roles else [])
        return [roles.index(role) + 1 for role in wanted]
    grey = roles.index("grey") + 1 if "grey" in roles else 1
    return [grey] * 3


def _network_roles(layer: Layer) -> list[str]:
    roles: list[str] = layer.band_roles
    return [roles[number - 1] for number in _network_bands(layer)]


def _range(layer: Layer, band: int) -> ValueRange:
    if layer.dtype == "uint8":
        return BYTE_RANGE
    values = layer.statistics[band - 1]
    low, high = values["p0.5"], values["p99.5"]
    return ValueRange(low=low, high=high if high > low else low + 1)
