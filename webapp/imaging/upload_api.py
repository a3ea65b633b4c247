"""The tus 1.0 protocol (https://tus.io/protocols/resumable-upload): all but the bytes themselves.

Extensions: creation, expiration, checksum, termination. These endpoints run in Django, behind its
sessions and its check that a request comes from the page. The bytes of a PATCH would be read as a
whole before Django calls anything, so for them an endpoint only says whether they may come:
`upload_stream` asks it first, and writes them.
"""

import binascii
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date
from ninja import Router

from webapp.errors import BadInput, TooLarge, Unavailable, UnknownMedia, UnknownProtocol
from webapp.imaging import parts, upload_actions
from webapp.imaging.models import Upload
from webapp.imaging.parts import Checksum
from webapp.projects.permit import acting_member

VERSION = "1.0.0"
MEDIA = "application/offset+octet-stream"
ADMISSION = "segmap.admission"
"""Where the scope of a PATCH carries what its endpoint fills in."""

router = Router(tags=["uploads"])


@dataclass(slots=True)
class Admission:
    """What an admitted PATCH may write; without an upload it is refused."""

    upload: Upload | None = None
    offset: int = 0
    checksum: Checksum | None = None


@router.api_operation(["OPTIONS"], "/projects/{uuid:project}/uploads", response={204: None})
def describe_uploads(request: HttpRequest, project: UUID) -> HttpResponse:
    """What of the protocol is spoken here."""
    del request, project
    return HttpResponse(
        status=204,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,expiration,checksum,termination",
            "Tus-Checksum-Algorithm": ",".join(parts.CHECKSUMS),
            "Tus-Max-Size": str(settings.UPLOAD_MOST_BYTES),
        },
    )


@router.post("/projects/{uuid:project}/uploads", response={201: None})
def begin_upload(request: HttpRequest, project: UUID) -> HttpResponse:
    """Announce a file; the answer's `Location` is where its bytes go."""
    _need_version(request)
    member = acting_member(request)
    upload = upload_actions.begin_upload(
        member.project,
        member.user,
        name=_filename(request.headers.get("Upload-Metadata", "")),
        size_bytes=_number(request, "Upload-Length"),
    )
    location = f"/api/projects/{project}/uploads/{upload.uid}"
    return HttpResponse(status=201, headers={"Location": location, **expiry(upload)})


@router.api_operation(
    ["HEAD"], "/projects/{uuid:project}/uploads/{uuid:upload}", response={200: None}
)
def measure_upload(request: HttpRequest, project: UUID, upload: UUID) -> HttpResponse:
    """How much of a file has come."""
    del project
    _need_version(request)
    found = _own(request, upload)
    return HttpResponse(
        headers={
            "Upload-Offset": str(parts.received_for_good(found.uid)),
            "Upload-Length": str(found.size_bytes),
            **expiry(found),
        }
    )


@router.patch("/projects/{uuid:project}/uploads/{uuid:upload}", response={204: None})
def append_to_upload(request: HttpRequest, project: UUID, upload: UUID) -> HttpResponse:
    """Send bytes of a file, from `Upload-Offset` on."""
    del project
    _need_version(request)
    found = _own(request, upload)
    if request.content_type != MEDIA:
        raise UnknownMedia(f"The bytes of a file come as {MEDIA}, so nothing was written.")
    offset = _number(request, "Upload-Offset")
    length = request.headers.get("Content-Length") or ""
    rest = found.size_bytes - offset
    if length.isdecimal() and int(length) > rest:
        raise TooLarge(
            "These are more bytes than the file was said to have, so nothing was written. "
            "Upload it again."
        )
    upload_actions.need_space_for_rest(int(length) if length.isdecimal() else max(rest, 0))
    checksum = request.headers.get("Upload-Checksum")
    admission = getattr(request, "scope", {}).get(ADMISSION)
    if not isinstance(admission, Admission):
        raise Unavailable("This server was started without its way in for files. Start it anew.")
    admission.offset = offset
    admission.checksum = Checksum.from_header(checksum) if checksum else None
    admission.upload = found
    return HttpResponse(status=204)


@router.delete("/projects/{uuid:project}/uploads/{uuid:upload}", response={204: None})
def give_up_upload(request: HttpRequest, project: UUID, upload: UUID) -> HttpResponse:
    """Remove what has come of a file."""
    del project
    _need_version(request)
    upload_actions.give_up_upload(_own(request, upload))
    return HttpResponse(status=204)


def expiry(upload: Upload) -> dict[str, str]:
    """The header that says until when an upload waits for its rest."""
    return {"Upload-Expires": http_date(upload_actions.expires_at(upload))}


def _own(request: HttpRequest, upload: UUID) -> Upload:
    member = acting_member(request)
    return upload_actions.upload_of(member.project, member.user, upload)


def _need_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise UnknownProtocol(f"Uploads speak tus {VERSION} here, so nothing was changed.")


def _number(request: HttpRequest, header: str) -> int:
    text = request.headers.get(header, "")
    # 18 digits: more fit no disk, and no column.
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise BadInput(f"Nothing was changed: {header} is no number of bytes.")
    return int(text)


def _filename(metadata: str) -> str:
    """The file's name in `Upload-Metadata` (`filename b3J0aG8udGlm,filetype ...`)."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return binascii.a2b_base64(value, strict_mode=True).decode()
            except ValueError:
                break
    raise BadInput("Nothing was uploaded: the file has no name that can be read.")
