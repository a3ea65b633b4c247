import io
from uuid import uuid4

import numpy as np
import PIL.Image
import pytest

from webapp.imaging.queries import layer_out, layer_source
from webapp.imaging.tile_view import tile
from webapp.urls import urlpatterns

RGB = "red green blue"
VIEW = "rgb_1-2-3_f0to255"


def address(layer, view=VIEW, z=0, x=0, y=0, suffix="jpg", version=None):
    version = layer.version if version is None else version
    return f"/tiles/{layer.uid}/{version}/{view}/{z}/{x}/{y}.{suffix}"


def picture(answer):
    return np.asarray(PIL.Image.open(io.BytesIO(answer.content)))


@pytest.fixture
def layer(importer, photo, uploader):
    """A layer of 300 x 280 pixels: one native tile."""
    return uploader.bring_in(importer.draw(photo(height=280, width=300), colours=RGB)).layer


def test_native_tile_is_the_file_pixel_by_pixel(layer, cast, client_of, photo):
    pixels = photo(height=280, width=300)
    answer = client_of(cast.vera).get(address(layer, suffix="png"))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    shown = picture(answer)
    assert shown.shape == (512, 512, 4)
    np.testing.assert_array_equal(shown[:280, :300, :3], pixels.transpose(1, 2, 0))
    assert (shown[:280, :300, 3] == 255).all()
    assert not shown[280:, :, 3].any()
    assert not shown[:, 300:, 3].any()


def test_page_finds_its_tile_under_the_address_it_was_given(layer, cast, client_of):
    out = layer_out(layer)
    place = {"{view}": out.views[0].id, "{z}": "0", "{x}": "0", "{y}": "0"}
    asked = out.tile_url
    for name, value in place.items():
        asked = asked.replace(name, value)
    answer = client_of(cast.ana).get(asked)

    assert answer.status_code == 200
    assert asked.endswith(".jpg")
    # The tile reaches beyond the image, so it has to be transparent there.
    assert answer["Content-Type"] == "image/webp"
    assert picture(answer).shape == (512, 512, 4)


def test_opaque_tile_is_a_jpeg_close_to_the_pixels(cast, client_of, importer, uploader):
    ramp = np.add.outer(np.arange(512) // 4, np.arange(512) // 8)
    pixels = np.stack([ramp, 200 - ramp // 2, 20 + ramp]).astype(np.uint8)
    layer = uploader.bring_in(importer.draw(pixels, colours=RGB)).layer

    answer = client_of(cast.ana).get(address(layer))

    assert answer["Content-Type"] == "image/jpeg"
    difference = picture(answer).astype(int) - pixels.transpose(1, 2, 0)
    assert np.abs(difference).max() <= 16
    assert np.abs(difference).mean() < 3


def test_tile_may_be_kept_for_ever_but_only_by_its_reader(layer, cast, client_of):
    client = client_of(cast.vera)

    for asked in (address(layer), address(layer, x=1)):
        assert client.get(asked)["Cache-Control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize("place", [{"x": 1}, {"y": 1}, {"z": 1}, {"z": 10**30}, {"x": 10**30}])
def test_place_outside_the_layer_is_empty(layer, cast, client_of, place):
    answer = client_of(cast.vera).get(address(layer, **place))

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "asked",
    [
        {"version": "0" * 16},
        {"suffix": "tif"},
        {"suffix": "JPG"},
        {"view": "rgb_1-2-3_f0.0to255"},  # not the canonical spelling
        {"view": "rgb_1-2-4_p2-98"},  # there are three bands
        {"view": "sepia"},
        {"x": -1},
        {"z": "0.5"},
    ],
)
def test_address_that_the_server_did_not_make_is_not_found(layer, cast, client_of, asked):
    answer = client_of(cast.vera).get(address(layer, **asked))

    assert answer.status_code == 404
    assert "immutable" not in answer.get("Cache-Control", "")


def test_layer_that_is_not_there_is_not_found(layer, cast, client_of):
    known = f"/tiles/{layer.uid}/"
    asked = address(layer).replace(known, f"/tiles/{uuid4()}/")

    assert client_of(cast.vera).get(asked).status_code == 404


def test_layer_without_images_has_no_tiles(cast, client_of, importer, photo, uploader):
    layer = uploader.upload(importer.draw(photo(), colours=RGB)).layer

    for version in ("", "x", "0" * 16):
        asked = address(layer, version=version)
        assert client_of(cast.vera).get(asked).status_code == 404


@pytest.mark.parametrize(("name", "status"), [("stan", 404), ("ada", 404), ("nobody", 401)])
def test_others_see_no_tile_and_no_cache_remembers_it(layer, cast, client_of, name, status):
    client = client_of(cast.named(name))

    for asked in (address(layer), address(layer, x=1), address(layer, version="0" * 16)):
        answer = client.get(asked)
        assert answer.status_code == status
        assert answer["Cache-Control"] == "no-store"
        assert not answer.has_header("Content-Encoding")


def test_tiles_can_only_be_read(layer, cast, client_of):
    client = client_of(cast.max)

    assert client.post(address(layer)).status_code == 405
    assert client.delete(address(layer)).status_code == 405


def test_old_version_goes_when_the_layer_grows(layer, cast, client_of, importer, photo, uploader):
    before, key = address(layer), layer_source(layer).key
    uploader.bring_in(importer.draw(photo(seed=8), colours=RGB), layer=layer)
    layer.refresh_from_db()
    client = client_of(cast.vera)

    assert client.get(before).status_code == 404
    assert client.get(address(layer)).status_code == 200
    assert layer_source(layer).key != key


def test_tiles_have_one_route():
    assert [route.callback for route in urlpatterns].count(tile) == 1


def test_proxy_that_asks_whether_a_tile_may_be_seen_makes_nobody_draw_it(
    layer, cast, client_of, monkeypatch
):
    drawn = []
    monkeypatch.setattr("webapp.imaging.tiles.render_tile", lambda *_, **__: drawn.append(1))
    asked = address(layer)
    assert client_of(cast.vera).head(asked).status_code == 204
    assert client_of(cast.stan).head(asked).status_code == 404
    assert client_of(None).head(asked).status_code == 401
    assert not drawn
    assert client_of(cast.vera).get(asked).status_code == 204  # as this test's painter says
    assert drawn


def test_tile_of_a_file_that_is_gone_is_refused_and_not_kept(layer, cast, client_of, data_dir):
    for cog in (data_dir / "cogs").iterdir():
        cog.unlink()
    answer = client_of(cast.ana).get(address(layer))
    assert answer.status_code == 503
    assert b"cannot be read at the moment" in answer.content
    assert answer["Cache-Control"] == "no-store"
