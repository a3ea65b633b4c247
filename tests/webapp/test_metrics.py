"""/metrics, and that its numbers move when people work."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.drawn.engine_answers import draw_request
from tests.drawn.labelled_project import draw_label, prepare
from tests.project_page import Server
from tests.upload_client import uploading
from webapp import measures, metrics
from webapp.engines.hub import EngineHub, EngineLink
from webapp.jobs.models import Job, JobKind, JobState
from webapp.observation import Observed

in_thread = sync_to_async


class Scrape(dict):
    """Sample values by name and labels: `scrape["segmap_jobs", "kind=...", "state=..."]`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = sorted(f"{name}={value}" for name, value in sample.labels.items())
                self[(sample.name, *labels)] = sample.value

    def of(self, name: str, *labels: str) -> float:
        return self.get((name, *sorted(labels)), 0.0)


def scrape() -> Scrape:
    answer = Client().get("/metrics", headers={"host": "127.0.0.1:8001"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    return Scrape(answer.content.decode())


# --- Who may read it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "remote", "forwarded", "status"),
    [
        ("127.0.0.1:8001", "127.0.0.1", None, 200),
        ("[::1]:8001", "::1", None, 200),
        ("localhost", "127.0.0.1", None, 200),
        # A proxy on this machine, which passes on the public's name or its address.
        ("segmap.example.org", "127.0.0.1", None, 404),
        ("localhost", "127.0.0.1", "198.51.100.7", 404),
        ("localhost", "127.0.0.1", "127.0.0.1", 404),
        ("localhost", "198.51.100.7", None, 404),
        ("segmap.example.org", "198.51.100.7", None, 404),
    ],
)
def test_without_a_token_only_programs_on_this_machine_may_read(
    db, settings, host, remote, forwarded, status
):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "segmap.example.org"]
    headers = {"host": host, **({"x-forwarded-for": forwarded} if forwarded else {})}
    answer = Client(REMOTE_ADDR=remote).get("/metrics", headers=headers)
    assert answer.status_code == status
    assert (b"segmap_" in answer.content) == (status == 200)


@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [
        ("a-long-and-random-token", "Bearer a-long-and-random-token", 200),
        ("a-long-and-random-token", "Bearer another", 404),
        ("a-long-and-random-token", "Basic a-long-and-random-token", 404),
        ("a-long-and-random-token", "Bearer ä", 404),
        ("", "Bearer ", 404),
        ("", "Bearer x", 404),
    ],
)
def test_with_the_token_it_is_read_from_elsewhere(db, settings, token, sent, status):
    settings.METRICS_TOKEN = token
    client = Client(REMOTE_ADDR="198.51.100.7")
    assert client.get("/metrics", headers={"authorization": sent}).status_code == status


# --- What moves --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
async def test_click_moves_passes_sockets_and_both_latencies(cast, client_of):
    await in_thread(prepare)(cast.project)
    server = await in_thread(Server)(cast, client_of)
    before = await in_thread(scrape)()
    page = await server.page()
    request = await page.clicked()
    server.engine.answer(request, 1)
    await page.hear("draft.outlined")
    coarse = await in_thread(scrape)()
    server.engine.answer(request, 3)
    await page.hear("draft.outlined")
    settled = await in_thread(scrape)()

    def moved(after, name, *labels):
        return after.of(name, *labels) - before.of(name, *labels)

    assert moved(coarse, "segmap_passes_total") == 1
    assert moved(coarse, "segmap_click_seconds_count", "until=first outline") == 1
    assert moved(coarse, "segmap_click_seconds_count", "until=settled") == 0
    assert moved(settled, "segmap_passes_total") == 2
    assert moved(settled, "segmap_click_seconds_count", "until=first outline") == 1
    assert moved(settled, "segmap_click_seconds_count", "until=settled") == 1
    assert moved(settled, "segmap_click_seconds_sum", "until=settled") > 0
    await page.socket.close()


@pytest.mark.django_db(transaction=True)
async def test_undo_of_a_click_is_no_click(cast, client_of):
    await in_thread(prepare)(cast.project)
    server = await in_thread(Server)(cast, client_of)
    page = await server.page()
    await page.clicked()
    await page.click(2)
    await server.engine.request()
    before = await in_thread(scrape)()
    await page.ask("draft.undo", draft=page.draft)
    server.engine.answer(await server.engine.request(), 3)
    await page.hear("draft.outlined")
    after = await in_thread(scrape)()
    for until in ("until=first outline", "until=settled"):
        name = "segmap_click_seconds_count"
        assert after.of(name, until) == before.of(name, until)
    await page.socket.close()


@pytest.mark.django_db(transaction=True)
def test_edit_counts_once_it_is_committed_and_not_when_it_is_sent_again(cast, client_of):
    prepare(cast.project)
    before = scrape()
    edit = draw_label(cast, cast.ana)
    draw_label(cast, cast.ana, uid=edit.uid)
    after = scrape()
    name, kind = "segmap_edits_total", "kind=create"
    assert after.of(name, kind) - before.of(name, kind) == 1


@pytest.mark.django_db(transaction=True)
async def test_requests_that_wait_for_an_engine_are_told_with_their_age(monkeypatch):
    hub = EngineHub()
    monkeypatch.setattr(metrics, "process_hub", lambda: hub)
    busy = EngineLink(
        "1", device="cpu", model="fake", bands=[1, 2, 3], capacity=1, post=lambda _: None
    )
    busy.in_flight.add("of somebody else")
    hub.connected(busy)
    waiting = [hub.answers(draw_request(draft)) for draft in ("a", "b")]
    assert [(await anext(answers)).type for answers in waiting] == ["queued", "queued"]
    found = await in_thread(scrape)()
    assert found.of("segmap_engines_connected") == 1
    assert found.of("segmap_engine_requests_in_flight") == 1
    assert found.of("segmap_engine_queue_length") == 2
    first = found.of("segmap_engine_queue_age_seconds")
    again = (await in_thread(scrape)()).of("segmap_engine_queue_age_seconds")
    assert again > first > 0
    for answers in waiting:
        await answers.aclose()
    assert (await in_thread(scrape)()).of("segmap_engine_queue_age_seconds") == 0


@pytest.mark.django_db(transaction=True)
async def test_socket_is_open_from_its_acceptance_to_its_end(cast, client_of):
    await in_thread(prepare)(cast.project)
    server = await in_thread(Server)(cast, client_of)
    server.application = Observed(server.application)

    async def open_now():
        return (await in_thread(scrape)()).of("segmap_open_sockets", "of=page")

    before = await open_now()
    page = await server.page()
    assert await open_now() == before + 1
    assert await server.socket("stan").connect() == 4404
    assert await open_now() == before + 1
    await page.socket.close()
    assert await open_now() == before


def test_jobs_are_told_by_kind_and_state_with_the_age_of_the_oldest(cast):
    for state, count in ((JobState.QUEUED, 2), (JobState.FAILED, 1)):
        for _ in range(count):
            Job.objects.create(
                kind=JobKind.EXPORT_LABELS, project=cast.project, created_by=cast.ana, state=state
            )
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=Job.objects.earliest("pk").pk).update(created_at=long_ago)
    found = scrape()
    kind = "kind=export_labels"
    assert found.of("segmap_jobs", kind, "state=queued") == 2
    assert found.of("segmap_jobs", kind, "state=failed") == 1
    assert found.of("segmap_jobs", kind, "state=running") == 0
    assert 3600 <= found.of("segmap_jobs_queued_age_seconds") < 3660


def test_age_is_nothing_when_no_job_waits(db):
    assert scrape().of("segmap_jobs_queued_age_seconds") == 0


@pytest.mark.django_db(transaction=True)
async def test_upload_is_in_flight_while_its_bytes_come(cast, client_of):
    ana = await uploading(await in_thread(client_of)(cast.ana))
    path = (await ana.begin(cast.project, 4)).headers["location"]
    seen = []

    async def pieces():
        seen.append(measures.uploads_in_flight._value.get())
        yield b"abcd"

    answer = await ana.ask(
        "PATCH",
        path,
        pieces(),
        content_type="application/offset+octet-stream",
        upload_offset="0",
    )
    assert answer.status == 204
    assert seen == [1]
    assert (await in_thread(scrape)()).of("segmap_uploads_in_flight") == 0


# --- Bounded -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
async def test_route_is_counted_by_its_pattern_whatever_strangers_ask_for(cast, client_of):
    ana = await uploading(await in_thread(client_of)(cast.ana))
    addresses = [
        f"/api/projects/{cast.project.uid}/uploads",
        "/api/nowhere/1",
        "/api/nowhere/2",
        "/robots.txt",
        "/a/page",
        "/another/page",
    ]
    await in_thread(scrape)()
    for address in addresses:
        for method in ("GET", "BREW"):
            await ana.ask(method, address)
    found = await in_thread(scrape)()
    routes = {
        part.removeprefix("route=")
        for name, *labels in found
        if name == "segmap_http_requests_total"
        for part in labels
        if part.startswith("route=")
    }
    methods = {part for _, *labels in found for part in labels if part.startswith("method=")}
    assert "api/projects/<project>/uploads" in routes
    assert {"page", "nothing_here", "no view"} <= routes
    assert not [route for route in routes if str(cast.project.uid) in route or "nowhere" in route]
    assert "method=other" in methods
    assert "method=BREW" not in methods
