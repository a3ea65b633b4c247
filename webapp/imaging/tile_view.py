"""Tiles over HTTP: who may see them, how long they may be kept, and which threads draw them."""

import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from webapp.accounts.models import User
from webapp.errors import HTTP_STATUS, AppError, NotFound, NotSignedIn, Unavailable
from webapp.imaging.models import Layer
from webapp.imaging.queries import grid_of, layer_files, statistics_of
from webapp.imaging.rendering import FORMATS, TileFormat
from webapp.imaging.tile_grid import TileGrid
from webapp.imaging.views import UnknownView, View, parse_view
from webapp.projects.models import Project

logger = logging.getLogger(__name__)

# Threads that live on keep their files open; four of them bound what a panning crowd can ask of
# the machine, the rest waits in line.
_painters = ThreadPoolExecutor(max_workers=4, thread_name_prefix="tile")


@require_safe
def tile(
    request: HttpRequest,
    layer: UUID,
    version: str,
    view: str,
    z: int,
    x: int,
    y: int,
    suffix: str,
) -> HttpResponse:
    """One tile. Its address holds the content's hash and the view, so it never changes.

    204 outside the layer; 404 for an address that was not made by the server, and for people
    who are not members of the project; 503 where a file cannot be read.
    """
    try:
        asked = _format(suffix)
        found, wanted = _look_up(request, layer, version, view)
    except AppError as error:
        return _refused(error)
    if request.method == "HEAD":
        # A proxy that keeps tiles asks so whether this person may see one: nothing is drawn for it.
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    # With the first tile: rio-tiler and rasterio take a fifth of the server's start and 35 MB.
    from webapp.imaging.tiles import render_tile

    files, grid = layer_files(found), TileGrid(grid_of(found))
    # While the tile waits its turn and is drawn, others may have this connection to PostgreSQL.
    close_old_connections()
    try:
        painted = _painters.submit(
            render_tile, files, grid, wanted, z, x, y, statistics=statistics_of(found), asked=asked
        ).result()
    except Unavailable as error:
        logger.warning("A tile was not drawn: %s", error.__cause__)
        return _refused(error)
    kept = {"Cache-Control": "private, max-age=31536000, immutable"}
    if painted is None:
        return HttpResponse(status=204, headers=kept)
    return HttpResponse(painted.content, content_type=painted.media_type, headers=kept)


def _refused(error: AppError) -> HttpResponse:
    return HttpResponse(
        error.sentence,
        status=HTTP_STATUS[error.code],
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},  # tomorrow they may be a member, or the file there
    )


def _format(suffix: str) -> TileFormat:
    for known in FORMATS:
        if suffix == known:
            return known
    raise NotFound("There is no such tile. Load the page again.")


def _look_up(request: HttpRequest, layer: UUID, version: str, view: str) -> tuple[Layer, View]:
    if not isinstance(request.user, User):
        raise NotSignedIn
    projects = Project.objects.visible_to(request.user)
    found = Layer.objects.filter(uid=layer, version=version, project__in=projects).first()
    if found is None or not version:
        raise NotFound("There is no such tile. Load the page again.")
    try:
        return found, parse_view(view, len(found.band_roles))
    except UnknownView as error:
        raise NotFound("There is no such view of this layer. Load the page again.") from error
