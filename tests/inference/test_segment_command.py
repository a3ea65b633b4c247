import numpy as np
import pyogrio.raw
import pytest
import shapely

from inference.__main__ import main
from tests.drawn.click_layers import (
    COLOUR_SPEC,
    GROUND,
    PLANT,
    RESOLUTION,
    ColourNetwork,
    click,
    draw_layer,
    ground,
    paint,
)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Segments a drawn picture by a click at its centre; what was said and the outline's area."""
    monkeypatch.setattr(
        "inference.models.registry.load_model", lambda *_: (ColourNetwork(), COLOUR_SPEC)
    )

    def segment(pixels, *options):
        image = draw_layer(tmp_path, pixels).files[0].path
        place, out = click(400, 400), tmp_path / "out.gpkg"
        at = f"--click={place.x_map},{place.y_map},+"
        assert main(["segment", image, at, "--out", str(out), *options]) == 0
        _, _, geometry, _ = pyogrio.raw.read(out)
        (outline,) = shapely.from_wkb(geometry)
        return capsys.readouterr().out, outline.area / RESOLUTION**2

    return segment


def disc(radius):
    """A round plant on bare ground, 800 x 800."""
    pixels = ground(800, 800)
    rows, cols = np.mgrid[:800, :800] + 0.5 - 400
    pixels[:, np.hypot(rows, cols) < radius] = np.array(PLANT)[:, None]
    return pixels


def test_large_object_is_refined_at_native_pixels_where_that_is_asked_for(run):
    said, area = run(disc(150), "--native-passes", "200")
    assert area == pytest.approx(np.pi * 150**2, rel=0.002)
    assert "pixels to one" not in said


def test_coarse_outline_says_how_coarse_it_is(run):
    said, _ = run(disc(150), "--native-passes", "0")
    assert "0% of the outline is as fine as the image, the rest was drawn at 8 pixels" in said


def test_partly_refined_outline_says_how_much_of_it_is_fine(run):
    said, _ = run(disc(150), "--native-passes", "4")
    share = int(said.split("% of the outline")[0].split()[-1])
    assert 0 < share < 100


def test_what_was_left_out_is_said(run):
    pixels = paint(disc(15), (398, 392, 400, 394), GROUND)
    paint(pixels, (418, 380, 426, 390), PLANT)
    paint(pixels, (418, 400, 421, 403), PLANT)
    said, _ = run(pixels)
    assert "Left out: 1 other part, 1 part below the least size, 1 hole filled." in said
