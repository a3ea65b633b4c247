"""`/metrics`: what `measures.py` counts in this process, and what is looked up at that moment."""

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from webapp import measures
from webapp.engines.hub import process_hub
from webapp.imaging.uploads import free_bytes
from webapp.jobs.models import Job, JobKind, JobState
from webapp.realtime.in_database import in_database

_LOOPBACK = ("127.0.0.1", "::1")
_OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for the operator; anybody else is told that there is nothing here.

    The engines' queue is this process's own; jobs are those of the whole installation.
    """
    if not _is_operator(request):
        return HttpResponse(status=404)
    # The hub belongs to the event loop, the tables to the thread for the database.
    found = [*_engines(), *await in_database(_tables_and_disk)()]
    lookup = CollectorRegistry()
    lookup.register(_Found(found))
    return HttpResponse(
        generate_latest(measures.registry) + generate_latest(lookup),
        content_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


class _Found(Collector):
    """Metrics that were looked up already."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._found


def _is_operator(request: HttpRequest) -> bool:
    """Whoever has the token, and programs on this machine that did not come through a proxy."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and settings.METRICS_TOKEN:
        return hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    # A proxy on this machine is on the loopback too, and speaks for the public: it passes on the
    # public's name for the server, or says for whom it speaks.
    name, _ = split_domain_port(request.get_host())
    is_direct = not any(header in request.headers for header in ("X-Forwarded-For", "Forwarded"))
    return is_direct and name in _OWN_NAMES and request.META.get("REMOTE_ADDR") in _LOOPBACK


def _engines() -> list[Metric]:
    load = process_hub().load()
    return [
        GaugeMetricFamily(
            "segmap_engines_connected", "Engines that have dialled in.", value=load.engines
        ),
        GaugeMetricFamily(
            "segmap_engine_requests_in_flight", "Requests at an engine now.", value=load.in_flight
        ),
        GaugeMetricFamily(
            "segmap_engine_queue_length", "Requests that wait for an engine.", value=load.waiting
        ),
        GaugeMetricFamily(
            "segmap_engine_queue_age_seconds",
            "How long the oldest of those has waited.",
            value=load.oldest_s,
        ),
    ]


def _tables_and_disk() -> list[Metric]:
    jobs = GaugeMetricFamily("segmap_jobs", "Jobs in the table.", labels=("kind", "state"))
    counted = {
        (row["kind"], row["state"]): row["n"]
        for row in Job.objects.values("kind", "state").annotate(n=Count("pk"))
    }
    for kind in JobKind.values:
        for state in JobState.values:
            jobs.add_metric((kind, state), counted.get((kind, state), 0))
    oldest = Job.objects.filter(state=JobState.QUEUED).aggregate(at=Min("created_at"))["at"]
    age_s = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return [
        jobs,
        GaugeMetricFamily(
            "segmap_jobs_queued_age_seconds", "How long the oldest job has waited.", value=age_s
        ),
        GaugeMetricFamily(
            "segmap_disk_free_bytes", "Free on the data folder's disk.", value=free_bytes()
        ),
        GaugeMetricFamily(
            "segmap_disk_reserve_bytes",
            "What uploads must leave of it.",
            value=settings.DISK_RESERVE_BYTES,
        ),
    ]
