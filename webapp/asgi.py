"""The server: HTTP to Django, sockets to their consumers."""

import gc
import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django_application = get_asgi_application()

# After Django is set up: consumers know the tables.
from webapp.drafts.consumers import ProjectConsumer  # noqa: E402 - as said above
from webapp.engines.consumers import EngineConsumer  # noqa: E402 - as said above
from webapp.imaging.upload_stream import UploadStream  # noqa: E402 - as said above
from webapp.observation import Observed  # noqa: E402 - as said above
from webapp.realtime.origin import OwnOrigin  # noqa: E402 - as said above

_routes = ProtocolTypeRouter(
    {
        "http": UploadStream(django_application),  # type: ignore[arg-type] # Django's own types of ASGI are looser
        "websocket": URLRouter(
            [
                path(
                    "ws/projects/<uuid:project>",
                    OwnOrigin(AuthMiddlewareStack(ProjectConsumer.as_asgi())),  # type: ignore[arg-type] # Channels routes ASGI applications by Django's path()
                ),
                # An engine is a program: its token is its permission, and it names no origin.
                path("ws/engine", EngineConsumer.as_asgi()),
            ]
        ),
    }
)
application = Observed(_routes)

# An answer of 5,000 labels is some 300,000 small objects that live for a moment. By Python's own
# thresholds the collector walks them, and all of Django, many times while they are made
# (docs/measurements.md).
gc.freeze()
gc.set_threshold(50_000)
