"""Rasters from the server's own disk into a project, for commands."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from webapp.accounts.models import User
from webapp.errors import AppError, Conflict, NotFound
from webapp.imaging import actions, sandbox
from webapp.imaging.answers import Answers, UnknownAnswer
from webapp.imaging.models import Image, ImageState
from webapp.imaging.uploads import files_on_disk
from webapp.imaging.verdict import RasterFiles, Verdict
from webapp.jobs import actions as jobs
from webapp.jobs.models import Job, JobState
from webapp.labels.project_view import start_project
from webapp.projects import queries
from webapp.projects.models import Project
from webapp.projects.roles import Who
from webapp.projects.schemas import ProjectIn

WAIT_S = 0.2
Stop = Callable[[str], Exception]


def import_raster(
    raster: Path,
    *,
    project_name: str,
    username: str | None,
    answers: Mapping[str, str],
    say: Callable[[str], object],
    stop: Stop,
) -> Image:
    """Import a raster and wait until it is shown.

    Nothing is written, no project made, while the file is refused or has an open question. What
    only the making of the COG brings to light (the project works in another CRS, the disk is
    full) leaves no image behind either.

    Args:
        raster: the file; its sidecars lie beside it.
        project_name: made, with the iceplant classes, where there is none of that name.
        username: an annotator or manager of the project; None for the first administrator.
        answers: by the kind of question.
        say: hears remarks.
        stop: makes the exception that ends a command.
    """
    if not raster.is_file():
        raise stop(f"There is no file {raster}. Nothing was imported.")
    try:
        parsed = Answers.from_mapping(answers)
        user = _user(username)
        _, *sidecars = files_on_disk(raster)
        verdict = sandbox.run_inspect(RasterFiles(raster, raster.name, tuple(sidecars)), parsed)
        if verdict.state != "shown":
            raise stop(_what_is_open(verdict))
        say(" ".join([verdict.sentence, *verdict.remarks]))
        project = _project(project_name, user)
        image = actions.receive_file(project, user, raster, answers)
        _finish(image.job)
        image.refresh_from_db()
        if image.state != ImageState.READY:
            actions.remove_image(project, image)
            raise stop(image.sentence)
    except UnknownAnswer as error:
        raise stop(str(error)) from error
    except AppError as error:
        raise stop(error.sentence) from error
    return image


def _what_is_open(verdict: Verdict) -> str:
    lines = [f"{verdict.sentence} Nothing was imported."]
    for question in verdict.questions:
        lines.append(question.sentence)
        lines += [f"  --{question.kind} {each.value}   {each.words}" for each in question.options]
        if question.accepts:
            lines.append(f"  --{question.kind} ...   {question.accepts}")
    return "\n".join(lines)


def _user(username: str | None) -> User:
    users = User.objects.filter(is_active=True)
    if username:
        found = users.filter(username=username).first()
        missing = f"There is no account {username}. Nothing was imported."
    else:
        found = users.filter(is_staff=True).order_by("id").first()
        missing = "There is no administrator yet. Make one: manage.py create_user."
    if found is None:
        raise NotFound(missing)
    return found


def _project(name: str, user: User) -> Project:
    """The project of that name, in which the user may label; a new one where there is none."""
    project = Project.objects.filter(name=name).first()
    if project is None:
        return start_project(user, ProjectIn(name=name, template="iceplant")).project
    return queries.member(user, project.uid, Who.ANNOTATOR).project


def _finish(job: Job | None) -> None:
    """Do the job here, or wait for the worker that was quicker."""
    if job is None:
        raise RuntimeError("an admitted image has a job")
    try:
        jobs.run_here(job)
    except Conflict:
        while job.state in (JobState.QUEUED, JobState.RUNNING):
            time.sleep(WAIT_S)
            job.refresh_from_db()
