import shutil

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.windows import Window

from bench import imports, many_labels, memory, tiles


def test_labels_in_a_viewport_are_those_whose_boxes_shapely_finds():
    labels = many_labels.draw(200, (1000.0, 5000.0), seed=3)
    assert shapely.is_valid(labels.polygons).all()
    box = (1100.0, 4700.0, 1290.0, 4900.0)
    boxes = shapely.box(*shapely.bounds(labels.polygons).T)
    expected = {n + 1 for n in np.flatnonzero(shapely.intersects(boxes, shapely.box(*box)))}
    assert labels.numbers_in(box) == expected
    assert 10 < len(expected) < 100


def test_tiles_asked_for_are_those_that_lie_within_the_layer():
    grid = {"extent": [0, -1100, 2048, 0], "resolutions": [4, 2, 1], "tile_size": 512}
    places = tiles.all_places({"tile_grid": grid})
    assert sorted(places) == [(1, 0, 0), (1, 1, 0), *((2, x, y) for x in range(4) for y in (0, 1))]


def test_cogs_with_one_other_pixel_are_not_the_same_work(tmp_path):
    one, other = tmp_path / "one.tif", tmp_path / "other.tif"
    imports.draw_file(one, 600, seed=1)
    shutil.copy(one, other)
    assert imports.compare(one, other)["overviews"] == "0 (ours), 0 (rio cogeo)"
    with rasterio.open(other, "r+") as dataset:
        pixel = Window(599, 599, 1, 1)
        dataset.write(dataset.read(4, window=pixel) - 1, 4, window=pixel)
    with pytest.raises(SystemExit, match="other pixels"):
        imports.compare(one, other)


def test_memory_that_grows_late_has_a_slope_and_memory_that_grew_early_has_none():
    seen = memory.Memory(supervisor=0)
    seen.at_s = [10.0 * n for n in range(25)]
    seen.mb = {
        "grows": [100 + at / 60 * 3 for at in seen.at_s],
        "grew": [100 + min(at, 60) for at in seen.at_s],
    }
    rows = seen.rows()
    assert rows["slope, grows"].startswith("+3.00 MB a minute")
    assert rows["slope, grew"].startswith(("+0.00", "-0.00"))
    assert rows["memory, grows"].startswith("100, 103, 106, 109, 112 MB")
