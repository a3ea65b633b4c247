from django.apps import AppConfig
from django.core.checks import register
from django.db import connections
from django.db.models.signals import post_migrate


class LabelsConfig(AppConfig):
    """Keeps the index over label boxes: checked at start, made whole after every `migrate`."""

    name = "webapp.labels"

    def ready(self) -> None:
        """Register the system check, and the handler that Django calls after migrations."""
        from webapp.labels.spatial_index import check_rtree

        register(check_rtree)
        post_migrate.connect(_ensure_index, sender=self)


def _ensure_index(*, using: str, **_: object) -> None:
    from webapp.labels.spatial_index import ensure

    ensure(connections[using])
