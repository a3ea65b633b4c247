"""The stretch of a layer comes from all of its files."""

import numpy as np
import pytest

from webapp.imaging.cog_facts import _spread
from webapp.imaging.mosaic import statistics_of_all
from webapp.imaging.queries import layer_source, statistics_of
from webapp.imaging.verdict import PERCENTS, BandStatistics, BandValues

RANDOM = np.random.default_rng(5)
DARK = RANDOM.normal(60, 8, (80, 100)).clip(1, 254).round()
BRIGHT = RANDOM.gamma(4, 12, (40, 100)).clip(0, 100).round() + 140
PATCHY = np.where(RANDOM.random((30, 100)) < 0.4, 0, RANDOM.integers(0, 255, (30, 100)))


def spread(values, area=1.0):
    return _spread(values, np.ones(values.shape, bool), area)


def measured(values) -> BandStatistics:
    """By numpy, of all pixels."""
    return BandStatistics(*np.percentile(values, (0, 0.5, 2, 98, 99.5, 100)).tolist())


def close(ours: BandStatistics, truth: BandStatistics, within: float):
    return ours.to_mapping() == pytest.approx(truth.to_mapping(), abs=within)


@pytest.mark.parametrize("values", [DARK, BRIGHT, PATCHY], ids=["dark", "bright", "patchy"])
def test_one_file_keeps_its_own_percentiles_to_the_bit(values):
    empty = BandValues(0.0, (0.0,) * len(PERCENTS))
    assert statistics_of_all([spread(values)]) == measured(values)
    assert statistics_of_all([spread(values), empty]) == measured(values)


@pytest.mark.parametrize(
    "files",
    [(DARK, BRIGHT), (BRIGHT, DARK), (DARK, BRIGHT, PATCHY), (DARK, DARK + 1, DARK + 100)],
    ids=["dark first", "bright first", "three", "near and far"],
)
def test_several_files_give_the_percentiles_of_all_their_pixels(files):
    together = statistics_of_all([spread(values) for values in files])
    truth = measured(np.concatenate([values.ravel() for values in files]))
    assert close(together, truth, within=2.5)
    assert (together.minimum, together.maximum) == (truth.minimum, truth.maximum)


def test_file_weighs_as_many_pixels_as_its_overview_stands_for():
    together = statistics_of_all([spread(DARK, area=16), spread(BRIGHT)])
    truth = measured(np.concatenate([*[DARK.ravel()] * 16, BRIGHT.ravel()]))
    assert close(together, truth, within=2.5)


def test_files_of_one_value_each_keep_their_values():
    ones = [spread(np.full((8, 8), value)) for value in (10.0, 200.0)]
    assert statistics_of_all(ones) == BandStatistics(10, 10, 10, 200, 200, 200)


def test_bands_without_a_valid_pixel_have_zeros():
    empty = BandValues(0.0, (0.0,) * len(PERCENTS))
    assert statistics_of_all([empty, empty]) == BandStatistics(0, 0, 0, 0, 0, 0)


def test_second_file_widens_what_tiles_and_engine_are_told(importer, uploader):
    dark = np.stack([DARK, DARK + 1, DARK + 2]).astype(np.uint16) * 10
    bright = np.stack([BRIGHT, BRIGHT + 1, BRIGHT + 2]).astype(np.uint16) * 40

    first = uploader.bring_in(importer.draw(dark, name="dark.tif", colours="red green blue"))
    assert statistics_of(first.layer) == [measured(band) for band in dark]
    ranges = [(one.low, one.high) for one in layer_source(first.layer).ranges]
    assert ranges == [tuple(np.percentile(band, (0.5, 99.5)).tolist()) for band in dark]

    files = importer.draw(bright, name="bright.tif", colours="red green blue")
    second = uploader.bring_in(files, layer=first.layer)
    assert second.layer.version != first.layer.version
    for ours, *bands in zip(statistics_of(second.layer), dark, bright, strict=True):
        assert close(ours, measured(np.concatenate([band.ravel() for band in bands])), within=100)
