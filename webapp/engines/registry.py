"""Which engines may dial in, and what their rows say of them."""

import hashlib
import hmac

from django.conf import settings
from django.utils import timezone

from inference.messages import Hello
from webapp.engines.models import Engine

EMBEDDED = "embedded"
"""Name of the engine that the supervisor starts beside the server, with a token per start."""


def token_hash(token: str) -> str:
    """What is kept of a token; tokens are long and random, so a plain hash does."""
    return hashlib.sha256(token.encode()).hexdigest()


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


def came(engine: Engine, hello: Hello) -> None:
    """Note that an engine is connected, and what it says of itself."""
    engine.device = hello.device[:120]
    engine.version = hello.version[:40]
    engine.models_loaded = [model.model_dump() for model in hello.models]
    engine.connected = True
    engine.last_seen_at = timezone.now()
    engine.save()


def still_there(engine: Engine) -> bool:
    """Note that an engine was seen just now; False when it has been revoked meanwhile."""
    seen = Engine.objects.filter(pk=engine.pk, revoked=False)
    return seen.update(last_seen_at=timezone.now(), connected=True) == 1


def left(engine: Engine) -> None:
    """Note that an engine's last socket is closed."""
    Engine.objects.filter(pk=engine.pk).update(connected=False)
