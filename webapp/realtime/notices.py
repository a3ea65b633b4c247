"""`POST /internal/notices`: how the job worker reaches the pages."""

import hmac
import json

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from webapp.realtime.publish import announce

LOOPBACK = ("127.0.0.1", "::1")


# No cookie is looked at here: the token is the permission.
@csrf_exempt
@require_POST
def notices(request: HttpRequest) -> HttpResponse:
    """Hand on a worker's notice; anybody else is told that there is nothing here."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    known = bool(settings.INTERNAL_TOKEN) and hmac.compare_digest(
        token.encode(), settings.INTERNAL_TOKEN.encode()
    )
    if not known or request.META.get("REMOTE_ADDR") not in LOOPBACK:
        return HttpResponse(status=404)
    notice = json.loads(request.body)
    async_to_sync(announce)(str(notice["group"]), str(notice["text"]))
    return HttpResponse(status=204)
