"""What a confined process cannot do any more, tried in children that confine themselves."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drawn.bad_rasters import ground, write_raster
from webapp.imaging.answers import Answers
from webapp.imaging.child_messages import REQUEST, Request
from webapp.imaging.confinement import landlock_version
from webapp.imaging.sandbox import INSPECT_LIMITS
from webapp.imaging.verdict import RasterFiles

REPOSITORY = Path(__file__).parents[3]

needs_landlock = pytest.mark.skipif(
    landlock_version() < 6, reason="this kernel has no Landlock of version 6 or newer"
)


def in_child(code, **values):
    """What `tried` is after the code has run in a process of its own."""
    program = "import json, os, socket, sys\nfrom pathlib import Path\ntried = {}\n"
    program += "def attempt(name, act):\n    try:\n        act()\n        tried[name] = 'done'\n"
    program += "    except OSError as error:\n        tried[name] = type(error).__name__\n"
    program += "".join(f"{name} = {value!r}\n" for name, value in values.items())
    program += code + "\nprint(json.dumps(tried))\n"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


@needs_landlock
def test_process_keeps_only_the_files_it_names(tmp_path):
    mine, others = tmp_path / "mine", tmp_path / "others"
    (mine / "deeper").mkdir(parents=True)
    others.mkdir()
    (tmp_path / "input").write_text("given")
    (others / "secret").write_text("not given")
    tried = in_child(
        """
from webapp.imaging.confinement import keep_only
root = Path(root)
mine, others = root / "mine", root / "others"
assert keep_only(readable=[root / "input", root / "not there"], writable=[mine])
attempt("read the input", (root / "input").read_text)
attempt("write the input", lambda: (root / "input").write_text("changed"))
attempt("write mine", lambda: (mine / "deeper" / "a").write_text("new"))
attempt("move mine", lambda: (mine / "deeper" / "a").replace(mine / "a"))
attempt("read others", (others / "secret").read_text)
attempt("list others", lambda: list(others.iterdir()))
attempt("link to others", lambda: ((mine / "b").symlink_to(others / "secret"),
                                   (mine / "b").read_text()))
attempt("write others", lambda: (others / "c").write_text("new"))
attempt("remove others", (others / "secret").unlink)
attempt("signal the parent", lambda: os.kill(os.getppid(), 0))
attempt("run a program", lambda: os.execv("/bin/true", ["true"]))
""",
        root=str(tmp_path),
    )
    assert tried == {
        "read the input": "done",
        "write the input": "PermissionError",
        "write mine": "done",
        "move mine": "done",
        "read others": "PermissionError",
        "list others": "PermissionError",
        "link to others": "PermissionError",
        "write others": "PermissionError",
        "remove others": "PermissionError",
        "signal the parent": "PermissionError",
        "run a program": "PermissionError",
    }
    assert (tmp_path / "input").read_text() == "given"


@needs_landlock
def test_tcp_is_closed_by_landlock_alone(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        tried = in_child(
            """
from webapp.imaging.confinement import keep_only
keep_only(readable=[], writable=[])
attempt("connect", lambda: socket.create_connection(("127.0.0.1", port), timeout=5))
attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
""",
            port=server.getsockname()[1],
        )
    assert tried == {"connect": "PermissionError", "listen": "PermissionError"}


def test_network_that_was_left_takes_no_datagram_and_no_connection():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        tried = in_child(
            """
from webapp.imaging.confinement import leave_network
tried["left"] = leave_network()
def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", port))
attempt("send", send)
status = Path("/proc/self/status").read_text()
tried["capabilities"] = status.split("CapEff:")[1].split()[0]
""",
            port=receiver.getsockname()[1],
        )
    if not tried["left"]:
        pytest.skip("this system lets nobody make a network namespace")
    assert tried["send"] == "OSError"
    assert int(tried["capabilities"], 16) == 0


@needs_landlock
def test_child_that_opens_uploads_reaches_the_upload_and_nothing_of_the_server(tmp_path, data_dir):
    upload, folder = tmp_path / "ortho.tif", tmp_path / "private"
    write_raster(upload, ground())
    folder.mkdir()
    (data_dir / "secret_key").write_text("secret")
    request = Request(
        "inspect", RasterFiles(upload, "ortho.tif"), Answers(), folder, INSPECT_LIMITS
    )
    tried = in_child(
        """
from webapp.imaging.child_messages import REQUEST
from webapp.imaging.first_open import confine
confine(REQUEST.validate_json(request))
attempt("read the upload", Path(upload).read_bytes)
attempt("read the key", Path(key).read_text)
attempt("read the passwords", Path("/etc/passwd").read_text)
attempt("read the README", Path("README.md").read_text)
attempt("write beside the upload", lambda: Path(upload + ".aux.xml").write_text("x"))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", 9), timeout=5))
import rasterio
with rasterio.open(upload) as dataset:
    tried["bands"] = dataset.count
""",
        request=REQUEST.dump_json(request).decode(),
        upload=str(upload),
        key=str(data_dir / "secret_key"),
    )
    assert tried == {
        "read the upload": "done",
        "read the key": "PermissionError",
        "read the passwords": "PermissionError",
        "read the README": "PermissionError",
        "write beside the upload": "PermissionError",
        "connect": "PermissionError",
        "bands": 3,
    }


def test_system_without_landlock_is_told_apart(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert landlock_version() == 0
