"""The rows of engines: which may dial in, where each is connected, and when it was last seen."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from inference.messages import Hello, ModelInfo
from webapp.engines.events import ENGINES, EngineNews
from webapp.engines.models import Engine
from webapp.errors import Conflict, NotFound
from webapp.realtime.publish import publish_to

EMBEDDED = "embedded"
"""Name of the engine that the supervisor starts beside the server, with a token per start."""
AWAY_AFTER = timedelta(seconds=20)
"""An engine that was not seen for so long is away: four heartbeats, or its web process died."""


def token_hash(token: str) -> str:
    """What is kept of a token; tokens are long and random, so a plain hash does."""
    return hashlib.sha256(token.encode()).hexdigest()


# --- Who may dial in -----------------------------------------------------------------------------


def add(name: str) -> str:
    """The new token of an engine; nobody can read it again. A revoked name may come back so.

    Raises:
        Conflict: an engine of that name has a token that counts.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        engine, is_new = Engine.objects.select_for_update().get_or_create(
            name=name, defaults={"token_sha256": token_hash(token)}
        )
        if name == EMBEDDED or not (is_new or engine.revoked):
            raise Conflict(
                f"There is an engine {name} already, and its token is unchanged. Choose another "
                "name, or revoke that engine first."
            )
        engine.token_sha256 = token_hash(token)
        engine.revoked = engine.connected = False
        engine.connection = ""
        engine.save()
    return token


def revoke(name: str) -> None:
    """Make an engine's token worthless; the web process that holds its socket closes it.

    Raises:
        NotFound: there is no such engine.
        Conflict: it is the engine that starts with the server.
    """
    if name == EMBEDDED:
        raise Conflict(
            "The embedded engine gets a new token at every start, so it was not revoked. Start "
            "with SEGMAP_ENGINE=off to go without it."
        )
    with transaction.atomic():
        engine = Engine.objects.select_for_update().filter(name=name).first()
        if engine is None:
            raise NotFound(f"There is no engine {name}, so nothing was revoked.")
        engine.revoked, engine.connected = True, False
        engine.save()
        publish_to(ENGINES, EngineNews(type="engine.revoked", engine=str(engine.uid)))


def engine_with_token(token: str) -> Engine | None:
    """The engine that may dial in with this token; None for an unknown or revoked one."""
    if not token:
        return None
    hashed = token_hash(token)
    if settings.ENGINE_TOKEN and hmac.compare_digest(hashed, token_hash(settings.ENGINE_TOKEN)):
        engine, _ = Engine.objects.update_or_create(
            name=EMBEDDED, defaults={"token_sha256": hashed, "revoked": False}
        )
        return engine
    known = Engine.objects.filter(token_sha256=hashed, revoked=False).exclude(name=EMBEDDED).first()
    return known if known and hmac.compare_digest(known.token_sha256, hashed) else None


# --- Where it is ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PresentEngine:
    """An engine that is connected to some web process.

    Attributes:
        engine: its public id.
        holder: the channel of the process that holds its socket.
    """

    engine: str
    device: str
    model: str
    bands: list[int]
    holder: str


def came(engine: Engine, hello: Hello, holder: str) -> bool:
    """Note that an engine is connected, and what it says of itself.

    From now on an older socket of the same engine counts no more. False when the engine was
    revoked since it dialled in.
    """
    engine.device = hello.device[:120]
    engine.version = hello.version[:40]
    engine.models_loaded = [model.model_dump() for model in hello.models]
    engine.capacity = hello.capacity
    engine.connected = True
    engine.holder = holder
    engine.connection = uuid4().hex
    engine.last_seen_at = timezone.now()
    told = {name: getattr(engine, name) for name in _SAID_AT_HELLO}
    # Not save(): it would undo a revocation that came in between.
    return Engine.objects.filter(pk=engine.pk, revoked=False).update(**told) == 1


_SAID_AT_HELLO = (
    "device",
    "version",
    "models_loaded",
    "capacity",
    "connected",
    "holder",
    "connection",
    "last_seen_at",
)


def still_there(engine: Engine, holder: str) -> Literal["known", "revoked", "replaced"]:
    """Note that an engine was seen just now, if this socket is still its own."""
    own = Engine.objects.filter(pk=engine.pk, revoked=False, connection=engine.connection)
    if own.update(last_seen_at=timezone.now(), connected=True, holder=holder):
        return "known"
    may = Engine.objects.filter(pk=engine.pk, revoked=False, token_sha256=engine.token_sha256)
    return "replaced" if may.exists() else "revoked"


def left(engine: Engine) -> None:
    """Note that an engine's socket is closed; a newer one of the same engine stays noted."""
    Engine.objects.filter(pk=engine.pk, connection=engine.connection).update(connected=False)


def present() -> list[PresentEngine]:
    """The engines that are connected anywhere, the longest known first."""
    seen = Engine.objects.filter(
        connected=True, revoked=False, last_seen_at__gt=timezone.now() - AWAY_AFTER
    )
    return [
        PresentEngine(
            engine=str(row.uid),
            device=row.device,
            model=row.models_loaded[0]["name"] if row.models_loaded else "",
            bands=ModelInfo(**row.models_loaded[0]).takes if row.models_loaded else [],
            holder=row.holder,
        )
        for row in seen.order_by("pk")
    ]
