"""Objects across the border of two files of one layer."""

import numpy as np
import pytest
from rasterio.shutil import copy as copy_raster

from inference.data.cog_reader import CogReader
from inference.data.open_files import OpenFiles
from inference.messages import OutlineRules
from inference.prediction.predictor import Predictor
from inference.prediction.question import Question
from tests.drawn.click_layers import (
    PLANT,
    RESOLUTION,
    ColourNetwork,
    click,
    ground,
    layer,
    paint,
    segment,
    write_file,
)

WIDTH, HEIGHT = 800, 600
BORDER = 403
"""No multiple of any factor: pixels of a coarse window lie in both files."""


def cog(folder, name, pixels, *, col):
    """A COG with overviews on the layer's grid."""
    plain = write_file(folder / f"{name}_plain.tif", pixels, col=col)
    path = folder / f"{name}.tif"
    copy_raster(plain.path, path, driver="COG", blocksize=128)
    return plain.model_copy(update={"path": str(path)})


def two_files(folder, box, *, overlap=0):
    """A layer cut at the border, with a plant in a box."""
    pixels = paint(ground(WIDTH, HEIGHT), box, PLANT)
    files = [
        cog(folder, "west", pixels[:, :, : BORDER + overlap], col=0),
        cog(folder, "east", pixels[:, :, BORDER:], col=BORDER),
    ]
    return layer(files, width=WIDTH, height=HEIGHT)


def settled(source, place):
    rules = OutlineRules(deviation_px=0)
    question = Question.of(segment(source, [place], rules=rules))
    reader = CogReader(source, bands=3, files=OpenFiles())
    return Predictor(ColourNetwork(), size=64).answer(question, reader)


@pytest.mark.parametrize("overlap", [0, 50])
@pytest.mark.parametrize(
    ("box", "factor"),
    [((393, 290, 417, 312), 1), ((340, 240, 460, 360), 4), ((300, 200, 500, 400), 8)],
)
def test_object_across_the_border_comes_out_in_one_piece(tmp_path, box, factor, overlap):
    source = two_files(tmp_path, box, overlap=overlap)
    answer = settled(source, click(BORDER - 8, 300))
    (part,) = answer.outline.geometry.geoms
    assert answer.found.mask.window.factor == factor
    assert not part.interiors
    area = (box[2] - box[0]) * (box[3] - box[1])
    assert part.area / RESOLUTION**2 == pytest.approx(area, rel=0.05)


@pytest.mark.parametrize("box", [(393, 290, 417, 312), (300, 200, 500, 400)])
def test_border_of_two_files_changes_nothing(tmp_path, box):
    pixels = paint(ground(WIDTH, HEIGHT), box, PLANT)
    whole = layer([cog(tmp_path, "whole", pixels, col=0)], width=WIDTH, height=HEIGHT)
    place = click(BORDER + 5, 300)
    one, two = settled(whole, place), settled(two_files(tmp_path, box), place)
    assert np.array_equal(one.found.mask.inside(0.5), two.found.mask.inside(0.5))
