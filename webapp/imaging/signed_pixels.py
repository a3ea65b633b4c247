"""Images for engines that do not share the data folder: ranges of bytes at signed addresses.

(From a bucket they fetch them without this server: `cog_store.BucketStore.address`.)

An engine gets such an address with each click and reads its own windows, as from any web server. An
address is good for one image and for an hour or two, and stays the same for an hour, so that an
engine keeps its file open; who has it needs no session, so it stands in no log of ours.
"""

import time
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe
from whitenoise.responders import StaticFile

from webapp.imaging.cog_store import cog_store
from webapp.imaging.models import Image, ImageState

VALID_FOR_S = 3600
_signer = Signer(salt="webapp.imaging.signed_pixels")


def address_of(image: UUID) -> str:
    """Path on this server under which an engine reads an image's COG."""
    ends = (int(time.time()) // VALID_FOR_S + 2) * VALID_FOR_S
    return reverse("pixels", kwargs={"signed": _signer.sign(f"{image.hex}-{ends}")})


@require_safe
def pixels(request: HttpRequest, signed: str) -> HttpResponseBase:
    """A COG, whole or the range that is asked for.

    403 for an address that was not made here or is out of date, 404 for an image that is gone.
    """
    try:
        name, _, ends = _signer.unsign(signed).partition("-")
    except BadSignature:
        return _refused(403, "This address was not made by this server.")
    if int(ends) < time.time():
        return _refused(403, "This address has expired. The next click brings a new one.")
    image = Image.objects.filter(uid=UUID(hex=name), state=ImageState.READY).first()
    path = cog_store().on_disk(image.cog_path) if image else None
    if path is None or not path.is_file():
        return _refused(404, "This image is not here any more.")
    kept = [("Cache-Control", "private, no-store"), ("Content-Type", "image/tiff")]
    found = StaticFile(str(path), kept).get_response(request.method, request.META)
    response = FileResponse(found.file or (), status=found.status)
    for header, value in found.headers:
        response[header] = value
    return response


def _refused(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(
        sentence,
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
