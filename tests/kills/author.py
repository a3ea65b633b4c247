"""A person who labels through the real server and gives up nothing: what fails is sent again.

Keeps a book of what the server acknowledged, which is what must be there in the end.
"""

import json
import time
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Literal, TypeVar

import uuid_utils
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.session import Session

Task = Literal["save", "reshape", "draft", "job"]

PATIENCE_S = 180.0
PAUSE_S = 0.1
ANSWER_WITHIN_S = 40.0
SIDE_M = 3.0

Rings = list[list[list[list[float]]]]
Answer = TypeVar("Answer")


class NotThisTimeError(Exception):
    """A save that was refused for now."""


class NeverAcknowledgedError(Exception):
    """The server did not come back, or refused what it must take."""


@dataclass
class Book:
    """What was acknowledged: edits by their ids, shapes of labels by theirs, jobs."""

    edits: set[str] = field(default_factory=set)
    labels: dict[str, Rings] = field(default_factory=dict)
    jobs: set[str] = field(default_factory=set)
    sent_again: int = 0


@dataclass
class Author:
    """One person in one project."""

    session: Session
    project: str
    layer: str
    label_class: str
    corner: tuple[float, float]
    """Lower left of the ground that squares are drawn on, map frame."""
    places: list[tuple[float, float]]
    """Where a click finds something, map frame."""
    addresses: tuple[str, ...] = ()
    """Of the web processes; where the one at hand does not answer, the next one is asked."""
    book: Book = field(default_factory=Book)
    drawn: int = 0
    was_sent: Callable[[], None] = lambda: None
    """Called when the decisive message of a task has left."""

    def do(self, task: Task) -> None:
        """Carry a task out until it is acknowledged.

        Raises:
            NeverAcknowledgedError: it was not, for as long as anybody would wait.
        """
        tasks: dict[Task, Callable[[], None]] = {
            "save": self.save,
            "reshape": self.reshape,
            "draft": self.draft,
            "job": self.job,
        }
        tasks[task]()

    def save(self) -> None:
        """A label drawn by hand."""
        self._edit(
            kind="create", layer=self.layer, label_class=self.label_class, geometry=self._square()
        )

    def reshape(self) -> None:
        """A new shape for the label that was acknowledged last."""
        if not self.book.labels:
            self.save()
        label = list(self.book.labels)[-1]
        path = f"/api/projects/{self.project}/labels/{label}"
        revision = self._until_answered(lambda: self.session.get(path))["revision"]
        self._edit(kind="reshape", label=label, base_revision=revision, geometry=self._square())

    def job(self) -> None:
        """An export. Each request that was answered has a job; the others may have one, too."""
        path = f"/api/projects/{self.project}/exports"
        asked = {"format": "gpkg", "state": "all"}
        self.book.jobs.add(self._until_answered(lambda: self._post(path, asked))["uid"])

    def draft(self) -> None:
        """A label by one click, saved before the outline has settled."""
        draft, edit = str(uuid_utils.uuid7()), str(uuid_utils.uuid7())
        x, y = self.places[self.drawn % len(self.places)]
        self.drawn += 1
        messages = [
            {
                "type": "draft.open",
                "draft": draft,
                "layer": self.layer,
                "label_class": self.label_class,
                "start_label": None,
            },
            {"type": "draft.click", "draft": draft, "step": 1, "x": x, "y": y, "include": True},
            {
                "type": "draft.save",
                "draft": draft,
                "edit": edit,
                "label_class": self.label_class,
                "certainty": "sure",
                "note": "",
            },
        ]
        self._note(self._until_answered(lambda: self._over_socket(draft, messages)))

    def _over_socket(self, draft: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
        """Say it all, again if it was said before; the edit that came of it."""
        address = self.session.address.replace("http", "ws", 1)
        with connect(
            f"{address}/ws/projects/{self.project}",
            additional_headers={"Cookie": self.session.cookie},
            origin=self.session.address,
            close_timeout=1,
        ) as socket:
            for number, message in enumerate(messages, start=1):
                socket.send(json.dumps({"id": number, **message}))
            self.was_sent()
            edit: dict[str, Any] = _hear_of_save(socket, draft)["edit"]
            return edit

    def _edit(self, **change: Any) -> None:
        body = {"uid": str(uuid_utils.uuid7()), **change}
        path = f"/api/projects/{self.project}/edits"
        self._note(self._until_answered(lambda: self._post(path, body)))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.was_sent()
        answer: dict[str, Any] = self.session.post(path, body)
        return answer

    def _note(self, edit: dict[str, Any]) -> None:
        """Write down what an acknowledged edit says of its labels."""
        self.book.edits.add(edit["uid"])
        self.book.labels |= {label["uid"]: label["geometry"] for label in edit["labels"]}

    def _square(self) -> Rings:
        """A square like no other."""
        self.drawn += 1
        left = self.corner[0] + (self.drawn % 40) * SIDE_M + self.drawn / 1024
        bottom = self.corner[1] + (self.drawn // 40 % 40) * SIDE_M
        right, top = left + SIDE_M, bottom + SIDE_M
        ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
        return [[ring]]

    def _until_answered(self, ask: Callable[[], Answer]) -> Answer:
        """Ask again and again, as the page's outbox does, until there is an answer."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return ask()
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise NeverAcknowledgedError(error.read().decode()) from error
                last: Exception = error
            except (OSError, HTTPException, WebSocketException, NotThisTimeError) as error:
                last = error
            if time.monotonic() > deadline:
                raise NeverAcknowledgedError(f"no answer in {PATIENCE_S:.0f} s: {last}") from last
            self.book.sent_again += 1
            self._turn_to_the_next()
            time.sleep(PAUSE_S)

    def _turn_to_the_next(self) -> None:
        if self.session.address in self.addresses:
            after = self.addresses.index(self.session.address) + 1
            self.session.address = self.addresses[after % len(self.addresses)]


def _hear_of_save(socket: ClientConnection, draft: str) -> dict[str, Any]:
    """The message that the draft is a label now.

    Raises:
        NotThisTimeError: the draft has no outline, since there was no engine, and is open again.
    """
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while True:
        told: dict[str, Any] = json.loads(socket.recv(timeout=deadline - time.monotonic()))
        if told["type"] == "error":
            raise NotThisTimeError(told["sentence"])
        if told["type"] == "draft.saved" and told["draft"] == draft:
            return told
