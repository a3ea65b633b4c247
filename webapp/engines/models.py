from django.db import models

from webapp.ids import new_uid


class Engine(models.Model):
    """An engine that may dial in; its token is kept as a hash and can be revoked.

    While it is connected the row says where: `holder` is the channel of the web process that has
    its socket, `connection` names the socket itself. A row that was not seen for a while is one of
    a process that died (`registry.AWAY_AFTER`).
    """

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=120, unique=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    revoked = models.BooleanField(default=False)
    device = models.CharField(max_length=120, blank=True)
    version = models.CharField(max_length=40, blank=True)
    models_loaded = models.JSONField(default=list)
    capacity = models.PositiveIntegerField(default=0)
    connected = models.BooleanField(default=False)
    holder = models.CharField(max_length=200, blank=True)
    connection = models.CharField(max_length=32, blank=True)
    last_seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
