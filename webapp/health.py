"""Is it up? `/livez` asks this process, `/readyz` what it cannot serve without, `/healthz` all."""

import functools
import time
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from webapp.engines.dispatch import is_any_connected
from webapp.imaging.confinement import landlock_version
from webapp.imaging.uploads import free_bytes
from webapp.jobs.heartbeat import worker_is_alive

_NOT_KEPT = {"Cache-Control": "no-store"}


def parts() -> dict[str, str]:
    """What each part is: `ok`, `off` (left out on purpose) or a word on what is wrong."""
    jobs = "ok" if worker_is_alive(now=time.time()) else "not running"
    return {"server": "ok", "engine": _engine(), "jobs": jobs, "database": _database()}


def notes() -> dict[str, str]:
    """What an operator wants to know and what makes nothing ill."""
    has_room = free_bytes() >= settings.DISK_RESERVE_BYTES
    return {
        "disk": "ok" if has_room else "below the reserve: uploads are refused",
        "uploads": "confined" if _is_confined() else "not confined: this kernel has no Landlock",
    }


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all. If it does not, start it anew."""
    del request
    return JsonResponse({"server": "ok"}, headers=_NOT_KEPT)


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve people, else 503: send them to another one meanwhile.

    Without an engine or a job worker the page still opens, and people draw by hand.
    """
    del request
    database = _database()
    status = HTTPStatus.OK if database == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"database": database}, status=status, headers=_NOT_KEPT)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when everything that was started is up, else 503; the body names the parts."""
    del request
    state = parts()
    healthy = all(word in ("ok", "off") for word in state.values())
    status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({**state, **notes()}, status=status, headers=_NOT_KEPT)


def _engine() -> str:
    if not settings.ENGINE_WANTED:
        return "off"
    try:
        return "ok" if is_any_connected() else "not connected"
    except DatabaseError:  # it knows of the engines of other web processes
        return "not known"


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return "not answering"
    return "ok"


@functools.cache
def _is_confined() -> bool:
    """Whether the first opening of an upload is confined on a kernel like this process's."""
    return landlock_version() > 0
