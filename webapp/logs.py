"""Which request a log line belongs to, and what a log line does not say.

An id travels with the work: from an HTTP request into its view, from a socket's message into the
run of the draft and the request to the engine, from whoever asked for a job into the job. Tasks and
threads inherit it, because it is a context variable.
"""

import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_CONVERTER = re.compile(r"<\w+:")

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The id of the request that this work belongs to; empty where it belongs to none."""
    return _request_id.get()


def belong_to(request_id: str) -> None:
    """From here on, this task or thread works for the request of that id."""
    _request_id.set(request_id)


@contextmanager
def belonging_to(request_id: str) -> Iterator[None]:
    """Until the block ends, this task or thread works for the request of that id."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


def sane_or_new_id(asked: str) -> str:
    """The id that a proxy gave a request, where it may stand in a log; else a new one."""
    return asked if _SANE.fullmatch(asked) else uuid.uuid4().hex


def route_of(match: Any) -> str:  # noqa: ANN401 - django.urls is not loaded where logging begins
    """A pattern that stands for an address without saying it: `api/projects/<project>/labels`.

    Addresses name people and uploads; patterns do not. One of a regular expression goes by the
    name of its view.

    Args:
        match: Django's ResolverMatch; None where no view was found.
    """
    if match is None:
        return "no view"
    route = str(match.route)
    if not route or route.startswith("^"):
        return str(match.func.__name__)
    return _CONVERTER.sub("<", route)


class ForTheLog(logging.Filter):
    """Gives a record its request's id, and takes the address out of Django's own lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True: no line is left out."""
        record.request_id = request_id()
        request = record.__dict__.pop("request", None)
        record.__dict__.pop("response", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            route = route_of(getattr(request, "resolver_match", None))
            record.args = tuple(route if part == path else part for part in record.args)
        return True
