"""Notices to the pages that have a project open: sent after the commit, lost without harm.

The server hands them to its channel layer. That lives in the server's memory, so the other
processes (job worker, supervisor, commands) post theirs to the server (`notices.py`).
"""

import json
import logging
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from webapp.realtime import running_server
from webapp.realtime.messages import ServerMessage
from webapp.realtime.running_server import NoticesTo

logger = logging.getLogger(__name__)

EVERYONE = "everyone"
"""The group of all project sockets: for what concerns every project, as the engine's coming."""

# Loopback: never through a proxy that the environment names.
_direct = build_opener(ProxyHandler({}))


def project_group(project_id: int) -> str:
    """The group of the sockets that have this project (primary key) open."""
    return f"project.{project_id}"


def publish(project_id: int, message: ServerMessage) -> None:
    """Send `message` to a project's pages once the transaction has committed.

    Call it from synchronous code (`database_sync_to_async` counts). Without a transaction it is
    sent at once. A consumer that takes part in the group gets `{"type": "notice", "text": ...}`.
    """
    _after_commit(project_group(project_id), message)


def publish_to(group: str, message: ServerMessage) -> None:
    """As `publish`, to the sockets of any group (`EVERYONE`: the pages of all projects)."""
    _after_commit(group, message)


async def announce(group: str, text: str) -> None:
    """Hand a message (JSON) to the sockets of a group, in the server process."""
    layer = get_channel_layer()
    await layer.group_send(group, {"type": "notice", "text": text})


def _after_commit(group: str, message: ServerMessage) -> None:
    text = message.model_dump_json()
    transaction.on_commit(lambda: _send(group, text), robust=True)


def _send(group: str, text: str) -> None:
    server = _server()
    if server is not None:
        _post(server, group, text)
    else:
        async_to_sync(announce)(group, text)


def _server() -> NoticesTo | None:
    """The server, as another process sees it; None in the server itself, or where none runs."""
    if settings.NOTICES_TO is None:
        return running_server.find(settings.DATA_DIR)
    if not settings.NOTICES_TO:
        return None
    return NoticesTo(settings.NOTICES_TO, settings.INTERNAL_TOKEN)


def _post(server: NoticesTo, group: str, text: str) -> None:
    request = Request(  # noqa: S310 - the supervisor's own loopback address
        server.address,
        data=json.dumps({"group": group, "text": text}).encode(),
        headers={
            "Authorization": f"Bearer {server.token}",
            "Content-Type": "application/json",
        },
    )
    try:
        _direct.open(request, timeout=2).close()
    except (URLError, OSError) as error:
        # The page fetches the state again when it reconnects; the work itself goes on.
        logger.info("A notice did not reach the server: %s", error)
