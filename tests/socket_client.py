"""A WebSocket client without a network, for consumers.

channels.testing has one, but its package imports daphne, which is not used here.
"""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

WAIT_S = 10
"""How long an answer may take before a test fails; no test waits so long when all is well."""


class Socket:
    """One client of an ASGI application, at one address."""

    def __init__(self, application: Any, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        self._app = ApplicationCommunicator(application, scope)

    async def connect(self) -> int:
        """0 when the socket was accepted, else the code with which it was closed."""
        await self._app.send_input({"type": "websocket.connect"})
        answer = await self._app.receive_output(WAIT_S)
        return 0 if answer["type"] == "websocket.accept" else answer["code"]

    async def send(self, message: str | dict[str, Any]) -> None:
        """Send text, or a message as JSON."""
        text = message if isinstance(message, str) else json.dumps(message)
        await self._app.send_input({"type": "websocket.receive", "text": text})

    async def receive(self) -> dict[str, Any]:
        """The next message; a closed socket is `{"closed": code}`."""
        answer = await self._app.receive_output(WAIT_S)
        if answer["type"] == "websocket.close":
            return {"closed": answer.get("code")}
        return json.loads(answer["text"])

    async def receive_until(self, *types: str) -> dict[str, Any]:
        """The next message of one of these types; others before it are passed over."""
        while (message := await self.receive()).get("type") not in types:
            if "closed" in message:
                raise AssertionError(f"closed with {message['closed']} while waiting for {types}")
        return message

    @property
    def unread(self) -> int:
        """How many messages wait to be received."""
        return self._app.output_queue.qsize()

    async def drop(self) -> None:
        """End the application where it is, as a server that is stopped."""
        self._app.stop(exceptions=False)

    async def close(self) -> None:
        """Hang up, and wait until the application has noticed."""
        await self._app.send_input({"type": "websocket.disconnect", "code": 1001})
        await self._app.wait(WAIT_S)
