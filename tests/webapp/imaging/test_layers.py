import dataclasses

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.warp import transform

from webapp.imaging import actions, sandbox
from webapp.imaging.models import Image, Layer
from webapp.imaging.queries import grid_of, layer_files, layer_out, layer_source
from webapp.imaging.tile_grid import TileGrid
from webapp.imaging.tiles import read_tile
from webapp.jobs import actions as jobs

RGB = "red green blue"
LEFT, TOP, SIDE = 500_000, 4_000_000, 0.5


@pytest.fixture
def draw(importer, photo):
    """A photograph whose first pixel lies `cols` right of and `rows` below the usual place."""

    def drawn(name, cols=0, rows=0, *, seed=7, count=3, colours=RGB, height=60, width=80):
        pixels = photo(count, height=height, width=width, seed=seed)
        place = Affine(SIDE, 0, LEFT + cols * SIDE, 0, -SIDE, TOP - rows * SIDE)
        return importer.draw(pixels, name=name, transform=place, colours=colours)

    return drawn


def pixels_of(files):
    with rasterio.open(files.main) as dataset:
        return dataset.read()


def seen(layer):
    """What the only tile of a small layer shows: bands x rows x cols of the grid, and where."""
    layer.refresh_from_db()
    tile_grid = TileGrid(grid_of(layer))
    assert tile_grid.native_zoom == 0
    values, visible = read_tile(layer_files(layer), tile_grid, 0, 0, 0, bands=(1, 2, 3))
    return values[:, : layer.height, : layer.width], visible[: layer.height, : layer.width]


def place_on_map(image):
    """x_map and y_map of an image's first pixel, by its layer's grid."""
    image.refresh_from_db()
    image.layer.refresh_from_db()
    return grid_of(image.layer).to_map(image.col, image.row)


def test_second_file_lands_on_the_grid_of_the_first(draw, uploader):
    one, two = draw("one.tif"), draw("two.tif", cols=100, rows=20, seed=8)
    first = uploader.bring_in(one)
    version = first.layer.version
    second = uploader.bring_in(two, layer=first.layer)

    assert second.state == "ready"
    assert (second.col, second.row) == (100, 20)
    layer = second.layer
    assert (layer.left, layer.top, layer.width, layer.height) == (LEFT, TOP, 180, 80)
    assert layer.version != version
    values, visible = seen(layer)
    np.testing.assert_array_equal(values[:, :60, :80], pixels_of(one))
    np.testing.assert_array_equal(values[:, 20:, 100:], pixels_of(two))
    assert not visible[:, 80:100].any()
    # The page now asks for tiles that can be transparent between the files.
    assert layer_out(layer).tile_url.endswith(".webp")


def test_grid_grows_to_the_left_and_up_and_nothing_moves_on_the_map(draw, uploader):
    one, two = draw("one.tif"), draw("two.tif", cols=-30, rows=-50, seed=8)
    first = uploader.bring_in(one)
    cog = first.cog_path
    second = uploader.bring_in(two, layer=first.layer)

    layer = second.layer
    assert (layer.left, layer.top) == (LEFT - 30 * SIDE, TOP + 50 * SIDE)
    assert (layer.width, layer.height) == (110, 110)
    assert (second.col, second.row) == (0, 0)
    assert place_on_map(first) == (LEFT, TOP)
    assert (first.col, first.row, first.cog_path) == (30, 50, cog)
    sources = layer_source(layer)
    assert [(file.col, file.row) for file in sources.files] == [(0, 0), (30, 50)]
    values, _ = seen(layer)
    np.testing.assert_array_equal(values[:, 60:, 30:], pixels_of(one)[:, 10:])
    # Where they overlap the newer one is on top.
    np.testing.assert_array_equal(values[:, :60, :80], pixels_of(two))


def test_later_files_keep_the_grid_whichever_way_they_come(draw, uploader):
    layer = uploader.bring_in(draw("a.tif", width=30, height=20)).layer
    versions = {layer.version}
    images = []
    for number, (cols, rows) in enumerate([(40, -7), (-25, -30), (3, 2)]):
        files = draw(f"{number}.tif", cols, rows, seed=number, width=30, height=20)
        images.append((uploader.bring_in(files, layer=layer), cols, rows))
        versions.add(images[-1][0].layer.version)

    for image, cols, rows in images:
        assert place_on_map(image) == (LEFT + cols * SIDE, TOP - rows * SIDE)
    layer.refresh_from_db()
    assert (layer.left, layer.top) == (LEFT - 25 * SIDE, TOP + 30 * SIDE)
    assert (layer.width, layer.height) == (25 + 40 + 30, 30 + 2 + 20)
    assert len(versions) == 4


def test_file_between_the_pixels_of_the_layer_is_resampled_onto_them(draw, uploader):
    first = uploader.bring_in(draw("one.tif"))
    second = uploader.bring_in(draw("two.tif", cols=20.4, rows=10.3), layer=first.layer)

    assert second.state == "ready"
    x_map, y_map = place_on_map(second)
    assert ((x_map - LEFT) / SIDE).is_integer()
    assert ((TOP - y_map) / SIDE).is_integer()
    with rasterio.open(layer_files(second.layer)[0].path) as dataset:
        assert (dataset.transform.c, dataset.transform.f) == (x_map, y_map)


def test_image_in_another_crs_is_warped_into_that_of_the_project(draw, importer, photo, uploader):
    first = uploader.bring_in(draw("utm.tif"))
    lon, lat = transform("EPSG:26910", "EPSG:4326", [LEFT], [TOP])
    degrees = Affine(5e-6, 0, lon[0], 0, -5e-6, lat[0])
    files = importer.draw(
        photo(seed=8), name="degrees.tif", crs="EPSG:4326", transform=degrees, colours=RGB
    )
    second = uploader.bring_in(files)

    assert second.state == "ready"
    project, layer = second.layer.project, second.layer
    assert project.crs_wkt == first.layer.project.crs_wkt
    assert layer.resolution == pytest.approx(0.5, abs=0.1)  # 5e-6 degrees are 0.45 to 0.56 m
    outline = shapely.from_wkb(second.footprint)
    assert shapely.box(LEFT - 2, TOP - 40, LEFT + 40, TOP + 2).covers(outline)
    # In the first one's layer it would lie on that one's pixels.
    third = uploader.bring_in(files, layer=first.layer)
    assert third.state == "ready"
    assert third.layer.resolution == SIDE


@pytest.mark.parametrize(
    ("count", "colours", "dtype", "reason"),
    [
        (1, "gray", "uint8", "other.tif has 1 band and the layer has 3 bands"),
        (4, RGB + " undefined", "uint8", "other.tif has 4 bands and the layer has 3 bands"),
        (3, RGB, "uint16", "other.tif holds uint16 values and the layer holds uint8 values"),
        (3, "blue green red", "uint8", "other.tif shows blue, green, red and the layer shows red"),
    ],
)
def test_file_with_other_bands_is_refused_and_nothing_changed(
    importer, photo, draw, uploader, data_dir, count, colours, dtype, reason
):
    first = uploader.bring_in(draw("one.tif"))
    rows = list(Layer.objects.values())
    cogs = list((data_dir / "cogs").iterdir())
    files = importer.draw(photo(count).astype(dtype), name="other.tif", colours=colours)

    other = uploader.bring_in(files, layer=first.layer)

    assert other.state == "refused"
    assert other.sentence.startswith(reason)
    assert other.sentence.endswith("so it was not added. Upload it as a layer of its own.")
    assert list(Layer.objects.values()) == rows
    assert list((data_dir / "cogs").iterdir()) == cogs
    first.refresh_from_db()
    assert (first.state, first.col, first.row) == ("ready", 0, 0)


def test_image_is_made_again_where_another_set_the_projects_crs_meanwhile(
    draw, importer, photo, uploader, data_dir, monkeypatch
):
    """Both were uploaded to an empty project; each would have set its CRS."""
    other_zone = importer.draw(photo(seed=8), name="11n.tif", crs="EPSG:26911", colours=RGB)
    slow, quick = uploader.upload(other_zone), uploader.upload(draw("10n.tif"))
    real, targets = sandbox.run_write_cog, []

    def overtaken(files, answers, target, out, *, on_progress):
        facts = real(files, answers, target, out, on_progress=on_progress)
        targets.append((files.name, target is not None))
        if files.name == "11n.tif" and target is None:
            jobs.run_here(quick.job)
        return facts

    monkeypatch.setattr(sandbox, "run_write_cog", overtaken)
    jobs.run_here(slow.job)

    assert targets == [("11n.tif", False), ("10n.tif", False), ("11n.tif", True)]
    slow, quick = Image.objects.order_by("id")
    assert (slow.state, quick.state) == ("ready", "ready")
    assert rasterio.crs.CRS.from_wkt(slow.layer.project.crs_wkt).to_epsg() == 26910
    with rasterio.open(data_dir / slow.cog_path) as dataset:
        assert dataset.crs.to_epsg() == 26910
    assert len(list((data_dir / "cogs").iterdir())) == 2


def test_local_grid_and_map_do_not_mix(cast, draw, importer, photo, uploader):
    uploader.bring_in(draw("one.tif"))
    files = importer.draw(photo(), name="nowhere.tif", crs=None, transform=None, colours=RGB)
    image = uploader.bring_in(files)
    assert image.state == "question"

    image = actions.answer_questions(cast.project, cast.ana, image, {"crs": "local"})
    jobs.run_here(image.job)

    image.refresh_from_db()
    assert image.state == "refused"
    assert "no place on Earth" in image.sentence


def test_sidecars_are_read_where_they_were_uploaded_with_it(cast, importer, photo, uploader):
    files = importer.draw(photo(), name="ortho.tif", crs=None, transform=None, colours=RGB)
    world, projection = files.main.with_suffix(".tfw"), files.main.with_suffix(".PRJ")
    world.write_text(f"{SIDE}\n0\n0\n{-SIDE}\n{LEFT + SIDE / 2}\n{TOP - SIDE / 2}\n")
    projection.write_text(rasterio.crs.CRS.from_epsg(26910).to_wkt())
    shown = np.arange(80) >= np.full((60, 1), 40)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(files.main, "r+") as dataset:
        dataset.write_mask(shown)  # GDAL puts it beside the file
    mask = files.main.with_name("ortho.tif.msk")
    beside = [dataclasses.replace(files, main=path) for path in (world, projection, mask)]

    image = uploader.bring_in(files, *beside)
    (question,) = image.questions
    assert question["options"][0]["value"] == "EPSG:26910"  # what the .prj says

    image = actions.answer_questions(cast.project, cast.ana, image, {"crs": "EPSG:26910"})
    jobs.run_here(image.job)

    image.refresh_from_db()
    image.layer.refresh_from_db()
    assert image.state == "ready"
    assert (image.layer.left, image.layer.top) == (LEFT, TOP)
    assert image.has_mask
    _, visible = seen(image.layer)
    np.testing.assert_array_equal(visible, shown)
