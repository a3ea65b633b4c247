import json
import os
import subprocess
import sys

import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from inference.__main__ import main
from tests.drawn.click_layers import (
    COLOUR_SPEC,
    LEFT,
    PLANT,
    RESOLUTION,
    TOP,
    ColourNetwork,
    click,
    draw_layer,
    ground,
    paint,
)


@pytest.fixture
def colour_model(monkeypatch):
    """`--model default` is the network of the drawn layers."""
    monkeypatch.setattr(
        "inference.models.registry.load_model", lambda _name: (ColourNetwork(), COLOUR_SPEC)
    )


@pytest.fixture
def image(tmp_path):
    pixels = paint(ground(400, 400), (190, 190, 215, 220), PLANT)
    paint(pixels, (100, 300, 130, 330), PLANT)
    return draw_layer(tmp_path, pixels).files[0].path


def at(col, row, sign="+"):
    place = click(col, row)
    return f"--click={place.x_map},{place.y_map},{sign}"


def test_segment_writes_the_outline_and_says_its_area(image, tmp_path, colour_model, capsys):
    out = tmp_path / "out.gpkg"
    assert main(["segment", image, at(200, 200), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    meta, _, geometry, fields = pyogrio.raw.read(out)
    (outline,) = shapely.from_wkb(geometry)
    assert outline.area == pytest.approx(25 * 30 * RESOLUTION**2, rel=0.05)
    assert meta["crs"] == "EPSG:26910"
    assert dict(zip(meta["fields"], (f[0] for f in fields), strict=True)) == {
        "area_m2": pytest.approx(outline.area),
        "clicks": 1,
        "model": "c" * 64,
    }
    assert f"{outline.area:.1f} m2" in said


def test_segment_that_finds_nothing_writes_nothing(image, tmp_path, colour_model, capsys):
    out = tmp_path / "out.gpkg"
    clicks = [at(200, 200), at(200, 200, "-")]
    assert main(["segment", image, *clicks, "--out", str(out)]) == 1
    assert "Nothing found here" in capsys.readouterr().err
    assert not out.exists()


def test_click_without_a_sign_is_a_usage_error(image, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["segment", image, "--click=1,2", "--out", str(tmp_path / "out.gpkg")])
    assert "--click" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("crs", "transform", "words"),
    [
        (None, Affine(0.6, 0, LEFT, 0, -0.6, TOP), "does not say where it is"),
        ("EPSG:4326", Affine(1e-5, 0, -120, 0, -1e-5, 34), "degrees"),
        ("EPSG:3857", Affine(0.6, 0, 0, 0, -0.6, 0), "Web Mercator"),
        ("EPSG:26910", Affine(0.6, 0.1, LEFT, 0.1, -0.6, TOP), "rotated or oblong"),
        ("EPSG:26910", Affine(0.6, 0, LEFT, 0, -0.5, TOP), "rotated or oblong"),
    ],
)
def test_image_on_an_unsuitable_grid_is_refused(tmp_path, crs, transform, words, capsys):
    path = tmp_path / "image.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=8, height=8, count=3, dtype="uint8", crs=crs,
        transform=transform,
    ) as out:  # fmt: skip
        out.write(np.zeros((3, 8, 8), np.uint8))
    assert main(["segment", str(path), "--click=0,0,+", "--out", str(tmp_path / "o.gpkg")]) == 1
    assert words in capsys.readouterr().err


def test_file_that_is_no_image_is_refused(tmp_path, capsys):
    path = tmp_path / "image.tif"
    path.write_text("no image")
    assert main(["segment", str(path), "--click=0,0,+", "--out", str(tmp_path / "o.gpkg")]) == 1
    assert "image.tif" in capsys.readouterr().err


def test_sixteen_bit_values_are_taken_between_their_percentiles(tmp_path, colour_model):
    pixels = paint(ground(400, 400), (190, 190, 215, 220), PLANT).astype(np.uint16) * 40
    source = draw_layer(tmp_path, pixels)
    out = tmp_path / "out.gpkg"
    assert main(["segment", source.files[0].path, at(200, 200), "--out", str(out)]) == 0
    _, _, geometry, _ = pyogrio.raw.read(out)
    (outline,) = shapely.from_wkb(geometry)
    assert outline.area == pytest.approx(25 * 30 * RESOLUTION**2, rel=0.05)


def test_simulate_prints_the_median_after_some_clicks(image, tmp_path, colour_model, capsys):
    boxes = [(190, 190, 215, 220), (100, 300, 130, 330)]
    outlines = [shapely.box(*box_on_map(*box)) for box in boxes]
    truth = tmp_path / "truth.gpkg"
    pyogrio.raw.write(
        truth,
        geometry=shapely.to_wkb(np.array(outlines)),
        field_data=[],
        fields=[],
        geometry_type="Polygon",
        crs="EPSG:26910",
        driver="GPKG",
    )
    assert main(["simulate", image, str(truth), "--objects", "5", "--clicks", "3"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 objects of truth.gpkg, model default")
    medians = [float(line.split()[-1]) for line in said.splitlines() if "median" in line]
    assert len(medians) == 2
    assert medians[0] > 0.9


def box_on_map(first_col, first_row, last_col, last_row):
    low, high = click(first_col, last_row), click(last_col, first_row)
    return low.x_map, low.y_map, high.x_map, high.y_map


def test_engine_without_a_token_does_not_start(monkeypatch, capsys):
    monkeypatch.delenv("SEGMAP_ENGINE_TOKEN", raising=False)
    assert main(["engine", "--server", "ws://127.0.0.1:1/ws/engine"]) == 1
    assert "SEGMAP_ENGINE_TOKEN" in capsys.readouterr().err


def test_engine_runs_the_model_that_the_environment_names(monkeypatch, capsys):
    monkeypatch.setenv("SEGMAP_ENGINE_TOKEN", "drawn")
    monkeypatch.setenv("SEGMAP_MODEL", "of-nobody")
    assert main(["engine", "--server", "ws://127.0.0.1:1/ws/engine"]) == 1
    assert "of-nobody" in capsys.readouterr().err


def test_commands_with_options_of_their_own_get_them_as_they_are(tmp_path, capsys):
    assert main(["draw-scene", "--out", str(tmp_path), "--size", "50"]) == 1
    assert "50 x 50 pixels" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert "--finish-in-minutes" in capsys.readouterr().out


def test_help_needs_no_heavy_module():
    program = (
        "import sys, json; from inference.__main__ import parser; parser().format_help();"
        "print(json.dumps(sorted({'torch', 'rasterio', 'cv2', 'shapely'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=os.environ
    )
    assert json.loads(done.stdout) == []
