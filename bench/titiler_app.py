"""TiTiler on one layer's own grid. Runs in TiTiler's virtual environment, under uvicorn.

The grid comes as JSON in TILE_GRID: `extent` (a square from the layer's upper left corner: left,
bottom, right, top), `crs`, `tile_px` and `native_zoom`.
"""

import json
import os

import morecantile
import pyproj
from fastapi import FastAPI  # type: ignore[import-not-found]  # it comes with TiTiler
from titiler.core.errors import (  # type: ignore[import-not-found]  # it lives elsewhere
    DEFAULT_STATUS_CODES,
    add_exception_handlers,
)
from titiler.core.factory import TilerFactory  # type: ignore[import-not-found]  # as above


def make_app() -> FastAPI:
    """An application with TiTiler's tiles and nothing else but a path that says it is up."""
    grid = json.loads(os.environ["TILE_GRID"])
    matrices = morecantile.TileMatrixSet.custom(
        grid["extent"],
        pyproj.CRS.from_user_input(grid["crs"]),
        tile_width=grid["tile_px"],
        tile_height=grid["tile_px"],
        maxzoom=grid["native_zoom"],
        id="layer",
    )
    tiler = TilerFactory(supported_tms=morecantile.defaults.TileMatrixSets({"layer": matrices}))
    app = FastAPI()
    app.include_router(tiler.router)
    add_exception_handlers(app, DEFAULT_STATUS_CODES)
    app.add_api_route("/up", lambda: {"up": True})
    return app


app = make_app()
