"""The job `import_image`: first opening, questions, COG. Run twice, it ends the same."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from webapp.imaging import actions, mosaic, sandbox
from webapp.imaging.answers import Answers
from webapp.imaging.models import Image, Layer
from webapp.imaging.uploads import raster_files
from webapp.imaging.verdict import CrsAndGrid, RasterRefused
from webapp.jobs.models import Job, JobState
from webapp.jobs.work import Work

SHARE_CHECKED = 0.05
UNFINISHED = ".new-"


def import_image(work: Work) -> dict[str, Any]:
    """Check an upload and, where nothing is left to ask, show it.

    The result is empty: how it ended stands in the image's row.
    """
    image = _waiting(work.job)
    if image is not None:
        with suppress(actions.ImportOver):
            try:
                _bring_in(work, image)
            except RasterRefused as refusal:
                actions.refuse(image, refusal.sentence)
    return {}


def import_stopped(job: Job) -> None:
    """An import that was cancelled or failed: its image says why."""
    image = _waiting(job)
    if image is not None:
        with suppress(actions.ImportOver):
            actions.refuse(image, job.sentence)


def sweep_unfinished() -> None:
    """Remove what killed workers left of their COGs: the folders of no running job."""
    # In this order: the job of a folder that is begun meanwhile runs already.
    found = list(_cogs().glob(f"{UNFINISHED}*"))
    running = Job.objects.filter(state=JobState.RUNNING).values_list("uid", "attempt")
    owned = tuple(_unfinished(uid, attempt) for uid, attempt in running)
    for folder in found:
        if not folder.name.startswith(owned):
            shutil.rmtree(folder, ignore_errors=True)


def _cogs() -> Path:
    return Path(settings.DATA_DIR) / "cogs"


def _unfinished(job: UUID, attempt: int) -> str:
    """How the folders in which an attempt at a job makes its COG begin."""
    return f"{UNFINISHED}{job}.{attempt}-"


def _waiting(job: Job) -> Image | None:
    """The image that waits for a job; None where it does not wait any more."""
    images = Image.objects.select_related("layer__project")
    image = images.filter(uid=job.arguments["image"], job=job, state__in=actions.ON_ITS_WAY).first()
    if image is not None:
        image.job = job  # the very object whose progress the worker counts up
    return image


def _bring_in(work: Work, image: Image) -> None:
    work.report(0.0, "checking")
    answers = Answers.from_mapping(image.answers)
    verdict = sandbox.run_inspect(raster_files(image), answers)
    actions.record_verdict(image, verdict)
    if verdict.state != "shown":
        return
    work.report(SHARE_CHECKED, "making tiles")
    if verdict.proposal is not None:
        # Said before the long work, where it can be; `publish_cog` has the last word.
        mosaic.need_same_bands(image.layer, image.name, verdict.proposal.band_roles)
    _make_cog(work, image, answers)


def _make_cog(work: Work, image: Image, answers: Answers) -> None:
    """Write the COG for the project as it stands, and again if that changed meanwhile."""

    def report(share: float) -> None:
        told = work.job.progress
        work.report(SHARE_CHECKED + (1 - SHARE_CHECKED) * share, "making tiles")
        if work.job.progress != told:
            actions.changed(image)

    sweep_unfinished()  # the room may be needed
    prefix = _unfinished(work.uid, work.job.attempt)
    target = _target(image)
    while True:
        with tempfile.TemporaryDirectory(prefix=prefix, dir=_cogs()) as folder:
            out = Path(folder) / "image.tif"
            facts = sandbox.run_write_cog(
                raster_files(image), answers, target, out, on_progress=report
            )
            work.check()
            if actions.publish_cog(image, facts, out, target):
                return
        made_for, target = target, _target(image)
        if target == made_for:
            raise RuntimeError(f"the COG of {image} does not lie where it was made for")


def _target(image: Image) -> CrsAndGrid | None:
    """The CRS and grid that hold now: another image may have set them meanwhile."""
    layer = Layer.objects.select_related("project").get(pk=image.layer_id)
    if not layer.project.crs_wkt:
        return None
    grid = (layer.left, layer.top, layer.resolution) if layer.resolution else None
    return CrsAndGrid(crs_wkt=layer.project.crs_wkt, grid=grid)
