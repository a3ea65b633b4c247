import os

import pytest
from django.test import Client

from webapp import health
from webapp.engines.dispatch import EngineHub, EngineLink
from webapp.jobs import heartbeat


@pytest.fixture
def worker(data_dir):
    """The job worker gave a sign of life; one from the future, however slow the test."""
    sign = data_dir / "run" / "jobs"
    sign.touch()
    os.utime(sign, (2**31, 2**31))


@pytest.fixture
def hub(monkeypatch) -> EngineHub:
    """This server's engines: none."""
    hub = EngineHub()
    monkeypatch.setattr(health, "process_hub", lambda: hub)
    return hub


@pytest.fixture
def engine(hub) -> EngineLink:
    """One that is connected."""
    link = EngineLink(engine="1", device="cpu", model="fake", capacity=1, post=lambda _: None)
    hub.connected(link)
    return link


def test_healthy_when_all_three_are_up(worker, engine):
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"server": "ok", "engine": "ok", "jobs": "ok"}


def test_health_names_the_engine_that_is_away(worker, hub, engine):
    hub.disconnected(engine)
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"server": "ok", "engine": "not connected", "jobs": "ok"}


def test_health_names_the_worker_that_never_came(engine):
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["jobs"] == "not running"


def test_worker_is_dead_some_seconds_after_its_last_sign(worker, data_dir):
    last = (data_dir / "run" / "jobs").stat().st_mtime
    assert heartbeat.worker_is_alive(now=last + heartbeat.DEAD_AFTER_S - 1)
    assert not heartbeat.worker_is_alive(now=last + heartbeat.DEAD_AFTER_S)


def test_engine_left_out_on_purpose_is_no_illness(worker, hub, settings):
    settings.ENGINE_WANTED = False
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["engine"]) == (200, "off")


@pytest.mark.parametrize("address", ["/", "/projects/0192/labels", "/sign-in"])
def test_page_answers_every_address_of_its_own(settings, tmp_path, address):
    (tmp_path / "index.html").write_text("<!doctype html><title>SegMap Web</title>")
    settings.FRONTEND_DIST = tmp_path
    answer = Client().get(address)
    assert answer.content.startswith(b"<!doctype html>")
    assert answer["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["/assets/gone-12345678.js", "/robots.txt", "/tiles/x"])
def test_missing_files_are_not_answered_with_the_page(db, address):
    assert Client().get(address).status_code == 404


def test_page_that_is_not_built_says_how_to_build_it(settings, tmp_path):
    settings.FRONTEND_DIST = tmp_path
    answer = Client().get("/")
    assert answer.status_code == 503
    assert "make run" in answer.content.decode()


def test_nothing_inline_may_run_in_the_page(db):
    policy = Client().get("/healthz")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_unknown_address_of_the_api_is_answered_as_an_error(db):
    answer = Client().get("/api/nowhere")
    assert answer.status_code == 404
    assert answer.json() == {"code": "not_found", "sentence": "There is nothing at this address."}


def test_body_that_cannot_be_read_changes_nothing_and_says_where(cast, client_of):
    client = client_of(cast.max)
    address = f"/api/projects/{cast.project.uid}/members"
    broken = client.put(address, "{", content_type="application/json")
    assert (broken.status_code, broken.json()["code"]) == (422, "bad_input")
    odd = client.put(address, {"username": "ana", "role": "king"}, content_type="application/json")
    assert odd.status_code == 422
    assert "role" in odd.json()["sentence"]
