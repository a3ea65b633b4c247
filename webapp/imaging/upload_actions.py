"""Writes to uploads: announce, give up, and clear away what nobody finished."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from webapp.accounts.models import User
from webapp.errors import BadInput, Gone, Locked, NotFound, TooLarge, TooMany
from webapp.ids import new_uid
from webapp.imaging import parts, uploads
from webapp.imaging.kept_files import remove_unnamed
from webapp.imaging.models import Image, Upload
from webapp.projects.lock import lock
from webapp.projects.models import Project

MOST_UNFINISHED = 200
"""Files of one person on their way at a time."""
STRAY_AFTER_S = 86_400.0
"""Files that no row knows: older ones were left by a killed process."""


def begin_upload(project: Project, user: User, *, name: str, size_bytes: int) -> Upload:
    """Announce a file: its bytes may come from now on.

    Raises:
        BadInput: its name is that of no image, or there is no room, on the disk or left to the
            person or the project.
        TooLarge: no file may be that large.
        TooMany: too many files of this person are unfinished.
    """
    name = PurePath(name).name
    uploads.need_known_name(name)
    if size_bytes > settings.UPLOAD_MOST_BYTES:
        raise TooLarge(
            f"{name} has {_gb(size_bytes)}, and one file may have {_gb(settings.UPLOAD_MOST_BYTES)}"
            " here, so it was not uploaded. Cut it into parts, or ask for a higher limit."
        )
    uid = new_uid()
    parts.begin(uid)
    try:
        with transaction.atomic():
            # Two uploads at a time do not share one rest of a quota, the project's or the person's.
            lock(project)
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            _need_room(project, user, size_bytes)
            return Upload.objects.create(
                uid=uid, project=project, user=user, name=name, size_bytes=size_bytes
            )
    except BaseException:
        parts.remove(uid)
        raise


def upload_of(project: Project, user: User, uid: UUID) -> Upload:
    """An upload of this person in this project.

    Raises:
        NotFound: there is none, or it is another person's.
        Gone: its time is over.
    """
    found = Upload.objects.filter(project=project, user=user, uid=uid).first()
    if found is None:
        raise NotFound("There is no such upload. Choose the file again.")
    if expires_at(found) <= time.time():
        raise Gone(
            f"{found.name} waited for its rest for {settings.UPLOAD_DAYS} days and is gone. "
            "Choose the file again."
        )
    return found


def expires_at(upload: Upload) -> float:
    """When an upload goes if nothing more of it comes, in seconds since 1970."""
    return parts.last_written(upload.uid) + settings.UPLOAD_DAYS * 86_400.0


def need_space_for_rest(length: int) -> None:
    """Nothing, where the disk takes that many bytes more.

    Raises:
        BadInput: it does not; what has come already is kept.
    """
    if uploads.free_bytes() < settings.DISK_RESERVE_BYTES + length:
        raise BadInput(
            "The server's disk is full. What has come of the file is kept: ask for space, then "
            "go on."
        )


def give_up_upload(upload: Upload) -> None:
    """Remove an upload with what has come of it.

    Raises:
        Locked: it is being written.
        NotFound: it is gone.
    """
    with parts.locked([upload.uid]):
        upload.delete()
        parts.remove(upload.uid)


def sweep_uploads() -> None:
    """Remove uploads whose time is over, and files of uploads and images that no row knows."""
    now = time.time()
    for upload in Upload.objects.all():
        if expires_at(upload) <= now:
            with suppress(Locked):
                _expire(upload)
    for path, uid in _with_ids():
        if path.stat().st_mtime > now - STRAY_AFTER_S:
            continue
        if path.is_dir():
            remove_unnamed([uid], [])
        elif not Upload.objects.filter(uid=uid).exists():
            path.unlink(missing_ok=True)


def _expire(upload: Upload) -> None:
    try:
        give_up_upload(upload)
    except NotFound:
        upload.delete()


def _with_ids() -> Iterator[tuple[Path, UUID]]:
    """What lies among the uploads under an id: folders of images, parts and their marks."""
    for path in list((Path(settings.DATA_DIR) / "uploads").iterdir()):
        with suppress(ValueError):
            yield path, UUID(path.stem)


def _need_room(project: Project, user: User, size_bytes: int) -> None:
    unfinished = Upload.objects.filter(user=user).count()
    if unfinished >= MOST_UNFINISHED:
        raise TooMany(
            f"{unfinished} of your files are on their way already, so nothing was uploaded. "
            "Finish or cancel some first."
        )
    if unfinished + Image.objects.filter(uploaded_by=user).count() >= settings.USER_MOST_FILES:
        raise TooMany(
            f"You have {settings.USER_MOST_FILES} image files here, the most that one person may "
            "have, so nothing was uploaded. Delete images or ask for a higher limit."
        )
    everything = Upload.objects.all()
    coming = sum(each.size_bytes - parts.received(each.uid) for each in everything)
    uploads.need_space(size_bytes, coming_bytes=coming)
    of_user = _taken(Q(user=user), Q(uploaded_by=user))
    of_project = _taken(Q(project=project), Q(layer__project=project))
    for taken, most, whose in (
        (of_user, settings.USER_MOST_BYTES, "you"),
        (of_project, settings.PROJECT_MOST_BYTES, "this project"),
    ):
        if taken + size_bytes > most:
            raise BadInput(
                f"{_gb(size_bytes)} is over the {_gb(max(0, most - taken))} that {whose} may still "
                "upload, so nothing was uploaded. Delete images or ask for space."
            )


def _taken(of_uploads: Q, of_images: Q) -> int:
    announced = Upload.objects.filter(of_uploads).aggregate(sum=Sum("size_bytes"))["sum"] or 0
    kept = Image.objects.filter(of_images).aggregate(files=Sum("size_bytes"), cogs=Sum("cog_bytes"))
    return announced + (kept["files"] or 0) + (kept["cogs"] or 0)


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.3g} GB"
