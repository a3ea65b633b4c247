from django.conf import settings
from django.db import models

from webapp.ids import new_uid
from webapp.jobs.models import Job
from webapp.projects.models import Project


class Layer(models.Model):
    """Imagery of one survey: one or several files that show together as one mosaic.

    All files lie on one grid (origin and resolution of the first one, in the project's CRS), so
    tiles, windows and drafts refer to the layer and never to a file.
    """

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="layers")
    name = models.CharField(max_length=200)
    captured_on = models.DateField(null=True, blank=True)
    order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    # The grid; see inference.windows.Grid. Set when the first image is ready.
    left = models.FloatField(default=0.0)
    top = models.FloatField(default=0.0)
    resolution = models.FloatField(default=0.0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)

    # Content hash of the layer's COGs: part of every tile's address. Empty: nothing to show yet.
    version = models.CharField(max_length=64, blank=True)
    # One entry per band of the COGs, such as ["red", "green", "blue", "nir"]; "" = no role.
    band_roles = models.JSONField(default=list)
    # One entry per band, of all files together: {"p0.5", "p2", "p98", "p99.5", "min", "max"}.
    statistics = models.JSONField(default=list)
    dtype = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class ImageState(models.TextChoices):
    """Where an uploaded file stands on its way to a COG."""

    CHECKING = "checking"
    QUESTION = "question"
    IMPORTING = "importing"
    READY = "ready"
    REFUSED = "refused"


class Image(models.Model):
    """One uploaded raster (with its sidecar files) and the COG made from it."""

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="images")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    name = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ImageState.choices, default=ImageState.CHECKING)
    sentence = models.TextField(blank=True)
    # The job that checks or imports it.
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    # Names of the files as uploaded, the raster first: they lie in uploads/<uid>/.
    files = models.JSONField(default=list)
    # imaging.verdict.Question, as JSON: what is still to be answered.
    questions = models.JSONField(default=list)
    # imaging.answers.Answers, by the kind of question.
    answers = models.JSONField(default=dict)

    # The COG: set when ready. `cog_store` says where its path begins.
    cog_path = models.CharField(max_length=300, blank=True)
    cog_sha256 = models.CharField(max_length=64, blank=True)
    cog_bytes = models.BigIntegerField(default=0)
    # Place on the layer's grid.
    col = models.IntegerField(default=0)
    row = models.IntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    has_mask = models.BooleanField(default=False)
    # imaging.verdict.BandValues, as JSON, one entry per band.
    band_values = models.JSONField(default=list)
    # WKB of the outline of valid data, map frame.
    footprint = models.BinaryField(default=bytes)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A file on its way in, until it becomes (part of) an image.

    How much of it has come is no column: the length of its part on the disk says so
    (`imaging.parts`), also after a crash.
    """

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # As the person had it; it never reaches the disk.
    name = models.CharField(max_length=255)
    # Of the whole file, as announced.
    size_bytes = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
