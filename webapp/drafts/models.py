from django.conf import settings
from django.db import models

from webapp.ids import new_uid
from webapp.imaging.models import Layer
from webapp.labels.models import Label, LabelClass
from webapp.projects.models import Project


class DraftState(models.TextChoices):
    """An open draft takes clicks; a saving one waits for its last pass; the others are closed."""

    OPEN = "open"
    SAVING = "saving"
    SAVED = "saved"
    DISCARDED = "discarded"


class Draft(models.Model):
    """One person's unfinished object on one layer. It survives reloads and other engines.

    `head` is the number of clicks that count: an undo moves it back, a redo forward, a new click
    cuts the steps beyond it.
    """

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="drafts")
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="drafts")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts"
    )
    label_class = models.ForeignKey(LabelClass, null=True, on_delete=models.PROTECT)
    # The label being refined by clicks, and its geometry when the draft began (WKB, map frame).
    start_label = models.ForeignKey(
        Label, null=True, on_delete=models.PROTECT, related_name="refining_drafts"
    )
    start_revision = models.PositiveIntegerField(null=True)
    start_outline = models.BinaryField(default=bytes)
    # The project's typical object in native pixels, as it was set at the first click: a later
    # change of the setting leaves the windows of this draft as they are.
    typical_px = models.FloatField(null=True)
    state = models.CharField(max_length=10, choices=DraftState.choices, default=DraftState.OPEN)
    head = models.PositiveIntegerField(default=0)
    # Parts that the project's rule leaves out are kept. It is the draft's and no step of it: an
    # undo takes clicks back, and the key that kept them takes this back.
    keep_all = models.BooleanField(default=False)
    # What the person asked to save: {"edit", "certainty", "note"}; once saved with "outline", the
    # SHA-256 of the outline that was taken (its label may have less: `labels.cutting`).
    save_request = models.JSONField(default=dict)
    label = models.ForeignKey(
        Label, null=True, on_delete=models.SET_NULL, related_name="source_drafts"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "project", "state"], name="draft_of_owner")]

    def __str__(self) -> str:
        return f"draft {self.uid}"


HEAVY = ("mask", "outline", "all_parts")
"""Fields of a step that stay in the database where nobody looks at them."""


class DraftStep(models.Model):
    """One click and the answer to it.

    `mask` is the 8-bit probability window of the last pass that arrived (zlib), in the window
    frame of `window`; `outline` the WKB in the map frame, and `all_parts` the same with the parts
    that the project's rule leaves out, empty where it leaves none out. Both come with each pass,
    so that keeping all parts asks no engine, and an undo shows the stored outline either way. The
    one that is shown (`queries.kept_outline`) a save takes bit for bit.
    `window` counts from the origin (`grid_left`, `grid_top`, map frame) that the layer's grid had
    when the pass was asked for; the grid may have grown since.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    x_map = models.FloatField()
    y_map = models.FloatField()
    include = models.BooleanField()
    window = models.JSONField(null=True)
    grid_left = models.FloatField(default=0.0)
    grid_top = models.FloatField(default=0.0)
    mask = models.BinaryField(default=bytes)
    outline = models.BinaryField(default=bytes)
    all_parts = models.BinaryField(default=bytes)
    # As in inference.messages.PassDone: number, limit, parts_left_out, cut_at_image_edge, ...
    last_pass = models.JSONField(default=dict)
    settled = models.BooleanField(default=False)
    model_sha256 = models.CharField(max_length=64, blank=True)
    preset = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="step_number_once")]

    def __str__(self) -> str:
        return f"step {self.number} of {self.draft}"
