"""The role table against every route and socket message, walked with the whole cast."""

import re
from types import UnionType
from typing import Annotated, get_args, get_origin
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.cast import NAMES
from tests.drawn.labelled_project import prepare
from tests.socket_client import Socket
from webapp.api import api
from webapp.drafts.schemas import FromPage
from webapp.ids import new_uid
from webapp.labels.schemas import EditIn
from webapp.projects.models import Project
from webapp.projects.roles import ADDRESSES, EDIT_KINDS, OPERATIONS, SOCKET_MESSAGES, Who

MAY = {
    Who.PUBLIC: {"max", "ana", "vera", "stan", "ada", "nobody"},
    Who.SIGNED_IN: {"max", "ana", "vera", "stan", "ada"},
    Who.STAFF: {"ada"},
    Who.VIEWER: {"max", "ana", "vera"},
    Who.EXPORTER: {"max", "ana"},
    Who.ANNOTATOR: {"max", "ana"},
    Who.MANAGER: {"max"},
    Who.CUSTODIAN: {"max", "ada"},
}
"""Who passes, in a project whose viewers may not export."""

MEMBERS = {"max", "ana", "vera"}
IN_PROJECT = (Who.VIEWER, Who.EXPORTER, Who.ANNOTATOR, Who.MANAGER, Who.CUSTODIAN)
WRITING = ("post", "put", "patch", "delete")


def operations() -> list[tuple[str, str, str]]:
    """Operation id, method and path (`{name}` for parameters) of every endpoint."""
    paths = api.get_openapi_schema()["paths"]
    return sorted(
        (operation["operationId"], method, path)
        for path, methods in paths.items()
        for method, operation in methods.items()
    )


def refusal(who: Who, name: str) -> int | None:
    """The status with which `name` is refused what `who` may; None: is not refused."""
    if name in MAY[who]:
        return None
    if name == "nobody":
        return 401
    return 404 if who in IN_PROJECT and name not in MEMBERS else 403


def addressed(path: str, project: Project) -> str:
    """The address with the project's id, and ids of nothing for the rest."""
    path = path.replace("{project}", str(project.uid))
    return re.sub(r"\{\w+\}", lambda _: str(new_uid()), path)


def ask(client: Client, method: str, path: str):
    return client.generic(method.upper(), path, "{}", content_type="application/json")


def is_permit_refusal(response) -> bool:
    """Whether the permit said no: an allowed person's 404 is about the thing asked for."""
    if response.status_code in (401, 403):
        return True
    # The answer to a HEAD has no words. Whoever passes its permit is asked for a version: 412.
    return response.status_code == 404 and (
        not response.content or "no such project" in response.json()["sentence"]
    )


def members_of_union(union) -> list[type]:
    """The message classes of a (discriminated) union."""
    if get_origin(union) is Annotated:
        union = get_args(union)[0]
    assert isinstance(union, UnionType)
    return list(get_args(union))


def literal_of(message: type, field: str) -> str:
    return get_args(message.model_fields[field].annotation)[0]


def test_every_endpoint_stands_in_the_table_and_nothing_else_does():
    assert {name for name, _, _ in operations()} == set(OPERATIONS)


def test_every_socket_message_stands_in_the_table_and_nothing_else_does():
    types = {literal_of(message, "type") for message in members_of_union(FromPage)}
    assert types == set(SOCKET_MESSAGES)


def test_every_kind_of_edit_stands_in_the_table_and_nothing_else_does():
    kinds = {literal_of(message, "kind") for message in members_of_union(EditIn)}
    assert kinds == set(EDIT_KINDS)


def test_every_other_address_stands_in_the_table():
    views = {
        pattern.callback.__name__
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLPattern)
    }
    assert views <= set(ADDRESSES)


def test_endpoint_that_is_not_in_the_table_stops_the_start():
    from ninja import Router

    from webapp.api import add

    router = Router()

    @router.get("/backdoor")
    def backdoor(request): ...

    with pytest.raises(LookupError, match="backdoor"):
        add(router)


@pytest.mark.parametrize(("operation", "method", "path"), operations())
def test_endpoint_lets_through_whom_the_table_says(cast, client_of, operation, method, path):
    Project.objects.update(viewers_may_export=False)
    seen = {}
    for name in NAMES:
        response = ask(client_of(cast.named(name)), method, addressed(path, cast.project))
        seen[name] = response.status_code if is_permit_refusal(response) else None
        assert response.status_code < 500
    assert seen == {name: refusal(OPERATIONS[operation], name) for name in NAMES}


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for _, method, path in operations() if method in WRITING],
)
def test_writing_needs_the_token_of_the_page(cast, method, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.max)
    response = ask(client, method, addressed(path, cast.project))
    assert response.status_code == 403
    assert "did not come from the page" in response.json()["sentence"]


# With real transactions: a tile gives its connection back, and this test's would be in one.
@pytest.mark.django_db(transaction=True)
def test_tiles_are_for_members(cast, client_of):
    layer = prepare(cast.project)
    # Far outside the layer: nothing has to be drawn to see who is let in.
    address = f"/tiles/{layer.uid}/{layer.version}/bands.1-2-3.p2-98/0/900/900.webp"
    view = client_of(cast.max).get(f"/api/projects/{cast.project.uid}").json()["layers"][0]
    address = address.replace("bands.1-2-3.p2-98", view["views"][0]["id"])
    seen = {name: client_of(cast.named(name)).get(address).status_code for name in NAMES}
    refused = {"stan": 404, "ada": 404, "nobody": 401}
    assert seen == {**dict.fromkeys(MEMBERS, 204), **refused}
    # As a proxy asks before it hands out a tile that it kept.
    asked = {name: client_of(cast.named(name)).head(address).status_code for name in NAMES}
    assert asked == seen


def test_page_and_health_are_for_everybody(cast, client_of):
    for name in NAMES:
        client = client_of(cast.named(name))
        for address in ("/healthz", "/livez", "/readyz"):
            assert client.get(address).status_code in (200, 503)
        assert client.get("/projects/x").status_code in (200, 503)


def test_pixels_are_for_engines_and_no_session_opens_them(cast, client_of):
    layer = prepare(cast.project)
    image = layer.images.get()
    for name in NAMES:
        assert client_of(cast.named(name)).get(f"/pixels/{image.uid.hex}").status_code == 403


def test_metrics_are_for_nobody_who_is_signed_in(cast, client_of):
    for name in NAMES:
        assert client_of(cast.named(name)).get("/metrics").status_code == 404


def test_notices_are_for_the_job_worker_alone(cast, client_of):
    for name in NAMES:
        response = client_of(cast.named(name)).post("/internal/notices", b"{}", "application/json")
        assert response.status_code == 404


def example(message: type) -> dict[str, object]:
    """A message of that class that reads well and names nothing that exists."""
    values: dict[object, object] = {UUID: str(new_uid()), int: 1, float: 0.0, bool: True, str: ""}
    made: dict[str, object] = {}
    for name, field in message.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        first = kinds[0]
        if isinstance(first, str):
            made[name] = first
        elif first in values:
            made[name] = values[first]
        else:
            made[name] = next(iter(first)).value
    return made


def page_socket(client: Client | None, project: Project) -> Socket:
    from webapp.asgi import application

    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    if client is not None and client.cookies:
        cookie = f"segmap_session={client.cookies['segmap_session'].value}"
        headers.append((b"cookie", cookie.encode()))
    return Socket(application, f"/ws/projects/{project.uid}", headers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
async def test_socket_lets_through_whom_the_table_says(cast, client_of, name):
    client = await sync_to_async(client_of)(cast.named(name))
    socket = page_socket(client, cast.project)
    code = await socket.connect()
    assert (code == 0) == (name in MAY[ADDRESSES["ProjectConsumer"]])
    if code:
        return
    for number, message in enumerate(members_of_union(FromPage)):
        sent = {**example(message), "id": number}
        await socket.send(sent)
        answer = await socket.receive_until("ok", "error")
        assert answer["id"] == number
        refused = answer.get("code") == "not_allowed"
        assert refused == (name not in MAY[SOCKET_MESSAGES[str(sent["type"])]]), sent
    await socket.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer guessed"])
async def test_engine_socket_is_for_engines(token):
    from webapp.asgi import application

    headers = [(b"host", b"localhost"), (b"authorization", token.encode())]
    assert await Socket(application, "/ws/engine", headers).connect() == 4401
