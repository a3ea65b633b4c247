"""Changing one's own password."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.cast import PASSWORD
from webapp.accounts.models import User
from webapp.accounts.sign_in import FAILURES_ALLOWED

NEW = "herons over the lagoon"


@pytest.fixture(autouse=True)
def _nobody_failed_yet():
    cache.clear()


def change(client: Client, *, current: str = PASSWORD, new: str = NEW, **headers: str):
    body = {"current": current, "new": new}
    return client.put("/api/password", body, content_type="application/json", headers=headers)


def sign_in(password: str, name: str = "ana") -> Client | None:
    client = Client()
    body = {"username": name, "password": password}
    answer = client.post("/api/session", body, content_type="application/json")
    return client if answer.status_code == 200 else None


def test_new_password_counts_and_the_old_one_no_more(cast):
    assert change(sign_in(PASSWORD)).json()["user"]["username"] == "ana"
    assert sign_in(PASSWORD) is None
    assert sign_in(NEW) is not None


def test_this_session_goes_on_under_a_new_key_and_the_others_end(cast):
    here, elsewhere = sign_in(PASSWORD), sign_in(PASSWORD)
    stolen = Client()
    stolen.cookies["segmap_session"] = here.cookies["segmap_session"].value
    assert change(here).status_code == 200
    assert here.get("/api/projects").status_code == 200
    assert elsewhere.get("/api/projects").status_code == 401
    assert stolen.get("/api/projects").status_code == 401


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"current": "not this one"}, "not your current password. It was not changed"),
        ({"new": "password123"}, "The password was not changed. This password is too common"),
        ({"new": "ana-ana-ana"}, "The password was not changed. The password is too similar"),
    ],
)
def test_password_that_will_not_do_changes_nothing(cast, said, sentence):
    client = sign_in(PASSWORD)
    if "similar" in sentence:
        User.objects.filter(pk=cast.ana.pk).update(first_name="ana-ana-ana")
    refused = change(client, **said)
    assert refused.status_code == 422
    assert sentence in refused.json()["sentence"]
    assert client.get("/api/projects").status_code == 200
    assert sign_in(PASSWORD) is not None


def test_session_left_open_is_no_way_round_the_brake(cast):
    client = sign_in(PASSWORD)
    for _ in range(FAILURES_ALLOWED):
        assert change(client, current="guess").status_code == 422
    assert change(client).status_code == 429
    assert sign_in(PASSWORD) is None


def test_nobody_has_no_password_to_change(cast):
    assert change(Client()).status_code == 401


def test_foreign_page_changes_nothing(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ana)
    assert change(client).status_code == 403
    assert sign_in(PASSWORD) is not None
