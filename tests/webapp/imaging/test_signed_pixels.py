from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from inference.data.cog_reader import CogReader
from inference.data.open_files import ImageUnreachable, OpenFiles
from inference.windows import Window
from webapp.imaging import signed_pixels
from webapp.imaging.models import ImageState
from webapp.imaging.queries import layer_source
from webapp.imaging.signed_pixels import VALID_FOR_S, address_of

WINDOW = Window(col=40, row=30, factor=1, size=160)


@pytest.fixture
def image(importer, photo, uploader):
    return uploader.bring_in(importer.draw(photo(height=280, width=300), colours="red green blue"))


@pytest.fixture
def cog(image, data_dir) -> bytes:
    return (data_dir / image.cog_path).read_bytes()


@pytest.fixture
def at(monkeypatch):
    """`at(seconds)`: the clock of signed addresses, from a full hour on."""
    now = [1_000 * VALID_FOR_S]
    monkeypatch.setattr(signed_pixels.time, "time", lambda: now[0])

    def go_to(seconds: float) -> None:
        now[0] = 1_000 * VALID_FOR_S + seconds

    return go_to


def elsewhere(source):
    """A source as an engine on another machine gets it: its paths lead nowhere there."""
    moved = [
        file.model_copy(update={"path": f"/on/the/server/{Path(file.path).name}"})
        for file in source.files
    ]
    return source.model_copy(update={"files": moved})


def test_address_needs_no_session_and_gives_the_file(image, cog, client):
    answer = client.get(address_of(image.uid))
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == cog
    assert answer["Cache-Control"] == "private, no-store"


def test_range_is_answered_with_its_bytes(image, cog, client):
    answer = client.get(address_of(image.uid), headers={"Range": "bytes=1000-2999"})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes 1000-2999/{len(cog)}"
    assert b"".join(answer.streaming_content) == cog[1000:3000]


def test_address_stays_the_same_for_an_hour_and_ends_after_two(image, client, at):
    at(0)
    address = address_of(image.uid)
    at(VALID_FOR_S - 1)
    assert address_of(image.uid) == address
    at(VALID_FOR_S)
    assert address_of(image.uid) != address
    assert client.head(address).status_code == 200
    at(2 * VALID_FOR_S + 1)
    assert client.head(address).status_code == 403


def test_address_is_good_for_its_image_alone(image, client):
    other = address_of(image.uid).replace(image.uid.hex, uuid4().hex)
    assert client.get(other).status_code == 403
    assert client.get("/pixels/nonsense").status_code == 403
    assert client.get(address_of(uuid4())).status_code == 404


def test_image_that_is_no_longer_ready_or_lost_its_file_is_not_given(image, client, data_dir):
    (data_dir / image.cog_path).rename(data_dir / "elsewhere.tif")
    assert client.get(address_of(image.uid)).status_code == 404
    (data_dir / "elsewhere.tif").rename(data_dir / image.cog_path)
    assert client.head(address_of(image.uid)).status_code == 200
    image.state = ImageState.REFUSED
    image.save()
    assert client.head(address_of(image.uid)).status_code == 404


def test_nobody_writes_there(image, client):
    assert client.post(address_of(image.uid)).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_engine_elsewhere_reads_the_same_window(image, live_server):
    source = layer_source(image.layer)
    here = CogReader(source, bands=3, files=OpenFiles()).read(WINDOW)
    fetching = OpenFiles(server=live_server.url)
    fetched = CogReader(elsewhere(source), bands=3, files=fetching).read(WINDOW)
    np.testing.assert_array_equal(fetched.pixels, here.pixels)
    np.testing.assert_array_equal(fetched.valid, here.valid)


@pytest.mark.django_db(transaction=True)
def test_engine_with_the_files_at_hand_asks_nobody_unless_told_to(image, live_server, monkeypatch):
    source = layer_source(image.layer)
    asked = []
    tell = StaticFileThatTells(asked)
    monkeypatch.setattr(signed_pixels, "StaticFile", tell)
    CogReader(source, bands=3, files=OpenFiles(server=live_server.url)).read(WINDOW)
    assert asked == []
    files = OpenFiles(server=live_server.url, always_fetch=True)
    CogReader(source, bands=3, files=files).read(WINDOW)
    assert set(asked) == {source.files[0].path}


@pytest.mark.django_db(transaction=True)
def test_engine_that_the_server_gives_nothing_says_so(image, live_server):
    source = layer_source(image.layer)
    source.files[0].__dict__["address"] = "/pixels/nonsense"
    reader = CogReader(elsewhere(source), bands=3, files=OpenFiles(server=live_server.url))
    with pytest.raises(ImageUnreachable, match=r"cannot fetch .* from the server"):
        reader.read(WINDOW)


class StaticFileThatTells:
    """The real one; writes down which files were asked for."""

    def __init__(self, asked: list[str]) -> None:
        self.asked, self.real = asked, signed_pixels.StaticFile

    def __call__(self, path: str, headers: list[tuple[str, str]]) -> object:
        self.asked.append(path)
        return self.real(path, headers)
