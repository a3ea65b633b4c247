from django.conf import settings
from django.db import models

from webapp.ids import new_uid
from webapp.imaging.models import Layer
from webapp.labels.spatial_index import LabelQuerySet
from webapp.projects.models import Project


class Certainty(models.TextChoices):
    """How sure the annotator was."""

    SURE = "sure"
    POSSIBLE = "possible"


class ReviewState(models.TextChoices):
    """What a manager said of a label's current revision."""

    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class Pattern(models.TextChoices):
    """Fill of a class on the map; dashes are no pattern: they mean 'not settled'."""

    PLAIN = "plain"
    HATCH = "hatch"
    DOTS = "dots"


class LabelClass(models.Model):
    """One class of a project's taxonomy. A rename keeps id and code; a retired class stays."""

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="classes")
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=80)
    colour = models.CharField(max_length=7)
    pattern = models.CharField(max_length=10, choices=Pattern.choices, default=Pattern.PLAIN)
    description = models.TextField(blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    order = models.PositiveIntegerField(default=0)
    key = models.PositiveSmallIntegerField(null=True, blank=True)
    retired = models.BooleanField(default=False)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="class_code_once"),
            models.UniqueConstraint(fields=["project", "name"], name="class_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Label(models.Model):
    """A polygon with a class: current state, changed by edits alone.

    `geometry` is the WKB of a MultiPolygon in the map frame, bit for bit as it was drawn. The
    box columns have an R*Tree beside them (`spatial_index.py`). A deleted label keeps its row, so
    that an undo restores it under the same number.
    """

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    number = models.PositiveIntegerField()
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="labels")
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="labels")
    label_class = models.ForeignKey(LabelClass, on_delete=models.PROTECT, related_name="labels")
    certainty = models.CharField(max_length=10, choices=Certainty.choices, default=Certainty.SURE)
    note = models.TextField(blank=True)
    # Further attributes that the project defines, by name.
    attributes = models.JSONField(default=dict)
    geometry = models.BinaryField()
    min_x = models.FloatField()
    min_y = models.FloatField()
    max_x = models.FloatField()
    max_y = models.FloatField()
    area_m2 = models.FloatField()
    # {"kind": "clicked", "draft", "model_sha256", "preset", "clicks"} | {"kind": "drawn"} |
    # {"kind": "imported", "file"}
    origin = models.JSONField(default=dict)
    # Counts changes of geometry and attributes; a review names the revision it judged.
    revision = models.PositiveIntegerField(default=1)
    review_state = models.CharField(
        max_length=12, choices=ReviewState.choices, default=ReviewState.UNREVIEWED
    )
    review_comment = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)
    reviewed_revision = models.PositiveIntegerField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="labels"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted = models.BooleanField(default=False)

    objects = LabelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="label_number_once")
        ]
        indexes = [
            models.Index(fields=["project", "review_state"], name="label_review"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class EditKind(models.TextChoices):
    """What an edit did."""

    CREATE = "create"
    RESHAPE = "reshape"
    SPLIT = "split"
    MERGE = "merge"
    CUT = "cut"
    CLASSIFY = "classify"
    DELETE = "delete"
    RESTORE = "restore"
    REVIEW = "review"
    COMMENT = "comment"
    IMPORT = "import"


class Edit(models.Model):
    """The only way labels change: a changeset, appended and never altered.

    `uid` is made by the client: the same edit sent twice (outbox after a lost connection) is
    applied once. `number` has no gaps within a project.
    """

    uid = models.UUIDField(unique=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="edits")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=EditKind.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    # The edit that this one takes back, for undo and redo.
    inverts = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    # What the project's overlap rule took from its label, as `schemas.OverlapOut`, most first. It
    # is kept, because an edit that is sent twice gets the same answer.
    cut = models.JSONField(default=list)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="edit_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Change(models.Model):
    """One label in one edit: its state before and after, geometry as hex WKB.

    None before = the label did not exist; None after = it is deleted.
    """

    edit = models.ForeignKey(Edit, on_delete=models.CASCADE, related_name="changes")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="changes")
    base_revision = models.PositiveIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edit", "label"], name="one_change_per_label_and_edit")
        ]

    def __str__(self) -> str:
        return f"{self.edit} of {self.label}"
