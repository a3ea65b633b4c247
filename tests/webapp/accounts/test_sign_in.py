import pytest
from django.core.cache import cache
from django.test import Client

from tests.cast import PASSWORD
from webapp.accounts.sign_in import FAILURES_ALLOWED


@pytest.fixture(autouse=True)
def _nobody_failed_yet():
    cache.clear()


def post(client: Client, path: str, body: dict[str, str], token: str = ""):
    return client.post(
        path, body, content_type="application/json", headers={"X-CSRFToken": token} if token else {}
    )


def test_session_of_nobody_names_nobody_and_gives_a_token(db):
    session = Client().get("/api/session").json()
    assert session["user"] is None
    assert session["csrf_token"]
    assert not session["may_create_users"]


def test_signing_in_and_out_as_the_page_does(cast):
    client = Client(enforce_csrf_checks=True)
    token = client.get("/api/session").json()["csrf_token"]
    body = {"username": "ana", "password": PASSWORD}
    signed_in = post(client, "/api/session", body, token)
    assert signed_in.json()["user"] == {
        "uid": str(cast.ana.uid),
        "username": "ana",
        "display_name": "Ana Ruiz",
    }
    token = signed_in.json()["csrf_token"]
    assert client.get("/api/session").json()["user"]["username"] == "ana"
    signed_out = client.delete("/api/session", headers={"X-CSRFToken": token})
    assert signed_out.json()["user"] is None
    assert client.get("/api/projects").status_code == 401


def test_token_of_before_signing_in_is_worth_nothing_after(cast):
    client = Client(enforce_csrf_checks=True)
    token = client.get("/api/session").json()["csrf_token"]
    post(client, "/api/session", {"username": "ana", "password": PASSWORD}, token)
    assert client.delete("/api/session", headers={"X-CSRFToken": token}).status_code == 403


def test_signing_in_from_a_foreign_page_is_refused(cast):
    client = Client(enforce_csrf_checks=True)
    token = client.get("/api/session").json()["csrf_token"]
    foreign = client.post(
        "/api/session",
        {"username": "ana", "password": PASSWORD},
        content_type="application/json",
        headers={"X-CSRFToken": token, "Origin": "http://elsewhere.example"},
    )
    assert foreign.status_code == 403


def test_wrong_password_and_unknown_name_are_told_alike(cast):
    wrong = post(Client(), "/api/session", {"username": "ana", "password": "no"})
    unknown = post(Client(), "/api/session", {"username": "anna", "password": "no"})
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.json() == unknown.json()


def test_guessing_is_stopped_even_for_the_right_password(cast):
    for _ in range(FAILURES_ALLOWED):
        assert (
            post(Client(), "/api/session", {"username": "ana", "password": "no"}).status_code < 429
        )
    right = post(Client(), "/api/session", {"username": "ANA", "password": PASSWORD})
    assert right.status_code == 429
    other = post(Client(), "/api/session", {"username": "max", "password": PASSWORD})
    assert other.status_code == 200


def test_closed_account_cannot_sign_in(cast):
    cast.ana.is_active = False
    cast.ana.save()
    refused = post(Client(), "/api/session", {"username": "ana", "password": PASSWORD})
    assert refused.status_code == 422


def test_cookies_are_kept_from_scripts(cast):
    client = Client()
    client.get("/api/session")
    post(client, "/api/session", {"username": "ana", "password": PASSWORD})
    assert client.cookies["segmap_session"]["httponly"]
    assert client.cookies["segmap_csrf"]["httponly"]
