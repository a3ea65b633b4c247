from django.db import models

from webapp.ids import new_uid


class Engine(models.Model):
    """An engine that may dial in; its token is kept as a hash and can be revoked."""

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=120, unique=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    revoked = models.BooleanField(default=False)
    device = models.CharField(max_length=120, blank=True)
    version = models.CharField(max_length=40, blank=True)
    models_loaded = models.JSONField(default=list)
    connected = models.BooleanField(default=False)
    last_seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
