"""Request ids, and what the log does and does not say."""

import io
import json
import logging
import logging.config
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from tests.cast import PASSWORD
from tests.drawn.labelled_project import draw_label, prepare
from tests.project_page import Server
from tests.upload_client import uploading
from webapp import logs
from webapp.jobs import actions
from webapp.jobs.models import Job
from webapp.observation import Observed

REPOSITORY = Path(__file__).resolve().parents[2]
FRESH = re.compile(r"[0-9a-f]{32}")
in_thread = sync_to_async


@pytest.fixture
def written(settings):
    """What the product's own logging writes as JSON, every level of it."""
    stream = io.StringIO()
    handlers = {"stderr": {**settings.LOGGING["handlers"]["stderr"], "formatter": "json"}}
    handlers["stderr"]["stream"] = stream
    loggers = {**settings.LOGGING["loggers"], "webapp.observation": {"level": "DEBUG"}}
    root = {"handlers": ["stderr"], "level": "DEBUG"}
    changed = {**settings.LOGGING, "handlers": handlers, "loggers": loggers, "root": root}
    logging.config.dictConfig(changed)
    yield stream
    logging.config.dictConfig(settings.LOGGING)


def lines_in(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("asked", ["a-proxys-id-0001", "0" * 64, "A.b_c-12"])
async def test_sane_id_of_a_proxy_is_kept_and_returned(cast_free_page, asked):
    answer = await cast_free_page.ask("GET", "/livez", x_request_id=asked)
    assert answer.headers["x-request-id"] == asked


@pytest.mark.parametrize(
    "asked", [None, "", "short", "x" * 65, "a b c d e f", 'quote"quote', "é" * 9]
)
async def test_other_ids_are_replaced_by_a_fresh_one(cast_free_page, asked):
    answers = [await cast_free_page.ask("GET", "/livez", x_request_id=asked) for _ in range(2)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(map(FRESH.fullmatch, ids))
    assert ids[0] != ids[1]


@pytest.fixture
async def cast_free_page(transactional_db):
    return await uploading(Client())


@pytest.mark.django_db(transaction=True)
async def test_id_goes_from_a_request_into_its_job_and_the_jobs_lines(
    cast, client_of, written, monkeypatch
):
    monkeypatch.setattr("webapp.jobs.actions.ring", lambda: None)
    await in_thread(prepare)(cast.project)
    await in_thread(draw_label)(cast, cast.ana)
    max_ = await uploading(await in_thread(client_of)(cast.max))
    answer = await max_.ask(
        "POST",
        f"/api/projects/{cast.project.uid}/exports",
        [b'{"format": "gpkg", "state": "all"}'],
        content_type="application/json",
        x_request_id="the-export-of-max",
    )
    assert answer.status == 200, answer.body
    job = await in_thread(Job.objects.get)()
    assert job.arguments["request_id"] == "the-export-of-max"

    def say(work):
        logging.getLogger("webapp.test").info("at work")
        return {}

    monkeypatch.setattr("webapp.jobs.actions.function", lambda dotted: say)
    await in_thread(lambda: actions.run(actions.claim()))()
    (line,) = [line for line in lines_in(written) if line["message"] == "at work"]
    assert line["request_id"] == "the-export-of-max"
    assert logs.request_id() == ""


@pytest.mark.django_db(transaction=True)
async def test_engine_request_begins_with_the_id_of_socket_and_message(cast, client_of):
    await in_thread(prepare)(cast.project)
    server = await in_thread(Server)(cast, client_of)
    server.application = Observed(server.application)
    page = await server.page()
    first = await page.clicked()
    number = page.last_id
    await page.click(2)
    second = await server.engine.request()
    (socket, message, own), (same, later, _) = (
        request.request.split(".") for request in (first, second)
    )
    assert FRESH.fullmatch(socket)
    assert FRESH.fullmatch(own)
    assert (same, int(message), int(later)) == (socket, number, number + 1)
    await page.socket.close()


@pytest.mark.django_db(transaction=True)
async def test_neither_names_nor_passwords_nor_addresses_are_logged(cast, client_of, written):
    nobody = await uploading(await in_thread(Client)())
    for password in (PASSWORD, "a-wrong-password"):
        answer = await nobody.ask(
            "POST",
            "/api/session",
            [json.dumps({"username": "ana", "password": password}).encode()],
            content_type="application/json",
        )
        assert answer.status in (200, 422)
    ana = await uploading(await in_thread(client_of)(cast.ana))
    begun = await ana.begin(cast.project, 4, name="survey-of-ana.tif")
    path = begun.headers["location"]
    await ana.append(path, 0, b"abcd")
    await ana.append(path, 4, b"more than was said")
    await ana.ask("GET", path.replace("uploads", "uplaods"))
    await ana.ask("DELETE", f"/api/projects/{cast.project.uid}/members/ana")
    await ana.ask("DELETE", path, x_csrftoken="forged")

    said = written.getvalue()
    requests = [line for line in lines_in(written) if line["logger"] == "webapp.observation"]
    assert {"api/session", "api/projects/<project>/uploads/<upload>"} <= {
        line["route"] for line in requests
    }
    refused = [line for line in lines_in(written) if line["logger"].startswith("django.")]
    assert refused, "Django tells of what was refused, too"
    secrets = [PASSWORD, "a-wrong-password", "ana", "Ana", path.rpartition("/")[2]]
    secrets += [str(cast.project.uid), nobody.page["x-csrftoken"]]
    secrets += [pair.partition("=")[2] for pair in ana.page["cookie"].split("; ")]
    assert not [secret for secret in secrets if secret in said]


def test_json_lines_carry_time_level_logger_and_traceback(db, written):
    error = LookupError("nothing there")
    with logs.belonging_to("a-request"):
        logging.getLogger("webapp.test").error("It failed", exc_info=error)
    (line,) = lines_in(written)
    assert line["message"] == "It failed"
    assert (line["level"], line["logger"], line["request_id"]) == (
        "ERROR",
        "webapp.test",
        "a-request",
    )
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*\+00:00$", line["time"])
    assert "LookupError: nothing there" in line["exc_info"]


SAY = "import django, logging; django.setup(); logging.getLogger('webapp.x').info('hello')"


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("json", r'\{.*"message": "hello".*\}\n'), ("", r"\d\d:\d\d:\d\d INFO webapp\.x: hello\n")],
)
def test_variable_chooses_between_lines_for_programs_and_for_people(data_dir, kind, pattern):
    said = subprocess.run(
        [sys.executable, "-c", SAY],
        cwd=REPOSITORY,
        env={
            "PATH": os.defpath,
            "SEGMAP_DATA": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
            "SEGMAP_LOG": kind,
        },
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert re.fullmatch(pattern, said)


SERVE = """
import logging, uvicorn
uvicorn.Config("webapp.asgi:application", log_level="warning").load()
logging.getLogger("uvicorn.access").info('%s - "%s %s"', "1.2.3.4", "GET", "/a/secret")
logging.getLogger("uvicorn.error").info("Started")
logging.getLogger("uvicorn.error").error("Exception in ASGI application")
"""


def test_server_logs_no_addresses_of_its_own_and_its_errors_as_the_rest(data_dir):
    said = subprocess.run(
        [sys.executable, "-c", SERVE],
        cwd=REPOSITORY,
        env={"PATH": os.defpath, "SEGMAP_DATA": str(data_dir), "SEGMAP_LOG": "json"},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = map(json.loads, (said.stdout + said.stderr).splitlines())
    assert (line["logger"], line["message"]) == ("uvicorn.error", "Exception in ASGI application")
