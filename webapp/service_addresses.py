"""Where PostgreSQL, Redis and a bucket are: their addresses, turned into settings.

Only `settings.py` calls this, with what the environment says.
"""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# Ours first: what the address says comes after them and wins.
# - A lock is waited for as long as SQLite's is, then the request fails with nothing changed.
# - A web process whose machine lost power must not hold its locks until TCP notices.
_SERVER_OPTIONS = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s"
_CONNECT_WITHIN_S = 5
_POOL = {
    # Under ASGI every request runs on a thread of its own, so a connection kept by a thread
    # (CONN_MAX_AGE) would be kept for nobody; the pool's are handed on.
    "min_size": 0,
    "max_size": 20,
    "timeout": 10.0,
    # A try to connect that failed goes on for so long, at doubling distances; then the next request
    # begins a new one. So a server that was away for long is found at once when it is back.
    "reconnect_timeout": 3.0,
}


def postgresql(address: str) -> dict[str, Any]:
    """The entry of `DATABASES` for `postgresql://user:password@host:port/name?sslmode=require`.

    Whatever libpq takes after the question mark may stand there.

    Raises:
        ImproperlyConfigured: no such address, or psycopg is not installed.
    """
    if urlsplit(address).scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(
            "SEGMAP_DATABASE is no address of PostgreSQL. Write it as "
            "postgresql://user:password@host:port/name, or leave it out to use SQLite."
        )
    try:
        from psycopg import IsolationLevel, ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise _not_installed("SEGMAP_DATABASE", "psycopg") from error
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(address).items()}
    except ProgrammingError as error:
        # Not the error's own words alone: they may hold a piece of the password.
        raise ImproperlyConfigured(
            "SEGMAP_DATABASE cannot be read. Write it as postgresql://user:password@host:port/name,"
            " with %40 for an @, %2F for a / and %3A for a : in the password."
        ) from error
    if not given.get("dbname"):
        raise ImproperlyConfigured("SEGMAP_DATABASE names no database: end it with /name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given.pop("dbname"),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": _CONNECT_WITHIN_S,
            **given,
            "options": f"{_SERVER_OPTIONS} {given.get('options', '')}".strip(),
            # What `projects.lock` counts on, whatever the server's own default is.
            "isolation_level": IsolationLevel.READ_COMMITTED,
            "pool": dict(_POOL),
        },
    }


def redis_layer(address: str) -> dict[str, Any]:
    """The entry of `CHANNEL_LAYERS` for `redis://host:port/number`.

    Redis's publish and subscribe, not the layer of lists: a notice is nothing but a reason to look
    again, so it need not wait for anybody. Subscriptions end with their connection, while members
    of a group kept in lists outlive a killed server for a day and are written to, and a socket
    that stays open longer falls out of its group. It is faster as well (3.1 ms against 8.0 at 200
    messages a second).

    Raises:
        ImproperlyConfigured: no such address, or channels-redis is not installed.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("redis", "rediss"):
        raise ImproperlyConfigured(
            "SEGMAP_REDIS is no address of Redis. Write it as redis://:password@host:port/0, or "
            "leave it out where one server does everything."
        )
    if find_spec("channels_redis") is None:
        raise _not_installed("SEGMAP_REDIS", "channels-redis")
    host = {
        "address": address,
        "socket_connect_timeout": _CONNECT_WITHIN_S,
        # A connection that went silent is noticed, and made anew.
        "health_check_interval": 15,
    }
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # The number of a Redis database parts keys but no messages: two installations on one
        # server would hear each other.
        "CONFIG": {"hosts": [host], "prefix": f"segmap.{parts.path.strip('/') or 0}"},
    }


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of an S3 service, and what stands before every name in it.

    Attributes:
        name: of the bucket.
        prefix: without slashes at its ends; may be empty.
        endpoint: https://host:port of a service that is not Amazon's; may be empty.
        region: as the service calls it; empty leaves it to boto3 and GDAL.
    """

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""

    @property
    def address(self) -> str:
        """As it was given, s3://bucket/prefix."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")


# Amazon's rules; a prefix of what needs no escaping, in no path and no address.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"(?:[\w-][\w.-]*(?:/[\w-][\w.-]*)*)?", re.ASCII)
_ENDPOINT = re.compile(r"https?://[\w.-]+(?::\d{1,5})?", re.ASCII)


def s3_bucket(address: str, *, endpoint: str, region: str) -> Bucket:
    """The bucket of `s3://bucket/prefix`.

    Args:
        address: the prefix may be left out.
        endpoint: https://host:port, or empty for Amazon.
        region: may be empty.

    Raises:
        ImproperlyConfigured: no such address, or boto3 is not installed.
    """
    scheme, _, rest = address.partition("://")
    name, _, prefix = rest.partition("/")
    prefix = prefix.strip("/")
    if scheme != "s3" or not _BUCKET.fullmatch(name) or not _PREFIX.fullmatch(prefix):
        raise ImproperlyConfigured(
            "SEGMAP_OBJECTS is no address of a bucket. Write it as s3://bucket/prefix (letters, "
            "digits, dots, dashes), or leave it out to keep imagery in the data folder."
        )
    endpoint = endpoint.rstrip("/")
    if endpoint and not _ENDPOINT.fullmatch(endpoint):
        raise ImproperlyConfigured(
            "SEGMAP_S3_ENDPOINT cannot be read. Write it as https://host:port, without a path or "
            "a password, or leave it out for Amazon."
        )
    if find_spec("boto3") is None:
        raise _not_installed("SEGMAP_OBJECTS", "boto3")
    return Bucket(name, prefix, endpoint, region)


def _not_installed(variable: str, package: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{variable} is set, and {package} is not installed. Install the packages of "
        "production: pip install --constraint constraints.txt '.[production]'"
    )
