"""Drawn scenes on disk: as a GeoTIFF with its truth, and as a training folder."""

import json
from pathlib import Path

import cv2
import numpy as np
import pyogrio.raw
import rasterio
import shapely
from rasterio.enums import ColorInterp
from shapely.affinity import affine_transform

from inference.scenes.canvas import CODES
from inference.scenes.scene import Scene

CRS = "EPSG:32610"
ORIGIN_M = (559_200.0, 4_108_800.0)
"""Upper left corner of a written scene (easting, northing): the coast at Ano Nuevo, California."""

_BANDS = ("red", "green", "blue", "nir")
_CLASS_NAMES = {
    "ICEPLANT": "iceplant",
    "ICE_MIX": "mixed iceplant",
    "ICE_POSS": "possible iceplant",
    "RUSHSEEP": "brownheaded rush seep",
    "GOLDENBUSH": "golden bush scrub",
    "SALTGRASS": "salt grass flat",
    "OTHERVEG": "other vegetation",
    "WATER": "water",
    "BAREDUNE": "bare dune",
    "ROCK": "rock",
    "ROAD": "paved road or car park",
    "TRACK": "track or footpath",
    "ROOF": "roof",
}


def write_scene(scene: Scene, folder: Path, *, name: str = "scene") -> Path:
    """Write `name`.tif (R, G, B, NIR; UTM 10N) and truth.gpkg beside it; returns the picture.

    The layer `truth` holds a polygon per object in the picture's CRS with the fields `code`
    (class) and `kind` (what it is, in words). Files that are there already are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.tif"
    _write_picture(scene, path, tile=512)
    _write_truth(scene, folder / "truth.gpkg")
    return path


def _write_picture(scene: Scene, path: Path, *, tile: int) -> None:
    _, height, width = scene.image.shape
    step = scene.resolution_m
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=width,
        height=height,
        count=4,
        dtype="uint8",
        crs=CRS,
        transform=rasterio.Affine(step, 0, ORIGIN_M[0], 0, -step, ORIGIN_M[1]),
        tiled=True,
        blockxsize=tile,
        blockysize=tile,
        compress="deflate",
        predictor=2,
        photometric="RGB",
        alpha="unspecified",
    ) as raster:
        raster.write(scene.image)
        raster.colorinterp = (
            ColorInterp.red,
            ColorInterp.green,
            ColorInterp.blue,
            ColorInterp.undefined,
        )
        raster.descriptions = _BANDS


def _write_truth(scene: Scene, path: Path) -> None:
    path.unlink(missing_ok=True)
    step = scene.resolution_m
    to_map = [step, 0, 0, -step, *ORIGIN_M]
    outlines = [affine_transform(drawn.polygon, to_map) for drawn in scene.objects]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(outlines, dtype=object)),
        field_data=[
            np.array([drawn.code for drawn in scene.objects], dtype=object),
            np.array([drawn.kind for drawn in scene.objects], dtype=object),
        ],
        fields=["code", "kind"],
        layer="truth",
        driver="GPKG",
        geometry_type="Polygon",
        crs=CRS,
    )


def write_training_scene(scene: Scene, folder: Path, *, name: str = "scene") -> Path:
    """Add one scene to a training folder; returns its picture.

    The layout is that of the labelled imagery in the shared data: `images/` (4-band TIFF),
    `masks/` (8-bit class ids), `instances/` (16-bit object ids) and `classes.json`.
    """
    for part in ("images", "masks", "instances"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    path = folder / "images" / f"{name}.tif"
    _write_picture(scene, path, tile=256)
    _write_png(folder / "masks" / f"{name}.png", scene.classes)
    _write_png(folder / "instances" / f"{name}.png", scene.instances.astype(np.uint16))
    names = {str(index + 1): _CLASS_NAMES[code] for index, code in enumerate(CODES)}
    # Class 0 is ground between the things, a real background: nothing is to be ignored.
    description = {"names": {"0": "ground", **names}, "ignore": []}
    (folder / "classes.json").write_text(json.dumps(description, indent=1) + "\n")
    return path


def _write_png(
    path: Path, values: np.ndarray[tuple[int, ...], np.dtype[np.unsignedinteger]]
) -> None:
    encoded = cv2.imencode(".png", values)[1]
    path.write_bytes(encoded.tobytes())
