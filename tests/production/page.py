"""The socket of a project at one of several web processes, as a page uses it."""

import json
import uuid

from websockets.sync.client import connect

from tests.session import Session

ANSWER_WITHIN_S = 300


class Page:
    """The socket of a project at one web process, as a page uses it."""

    def __init__(self, web, session: Session, project: str):
        self._opening = connect(
            f"ws://127.0.0.1:{web.port}/ws/projects/{project}",
            additional_headers={"Cookie": session.cookie},
            origin=web.address,
        )
        self._id = 0

    def __enter__(self):
        self._socket = self._opening.__enter__()
        # What everybody hears may come before it: an engine that is back.
        self.welcome = self.hear("welcome")
        self.engine = self.welcome["engine"]
        return self

    def __exit__(self, *exception):
        self._opening.__exit__(*exception)

    def send(self, kind, **message):
        self._id += 1
        self._socket.send(json.dumps({"type": kind, "id": self._id, **message}))

    def receive(self):
        message = json.loads(self._socket.recv(timeout=ANSWER_WITHIN_S))
        if message["type"] == "engine.changed":
            self.engine = message["engine"]
        return message

    def hear(self, *kinds):
        """The next message of one of these types."""
        while (message := self.receive())["type"] not in kinds:
            pass
        return message

    def wait_for_engine(self, connected=True):
        while self.engine["connected"] != connected:
            self.receive()

    def open(self, layer):
        draft = str(uuid.uuid4())
        self.send("draft.open", draft=draft, layer=layer, label_class=None, start_label=None)
        assert self.hear("ok", "error")["type"] == "ok"
        return draft

    def click(self, draft, step, place):
        """Click; returns when the server has it."""
        x, y = place
        self.send("draft.click", draft=draft, step=step, x=x, y=y, include=True)
        answer = self.hear("ok", "error")
        assert answer["type"] == "ok", answer

    def settled(self, draft, step):
        """The settled outline of a click, and what came before it about the draft."""
        heard = []
        while True:
            message = self.receive()
            if message.get("draft") != draft:
                continue
            heard.append(message)
            assert message["type"] != "draft.failed", message
            if message["type"] == "draft.outlined":
                answer = message["answer"]
                if answer["step"] == step and answer["settled"]:
                    return answer, heard
