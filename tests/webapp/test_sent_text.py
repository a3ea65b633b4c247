"""Text that PostgreSQL cannot keep is refused at the door, whichever door it comes through."""

from typing import get_args

import pytest

from tests.drawn.labelled_project import class_uid, prepare
from tests.drawn.polygons import square
from webapp.api import api
from webapp.drafts.schemas import PageMessage
from webapp.ids import new_uid
from webapp.sent import Sent

BROKEN = "Ice\0plant"


def kinds(base: type) -> set[str]:
    return {base.__name__}.union(*(kinds(kind) for kind in base.__subclasses__()))


def references(part: object) -> set[str]:
    """Names of the schemas that a part of the API's document points to."""
    if isinstance(part, list):
        return set().union(*map(references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"].rpartition("/")[2]} if "$ref" in part else set()
    return own.union(*map(references, part.values()))


def test_every_body_and_every_message_of_the_page_is_looked_at():
    document = api.get_openapi_schema()
    bodies = set()
    found = references(
        [
            operation.get("requestBody")
            for methods in document["paths"].values()
            for operation in methods.values()
        ]
    )
    while found - bodies:
        bodies |= found
        found = references([document["components"]["schemas"][name] for name in bodies])
    objects = {
        name for name in bodies if document["components"]["schemas"][name]["type"] == "object"
    }
    assert {"ProjectIn", "CreateEdit", "AtRevision"} <= objects <= kinds(Sent)
    assert all(issubclass(message, Sent) for message in get_args(PageMessage))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/projects", {"name": BROKEN, "template": "blank"}),
        ("put", "members", {"username": BROKEN, "role": "viewer"}),
        (
            "post",
            "classes",
            {"code": "NEW", "name": "New", "colour": "#123456", "description": BROKEN},
        ),
        ("post", "images/{new}/answers", {"answers": {"crs": BROKEN}}),
    ],
)
def test_character_of_code_0_is_a_sentence(cast, client_of, method, path, body):
    if not path.startswith("/"):
        path = f"/api/projects/{cast.project.uid}/{path.format(new=new_uid())}"
    send = getattr(client_of(cast.max), method)
    answer = send(path, body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["sentence"].startswith("Nothing was changed: ")
    assert "take out the character of code 0" in answer.json()["sentence"]


def test_label_with_such_a_note_is_not_made(cast, client_of):
    layer = prepare(cast.project)
    body = {
        "kind": "create",
        "uid": str(new_uid()),
        "layer": str(layer.uid),
        "label_class": str(class_uid(cast.project, "ICEPLANT")),
        "geometry": square(600_000, 4_059_990),
        "note": BROKEN,
    }
    path = f"/api/projects/{cast.project.uid}/edits"
    answer = client_of(cast.ana).post(path, body, content_type="application/json")
    assert answer.status_code == 422
    assert "take out the character of code 0" in answer.json()["sentence"]
    assert not cast.project.labels.exists()
