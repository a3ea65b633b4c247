"""Uploads over tus through the whole application."""

import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
from base64 import b64encode
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from tests.upload_client import uploading
from webapp.imaging import parts, upload_stream, uploads
from webapp.imaging.models import Image, Upload
from webapp.projects.actions import create_project

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = random.Random(5).randbytes(3 * upload_stream.PIECE_BYTES + 4321)


@pytest.fixture
async def begun(ana, cast):
    """Where the bytes of `CONTENT` go."""
    answer = await ana.begin(cast.project, len(CONTENT))
    assert answer.status == 201, answer.body
    return answer.headers["location"]


def on_disk(path):
    return parts.path_of(UUID(path.rpartition("/")[2])).read_bytes()


def checksum(content, algorithm="sha256"):
    return f"{algorithm} {b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def cut(content, size):
    return [content[begin : begin + size] for begin in range(0, len(content), size)]


async def test_upload_interrupted_ten_times_ends_bit_equal(
    ana, cast, client_of, begun, monkeypatch
):
    monkeypatch.setattr("webapp.jobs.actions.ring", lambda: None)
    chance = random.Random(1)
    offset = 0
    for _ in range(10):
        length = chance.randrange(1, (len(CONTENT) - offset) // 3)
        pieces = cut(CONTENT[offset : offset + length], 65_536)
        answer = await ana.append(begun, offset, *pieces, breaks_off=True)
        assert answer.status == 0
        measured = await ana.measure(begun)
        assert (measured.status, measured.offset) == (200, offset + length)
        offset = measured.offset

    answer = await ana.append(begun, offset, *cut(CONTENT[offset:], 65_536))

    assert (answer.status, answer.offset) == (204, len(CONTENT))
    assert answer.headers["tus-resumable"] == "1.0.0"
    client = await sync_to_async(client_of)(cast.ana)
    made = await sync_to_async(client.post)(
        f"/api/projects/{cast.project.uid}/images",
        {"uploads": [begun.rpartition("/")[2]]},
        content_type="application/json",
    )
    assert made.status_code == 200
    image = await Image.objects.aget()
    assert (uploads.folder_of(image) / "raster.tif").read_bytes() == CONTENT
    assert (await ana.measure(begun)).status == 404


async def test_options_say_what_is_spoken(ana, cast):
    answer = await ana.ask("OPTIONS", f"/api/projects/{cast.project.uid}/uploads")

    assert answer.status == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,expiration,checksum,termination"
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_piece_with_its_checksum_counts(ana, begun, algorithm):
    answer = await ana.append(
        begun, 0, *cut(CONTENT, 1_000_000), upload_checksum=checksum(CONTENT, algorithm)
    )

    assert (answer.status, answer.offset) == (204, len(CONTENT))
    assert on_disk(begun) == CONTENT


async def test_damaged_piece_is_cut_off_again(ana, begun):
    good, bad = CONTENT[:5000], CONTENT[5000:]
    await ana.append(begun, 0, good)

    answer = await ana.append(begun, 5000, bad[:-1] + b"?", upload_checksum=checksum(bad))

    assert answer.status == 460
    assert "damaged" in answer.sentence
    assert on_disk(begun) == good
    again = await ana.append(begun, 5000, bad, upload_checksum=checksum(bad))
    assert (again.status, on_disk(begun)) == (204, CONTENT)


async def test_interrupted_piece_with_a_checksum_does_not_count(ana, begun):
    await ana.append(begun, 0, CONTENT[:5000])
    rest = CONTENT[5000:]
    await ana.append(begun, 5000, rest[:9000], breaks_off=True, upload_checksum=checksum(rest))

    assert (await ana.measure(begun)).offset == 5000
    assert on_disk(begun) == CONTENT[:5000]


@pytest.mark.parametrize("text", ["md5 AAAA", "sha1", "sha1 !", ""])
async def test_checksum_that_cannot_be_checked_is_refused(ana, begun, text):
    answer = await ana.append(begun, 0, CONTENT, upload_checksum=text or "sha512 AAAA")

    assert answer.status == 422
    assert on_disk(begun) == b""


KILLED = """
import sys, uuid
import django
django.setup()
from webapp.imaging.parts import Appender, Checksum
uid, offset, size, checked = uuid.UUID(sys.argv[1]), *map(int, sys.argv[2:])
checksum = Checksum("sha1", b"never compared") if checked else None
appender = Appender(uid, offset=offset, size_bytes=size, checksum=checksum)
while piece := sys.stdin.buffer.read(1000):
    appender.write(piece)
    print("written", flush=True)
"""


def killed_while_writing(data_dir, begun, *, checked):
    """A process that had written 3000 bytes of a piece when it was killed."""
    environment = {
        **os.environ,
        "SEGMAP_DATA": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
    }
    uid = begun.rpartition("/")[2]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, uid, "5000", str(len(CONTENT)), str(int(checked))],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdin.write(CONTENT[5000:8000])
        process.stdin.flush()
        for _ in range(3):
            assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize(("checked", "kept"), [(False, 8000), (True, 5000)])
async def test_killed_server_loses_nothing_that_was_compared(ana, begun, data_dir, checked, kept):
    await ana.append(begun, 0, CONTENT[:5000])
    await asyncio.to_thread(killed_while_writing, data_dir, begun, checked=checked)

    assert (await ana.measure(begun)).offset == kept
    answer = await ana.append(begun, kept, CONTENT[kept:])
    assert (answer.status, on_disk(begun)) == (204, CONTENT)


async def test_second_writer_is_told_to_wait(ana, begun):
    is_writing, may_end = asyncio.Event(), asyncio.Event()

    async def slowly():
        yield CONTENT[:1000]
        is_writing.set()
        await may_end.wait()
        yield CONTENT[1000:2000]

    headers = {"content_type": "application/offset+octet-stream", "upload_offset": "0"}
    first = asyncio.create_task(ana.ask("PATCH", begun, slowly(), **headers))
    await is_writing.wait()

    second = await ana.append(begun, 0, CONTENT)
    measured = await ana.measure(begun)
    removed = await ana.ask("DELETE", begun)
    may_end.set()

    assert (second.status, measured.status, removed.status) == (423, 423, 423)
    assert (await first).offset == 2000
    assert on_disk(begun) == CONTENT[:2000]


async def test_silent_connection_lets_go_of_the_file(ana, begun, monkeypatch):
    monkeypatch.setattr(upload_stream, "SILENCE_S", 0.01)

    async def falls_silent():
        yield CONTENT[:1000]
        await asyncio.get_running_loop().create_future()

    headers = {"content_type": "application/offset+octet-stream", "upload_offset": "0"}
    answer = await ana.ask("PATCH", begun, falls_silent(), **headers)

    assert answer.status == 503
    assert (await ana.measure(begun)).offset == 1000


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (409, {"upload_offset": "1"}),
        (412, {"tus_resumable": None}),
        (412, {"tus_resumable": "0.2.2"}),
        (413, {"content_length": str(len(CONTENT) + 1)}),
        (415, {"content_type": "application/octet-stream"}),
        (422, {"upload_offset": None}),
        (422, {"upload_offset": "-1"}),
        (422, {"upload_offset": "1e3"}),
    ],
)
async def test_append_that_does_not_fit_writes_nothing(ana, begun, status, change):
    answer = await ana.append(begun, 0, CONTENT, **change)

    assert answer.status == status
    assert answer.sentence
    assert on_disk(begun) == b""


async def test_more_bytes_than_announced_are_not_kept(ana, begun):
    answer = await ana.append(begun, 0, *cut(CONTENT, upload_stream.PIECE_BYTES), b"and more")

    assert answer.status == 413
    assert on_disk(begun) == CONTENT[: 3 * upload_stream.PIECE_BYTES]


@pytest.mark.parametrize("length", ["", "-1", "many", "9" * 19])
async def test_file_without_a_readable_length_is_not_begun(ana, cast, data_dir, length):
    answer = await ana.begin(cast.project, 0, upload_length=length)

    assert answer.status == 422
    assert list((data_dir / "uploads").iterdir()) == []


@pytest.mark.parametrize("metadata", ["", "filename", "filename !", "filename /w==", "name YQ=="])
async def test_file_without_a_readable_name_is_not_begun(ana, cast, data_dir, metadata):
    answer = await ana.ask(
        "POST",
        f"/api/projects/{cast.project.uid}/uploads",
        upload_length="1",
        upload_metadata=metadata,
    )

    assert answer.status == 422
    assert list((data_dir / "uploads").iterdir()) == []


async def test_cancelled_upload_is_gone(ana, begun, data_dir):
    await ana.append(begun, 0, CONTENT[:5000])

    assert (await ana.ask("DELETE", begun)).status == 204
    assert (await ana.measure(begun)).status == 404
    assert list((data_dir / "uploads").iterdir()) == []
    assert not await Upload.objects.aexists()


async def test_upload_whose_time_is_over_is_gone(ana, begun, settings):
    assert "GMT" in (await ana.measure(begun)).headers["upload-expires"]
    path = parts.path_of(UUID(begun.rpartition("/")[2]))
    then = path.stat().st_mtime - settings.UPLOAD_DAYS * 86_400
    os.utime(path, (then, then))

    assert (await ana.measure(begun)).status == 410
    assert (await ana.append(begun, 0, CONTENT)).status == 410
    assert on_disk(begun) == b""


@pytest.mark.parametrize(
    ("name", "status"), [("max", 404), ("vera", 403), ("stan", 404), ("nobody", 401)]
)
async def test_upload_belongs_to_who_began_it(cast, client_of, begun, name, status):
    client = await sync_to_async(client_of)(cast.named(name))
    other = await uploading(client)

    assert (await other.measure(begun)).status == status
    assert (await other.append(begun, 0, CONTENT)).status == status
    assert (await other.ask("DELETE", begun)).status == status
    assert on_disk(begun) == b""


async def test_upload_is_bound_to_its_project(ana, cast, begun):
    other = await sync_to_async(create_project)(cast.ana, name="Another")
    elsewhere = begun.replace(str(cast.project.uid), str(other.uid))

    assert (await ana.measure(elsewhere)).status == 404
    assert (await ana.append(elsewhere, 0, CONTENT)).status == 404


@pytest.mark.parametrize(
    "forged",
    [
        {"x_csrftoken": None},
        {"origin": "https://elsewhere.example"},
        {"x_csrftoken": None, "method": "GET", "x_http_method_override": "PATCH"},
    ],
)
async def test_foreign_page_writes_nothing(ana, begun, forged):
    headers = {"content_type": "application/offset+octet-stream", "upload_offset": "0"}
    method = forged.get("method", "PATCH")
    more = {name: value for name, value in forged.items() if name != "method"}
    answer = await ana.ask(method, begun, [CONTENT], **headers, **more)

    assert answer.status == 403
    assert "did not come from the page" in answer.sentence
    assert on_disk(begun) == b""


async def test_server_under_a_foreign_name_takes_nothing(ana, begun):
    name = "elsewhere.example"
    answer = await ana.append(begun, 0, CONTENT, host=name, origin=f"http://{name}")

    assert answer.status in (400, 403)
    assert on_disk(begun) == b""


async def test_method_may_be_named_in_a_header(ana, begun):
    headers = {"content_type": "application/offset+octet-stream", "upload_offset": "0"}
    answer = await ana.ask("POST", begun, [CONTENT], x_http_method_override="PATCH", **headers)

    assert (answer.status, on_disk(begun)) == (204, CONTENT)
