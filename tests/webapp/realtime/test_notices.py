"""Notices: after the commit, to the right group, from whatever process."""

import json
import stat
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.test import Client

from webapp.projects.events import ProjectChanged
from webapp.realtime.publish import EVERYONE, project_group, publish, publish_to
from webapp.realtime.running_server import NoticesTo, find, made_known

CHANGED = ProjectChanged(type="project.changed")
TOKEN = "a-token-of-this-start"
PATH = "/internal/notices"


class Listener:
    """A socket's place in the channel layer."""

    def __init__(self, *groups):
        self.layer = get_channel_layer()
        self.channel = async_to_sync(self.layer.new_channel)()
        for group in groups:
            async_to_sync(self.layer.group_add)(group, self.channel)

    def heard(self) -> list[dict]:
        queue = self.layer.channels.get(self.channel)
        found = []
        while queue is not None and not queue.empty():
            found.append(async_to_sync(self.layer.receive)(self.channel))
        return found


@pytest.mark.django_db(transaction=True)
def test_notice_waits_for_the_commit():
    page = Listener(project_group(7))
    with transaction.atomic():
        publish(7, CHANGED)
        assert page.heard() == []
    assert page.heard() == [{"type": "notice", "text": '{"type":"project.changed"}'}]


@pytest.mark.django_db(transaction=True)
def test_notice_of_what_was_rolled_back_is_never_sent():
    page = Listener(project_group(7))
    with transaction.atomic():
        publish(7, CHANGED)
        transaction.set_rollback(True)
    assert page.heard() == []


@pytest.mark.django_db(transaction=True)
def test_notice_reaches_its_project_alone_unless_it_is_for_everyone():
    here, there = Listener(project_group(7), EVERYONE), Listener(project_group(8), EVERYONE)
    publish(7, CHANGED)
    assert (len(here.heard()), len(there.heard())) == (1, 0)
    publish_to(EVERYONE, CHANGED)
    assert (len(here.heard()), len(there.heard())) == (1, 1)


def post(token: str, address: str = "127.0.0.1"):
    notice = json.dumps({"group": project_group(7), "text": CHANGED.model_dump_json()})
    return Client(REMOTE_ADDR=address).post(
        "/internal/notices",
        notice,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_worker_s_notice_is_handed_on(settings):
    settings.INTERNAL_TOKEN = TOKEN
    page = Listener(project_group(7))
    assert post(TOKEN).status_code == 204
    assert len(page.heard()) == 1


@pytest.mark.parametrize(
    ("known", "token", "address"),
    [
        (TOKEN, "guessed", "127.0.0.1"),
        (TOKEN, TOKEN, "192.0.2.7"),
        ("", "", "127.0.0.1"),
    ],
    ids=["wrong token", "from elsewhere", "server without a token"],
)
def test_other_notices_are_dropped(settings, known, token, address):
    settings.INTERNAL_TOKEN = known
    page = Listener(project_group(7))
    assert post(token, address).status_code == 404
    assert page.heard() == []


def taken_while(work, port_known) -> list[tuple]:
    """Path, permission and body of the one notice that `work` posts to a server of its own."""
    taken = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments): ...

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with port_known(NoticesTo(f"http://127.0.0.1:{server.server_port}{PATH}", TOKEN)):
            work()
        thread.join()
    return taken


POSTED = [(PATH, f"Bearer {TOKEN}", {"group": "project.7", "text": '{"type":"project.changed"}'})]


@pytest.mark.django_db(transaction=True)
def test_another_process_posts_its_notice_to_the_server(settings):
    @contextmanager
    def by_settings(server):
        settings.NOTICES_TO, settings.INTERNAL_TOKEN = server.address, server.token
        yield

    assert taken_while(lambda: publish(7, CHANGED), by_settings) == POSTED


@pytest.mark.django_db(transaction=True)
def test_command_finds_the_server_of_its_data_folder_while_it_runs(settings):
    settings.NOTICES_TO = None
    known = partial(made_known, settings.DATA_DIR)
    assert taken_while(lambda: publish(7, CHANGED), known) == POSTED
    page = Listener(project_group(7))
    publish(7, CHANGED)
    assert len(page.heard()) == 1


@pytest.mark.django_db(transaction=True)
def test_server_keeps_its_notices_though_commands_may_find_it(settings):
    settings.NOTICES_TO = ""
    page = Listener(project_group(7))
    with made_known(settings.DATA_DIR, NoticesTo(f"http://127.0.0.1:9{PATH}", TOKEN)):
        publish(7, CHANGED)
    assert len(page.heard()) == 1


def test_only_the_owner_reads_how_the_server_is_found(data_dir):
    with made_known(data_dir, NoticesTo(f"http://127.0.0.1:9{PATH}", TOKEN)):
        (file,) = (data_dir / "run").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list((data_dir / "run").iterdir()) == []


def test_what_is_not_whole_names_no_server(data_dir):
    (data_dir / "run" / "server").write_text("http://127.0.0.1:9\n")
    assert find(data_dir) is None


@pytest.mark.django_db(transaction=True)
def test_lost_notice_does_not_disturb_the_work(settings):
    # Port 9 (discard): nobody listens there.
    settings.NOTICES_TO = "http://127.0.0.1:9/internal/notices"
    publish(7, CHANGED)
