from django.conf import settings
from django.db import models

from webapp.accounts.models import User
from webapp.errors import NotAllowed
from webapp.ids import new_uid


class Role(models.TextChoices):
    """What a member may do; `roles.py` has the table."""

    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    MANAGER = "manager"


class KeepParts(models.TextChoices):
    """Which parts of a mask become the outline (design: the component rule)."""

    CLICKED = "clicked"
    ALL = "all"


class OverlapRule(models.TextChoices):
    """What becomes of a new border that crosses other labels of its layer: never silently.

    `CUT` takes from the new or changed label alone (`labels.cutting`).
    """

    ALLOWED = "allowed"
    REPORTED = "reported"
    CUT = "cut"


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects, and the one rule of who may know of them, archived ones too."""

    def visible_to(self, user: User) -> "ProjectQuerySet":
        """The projects in which `user` is a member; nobody else learns that they exist."""
        return self.filter(memberships__user=user)


class Project(models.Model):
    """A task area: imagery, a taxonomy, labels and the people who work on them.

    The CRS is projected, proposed by the first image and fixed from the first label on. It is
    kept as WKT, because many real files have a CRS without a code.
    """

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="projects_created"
    )
    crs_wkt = models.TextField(blank=True)
    crs_name = models.CharField(max_length=200, blank=True)
    metres_per_unit = models.FloatField(default=1.0)

    keep_parts = models.CharField(
        max_length=10, choices=KeepParts.choices, default=KeepParts.CLICKED
    )
    min_part_m2 = models.FloatField(default=9.0)
    min_hole_m2 = models.FloatField(default=4.0)
    simplify_px = models.FloatField(default=0.5)
    # Longest side of what is mostly labelled: a first click looks at a window that fits it. Empty:
    # as the labels of the class show, or at native pixels where they are too few.
    typical_object_m = models.FloatField(null=True, blank=True)
    overlaps = models.CharField(
        max_length=10, choices=OverlapRule.choices, default=OverlapRule.REPORTED
    )
    own_review_allowed = models.BooleanField(default=False)
    viewers_may_export = models.BooleanField(default=True)

    # Set: out of the lists, and nobody can change it (`archiving.py`).
    archived_at = models.DateTimeField(null=True, blank=True)
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    # Counters: numbers without gaps, given inside the transaction that uses them.
    last_label_number = models.PositiveIntegerField(default=0)
    last_edit_number = models.PositiveIntegerField(default=0)

    objects = ProjectQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def need_not_archived(self) -> None:
        """Nothing, for a project that can be changed.

        Raises:
            NotAllowed: it is archived.
        """
        if self.archived_at is not None:
            raise NotAllowed(
                f"{self.name} is archived: it can be looked at, and nothing was changed. "
                "A manager can bring it back."
            )


class Membership(models.Model):
    """A person's role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="one_role_per_member")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}: {self.role}"
