"""People who label all the while, as fast as the server lets them."""

import threading
from dataclasses import dataclass, field

from django.db import connection
from django.test import Client

from tests.cast import Cast
from tests.drawn.labelled_project import LEFT, TOP, class_uid
from tests.drawn.polygons import blob
from webapp.ids import new_uid
from webapp.labels.models import Label


@dataclass
class Writer:
    """One person who labels through the API until told to stop, from a thread of their own.

    `known`: geometry (WKB) by label and revision, of everything that was acknowledged.
    """

    cast: Cast
    client: Client
    seed: int
    stop: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)
    known: dict[tuple[str, int], bytes] = field(default_factory=dict)
    failure: str = ""

    def __post_init__(self):
        self.layer = self.cast.project.layers.get().uid
        self.label_class = class_uid(self.cast.project, "ICEPLANT")
        self.address = f"/api/projects/{self.cast.project.uid}/edits"
        self.thread = threading.Thread(target=self._write)
        self.thread.start()

    def wait_for(self, more: int) -> None:
        """Until so many more edits are acknowledged."""
        with self.changed:
            wanted = len(self.known) + more
            assert self.changed.wait_for(lambda: self.failure or len(self.known) >= wanted, 60)
        assert not self.failure

    def _write(self):
        count = 0
        try:
            while not self.stop.is_set():
                count += 1
                self._post(self._creation(count) if count % 3 else self._reshaping(count))
        finally:
            connection.close()

    def _post(self, edit):
        answer = self.client.post(self.address, edit, content_type="application/json")
        with self.changed:
            if answer.status_code != 200:
                self.failure = answer.content.decode()
                self.stop.set()
            else:
                (label,) = answer.json()["labels"]
                row = Label.objects.get(uid=label["uid"])
                self.known[label["uid"], row.revision] = bytes(row.geometry)
            self.changed.notify_all()

    def _shape(self, count):
        return blob(self.seed * 100_000 + count, LEFT + 20 + count % 400, TOP - 50 * self.seed)

    def _creation(self, count):
        return {
            "kind": "create",
            "uid": str(new_uid()),
            "layer": str(self.layer),
            "label_class": str(self.label_class),
            "certainty": "sure",
            "note": "",
            "geometry": self._shape(count),
        }

    def _reshaping(self, count):
        label, _ = max(self.known, key=lambda known: (known[1] == 1, known[0]))
        return {
            "kind": "reshape",
            "uid": str(new_uid()),
            "label": label,
            "base_revision": max(r for uid, r in self.known if uid == label),
            "geometry": self._shape(count),
        }
