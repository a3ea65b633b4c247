import math

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS, Transformer

from webapp.imaging.verdict import CrsAndGrid, RasterRefused

RGB = "red green blue"
UTM_10N_WKT = CRS.from_epsg(26910).to_wkt()


def marked(height=61, width=83, row=20, col=50):
    """Dark ground with one bright pixel."""
    pixels = np.full((3, height, width), 40, np.uint8)
    pixels[:, row, col] = 250
    return pixels


def place_of_mark(path):
    """Map position of the bright pixel's centre: the mean of what it was smeared over."""
    with rasterio.open(path) as dataset:
        band = dataset.read(1).astype(float)
        weight = np.where(dataset.read_masks(1) > 0, np.clip(band - 45, 0, None), 0)
        rows, cols = np.mgrid[: dataset.height, : dataset.width] + 0.5
        col, row = (cols * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()
        return dataset.transform @ (col, row)


@pytest.mark.parametrize(
    "transform",
    [
        pytest.param(
            Affine.translation(500_000, 4_000_000) @ Affine.rotation(33) @ Affine.scale(0.5, -0.5),
            id="turned",
        ),
        pytest.param(
            Affine.translation(500_000, 4_000_000) @ Affine.shear(12, 0) @ Affine.scale(0.5, -0.5),
            id="sheared",
        ),
        pytest.param(Affine(0.5, 0, 500_000, 0, -0.8, 4_000_000), id="oblong"),
        pytest.param(Affine(0.5, 0, 500_000, 0, 0.5, 4_000_000), id="south-up"),
        pytest.param(Affine(-0.5, 0, 500_000, 0, -0.5, 4_000_000), id="mirrored"),
    ],
)
def test_marked_pixel_keeps_its_place_through_the_warp(importer, transform):
    files = importer.draw(marked(), colours=RGB, transform=transform)

    facts, path = importer.write(files)

    assert facts.warped
    x_map, y_map = place_of_mark(path)
    expected = transform @ (50.5, 20.5)
    assert math.dist((x_map, y_map), expected) < 0.5 * facts.resolution
    with rasterio.open(path) as dataset:
        assert dataset.transform == Affine(
            facts.resolution, 0, facts.left, 0, -facts.resolution, facts.top
        )


def test_degrees_become_utm_with_the_mark_in_its_place(importer):
    step = 5e-6
    transform = Affine(step, 0, -120.5, 0, -step, 34.4)
    files = importer.draw(marked(), colours=RGB, crs="EPSG:4326", transform=transform)

    facts, path = importer.write(files)

    assert CRS.from_wkt(facts.crs_wkt).to_epsg() == 32610
    to_utm = Transformer.from_crs(4326, 32610, always_xy=True)
    expected = to_utm.transform(*(transform @ (50.5, 20.5)))
    assert math.dist(place_of_mark(path), expected) < 0.5 * facts.resolution


def test_web_mercator_is_never_the_result(importer, photo):
    transform = Affine(1.2, 0, -13_400_000, 0, -1.2, 4_080_000)
    files = importer.draw(photo(), colours=RGB, crs="EPSG:3857", transform=transform)

    facts, _ = importer.write(files)

    assert CRS.from_wkt(facts.crs_wkt).to_epsg() == 32610
    # 1.2 Mercator metres at 34.4 degrees north.
    assert facts.resolution == pytest.approx(1.2 * math.cos(math.radians(34.4)), rel=0.02)


def test_south_up_image_is_turned_without_changing_a_pixel(importer, photo):
    pixels = photo()
    transform = Affine(0.5, 0, 500_000, 0, 0.5, 4_000_000)

    facts, path = importer.write(importer.draw(pixels, colours=RGB, transform=transform))

    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(), pixels[:, ::-1])
    assert (facts.left, facts.top) == (500_000, 4_000_030)
    assert not facts.has_mask


def test_square_north_up_image_keeps_every_pixel(importer, photo):
    pixels = photo(height=61, width=83)

    facts, path = importer.write(importer.draw(pixels, colours=RGB))

    assert facts.warped == ()
    assert (facts.left, facts.top, facts.resolution) == (500_000, 4_000_000, 0.5)
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(), pixels)


def test_feet_stay_feet(importer, photo):
    files = importer.draw(photo(), colours=RGB, crs="EPSG:2225")

    facts, _ = importer.write(files)

    assert facts.unit_name == "US survey foot"
    assert facts.metres_per_unit == pytest.approx(0.3048006, abs=1e-7)
    assert facts.resolution == 0.5


def test_crs_without_code_is_kept_with_its_unit(importer, photo):
    crs = "+proj=tmerc +lat_0=12 +lon_0=34.5 +k=0.9998 +x_0=600000 +ellps=GRS80 +units=us-ft"
    transform = Affine(2, 0, 1_970_000, 0, -2, 30_000)

    facts, _ = importer.write(importer.draw(photo(), colours=RGB, crs=crs, transform=transform))

    assert CRS.from_wkt(facts.crs_wkt).to_epsg() is None
    assert facts.metres_per_unit == pytest.approx(0.3048006, abs=1e-7)
    assert facts.warped == ()


def test_file_off_the_layers_grid_is_warped_onto_it(importer):
    files = importer.draw(marked(), colours=RGB)
    target = CrsAndGrid(UTM_10N_WKT, (500_000.2, 4_000_000.1, 0.6))

    facts, path = importer.write(files, target=target)

    cols = (facts.left - 500_000.2) / 0.6
    rows = (4_000_000.1 - facts.top) / 0.6
    assert cols == pytest.approx(round(cols), abs=1e-6)
    assert rows == pytest.approx(round(rows), abs=1e-6)
    assert facts.resolution == 0.6
    expected = (500_000 + 50.5 * 0.5, 4_000_000 - 20.5 * 0.5)
    assert math.dist(place_of_mark(path), expected) < 0.3


def test_file_on_the_layers_grid_keeps_every_pixel(importer, photo):
    pixels = photo()
    target = CrsAndGrid(UTM_10N_WKT, (499_900, 4_000_200, 0.5))

    facts, path = importer.write(importer.draw(pixels, colours=RGB), target=target)

    assert facts.warped == ()
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(), pixels)


def test_missing_crs_is_asked_and_any_answer_settles_it(importer, photo):
    files = importer.draw(photo(), colours=RGB, crs=None)

    assert [question.kind for question in importer.verdict(files).questions] == ["crs"]
    assert importer.verdict(files, crs="26910").state == "shown"
    assert importer.verdict(files, crs="local").state == "shown"
    assert importer.verdict(files, crs="EPSG:1").state == "question"


def test_image_without_position_lies_in_a_local_grid_of_metres(importer, photo):
    files = importer.draw(photo(height=60), colours=RGB, crs=None, transform=None)

    facts, _ = importer.write(files, crs="local")

    assert (facts.left, facts.top, facts.resolution) == (0, 60, 1)
    assert (facts.unit_name, facts.metres_per_unit) == ("metre", 1)


def test_turned_image_in_a_local_grid_can_be_warped(importer):
    transform = Affine.rotation(20) @ Affine.scale(0.5, -0.5)
    files = importer.draw(marked(), colours=RGB, crs=None, transform=transform)

    facts, path = importer.write(files, crs="local")

    assert math.dist(place_of_mark(path), transform @ (50.5, 20.5)) < 0.5 * facts.resolution


def test_local_image_does_not_fit_a_project_on_earth(importer, photo):
    files = importer.draw(photo(), colours=RGB, crs=None, transform=None)

    with pytest.raises(RasterRefused, match="project"):
        importer.write(files, target=CrsAndGrid(UTM_10N_WKT), crs="local")


def test_prj_beside_the_file_is_offered(importer, photo):
    files = importer.draw(photo(), colours=RGB, crs=None)
    prj = files.main.with_suffix(".prj")
    prj.write_text(CRS.from_epsg(26910).to_wkt("WKT1_ESRI"))
    files = type(files)(files.main, files.name, (prj,))

    question = importer.verdict(files).questions[0]

    assert question.options[0].value == "EPSG:26910"


def draw_with_ground_points(importer):
    points = [
        rasterio.control.GroundControlPoint(row, col, 500_000 + col * 0.5, 4_000_000 - row * 0.5)
        for row, col in [(0, 0), (0, 83), (61, 0), (61, 83)]
    ]
    files = importer.draw(marked(), colours=RGB, crs=None, transform=None)
    with rasterio.open(files.main, "r+") as dataset:
        dataset.gcps = points, rasterio.crs.CRS.from_epsg(26910)
    return files


def test_ground_control_points_place_the_image(importer):
    facts, path = importer.write(draw_with_ground_points(importer))

    expected = (500_000 + 50.5 * 0.5, 4_000_000 - 20.5 * 0.5)
    assert math.dist(place_of_mark(path), expected) < 0.5 * facts.resolution


def test_footprint_is_the_outline_of_what_is_visible(importer, photo):
    visible = np.zeros((60, 80), bool)
    visible[10:40, 20:70] = True
    facts, _ = importer.write(importer.draw(photo(), colours=RGB, visible=visible))

    outline = shapely.from_wkb(facts.footprint_wkb)

    assert outline.equals(shapely.box(500_010, 3_999_980, 500_035, 3_999_995))


def test_ground_control_points_place_the_image_on_a_layers_grid(importer):
    files = draw_with_ground_points(importer)

    target = CrsAndGrid(UTM_10N_WKT, (500_000.2, 4_000_000.1, 0.6))
    facts, path = importer.write(files, target=target)

    assert (facts.left - 500_000.2) / 0.6 == pytest.approx(round((facts.left - 500_000.2) / 0.6))
    expected = (500_000 + 50.5 * 0.5, 4_000_000 - 20.5 * 0.5)
    assert math.dist(place_of_mark(path), expected) < 0.3
