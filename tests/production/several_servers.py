"""Several web processes on one data folder, and engines that dial in to them: real processes."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from websockets.sync.client import connect

from tests.product import REPOSITORY, free_port
from tests.session import Session

UP_WITHIN_S = 300
ANSWER_WITHIN_S = 300


class Process:
    """A child process with a log; it may be stopped in its tracks, and killed."""

    def __init__(self, command, environment, log_path):
        self._command, self._environment, self._log_path = command, environment, log_path
        self.start()

    def start(self):
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=REPOSITORY,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def log(self):
        return self._log_path.read_text(errors="replace")

    def freeze(self):
        """Stop it: it takes what it is sent, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def wait(self):
        return self.process.wait(timeout=UP_WITHIN_S)


class Servers:
    """The data folder, its web processes and engines."""

    def __init__(self, data_dir: Path, stack: ExitStack, redis_address: str):
        self.data_dir, self._stack = data_dir, stack
        self.environment = {
            **os.environ,
            "SEGMAP_DATA": str(data_dir),
            "SEGMAP_REDIS": redis_address,
            "SEGMAP_NOTICES_TO": "",
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
            "OMP_NUM_THREADS": "1",
        }

    def python(self, *arguments, said=None):
        """What Python prints."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            input=said,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def manage(self, *arguments, said=None):
        return self.python("manage.py", *arguments, said=said)

    def ask_django(self, program):
        """What a program prints that has the models at hand."""
        return self.python("-c", f"import django; django.setup()\n{program}")

    def start_web(self):
        return self._stack.enter_context(_ended(WebProcess(self)))

    def start_engine(self, name, web, *options):
        token = self.manage("engine", "add", name).splitlines()[1]
        engine = EngineProcess(self, name, token, web, options)
        return self._stack.enter_context(_ended(engine))


class WebProcess(Process):
    """One uvicorn, as it runs in production."""

    def __init__(self, servers):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "uvicorn", "webapp.asgi:application"]
        command += ["--port", str(self.port), "--lifespan", "off", "--ws", "websockets-sansio"]
        command += ["--log-level", "warning"]
        super().__init__(command, servers.environment, servers.data_dir / f"web-{self.port}.log")
        self.wait_until_up()

    def wait_until_up(self):
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()
            try:
                urllib.request.urlopen(f"{self.address}/livez", timeout=5).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                _turn(self.process)
            else:
                return
        raise AssertionError(self.log())


class EngineProcess(Process):
    """An engine with the shipped weights, one thread."""

    def __init__(self, servers, name, token, web, options=()):
        self.name, self._servers = name, servers
        command = [sys.executable, "-m", "inference", "engine", "--backend", "torch"]
        command += ["--threads", "1", "--server", f"ws://127.0.0.1:{web.port}/ws/engine", *options]
        environment = {**servers.environment, "SEGMAP_ENGINE_TOKEN": token}
        super().__init__(command, environment, servers.data_dir / f"engine-{name}.log")

    def start(self):
        self._seen_of_log = len(self.log()) if self._log_path.exists() else 0
        super().start()

    def wait_until_connected(self):
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()
            said = self.log()[self._seen_of_log :]
            if said.rfind("Connected as") > max(said.rfind("lost"), said.rfind("reached")):
                return
            _turn(self.process)
        raise AssertionError(self.log())

    def state(self):
        """What `manage.py engine list` says of it."""
        for line in self._servers.manage("engine", "list").splitlines():
            if line.startswith(f"{self.name} "):
                return line.removeprefix(self.name).split()[0]
        raise AssertionError(f"there is no engine {self.name}")


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
        self.welcome = self.receive()
        assert self.welcome["type"] == "welcome"
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


@contextmanager
def servers_on(data_dir: Path, redis_address: str, *, scene_px: int) -> Iterator[Servers]:
    """Tables, an administrator and the drawn demo; no process yet."""
    with ExitStack() as stack:
        servers = Servers(data_dir, stack, redis_address)
        servers.manage("migrate", "--verbosity=0")
        servers.manage(
            "create_user", "admin", "--staff", "--password-stdin", said="a pass word 1\n"
        )
        servers.manage("demo_data", "--size", str(scene_px))
        yield servers


def sign_in(web: WebProcess) -> Session:
    return Session(web.address, "admin", "a pass word 1")


@contextmanager
def _ended(process):
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.thaw()
            process.kill()


def _turn(process):
    """Let a moment pass, or go on at once when the process ends."""
    try:
        process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        return
