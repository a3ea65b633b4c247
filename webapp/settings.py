"""Settings of the web application. Beside the supervisor, only this file reads the environment.

Variables, all optional:

- SEGMAP_DATA: the data folder; PORT; SEGMAP_DEBUG: 1 for tracebacks in the browser.
- SEGMAP_HOSTS: names under which the server may be addressed, comma-separated; SEGMAP_HTTPS: 1
  behind a proxy that speaks TLS.
- SEGMAP_DATABASE: a PostgreSQL database, postgresql://user:password@host:port/name; without it,
  SQLite in the data folder.
- SEGMAP_REDIS: a Redis server, redis://:password@host:port/0, through which several servers and job
  workers reach each other; without it, notices stay in the memory of the one server and jobs are
  announced through the data folder.
- SEGMAP_OBJECTS: a bucket of an S3 service for the COGs, s3://bucket/prefix; without it, they are
  files of the data folder. SEGMAP_S3_ENDPOINT: https://host:port of a service that is not Amazon's.
  Its region is AWS_REGION; the credentials are found by boto3 and GDAL (AWS_ACCESS_KEY_ID,
  AWS_SECRET_ACCESS_KEY).
- SEGMAP_UPLOAD_GB: the most that one file may have (40); SEGMAP_USER_GB and SEGMAP_PROJECT_GB: the
  most that the images of one person, and of one project, may take (200 and 500); SEGMAP_USER_FILES:
  how many image files one person may have (20000); SEGMAP_RESERVE_GB: free disk that an upload must
  leave (2).
- SEGMAP_UPLOAD_DAYS: how long an unfinished upload waits for its rest (7); SEGMAP_EXPORT_DAYS: how
  long the files of an export are kept (30).
- SEGMAP_LOG: json for log lines that programs read; SEGMAP_METRICS_TOKEN: who reads /metrics from
  another machine has to show it.

The supervisor sets SEGMAP_INTERNAL_TOKEN, SEGMAP_NOTICES_TO, SEGMAP_ENGINE and SEGMAP_ENGINE_TOKEN
for its children.
"""

import os
import re
from pathlib import Path

from webapp.secret_file import secret_in
from webapp.service_addresses import Bucket, postgresql, redis_layer, s3_bucket

REPOSITORY = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

DATA_DIR = Path(os.environ.get("SEGMAP_DATA") or REPOSITORY / "data").resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
for _folder in ("uploads", "cogs", "exports", "queue", "run"):
    (DATA_DIR / _folder).mkdir(exist_ok=True)

PORT = int(os.environ.get("PORT") or 8000)
POSTGRESQL = os.environ.get("SEGMAP_DATABASE", "")
REDIS = os.environ.get("SEGMAP_REDIS", "")
S3_ENDPOINT = os.environ.get("SEGMAP_S3_ENDPOINT", "")
_objects = os.environ.get("SEGMAP_OBJECTS", "")
# The bucket of the COGs; None where they are files of the data folder.
OBJECTS: Bucket | None = (
    s3_bucket(_objects, endpoint=S3_ENDPOINT, region=os.environ.get("AWS_REGION", ""))
    if _objects
    else None
)
DEBUG = os.environ.get("SEGMAP_DEBUG") == "1"
HTTPS = os.environ.get("SEGMAP_HTTPS") == "1"
SECRET_KEY = secret_in(DATA_DIR / "secret_key")
# Loopback always: the engine, the job worker and the supervisor's look at /healthz come that way.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] + [
    name.strip() for name in os.environ.get("SEGMAP_HOSTS", "").split(",") if name.strip()
]

# --- The three processes -------------------------------------------------------------------------
# Shared secret of the server and the job worker: the worker posts its notices with it.
INTERNAL_TOKEN = os.environ.get("SEGMAP_INTERNAL_TOKEN", "")
# Where notices go from a process that is not the server; empty in the server itself. None in a
# process that was started by hand: it looks for a running server (realtime/running_server.py).
# Through Redis every process reaches all servers by itself.
NOTICES_TO = "" if REDIS else os.environ.get("SEGMAP_NOTICES_TO")
# One-time token of the engine that is a child of the supervisor; empty where there is none.
ENGINE_TOKEN = os.environ.get("SEGMAP_ENGINE_TOKEN", "")
# "off": started without an engine on purpose, and /healthz says so instead of complaining.
ENGINE_WANTED = os.environ.get("SEGMAP_ENGINE", "on") != "off"
# Bearer token of those who read /metrics from another machine; empty: nobody may.
METRICS_TOKEN = os.environ.get("SEGMAP_METRICS_TOKEN", "")

# --- Django --------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "channels",
    "ninja",
    "webapp",
    "webapp.accounts",
    "webapp.projects",
    "webapp.jobs",
    "webapp.imaging",
    "webapp.engines",
    "webapp.labels",
    "webapp.drafts",
    "webapp.review",
    "webapp.exchange",
]
MIDDLEWARE = [
    "webapp.observation.RouteNoted",
    "django.middleware.security.SecurityMiddleware",
    "webapp.page.ContentSecurityPolicy",
    "webapp.streamed_files.StreamedFiles",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "webapp.urls"
ASGI_APPLICATION = "webapp.asgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

_SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "segmap.sqlite3",
    "OPTIONS": {
        # A transaction takes the write lock when it begins: a read that turns into a write on
        # a stale snapshot fails at once, whatever the timeout (12 000 lock errors in a trial
        # of four writers; none this way).
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: a label that was shown as saved survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    },
}
DATABASES = {"default": postgresql(POSTGRESQL) if POSTGRESQL else _SQLITE}

# --- People --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _VALIDATION + "UserAttributeSimilarityValidator"},
    {"NAME": _VALIDATION + "MinimumLengthValidator"},
    {"NAME": _VALIDATION + "CommonPasswordValidator"},
    {"NAME": _VALIDATION + "NumericPasswordValidator"},
]
SESSION_COOKIE_NAME = "segmap_session"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "segmap_csrf"
CSRF_COOKIE_SECURE = HTTPS
# The page gets the token from GET /api/session, so no script needs to read the cookie.
CSRF_COOKIE_HTTPONLY = True
# What programs on this machine ask, past the proxy that speaks TLS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|livez|readyz|metrics|internal/notices)$"]
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# --- Files ---------------------------------------------------------------------------------------
FRONTEND_DIST = REPOSITORY / "frontend" / "dist"
STATIC_URL = "/static/"
WHITENOISE_ROOT = FRONTEND_DIST
WHITENOISE_MAX_AGE = 60
WHITENOISE_ALLOW_ALL_ORIGINS = False
# The build puts a hash of the content into these names.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+-[\w-]{8}\.\w+$"
EXPORT_DAYS = int(os.environ.get("SEGMAP_EXPORT_DAYS") or 30)


def _bytes(variable: str, gigabytes: float) -> int:
    return int(float(os.environ.get(variable) or gigabytes) * 1e9)


UPLOAD_DAYS = int(os.environ.get("SEGMAP_UPLOAD_DAYS") or 7)
UPLOAD_MOST_BYTES = _bytes("SEGMAP_UPLOAD_GB", 40)
# What counts: what was uploaded or announced, and the COGs made from it.
USER_MOST_BYTES = _bytes("SEGMAP_USER_GB", 200)
PROJECT_MOST_BYTES = _bytes("SEGMAP_PROJECT_GB", 500)
USER_MOST_FILES = int(os.environ.get("SEGMAP_USER_FILES") or 20_000)
# The database has to go on writing.
DISK_RESERVE_BYTES = _bytes("SEGMAP_RESERVE_GB", 2)
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

# --- Sockets and jobs ----------------------------------------------------------------------------
_IN_MEMORY = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 500}}
CHANNEL_LAYERS = {"default": redis_layer(REDIS) if REDIS else _IN_MEMORY}
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, str | float]
if REDIS:
    CELERY_BROKER_URL = REDIS
    # A message is acknowledged when it comes, as Celery does unless told otherwise: the jobs table
    # is the truth, and a message whose acknowledgement is lost with Redis would stay the worker's.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 5, "health_check_interval": 15}
else:
    _QUEUE = str(DATA_DIR / "queue")
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": _QUEUE,
        "data_folder_out": _QUEUE,
        "control_folder": _QUEUE,
        "polling_interval": 0.1,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CONCURRENCY = 1
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

LOG_JSON = os.environ.get("SEGMAP_LOG") == "json"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            "datefmt": "%H:%M:%S",
        },
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(levelname)s %(name)s %(message)s %(request_id)s",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": "time",
        },
    },
    "filters": {
        # While the engine starts, /healthz answers 503 many times: that is its answer, no error.
        "no_health": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: not re.search(r"/(healthz|readyz)", record.getMessage()),
        },
        "for_the_log": {"()": "webapp.logs.ForTheLog"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_JSON else "line",
            "filters": ["for_the_log"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "webapp": {"level": "INFO"},
        # A line per request is for programs.
        "webapp.observation": {"level": "INFO" if LOG_JSON else "WARNING"},
        # It brings a handler of its own, whose lines would be plain, and a line for each request
        # with its whole address.
        "uvicorn": {"handlers": ["stderr"], "propagate": False, "level": "WARNING"},
        "django.request": {"filters": ["no_health"]},
        # It says at every start that a broker in a folder has no host name.
        "kombu.connection": {"level": "ERROR"},
    },
}
