import os

import pytest
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import Client

from webapp import health
from webapp.engines import dispatch
from webapp.engines.hub import EngineHub, EngineLink
from webapp.imaging import confinement
from webapp.jobs import heartbeat

UP = {"server": "ok", "engine": "ok", "jobs": "ok", "database": "ok"}


def parts_in(answer):
    return {name: answer.json()[name] for name in UP}


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
    monkeypatch.setattr(dispatch, "process_hub", lambda: hub)
    return hub


@pytest.fixture
def engine(hub) -> EngineLink:
    """One that is connected."""
    link = EngineLink(
        engine="1", device="cpu", model="fake", bands=[1, 2, 3], capacity=1, post=lambda _: None
    )
    hub.connected(link)
    return link


@pytest.fixture
def lost_database(monkeypatch, tmp_path):
    """A database whose disk is gone."""
    where = {**connection.settings_dict, "NAME": tmp_path / "gone" / "segmap.sqlite3"}
    monkeypatch.setattr(health, "connection", DatabaseWrapper(where, alias="lost"))


def test_healthy_when_all_are_up(db, worker, engine):
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert parts_in(answer) == UP


def test_health_names_the_engine_that_is_away(db, worker, hub, engine):
    hub.disconnected(engine)
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert parts_in(answer) == {**UP, "engine": "not connected"}


def test_health_names_the_worker_that_never_came(db, engine):
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["jobs"] == "not running"


def test_database_that_does_not_answer_makes_ill_and_unready_but_leaves_the_process_alive(
    db, worker, engine, lost_database
):
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert parts_in(answer) == {**UP, "database": "not answering"}
    assert Client().get("/readyz").status_code == 503
    assert Client().get("/livez").status_code == 200


def test_process_is_ready_without_engine_and_worker(db, hub):
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok"})


def test_disk_below_the_reserve_is_told_and_makes_nothing_ill(db, worker, engine, settings):
    settings.DISK_RESERVE_BYTES = 0
    assert Client().get("/healthz").json()["disk"] == "ok"
    settings.DISK_RESERVE_BYTES = 2**70
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert "uploads are refused" in answer.json()["disk"]


@pytest.mark.parametrize(("version", "word"), [(0, "not confined"), (4, "confined")])
def test_health_tells_whether_uploads_are_confined_and_fails_not_for_it(
    db, worker, engine, monkeypatch, version, word
):
    monkeypatch.setattr(health, "landlock_version", lambda: version)
    health._is_confined.cache_clear()
    answer = Client().get("/healthz")
    health._is_confined.cache_clear()
    assert answer.status_code == 200
    assert answer.json()["uploads"].partition(":")[0] == word


def test_health_asks_the_kernel_it_runs_on(db, worker, engine):
    has_landlock = confinement.landlock_version() > 0
    answer = Client().get("/healthz")
    assert (answer.json()["uploads"] == "confined") == has_landlock


@pytest.mark.parametrize("address", ["/healthz", "/livez", "/readyz"])
def test_health_is_asked_without_tls_on_this_machine(db, worker, engine, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(address).status_code == 200
    assert Client().get("/projects/x").status_code == 301


def test_worker_is_dead_some_seconds_after_its_last_sign(worker, data_dir):
    last = (data_dir / "run" / "jobs").stat().st_mtime
    assert heartbeat.worker_is_alive(now=last + heartbeat.DEAD_AFTER_S - 1)
    assert not heartbeat.worker_is_alive(now=last + heartbeat.DEAD_AFTER_S)


def test_engine_left_out_on_purpose_is_no_illness(db, worker, hub, settings):
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
