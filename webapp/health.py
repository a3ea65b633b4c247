"""`/healthz`: which of the three processes are up."""

import time
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from webapp.engines.dispatch import process_hub
from webapp.jobs.heartbeat import worker_is_alive


def parts() -> dict[str, str]:
    """What each process is: `ok`, `off` (left out on purpose) or a word on what is wrong."""
    if not settings.ENGINE_WANTED:
        engine = "off"
    elif process_hub().status().connected:
        engine = "ok"
    else:
        engine = "not connected"
    jobs = "ok" if worker_is_alive(now=time.time()) else "not running"
    return {"server": "ok", "engine": engine, "jobs": jobs}


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when everything that was started is up, else 503; the body names the parts."""
    del request
    state = parts()
    healthy = all(word in ("ok", "off") for word in state.values())
    status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(state, status=status, headers={"Cache-Control": "no-store"})
