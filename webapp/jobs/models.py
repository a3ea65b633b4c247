from django.conf import settings
from django.db import models

from webapp.ids import new_uid
from webapp.projects.models import Project


class JobKind(models.TextChoices):
    """What a job does; `registry.py` names the function."""

    IMPORT_IMAGE = "import_image"
    EXPORT_LABELS = "export_labels"


class JobState(models.TextChoices):
    """Where a job stands. Only `queued` and `running` ever change again."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(models.Model):
    """Long work. This row is the truth; a Celery message only says "look here".

    A worker claims a row by a lease and renews it while it works; a lapsed lease is given back
    by the sweeper. So a lost or doubled message does no harm: a job may run twice and ends the
    same.
    """

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    kind = models.CharField(max_length=20, choices=JobKind.choices)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    stage = models.CharField(max_length=80, blank=True)
    progress = models.FloatField(default=0.0)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_holder = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"], name="job_state_lease")]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}: {self.state}"
