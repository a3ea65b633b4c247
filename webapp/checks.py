"""Settings that work and are dangerous, told by `manage.py check`, the last with `--deploy`."""

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Warned

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SHORTEST_TOKEN = 20


def check_debugging(**_: object) -> list[CheckMessage]:
    """Tracebacks hold settings and data; they are for a machine that only its user reaches."""
    names = _public_names()
    if not settings.DEBUG or not names:
        return []
    return [
        Error(
            f"SEGMAP_DEBUG=1 shows the program's inside to everybody who reaches {names}.",
            hint="Take SEGMAP_DEBUG out of the environment, or SEGMAP_HOSTS.",
            id="segmap.E001",
        )
    ]


def check_serving(**_: object) -> list[CheckMessage]:
    """What a server for several people needs beside Django's own list."""
    found: list[CheckMessage] = []
    if not _public_names():
        found.append(
            Warned(
                "SEGMAP_HOSTS is empty, so the server answers under localhost alone.",
                hint="Name the server as people type it: SEGMAP_HOSTS=segmap.example.org",
                id="segmap.W001",
            )
        )
    if settings.POSTGRESQL and not settings.REDIS:
        found.append(
            Warned(
                "SEGMAP_DATABASE is set and SEGMAP_REDIS is not: with more than one web process, "
                "people do not see each other's changes until they load the page again.",
                hint="Name a Redis server in SEGMAP_REDIS, or run one web process.",
                id="segmap.W002",
            )
        )
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < _SHORTEST_TOKEN:
        found.append(
            Warned(
                "SEGMAP_METRICS_TOKEN is short enough to be guessed.",
                hint="Make one: openssl rand -hex 32",
                id="segmap.W003",
            )
        )
    return found + _check_bucket()


def _check_bucket() -> list[CheckMessage]:
    """Settings of a bucket that cannot be read are refused before any check (`settings.py`)."""
    found: list[CheckMessage] = []
    if settings.S3_ENDPOINT and not settings.OBJECTS:
        found.append(
            Warned(
                "SEGMAP_S3_ENDPOINT is set and SEGMAP_OBJECTS is not: imagery stays in the data "
                "folder.",
                hint="Name a bucket, SEGMAP_OBJECTS=s3://bucket/prefix, or take the other out.",
                id="segmap.W004",
            )
        )
    if settings.OBJECTS and settings.OBJECTS.endpoint.startswith("http://"):
        found.append(
            Warned(
                "SEGMAP_S3_ENDPOINT begins with http://, so imagery and the addresses that open it "
                "go through the network in the clear.",
                hint="Let the storage speak TLS, and write https://.",
                id="segmap.W005",
            )
        )
    return found


def _public_names() -> str:
    return ", ".join(name for name in settings.ALLOWED_HOSTS if name not in _LOOPBACK)
