"""The files of an export go after a while: the labels are there to be exported again."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from webapp.jobs.models import Job, JobKind, JobState
from webapp.jobs.queries import job_changed
from webapp.realtime.publish import publish


def has_expired(job: Job) -> bool:
    """Whether a finished export is older than its files are kept."""
    return job.finished_at is not None and job.finished_at <= _oldest_kept()


def expire_exports() -> None:
    """Remove the files of old exports, and what exports that never ended have left.

    The row stays, without its link.
    """
    # In this order: the job of a folder that is begun meanwhile is queued or running already.
    found = list((Path(settings.DATA_DIR) / "exports").iterdir())
    exports = Job.objects.filter(kind=JobKind.EXPORT_LABELS).select_related("created_by")
    done, oldest = Q(state=JobState.DONE), _oldest_kept()
    for job in exports.filter(done, finished_at__lte=oldest, result__has_key="download"):
        del job.result["download"], job.result["summary"]
        job.save(update_fields=["result"])
        publish(job.project_id, job_changed(job))
    going_on = Q(state__in=(JobState.QUEUED, JobState.RUNNING))
    wanted = exports.filter(going_on | done & Q(finished_at__gt=oldest))
    kept = {str(uid) for uid in wanted.values_list("uid", flat=True)}
    for folder in found:
        if folder.name.partition(".")[0] not in kept:  # an unfinished one ends in .writing
            shutil.rmtree(folder, ignore_errors=True)


def _oldest_kept() -> datetime:
    return timezone.now() - timedelta(days=settings.EXPORT_DAYS)
