"""A signed-in person without a browser."""

import json
import urllib.request
from typing import Any


class Session:
    """JSON over HTTP with the cookie of a session."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.address = address
        self._cookies = urllib.request.HTTPCookieProcessor()
        self._opener = urllib.request.build_opener(self._cookies)
        self._token = self.get("/api/session")["csrf_token"]
        self._token = self.post("/api/session", {"username": username, "password": password})[
            "csrf_token"
        ]

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        return self._ask("POST", path, body)

    @property
    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies.cookiejar)

    def _ask(self, method: str, path: str, body: object) -> Any:
        request = urllib.request.Request(
            self.address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Referer": self.address},
        )
        if body is not None:
            request.add_header("X-CSRFToken", self._token)
            request.add_header("Origin", self.address)
        with self._opener.open(request, timeout=60) as answer:
            return json.load(answer)
