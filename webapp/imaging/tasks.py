"""The job `import_image`: first opening, questions, COG. Run twice, it ends the same."""

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings

from webapp.imaging import actions, sandbox
from webapp.imaging.answers import Answers
from webapp.imaging.models import Image, ImageState
from webapp.imaging.uploads import raster_files
from webapp.imaging.verdict import CogFacts, CrsAndGrid, RasterRefused
from webapp.jobs.models import Job
from webapp.jobs.work import Work

SHARE_CHECKED = 0.05


def import_image(work: Work) -> dict[str, Any]:
    """Check an upload and, where nothing is left to ask, show it."""
    image = Image.objects.select_related("layer__project").get(uid=work.arguments["image"])
    if image.state in (ImageState.READY, ImageState.REFUSED, ImageState.QUESTION):
        return {"state": image.state}
    image.job = work.job
    work.report(0.0, "checking")
    answers = Answers.from_mapping(image.answers)
    verdict = sandbox.run_inspect(raster_files(image), answers)
    actions.record_verdict(image, verdict)
    if verdict.state == "shown":
        work.report(SHARE_CHECKED, "making tiles")
        try:
            _make_cog(work, image, answers)
        except RasterRefused as refusal:
            actions.refuse(image, refusal.sentence)
    return {"state": image.state}


def import_stopped(job: Job) -> None:
    """An import that was cancelled or failed: its image says why."""
    image = Image.objects.select_related("layer").filter(uid=job.arguments["image"]).first()
    if image is not None and image.state in (ImageState.CHECKING, ImageState.IMPORTING):
        image.job = job
        actions.refuse(image, job.sentence)


def _make_cog(work: Work, image: Image, answers: Answers) -> None:
    """Write the COG for the project as it stands, and again if that changed meanwhile."""

    def report(share: float) -> None:
        work.report(SHARE_CHECKED + (1 - SHARE_CHECKED) * share, "making tiles")
        image.job = work.job
        actions.changed(image)

    cogs = Path(settings.DATA_DIR) / "cogs"
    shown = False
    while not shown:
        image.layer.refresh_from_db()
        image.layer.project.refresh_from_db()
        with tempfile.TemporaryDirectory(prefix=".new-", dir=cogs) as folder:
            out = Path(folder) / "image.tif"
            facts: CogFacts = sandbox.run_write_cog(
                raster_files(image), answers, _target(image), out, on_progress=report
            )
            work.check()
            shown = actions.publish_cog(image, facts, out)


def _target(image: Image) -> CrsAndGrid | None:
    layer = image.layer
    if not layer.project.crs_wkt:
        return None
    grid = (layer.left, layer.top, layer.resolution) if layer.version else None
    return CrsAndGrid(crs_wkt=layer.project.crs_wkt, grid=grid)
