"""Writes to layers and images: from an upload to pixels that can be shown."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path, PurePath
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, Q

from webapp.accounts.models import User
from webapp.errors import BadInput, Conflict, NotFound, Unavailable
from webapp.imaging import mosaic, parts, uploads
from webapp.imaging.answers import Answers, UnknownAnswer
from webapp.imaging.cog_store import cog_store
from webapp.imaging.events import ImageChanged
from webapp.imaging.kept_files import files_stay, remove_unnamed
from webapp.imaging.models import Image, ImageState, Layer, Upload
from webapp.imaging.queries import image_out
from webapp.imaging.verdict import CogFacts, CrsAndGrid, Question, Verdict
from webapp.jobs.actions import enqueue
from webapp.jobs.models import Job, JobKind, JobState
from webapp.projects.events import ProjectChanged
from webapp.projects.lock import lock
from webapp.projects.models import Project
from webapp.realtime.publish import publish

ON_ITS_WAY = (ImageState.CHECKING, ImageState.IMPORTING)
"""States in which an image belongs to its job."""


class ImportOver(Exception):
    """The image does not wait for this import any more: stopped, removed, or shown by another."""


def receive_uploads(
    project: Project, user: User, uids: Sequence[UUID], layer: Layer | None
) -> list[Image]:
    """Make images of finished uploads, one of those files that belong together.

    Without a layer every image begins one of its own, named after the file. An image keeps the id
    under which its raster was uploaded; so, asked again because the answer was lost, the same
    images are the answer.

    Raises:
        NotFound: an upload is not this person's or gone, or the layer was removed meanwhile.
        Conflict: an upload is not whole.
        BadInput: a file belongs to no image.
        Locked: a file is being written.
        Unavailable: the disk failed.
        In all these cases no image is made, and the uploads stay.
    """
    found = list(Upload.objects.filter(project=project, user=user, uid__in=uids))
    if not found:
        made = Image.objects.select_related("layer", "job").filter(
            layer__project=project, uploaded_by=user, uid__in=uids
        )
        if made:
            return list(made)
    if len(found) < len(set(uids)):
        raise NotFound("An upload is gone, so no image was made. Choose the files again.")
    with parts.locked([upload.uid for upload in found]):
        if Upload.objects.filter(pk__in=[upload.pk for upload in found]).count() < len(found):
            raise NotFound("An upload is gone, so no image was made. Choose the files again.")
        for upload in found:
            _need_whole(upload)
        images = _make_images(project, user, found, layer)
        for upload in found:
            parts.remove(upload.uid)
    return images


def receive_file(project: Project, user: User, raster: Path, answers: Mapping[str, str]) -> Image:
    """Take a raster from the server's own disk, with the files that lie beside it.

    Raises:
        BadInput: it is none by its name, the disk is too full, or an answer answers nothing.
        Unavailable: the disk failed; nothing is kept.
    """
    _parsed(answers)
    paths = uploads.files_on_disk(raster)
    size = sum(path.stat().st_size for path in paths)
    with _all_or_none() as images:
        image = _new_image(project, user, [path.name for path in paths], size)
        images.append(image)
        folder = uploads.folder_of(image)
        for path in paths:
            shutil.copyfile(path, folder / uploads.stored_name(path.name, raster.name))
        image.answers = dict(answers)
        _admit(project, images, None)
    return image


def answer_questions(project: Project, user: User, image: Image, given: Mapping[str, str]) -> Image:
    """The image with answers added; it goes on with its import.

    Raises:
        Conflict: it has no questions (any more).
        BadInput: an answer is none of those that can be given.
    """
    with transaction.atomic():
        lock(project)
        waiting = Image.objects.select_related("layer")
        found = waiting.filter(pk=image.pk, state=ImageState.QUESTION).first()
        if found is None:
            raise Conflict(f"{image.name} has no open question any more. Load the page again.")
        found.answers = {**found.answers, **given}
        _parsed(found.answers)
        found.state, found.questions, found.sentence = ImageState.CHECKING, [], ""
        found.job = _enqueue(project, user, found)
        found.save(update_fields=["state", "answers", "questions", "sentence", "job"])
        changed(found)
    return found


def remove_image(project: Project, image: Image) -> None:
    """Take away an image with its files; what lies on its layer stays, and the layer for it.

    Raises:
        Conflict: it is on its way.
    """
    stands = Q(state__in=(ImageState.QUESTION, ImageState.REFUSED, ImageState.READY))
    # A server that died between a job's end and its image's leaves one that waits for nobody.
    is_orphan = Q(state__in=ON_ITS_WAY) & ~Q(job__state__in=(JobState.QUEUED, JobState.RUNNING))
    with transaction.atomic():
        lock(project)
        found = (
            Image.objects.select_related("layer").filter(stands | is_orphan, pk=image.pk).first()
        )
        if found is None:
            raise Conflict(
                f"{image.name} is on its way, so it was not removed. "
                "Load the page again; an import can be stopped there."
            )
        layer, uid, cog = found.layer, found.uid, found.cog_path
        found.delete()
        if found.state == ImageState.READY:
            mosaic.take_out(layer)
        if not layer.images.exists():
            with suppress(ProtectedError), transaction.atomic():
                layer.delete()
        publish(project.pk, ProjectChanged(type="project.changed"))
        transaction.on_commit(lambda: remove_unnamed([uid], [cog]), robust=True)


def record_verdict(image: Image, verdict: Verdict) -> None:
    """Keep what the first opening found: refused, a question, or on to the COG.

    Raises:
        ImportOver: the image does not wait for it any more.
    """
    state = {
        "refused": ImageState.REFUSED,
        "question": ImageState.QUESTION,
        "shown": ImageState.IMPORTING,
    }[verdict.state]
    _go_on(image, state, " ".join([verdict.sentence, *verdict.remarks]), verdict.questions)


def refuse(image: Image, sentence: str) -> None:
    """End an import with its reason; the uploaded files stay until the image is removed.

    Raises:
        ImportOver: it has ended already.
    """
    _go_on(image, ImageState.REFUSED, sentence, ())


def publish_cog(image: Image, facts: CogFacts, cog: Path, target: CrsAndGrid | None) -> bool:
    """Show a finished COG; False where the project moved to another CRS or grid meanwhile.

    The COG is laid down, then in one transaction: the project's CRS (by the first image), the
    layer's grid and version, and the image's place in it.

    Args:
        image: with the job that made the COG.
        facts: of the COG.
        cog: on the disk of the data folder; it is moved away.
        target: what the COG was made for.

    Raises:
        ImportOver: the image does not wait for it any more.
        RasterRefused: its bands are not those of the layer.
        Unavailable: the bucket did not take it.
    """
    path, size_bytes = "", cog.stat().st_size
    try:
        # From where the COG is laid down until the commit that names it: see `kept_files`.
        with files_stay():
            # Before the lock: a large file takes seconds to the disk, minutes into a bucket.
            path = cog_store().lay_down(cog, facts.sha256)
            is_shown = _show(image, facts, path, size_bytes, target)
    except Exception:
        remove_unnamed([], [path])
        raise
    if not is_shown:
        remove_unnamed([], [path])
    return is_shown


def changed(image: Image) -> None:
    """Let the project's pages know."""
    publish(image.layer.project_id, ImageChanged(type="image.changed", image=image_out(image)))


def _show(
    image: Image, facts: CogFacts, path: str, size_bytes: int, target: CrsAndGrid | None
) -> bool:
    """The transaction of `publish_cog`, of a COG that lies under `path`."""
    with transaction.atomic():
        lock(image.layer.project)
        rows = Image.objects.select_for_update(no_key=True, of=("self",))
        rows = rows.select_related("layer__project")
        shown = rows.filter(pk=image.pk, job=image.job, state=ImageState.IMPORTING).first()
        if shown is None:
            raise ImportOver
        layer, project = shown.layer, shown.layer.project
        made_for = target.crs_wkt if target else facts.crs_wkt
        if project.crs_wkt and project.crs_wkt != made_for:
            return False
        mosaic.need_same_bands(layer, shown.name, facts.band_roles, facts.dtype)
        if layer.resolution and not mosaic.is_on_grid(layer, facts):
            return False
        if not project.crs_wkt:
            _give_crs(project, facts)
        shown.cog_path, shown.cog_sha256, shown.cog_bytes = path, facts.sha256, size_bytes
        shown.width, shown.height, shown.has_mask = facts.width, facts.height, facts.has_mask
        shown.footprint = facts.footprint_wkb
        shown.state, shown.questions = ImageState.READY, []
        mosaic.lay_into(layer, shown, facts)
        shown.save()
        changed(shown)
        publish(project.pk, ProjectChanged(type="project.changed"))
    return True


def _need_whole(upload: Upload) -> None:
    there = parts.received(upload.uid)
    if there < upload.size_bytes:
        raise Conflict(
            f"{upload.name} ends after {100 * there // upload.size_bytes} %, so no image was made. "
            "Go on with its upload."
        )


def _make_images(
    project: Project, user: User, found: Sequence[Upload], layer: Layer | None
) -> list[Image]:
    """Images of whole uploads, whose rows go with the same transaction.

    A file gets a second name in its image's folder before the rows are written, and loses the
    first one after: killed in between, either the upload is still there or the image is.
    """
    by_name = {upload.name: upload for upload in found}
    with _all_or_none() as images:
        for group in uploads.group_files([upload.name for upload in found]):
            members = [group.raster, *group.sidecars]
            size = sum(by_name[name].size_bytes for name in members)
            image = _new_image(project, user, members, size, uid=by_name[group.raster].uid)
            images.append(image)
            folder = uploads.folder_of(image)
            for name in members:
                target = folder / uploads.stored_name(name, group.raster)
                target.hardlink_to(parts.path_of(by_name[name].uid))
            parts.flush(folder)
            parts.flush(folder.parent)
        with transaction.atomic():
            Upload.objects.filter(pk__in=[upload.pk for upload in found]).delete()
            _admit(project, images, layer)
    return images


def _new_image(
    project: Project,
    user: User,
    names: Sequence[str],
    size_bytes: int,
    *,
    uid: UUID | None = None,
) -> Image:
    """An image that is not in the database yet, with an empty folder for its files."""
    raster = names[0]
    layer = Layer(
        project=project,
        name=PurePath(raster).stem[:200],
        captured_on=uploads.survey_date(raster),
    )
    image = Image(
        layer=layer, uploaded_by=user, name=raster[:255], files=list(names), size_bytes=size_bytes
    )
    if uid is not None:
        image.uid = uid
        # What a killed attempt left: had it come further, the upload would be gone.
        shutil.rmtree(uploads.folder_of(image), ignore_errors=True)
    uploads.folder_of(image).mkdir(parents=True)
    return image


@contextmanager
def _all_or_none() -> Iterator[list[Image]]:
    """Images that are being received: their folders go again if anything fails.

    Raises:
        Unavailable: in place of the disk's error.
    """
    images: list[Image] = []
    try:
        yield images
    except BaseException as error:
        for image in images:
            shutil.rmtree(uploads.folder_of(image), ignore_errors=True)
        if isinstance(error, OSError):
            raise Unavailable(
                f"The server's disk did not take the files ({error.strerror}), so nothing was "
                "uploaded. Ask for space."
            ) from error
        raise


def _admit(project: Project, images: Sequence[Image], layer: Layer | None) -> None:
    """Write images whose files are in place, and the jobs that import them."""
    with transaction.atomic():
        lock(project)
        if layer is not None and not project.layers.filter(pk=layer.pk).exists():
            raise NotFound("The layer is gone, so nothing was uploaded. Load the page again.")
        for image in images:
            if layer is None:
                image.layer.order = project.layers.count()
                image.layer.save()
            else:
                image.layer = layer
            image.save()
            image.job = _enqueue(project, image.uploaded_by, image)
            image.save(update_fields=["job"])
            changed(image)
        publish(project.pk, ProjectChanged(type="project.changed"))


def _enqueue(project: Project, user: User, image: Image) -> Job:
    return enqueue(
        JobKind.IMPORT_IMAGE, project, user, {"image": str(image.uid)}, subject=image.name
    )


def _go_on(image: Image, state: ImageState, sentence: str, questions: Sequence[Question]) -> None:
    """Write how far an import is, if the image still waits for this very job.

    The import takes long, and meanwhile it may have been stopped or, after a lapsed lease, done
    by another worker: the row decides.
    """
    image.state, image.sentence = state, sentence
    image.questions = [asdict(question) for question in questions]
    with transaction.atomic():
        waiting = Image.objects.filter(pk=image.pk, job=image.job, state__in=ON_ITS_WAY)
        if not waiting.update(state=state, sentence=sentence, questions=image.questions):
            raise ImportOver
        changed(image)


def _parsed(answers: Mapping[str, str]) -> Answers:
    try:
        return Answers.from_mapping(answers)
    except UnknownAnswer as error:
        raise BadInput(str(error)) from error


def _give_crs(project: Project, facts: CogFacts) -> None:
    from webapp.imaging.crs import for_page  # pyproj, which only importers need

    project.crs_wkt = facts.crs_wkt
    project.crs_name = for_page(facts.crs_wkt).name[:200]
    project.metres_per_unit = facts.metres_per_unit
    project.save(update_fields=["crs_wkt", "crs_name", "metres_per_unit"])
