import numpy as np
import pytest

from webapp.imaging.rendering import colour, even_ramp, ndvi_legend
from webapp.imaging.verdict import BandStatistics
from webapp.imaging.views import Stretch, View

STATISTICS = (BandStatistics(0, 5, 20, 120, 200, 255),) * 4
ALL = np.ones((1, 3), bool)


def grey(values, stretch, gamma=1.0):
    view = View("grey", (1,), stretch, gamma)
    return colour(np.array([[values]]), ALL, view, STATISTICS)[0][0].tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_percentiles_become_black_and_white_in_every_type(dtype):
    values = np.array([10, 70, 130], dtype)

    assert grey(values, Stretch("p2-98")) == [0, 128, 255]


def test_fixed_stretch_takes_its_own_numbers():
    assert grey(np.array([0, 1000, 3000], np.uint16), Stretch.fixed((1000, 3000))) == [0, 0, 255]


def test_gamma_lightens_the_middle_only():
    dark, middle, light = grey(np.array([20, 70, 120], np.uint8), Stretch("p2-98"), gamma=2)

    assert (dark, light) == (0, 255)
    assert middle == round(255 * 0.5**0.5)


def test_constant_band_is_grey_and_not_an_error():
    flat = (BandStatistics(7, 7, 7, 7, 7, 7),)
    picture, _ = colour(
        np.full((1, 2, 2), 7, np.uint16), np.ones((2, 2), bool), View("grey", (1,)), flat
    )

    assert (picture == 128).all()


def test_band_of_one_value_in_a_picture_keeps_it():
    flat = (BandStatistics(204, 204, 204, 204, 204, 204),)
    picture, _ = colour(
        np.full((1, 2, 2), 204, np.uint8), np.ones((2, 2), bool), View("grey", (1,)), flat
    )

    assert (picture == 204).all()


def test_drawing_whose_percentiles_meet_is_stretched_between_its_extremes():
    drawing = (BandStatistics(0, 0, 0, 0, 0, 200),)
    view = View("grey", (1,))
    picture, _ = colour(np.array([[[0, 100, 200]]], np.uint8), ALL, view, drawing)

    assert picture[0].tolist() == [0, 128, 255]


# A meadow: little red, much green, less blue; p2 to p98 are 20 to 60, 80 to 120 and 30 to 50.
MEADOW = tuple(
    BandStatistics(low, low, low, high, high, high) for low, high in ((20, 60), (80, 120), (30, 50))
)


def rgb_of(values, stretch=None, statistics=MEADOW):
    view = View("rgb", (1, 2, 3), stretch or Stretch("p2-98"))
    pixel = np.array(values).reshape(3, 1, 1)
    return colour(pixel, np.ones((1, 1), bool), view, statistics)[0][0, 0].tolist()


def test_photograph_keeps_its_colour_balance():
    middle = np.array([40, 100, 40], np.uint8)

    # One stretch, 20 to 120, for all: each band by itself would be grey, 128 and 128 and 128.
    assert rgb_of(middle) == [51, 204, 51]
    assert rgb_of(np.array([70, 70, 70], np.uint8)) == [128, 128, 128]
    assert rgb_of(np.array([20, 120, 20], np.uint8)) == [0, 255, 0]


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32])
def test_measurements_are_stretched_band_by_band(dtype):
    assert rgb_of(np.array([40, 100, 40], dtype)) == [128, 128, 128]


def test_fixed_stretch_of_a_photograph_is_taken_as_it_is():
    assert rgb_of(np.array([40, 100, 40], np.uint8), Stretch.fixed((0, 255))) == [40, 100, 40]


def test_flat_band_of_a_photograph_does_not_hide_the_others():
    flat = (BandStatistics(7, 7, 7, 7, 7, 7), *MEADOW[1:])

    # A band of one value is taken as it is, and with it the whole picture.
    assert rgb_of(np.array([7, 100, 40], np.uint8), statistics=flat) == [7, 100, 40]


def test_ndvi_is_the_normalised_difference_on_the_ramp():
    near_infrared, red = [180, 100, 0], [20, 100, 0]
    values = np.array([[near_infrared], [red]], np.uint8)
    view = View("ndvi", (4, 1), Stretch.fixed((-0.2, 0.8)))

    picture, visible = colour(values, ALL, view, STATISTICS)

    assert picture[0, 0].tolist() == even_ramp()[255].tolist()  # (180 - 20) / 200 = 0.8
    assert picture[0, 1].tolist() == even_ramp()[51].tolist()  # 0 is a fifth of the way
    assert visible.tolist() == [[True, True, False]]  # 0 / 0


def test_ramp_grows_evenly_in_lightness():
    lightness = relative_lightness(even_ramp())
    steps = np.diff(lightness)

    assert (np.diff(lightness[::8]) > 0).all()
    assert steps.std() < 0.35
    assert lightness[-1] - lightness[0] > 65


def relative_lightness(colours):
    """CIE L* of 8-bit sRGB."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return 116 * np.cbrt(luminance) - 16


def test_legend_names_the_ends_of_the_stretch():
    legend = ndvi_legend(Stretch.fixed((-0.2, 0.8)))

    assert [entry.value for entry in legend] == [-0.2, 0.0, 0.2, 0.4, 0.6, 0.8]
    first, last = even_ramp()[0].tolist(), even_ramp()[255].tolist()
    assert legend[0].colour == "#{:02x}{:02x}{:02x}".format(*first)
    assert legend[-1].colour == "#{:02x}{:02x}{:02x}".format(*last)
