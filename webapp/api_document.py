"""The contract with the page in one document: REST as OpenAPI, socket messages as its schemas."""

import json
from typing import Any

from pydantic.json_schema import models_json_schema

from webapp.api import api
from webapp.drafts.events import to_page
from webapp.drafts.schemas import from_page
from webapp.errors import ErrorOut

_PLACE = "#/components/schemas/{model}"


def api_document() -> dict[str, Any]:
    """The document; `FromPage` and `ToPage` are the unions of what a project's socket carries.

    Raises:
        LookupError: two different shapes have one name.
    """
    document: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    schemas = document["components"]["schemas"]
    _, errors = models_json_schema([(ErrorOut, "serialization")], ref_template=_PLACE)
    _add(schemas, errors["$defs"])
    for name, union in (
        ("FromPage", from_page.json_schema(ref_template=_PLACE, mode="validation")),
        ("ToPage", to_page.json_schema(ref_template=_PLACE, mode="serialization")),
    ):
        parts = union.pop("$defs")
        _add(schemas, {**parts, name: union})
    return document


def as_text(document: dict[str, Any]) -> str:
    """The document as the repository keeps it: the same document gives the same bytes."""
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _add(schemas: dict[str, Any], more: dict[str, Any]) -> None:
    for name, shape in more.items():
        if schemas.setdefault(name, shape) != shape:
            raise LookupError(f"Two different shapes are named {name}. Rename one.")
