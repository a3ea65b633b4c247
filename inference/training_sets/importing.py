"""Anybody's labels as a labelled folder: images with masks, or a GeoTIFF with polygons."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pyogrio.raw
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.features import rasterize
from rasterio.windows import Window

from inference.training_sets.colours import Colour, classes_of_colours
from inference.training_sets.layout import UNKNOWN_CLASS, Example, Planned, PreparingRefused
from inference.training_sets.pictures import (
    IGNORED,
    MIN_AREA_PX,
    components_of_classes,
    read_pixels,
)

PICTURE_ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"}
MOST_CLASSES = 254


@dataclass(frozen=True, slots=True)
class MaskRules:
    """How masks are read.

    Attributes:
        names: of the class ids; empty where any id is taken.
        ignored: ids of unknown pixels.
        colours: of the ids, where masks are painted.
    """

    names: dict[int, str]
    ignored: frozenset[int]
    colours: dict[int, Colour]


def plan_pairs(images: Path, masks: Path, rules: MaskRules) -> list[Planned]:
    """Pictures of one folder with the masks of the same name in another.

    Raises:
        PreparingRefused: a picture has no mask, or there are no pictures.
    """
    pictures = sorted(p for p in images.glob("*") if p.suffix.lower() in PICTURE_ENDINGS)
    by_name = {p.stem: p for p in masks.glob("*") if p.suffix.lower() in PICTURE_ENDINGS}
    missing = [p.name for p in pictures if p.stem not in by_name]
    if not pictures or missing:
        said = (
            f"no mask of the same name for {', '.join(missing[:5])}" if missing else "no pictures"
        )
        raise PreparingRefused(
            f"There are {said} in {masks if missing else images}. Nothing was written; name masks "
            "like their pictures, and remove pictures that have none."
        )
    return [Planned(p.stem, partial(read_pair, p, by_name[p.stem], rules)) for p in pictures]


def read_pair(image: Path, mask: Path, rules: MaskRules) -> Example:
    """A picture with its mask; its objects are the 4-connected regions of one class.

    Raises:
        PreparingRefused: they differ in size, or the mask holds other ids than the rules.
        TrainingFolderUnreadable: the picture cannot be read or is not of 8 bit.
    """
    pixels = read_pixels(image)
    if pixels.shape[2] not in (1, 3, 4):
        raise PreparingRefused(
            f"{image.name} has {pixels.shape[2]} bands; training takes 1, 3 or 4 (red, green, "
            "blue, near infrared). It was not used; choose bands first."
        )
    ids = read_ids(mask, rules)
    if ids.shape != pixels.shape[:2]:
        raise PreparingRefused(
            f"{image.name} is {pixels.shape[1]} x {pixels.shape[0]} pixels and its mask "
            f"{ids.shape[1]} x {ids.shape[0]}. It was not used; export the mask again."
        )
    known = {0, *rules.names, *rules.ignored}
    if rules.names and (strange := set(np.unique(ids).tolist()) - known):
        raise PreparingRefused(
            f"{mask.name} holds class ids that the classes file does not name: "
            f"{', '.join(map(str, sorted(strange)))}. It was not used; name them, or ignore them."
        )
    return Example(pixels, ids, components_of_classes(ids, rules.ignored))


def read_ids(path: Path, rules: MaskRules) -> NDArray[np.uint8]:
    """Class ids, H x W, of a mask file.

    Raises:
        PreparingRefused: it is no picture of ids, nor one of known colours.
    """
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if read is not None and read.ndim == 2 and read.max(initial=0) <= UNKNOWN_CLASS:
        return np.asarray(read, np.uint8)
    if read is not None and read.ndim == 3 and rules.colours and read.dtype == np.uint8:
        painted = np.ascontiguousarray(read[:, :, 2::-1])
        unknown = min(rules.ignored, default=0)
        return classes_of_colours(painted, rules.colours, unknown=unknown)
    raise PreparingRefused(
        f"{path.name} is no mask of class ids (one band, 0 to 255). It was not used; for masks "
        'painted in colours name these under "colours" in a classes file (--classes).'
    )


@dataclass(frozen=True, slots=True, eq=False)
class MapPolygons:
    """Polygons in the CRS of a raster.

    Attributes:
        geometries: largest first, so that small ones are drawn on top.
        class_ids: of each, from 1.
        classes: names of the ids.
        reprojected_from: the CRS of the file where it was another one.
    """

    geometries: NDArray[np.object_]
    class_ids: NDArray[np.intp]
    classes: dict[int, str]
    reprojected_from: str | None


def read_polygons(path: Path, raster: Path, *, class_field: str | None) -> MapPolygons:
    """The polygons of a GeoPackage or shapefile, brought to a raster's CRS by PROJ where needed.

    Raises:
        PreparingRefused: a CRS is missing, the field is, or there are no polygons.
    """
    with rasterio.open(raster) as dataset:
        raster_crs = dataset.crs
    columns = [class_field] if class_field else []
    try:
        meta, _, wkb, fields = pyogrio.raw.read(path, columns=columns)
    except pyogrio.errors.DataSourceError as error:
        raise PreparingRefused(
            f"{path} could not be read ({error}). Nothing was written; choose a GeoPackage or "
            "shapefile."
        ) from error
    for name, crs in ((path.name, meta["crs"]), (raster.name, raster_crs and raster_crs.to_wkt())):
        # A GeoPackage may say expressly that it lies nowhere on the Earth.
        if not crs or CRS.from_user_input(crs).is_engineering:
            raise PreparingRefused(
                f"{name} has no coordinate system, so its place is unknown. Nothing was written; "
                "assign it the right one first."
            )
    if class_field and not len(meta["fields"]):
        raise PreparingRefused(
            f"{path.name} has no field called {class_field}. Nothing was written; choose another "
            "with --class-field, or leave it out."
        )
    geometries = shapely.from_wkb(wkb)
    kept = np.isin(shapely.get_type_id(geometries), [3, 6]) & ~shapely.is_empty(geometries)
    if not kept.any():
        raise PreparingRefused(f"{path.name} has no polygons. Nothing was written.")
    values = [str(v) for v in fields[0][kept]] if class_field else ["object"] * int(kept.sum())
    names = sorted(set(values))
    if len(names) > MOST_CLASSES:
        raise PreparingRefused(
            f"{class_field} has {len(names)} different values; a mask holds {MOST_CLASSES}. "
            "Nothing was written; choose a field of classes with --class-field."
        )
    geometries = geometries[kept]
    reprojected_from = None
    if CRS.from_user_input(meta["crs"]) != CRS.from_wkt(raster_crs.to_wkt()):
        reprojected_from = str(meta["crs"])
        transformer = Transformer.from_crs(meta["crs"], raster_crs.to_wkt(), always_xy=True)
        geometries = shapely.transform(
            geometries, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
        )
    order = np.argsort(-shapely.area(geometries), kind="stable")
    ids = np.array([names.index(v) + 1 for v in values], np.intp)
    classes = dict(enumerate(names, 1))
    return MapPolygons(geometries[order], ids[order], classes, reprojected_from)


def plan_tiles(
    raster: Path, polygons: MapPolygons, *, tile_px: int, rest_is_known: bool
) -> Iterator[Planned]:
    """Every tile of a raster, row by row; those without a polygon make nothing.

    Args:
        raster: 8 bit, of 1, 3 or 4 bands.
        polygons: in its CRS.
        tile_px: side of a tile; what remains at the far edges is kept.
        rest_is_known: whether ground without a polygon is background, or unknown.

    Raises:
        PreparingRefused: the raster has other bands.
    """
    with rasterio.open(raster) as dataset:
        height, width = dataset.shape
        if dataset.count not in (1, 3, 4) or set(dataset.dtypes) != {"uint8"}:
            raise PreparingRefused(
                f"{raster.name} has {dataset.count} bands of {dataset.dtypes[0]}; training takes "
                "1, 3 or 4 (red, green, blue, near infrared) of 8 bit. Nothing was written; scale "
                "it, or choose bands, first."
            )
    tree = shapely.STRtree(polygons.geometries)
    for row in range(0, height, tile_px):
        for col in range(0, width, tile_px):
            window = Window(col, row, min(tile_px, width - col), min(tile_px, height - row))
            make = partial(read_tile, raster, polygons, tree, window, rest_is_known=rest_is_known)
            yield Planned(f"{raster.stem}_{row}_{col}", make)


def read_tile(
    raster: Path,
    polygons: MapPolygons,
    tree: shapely.STRtree,
    window: Window,
    *,
    rest_is_known: bool,
) -> Example | None:
    """One tile with its objects, or None where no polygon is large enough in it."""
    with rasterio.open(raster) as dataset:
        transform = dataset.window_transform(window)
        cols, rows = np.array([[0, 1, 1, 0], [0, 0, 1, 1]]) * [[window.width], [window.height]]
        x_map = transform.a * cols + transform.b * rows + transform.c
        y_map = transform.d * cols + transform.e * rows + transform.f
        touching = np.sort(tree.query(shapely.Polygon(np.column_stack([x_map, y_map]))))
        if not len(touching):
            return None
        if len(touching) >= IGNORED:
            raise PreparingRefused(
                f"A tile of {raster.name} has {len(touching)} polygons, more than can be numbered. "
                "It was not written; choose smaller tiles with --tile."
            )
        shapes = [(polygons.geometries[i], number) for number, i in enumerate(touching, 1)]
        size = int(window.height), int(window.width)
        numbered = rasterize(shapes, out_shape=size, transform=transform, dtype="uint16")
        valid = dataset.dataset_mask(window=window) > 0
        pixels = np.moveaxis(dataset.read(window=window), 0, -1)
    areas = np.bincount(numbered.ravel(), minlength=len(touching) + 1)
    numbered[(areas < MIN_AREA_PX)[numbered] & (numbered > 0)] = IGNORED
    if not np.isin(numbered, [0, IGNORED], invert=True).any():
        return None
    if not rest_is_known:
        numbered[numbered == 0] = IGNORED
    numbered[~valid] = IGNORED
    ids = np.concatenate([[0], polygons.class_ids[touching]])
    mask = np.where(
        numbered == IGNORED, UNKNOWN_CLASS, ids[np.where(numbered == IGNORED, 0, numbered)]
    )
    return Example(np.ascontiguousarray(pixels), mask.astype(np.uint8), numbered)
