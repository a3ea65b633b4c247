import numpy as np
import pytest
import rasterio

RGBA = "red green blue alpha"


def kinds(verdict):
    return [question.kind for question in verdict.questions]


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read(), dataset.read_masks(1) != 0


def test_varied_band_tagged_alpha_over_a_whole_picture_is_asked(importer, photo):
    files = importer.draw(photo(4), colours=RGBA)

    assert kinds(importer.verdict(files)) == ["band4"]


def test_near_infrared_answer_keeps_the_band_and_hides_nothing(importer, photo):
    pixels = photo(4)
    facts, path = importer.write(importer.draw(pixels, colours=RGBA), band4="nir")

    assert facts.band_roles == ("red", "green", "blue", "nir")
    assert not facts.has_mask
    np.testing.assert_array_equal(read(path)[0], pixels)


def test_transparency_answer_drops_the_band_and_hides_its_zeros(importer, photo):
    pixels = photo(4)
    pixels[3, :10] = 0
    facts, path = importer.write(importer.draw(pixels, colours=RGBA), band4="alpha")

    assert facts.band_roles == ("red", "green", "blue")
    np.testing.assert_array_equal(read(path)[1], pixels[3] != 0)


@pytest.mark.parametrize("value", [255, 7])
def test_constant_alpha_is_dropped_without_asking(importer, photo, value):
    pixels = photo(4)
    pixels[3] = value
    files = importer.draw(pixels, colours=RGBA)

    assert importer.verdict(files).state == "shown"
    facts, _ = importer.write(files)
    assert facts.count == 3
    assert not facts.has_mask


def test_ragged_alpha_of_a_drone_mosaic_is_taken_without_asking(importer, photo):
    pixels = photo(4)
    pixels[3] = 255
    pixels[:, :20, :30] = 0
    files = importer.draw(pixels, colours=RGBA)

    assert importer.verdict(files).state == "shown"
    facts, path = importer.write(files)
    assert facts.has_mask
    np.testing.assert_array_equal(read(path)[1], pixels[3] == 255)


def test_soft_alpha_over_nothing_is_taken_without_asking(importer, photo):
    pixels = photo(4)
    pixels[3] = np.linspace(1, 255, 80).astype(np.uint8)
    pixels[:, :20] = 0
    files = importer.draw(pixels, colours=RGBA)

    assert importer.verdict(files).state == "shown"


def test_untagged_fourth_band_is_near_infrared(importer, photo):
    verdict = importer.verdict(importer.draw(photo(4), colours="red green blue undefined"))

    assert verdict.state == "shown"
    assert verdict.proposal.band_roles == ("red", "green", "blue", "nir")


def test_colour_tags_decide_the_order(importer, photo):
    verdict = importer.verdict(importer.draw(photo(3), colours="blue green red"))

    assert verdict.proposal.band_roles == ("blue", "green", "red")


def test_untagged_bands_are_asked_and_answered(importer, photo):
    files = importer.draw(photo(6))

    assert kinds(importer.verdict(files)) == ["bands"]
    verdict = importer.verdict(files, bands="3,2,1,4")
    assert verdict.state == "shown"
    assert verdict.proposal.band_roles == ("blue", "green", "red", "nir", "", "")


@pytest.mark.parametrize("answer", ["1,2", "1,1,2", "1,2,9", "red", "0,1,2"])
def test_answer_that_names_no_bands_is_asked_again(importer, photo, answer):
    verdict = importer.verdict(importer.draw(photo(6)), bands=answer)

    assert kinds(verdict) == ["bands"]
    assert answer in verdict.questions[0].sentence


def test_seldom_nodata_in_a_photo_is_asked(importer, photo):
    pixels = photo()
    pixels[:, 5, 5:9] = 255
    files = importer.draw(pixels, colours="red green blue", nodata=255)

    assert kinds(importer.verdict(files)) == ["nodata"]
    assert not importer.write(files, nodata="no")[0].has_mask
    facts, path = importer.write(files, nodata="yes")
    assert facts.has_mask
    np.testing.assert_array_equal(read(path)[1], ~(pixels == 255).all(axis=0))


def test_pixel_with_nodata_in_one_band_only_is_shown(importer, photo):
    pixels = photo()
    pixels[:, :20] = 0
    pixels[0, 40, 40] = 0
    _, path = importer.write(importer.draw(pixels, colours="red green blue", nodata=0))

    _, visible = read(path)
    assert visible[40, 40]
    assert not visible[:20].any()


def test_one_float_band_is_no_photo_until_told(importer):
    heights = np.linspace(0, 900, 40 * 50, dtype=np.float32).reshape(1, 40, 50)
    files = importer.draw(heights, nodata=-9999)

    assert kinds(importer.verdict(files)) == ["show"]
    assert importer.verdict(files, show="yes").state == "shown"


def test_nodata_of_floats_becomes_nan(importer):
    heights = np.linspace(0, 900, 40 * 50, dtype=np.float32).reshape(1, 40, 50)
    heights[0, :5] = -9999
    heights[0, 5, 5] = np.nan
    facts, path = importer.write(importer.draw(heights, nodata=-9999), show="yes")

    pixels, _ = read(path)
    assert np.isnan(facts.nodata)
    assert not facts.has_mask
    np.testing.assert_array_equal(np.isnan(pixels[0, :5]), True)
    assert np.isnan(pixels[0, 5, 5])
    assert np.isnan(pixels).sum() == 5 * 50 + 1


def test_palette_is_expanded_to_its_colours(importer):
    indices = np.arange(40 * 50, dtype=np.uint8).reshape(1, 40, 50) % 3
    files = importer.draw(indices, photometric="palette")
    with rasterio.open(files.main, "r+") as dataset:
        dataset.write_colormap(1, {0: (0, 0, 0), 1: (200, 100, 50), 2: (9, 8, 7)})

    facts, path = importer.write(files)
    assert facts.band_roles == ("red", "green", "blue")
    pixels, _ = read(path)
    assert pixels[:, 0, :3].T.tolist() == [[0, 0, 0], [200, 100, 50], [9, 8, 7]]


def test_empty_image_is_refused(importer):
    files = importer.draw(np.zeros((3, 40, 50), np.uint8), colours="red green blue", nodata=0)

    verdict = importer.verdict(files)
    assert verdict.state == "refused"
    assert "empty" in verdict.sentence


def test_complex_values_are_refused(importer):
    verdict = importer.verdict(importer.draw(np.ones((1, 20, 20), np.complex64)))

    assert verdict.state == "refused"
    assert "complex" in verdict.sentence


def test_sixteen_bit_stays_sixteen_bit(importer, photo):
    pixels = photo(3).astype(np.uint16) * 40
    facts, path = importer.write(importer.draw(pixels, colours="red green blue"))

    assert facts.dtype == "uint16"
    np.testing.assert_array_equal(read(path)[0], pixels)
    assert facts.band_values[0].statistics.minimum == pixels[0].min()
    assert facts.band_values[0].statistics.p2 == pytest.approx(np.percentile(pixels[0], 2))
