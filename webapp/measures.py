"""What a process counts about itself, in Prometheus' terms. `metrics.py` shows it.

Every process counts its own; nothing is added up between them. A label's values come from a closed
set (a route's pattern, never a path), so that what a stranger sends makes no new series.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

registry = CollectorRegistry()
ProcessCollector(registry=registry)

_CLICK_BUCKETS_S = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 30)
_HTTP_BUCKETS_S = (0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10, 60)

requests = Counter(
    "segmap_http_requests",
    "HTTP requests answered.",
    ("method", "route", "status"),
    registry=registry,
)
request_seconds = Histogram(
    "segmap_http_request_seconds",
    "From the first byte of an HTTP request to the last of its answer.",
    ("route",),
    buckets=_HTTP_BUCKETS_S,
    registry=registry,
)
open_sockets = Gauge(
    "segmap_open_sockets",
    "WebSockets that are open now: of pages, and of engines.",
    ("of",),
    registry=registry,
)
uploads_in_flight = Gauge(
    "segmap_uploads_in_flight",
    "Requests whose bytes are being written to the disk now.",
    registry=registry,
)
passes = Counter(
    "segmap_passes",
    "Passes of the network that arrived for a draft.",
    registry=registry,
)
click_seconds = Histogram(
    "segmap_click_seconds",
    "From a click's arrival at the server until an outline for it was sent.",
    ("until",),
    buckets=_CLICK_BUCKETS_S,
    registry=registry,
)
edits = Counter(
    "segmap_edits",
    "Edits that were committed and so acknowledged.",
    ("kind",),
    registry=registry,
)
