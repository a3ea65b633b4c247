"""Writes to layers and images: from an upload to pixels that can be shown."""

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePath
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from webapp.accounts.models import User
from webapp.errors import BadInput, Conflict, NotFound
from webapp.imaging import uploads
from webapp.imaging.answers import Answers, UnknownAnswer
from webapp.imaging.events import ImageChanged
from webapp.imaging.models import Image, ImageState, Layer
from webapp.imaging.queries import image_out
from webapp.imaging.verdict import CogFacts, Verdict
from webapp.jobs.actions import enqueue
from webapp.jobs.models import Job, JobKind
from webapp.projects.events import ProjectChanged
from webapp.projects.models import Project
from webapp.realtime.publish import publish


def receive_uploads(
    project: Project, user: User, files: "Sequence[UploadedFile[bytes]]", layer: Layer | None
) -> list[Image]:
    """Take several uploaded files, those that belong together as one image each.

    Without a layer every image begins one of its own, named after the file.

    Raises:
        BadInput: a file belongs to no image, or the disk is too full; nothing is kept.
    """
    by_name = {PurePath(file.name or "").name: file for file in files}
    if len(by_name) < len(files):
        raise BadInput("Two of these files have the same name. Nothing was uploaded.")
    groups = uploads.group_files(list(by_name))
    uploads.need_space(sum(file.size or 0 for file in files))
    images = []
    for group in groups:
        names = [group.raster, *group.sidecars]
        image = _new_image(project, user, names, sum(by_name[name].size or 0 for name in names))
        for name in names:
            _keep(by_name[name], uploads.folder_of(image) / uploads.stored_name(name, group.raster))
        images.append(image)
    return [_admit(project, image, layer) for image in images]


def receive_file(project: Project, user: User, raster: Path, answers: Mapping[str, str]) -> Image:
    """Take a raster from the server's own disk, with the files that lie beside it.

    Raises:
        BadInput: the disk is too full, or an answer answers nothing.
    """
    _parsed(answers)
    paths = [raster, *uploads.sidecars_beside(raster)]
    uploads.group_files([path.name for path in paths])
    size = sum(path.stat().st_size for path in paths)
    uploads.need_space(size)
    image = _new_image(project, user, [path.name for path in paths], size)
    for path in paths:
        shutil.copyfile(
            path, uploads.folder_of(image) / uploads.stored_name(path.name, raster.name)
        )
    image.answers = dict(answers)
    return _admit(project, image, None)


def answer_questions(project: Project, user: User, image: Image, given: Mapping[str, str]) -> Image:
    """Add answers to an image that has questions, and go on with its import.

    Raises:
        Conflict: it has no questions (any more).
        BadInput: an answer is none of those that can be given.
    """
    answers = {**image.answers, **given}
    _parsed(answers)
    with transaction.atomic():
        taken = Image.objects.filter(pk=image.pk, state=ImageState.QUESTION).update(
            state=ImageState.CHECKING, answers=answers, questions=[], sentence=""
        )
        if not taken:
            raise Conflict(f"{image.name} has no open question any more. Load the page again.")
        image.refresh_from_db()
        image.job = _enqueue(project, user, image)
        image.save(update_fields=["job"])
        changed(image)
    return image


def remove_image(project: Project, image: Image) -> None:
    """Take away an image that was refused or is not answered, with its files.

    Raises:
        Conflict: it is shown already, or on its way.
    """
    if image.state not in (ImageState.QUESTION, ImageState.REFUSED):
        raise Conflict(f"{image.name} is in use, so it was not removed.")
    with transaction.atomic():
        layer = image.layer
        image.delete()
        if not layer.images.exists():
            layer.delete()
        publish(project.pk, ProjectChanged(type="project.changed"))
    shutil.rmtree(uploads.folder_of(image), ignore_errors=True)


def record_verdict(image: Image, verdict: Verdict) -> None:
    """Keep what the first opening found: refused, a question, or on to the COG."""
    image.state = {
        "refused": ImageState.REFUSED,
        "question": ImageState.QUESTION,
        "shown": ImageState.IMPORTING,
    }[verdict.state]
    image.sentence = " ".join([verdict.sentence, *verdict.remarks])
    image.questions = [asdict(question) for question in verdict.questions]
    image.save(update_fields=["state", "sentence", "questions"])
    changed(image)


def refuse(image: Image, sentence: str) -> None:
    """End an import with its reason; the uploaded files stay until the image is removed."""
    image.state, image.sentence, image.questions = ImageState.REFUSED, sentence, []
    image.save(update_fields=["state", "sentence", "questions"])
    changed(image)


def publish_cog(image: Image, facts: CogFacts, cog: Path) -> bool:
    """Show a finished COG; False where the project moved to another CRS or grid meanwhile.

    One transaction: the project's CRS (by the first image), the layer's grid and version, and
    the image's place in it.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=image.layer.project_id)
        layer = Layer.objects.get(pk=image.layer_id)
        if project.crs_wkt and project.crs_wkt != facts.crs_wkt:
            return False
        if layer.version and not _is_on_grid(layer, facts):
            return False
        if not project.crs_wkt:
            _give_crs(project, facts)
        path = Path("cogs") / f"{facts.sha256}.tif"
        cog.rename(Path(settings.DATA_DIR) / path)
        image.cog_path, image.cog_sha256 = str(path), facts.sha256
        image.cog_bytes = (Path(settings.DATA_DIR) / path).stat().st_size
        image.width, image.height, image.has_mask = facts.width, facts.height, facts.has_mask
        image.footprint = facts.footprint_wkb
        image.state, image.questions = ImageState.READY, []
        _extend(layer, image, facts)
        image.save()
        changed(image)
        publish(project.pk, ProjectChanged(type="project.changed"))
    return True


def changed(image: Image) -> None:
    """Let the project's pages know."""
    publish(image.layer.project_id, ImageChanged(type="image.changed", image=image_out(image)))


def layer_of(project: Project, uid: UUID) -> Layer:
    """A layer of the project.

    Raises:
        NotFound: it has none of that id.
    """
    layer = project.layers.filter(uid=uid).first()
    if layer is None:
        raise NotFound("There is no such layer in this project. Load the page again.")
    return layer


def _new_image(project: Project, user: User, names: Sequence[str], size_bytes: int) -> Image:
    """An image that is not in the database yet, with an empty folder for its files."""
    raster = names[0]
    layer = Layer(
        project=project,
        name=PurePath(raster).stem[:200],
        captured_on=uploads.survey_date(raster),
        order=project.layers.count(),
    )
    image = Image(
        layer=layer, uploaded_by=user, name=raster[:255], files=list(names), size_bytes=size_bytes
    )
    uploads.folder_of(image).mkdir(parents=True)
    return image


def _admit(project: Project, image: Image, layer: Layer | None) -> Image:
    """Write an image whose files are in place, and the job that imports it."""
    with transaction.atomic():
        if layer is None:
            image.layer.save()
        else:
            image.layer = layer
        image.layer_id = image.layer.pk
        image.save()
        image.job = _enqueue(project, image.uploaded_by, image)
        image.save(update_fields=["job"])
        publish(project.pk, ProjectChanged(type="project.changed"))
        changed(image)
    return image


def _enqueue(project: Project, user: User, image: Image) -> Job:
    return enqueue(
        JobKind.IMPORT_IMAGE, project, user, {"image": str(image.uid)}, subject=image.name
    )


def _keep(file: "UploadedFile[bytes]", destination: Path) -> None:
    with destination.open("xb") as stream:
        pieces: Iterable[bytes] = file.chunks()
        for piece in pieces:
            stream.write(piece)


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


def _is_on_grid(layer: Layer, facts: CogFacts) -> bool:
    """Whether a COG lies on the layer's grid, shifted by whole pixels, with the same bands."""
    cols = (facts.left - layer.left) / layer.resolution
    rows = (layer.top - facts.top) / layer.resolution
    return (
        abs(facts.resolution / layer.resolution - 1) < 1e-9
        and abs(cols - round(cols)) < 0.01
        and abs(rows - round(rows)) < 0.01
    )


def _extend(layer: Layer, image: Image, facts: CogFacts) -> None:
    """Lay an image into its layer: the grid grows to hold it, and the version changes.

    The grid's origin stays where the first file put it unless a file reaches beyond it; then the
    places of all files move by whole pixels with it.
    """
    if not layer.version:
        layer.left, layer.top, layer.resolution = facts.left, facts.top, facts.resolution
        layer.width, layer.height = facts.width, facts.height
        layer.band_roles = list(facts.band_roles)
        layer.statistics = [band.to_mapping() for band in facts.statistics]
        layer.dtype = facts.dtype
        image.col = image.row = 0
    else:
        if len(facts.band_roles) != len(layer.band_roles):
            raise BadInput(
                f"{image.name} has {len(facts.band_roles)} bands and the layer has "
                f"{len(layer.band_roles)}, so it was not added. Upload it as a layer of its own."
            )
        image.col = round((facts.left - layer.left) / layer.resolution)
        image.row = round((layer.top - facts.top) / layer.resolution)
        _grow(layer, image)
    ready = layer.images.filter(state=ImageState.READY).exclude(pk=image.pk)
    hashes = sorted([*ready.values_list("cog_sha256", flat=True), facts.sha256])
    layer.version = hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:16]
    layer.save()


def _grow(layer: Layer, image: Image) -> None:
    shift_cols, shift_rows = max(0, -image.col), max(0, -image.row)
    layer.left -= shift_cols * layer.resolution
    layer.top += shift_rows * layer.resolution
    for other in layer.images.filter(state=ImageState.READY):
        other.col, other.row = other.col + shift_cols, other.row + shift_rows
        other.save(update_fields=["col", "row"])
    image.col, image.row = image.col + shift_cols, image.row + shift_rows
    layer.width = max(layer.width + shift_cols, image.col + image.width)
    layer.height = max(layer.height + shift_rows, image.row + image.height)
