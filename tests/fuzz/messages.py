"""Text for a project's socket: what a page says, what it might say, and nonsense."""

import json
import string
from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

from webapp.drafts.schemas import PageMessage
from webapp.ids import new_uid

KINDS = [kind.model_fields["type"].annotation.__args__[0] for kind in PageMessage.__args__]
FIELDS = {
    kind: list(message.model_fields)
    for kind, message in zip(KINDS, PageMessage.__args__, strict=True)
}
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 500, 501, 2**31, 2**63, 2**64, 10**30, -(10**400)),
    *(0.5, 1e308, -0.0, float("nan"), float("inf"), float("-inf")),
    *("", "x", "\0", "\ud800", "a" * 5000, "null", "ok", "sure", "probable", "\u202e", "💥"),
    *([], {}, [[]], {"id": 1}, [1, 2, 3], "00000000-0000-0000-0000-000000000000"),
)


class Talker:
    """Draws messages of all kinds, most of them about things that are there.

    Args:
        known: the ids of the project by the field that they belong in.
        near: a place (x_map, y_map) on the layer.
    """

    def __init__(
        self, random: Random, known: Mapping[str, list[UUID]], near: tuple[float, float]
    ) -> None:
        self._random = random
        self._known = {field: [str(uid) for uid in uids] for field, uids in known.items()}
        self._near = near

    def text(self) -> str:
        """The next message."""
        message = self._good()
        way = self._random.random()
        if way < 0.35:
            return json.dumps(message)
        if way < 0.75:
            for _ in range(self._random.randint(1, 3)):
                self._spoil(message)
            return json.dumps(message)
        if way < 0.95:
            return self._mangled(json.dumps(message))
        return self._nonsense()

    def _good(self) -> dict[str, Any]:
        kind = self._random.choice(KINDS)
        return {field: self._value(field, kind) for field in FIELDS[kind]}

    def _value(self, field: str, kind: str) -> Any:
        near_x, near_y = self._near
        values = {
            "type": kind,
            "id": self._random.randrange(10**6),
            "step": self._random.choice([1, 1, 2, 2, 3, 4]),
            "x": near_x + self._random.uniform(-20, 20),
            "y": near_y + self._random.uniform(-20, 20),
            "include": self._random.random() < 0.8,
            "keep_all": self._random.random() < 0.5,
            "certainty": "sure",
            "note": self._random.choice(["", "seen from the track"]),
            "start_label": None,
            "edit": str(new_uid()),
        }
        known = self._known.get(field)
        if known and (field not in values or self._random.random() < 0.3):
            return self._random.choice(known)
        return values.get(field, str(new_uid()))

    def _spoil(self, message: dict[str, Any]) -> None:
        field = self._random.choice(sorted(message)) if message else "type"
        match self._random.randrange(4):
            case 0:
                message.pop(field, None)
            case 1:
                message[self._random.choice(["force", "", "__class__", "x" * 300])] = 1
            case 2 if field == "type":
                message[field] = self._random.choice(KINDS)
            case _:
                message[field] = self._random.choice(ODD_VALUES)

    def _mangled(self, text: str) -> str:
        """A message with a few letters changed, taken out, or said twice."""
        letters = list(text)
        for _ in range(self._random.randint(1, 6)):
            at = self._random.randrange(len(letters) or 1)
            match self._random.randrange(4):
                case 0:
                    letters[at : at + 1] = self._random.choice(string.printable)
                case 1:
                    del letters[at : at + self._random.randint(1, 12)]
                case 2:
                    letters[at:at] = letters[at : at + self._random.randint(1, 40)]
                case _:
                    letters[at:at] = self._random.choice(['"', "\\ud800", "\\u0000", "1e999", "{"])
        return "".join(letters)

    def _nonsense(self) -> str:
        length = self._random.choice([0, 1, 40, 4000, 16_384, 20_000])
        piece = self._random.choice(["[", '{"a":', "9", "\\", " ", '"', "é", "-", "1e5,"])
        return (piece * length)[:20_000]
