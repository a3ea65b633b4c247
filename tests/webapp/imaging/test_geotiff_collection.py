"""Every file of the collection of real GeoTIFFs: the verdict, and the COG where there is one.

The expectation is the collection's own (column `expected` of its README); where it leaves a
choice, or ours is better, the comment says why.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS
from rio_cogeo import cog_validate

from webapp.imaging.crs import for_page, keeps_areas_usable
from webapp.imaging.verdict import RasterFiles

SHARED = Path(os.environ.get("SEGMAP_SHARED", Path(__file__).parents[4] / "shared"))
FOLDER = SHARED / "imagery" / "geotiff"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the shared data is not here: set SEGMAP_SHARED"
)

SHOWN: list[str] = []

EXPECTED: dict[str, list[str] | str] = {
    # file: the kinds of its questions (none: shown at once), or a word of its refusal
    "plain_cog_utm13_jpeg": SHOWN,
    "drone_utm_south_rgba": SHOWN,
    "dutch_rdnew_25cm_jpeg": SHOWN,
    "neon_forest_nodata255": ["nodata"],
    "landsat7_6bands_utm25s": ["bands"],
    "stateplane_california_ft_gray": SHOWN,
    "stateplane_virginia_usft_geokeys": SHOWN,
    "georgia_west_ft_forest_rgb": SHOWN,
    "webmercator_webp_rgb": SHOWN,
    "latlon_halfmetre_jpeg_rgb": SHOWN,
    "lambert93_named_but_uncoded_rgb": ["crs", "nodata"],
    "lambert93_elevation_float32": ["show"],
    "nztm_by_parameters_rgb": SHOWN,
    "no_crs_with_geotransform_palette": ["crs"],
    "no_georeference_rgba": ["crs"],
    "local_engineering_crs_rgb": ["crs"],
    "geostationary_full_disc": "corners",
    "mars_geographic_rgb": "not on Earth",
    "naip_nir_tagged_as_alpha": ["band4"],
    "sentinel2_13bands": ["bands"],
    # The stretch needs no question: percentiles are measured, and the page can change it.
    "int16_10bands_nodata": ["bands"],
    "float32_nan_4band_reflectance": ["bands"],
    "rgba_webmercator_packbits": SHOWN,
    "topo_map_palette": SHOWN,
    "landcover_palette_with_auxxml": ["show"],
    "uint16_blue_first_rgba": SHOWN,
    "dem_int16_pixel_is_point": ["show"],
    "south_up_jpeg_rgb": SHOWN,
    "complex_sar_gcps": "complex",
    # Its ellipsoid is that of WGS 84, which is assumed: a question nobody could answer better.
    "nodata0_unknown_datum_rgb": SHOWN,
    "jpeg_internal_mask_rgb": SHOWN,
    "external_mask_rgb": SHOWN,
    "rotated_utm_point": SHOWN,
    "float64_temperature_point": ["show"],
    # Its ground control points are enough to place it, so there is nothing to ask.
    "gcps_only_cog": SHOWN,
    "rpc_only_uint16": "Orthorectify",
    "bigtiff_rgba_zstd_cog": SHOWN,
    "planar_lerc_zstd_tiled": SHOWN,
    "external_overviews": SHOWN,
    "worldfile_and_prj": ["crs"],
    # The damaged tile is one that the end of the file is missing from: both are said.
    "corrupt_jpeg_tile": "columns 512 to 1024, rows 512 to 1024",
    "truncated": "ends after",
    "codec_jpeg2000_missing": "compressed",
    "sparse_66000px_306bytes": "empty",
    # Neither page says where it is.
    "two_pages": ["page", "crs"],
}
SIDECAR_SUFFIXES = {".msk", ".ovr", ".tfw", ".prj", ".xml"}


def collected(stem: str) -> RasterFiles:
    main = FOLDER / f"{stem}.tif"
    sidecars = tuple(
        path
        for path in sorted(FOLDER.iterdir())
        if path != main and path.name.startswith(f"{stem}.") and path.suffix in SIDECAR_SUFFIXES
    )
    return RasterFiles(main, main.name, sidecars)


def first_answers(verdict) -> dict[str, str]:
    return {question.kind: question.options[0].value for question in verdict.questions}


def test_every_file_of_the_collection_has_an_expectation():
    assert {path.stem for path in FOLDER.glob("*.tif")} == set(EXPECTED)


@pytest.mark.parametrize("stem", EXPECTED)
def test_verdict_is_as_expected(importer, stem):
    expected = EXPECTED[stem]
    verdict = importer.verdict(collected(stem))

    if isinstance(expected, str):
        assert verdict.state == "refused"
        assert expected in verdict.sentence
    else:
        assert [question.kind for question in verdict.questions] == expected
        assert verdict.state == ("question" if expected else "shown")
    assert verdict.sentence.endswith((".", "?"))


@pytest.mark.parametrize("stem", [s for s, kinds in EXPECTED.items() if isinstance(kinds, list)])
def test_every_answer_settles_it_and_makes_a_sound_cog(importer, stem):
    files = collected(stem)
    answers = first_answers(importer.verdict(files))
    assert importer.verdict(files, **answers).state == "shown"

    facts, path = importer.write(files, **answers)

    is_valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
    assert is_valid, (errors, warnings)
    assert keeps_areas_usable(CRS.from_wkt(facts.crs_wkt))
    assert facts.metres_per_unit > 0
    assert for_page(facts.crs_wkt).unit_name == facts.unit_name
    assert len(facts.band_roles) == len(facts.band_values) == facts.count
    with rasterio.open(path) as dataset:
        assert (dataset.width, dataset.height, dataset.count) == (
            facts.width,
            facts.height,
            facts.count,
        )
        transform = dataset.transform
        assert (transform.b, transform.d, transform.a) == (0, 0, -transform.e)
        if np.dtype(facts.dtype).kind == "f":
            visible = ~np.isnan(dataset.read()).all(axis=0)
        else:
            visible = dataset.read_masks(1) != 0
            assert facts.has_mask == (not visible.all())
    outline = shapely.from_wkb(facts.footprint_wkb)
    assert outline.is_valid
    assert outline.area == pytest.approx(
        visible.sum() * facts.resolution**2, rel=0.1, abs=4 * facts.resolution**2
    )


def cog_of(importer, stem, **answers):
    facts, path = importer.write(collected(stem), **answers)
    with rasterio.open(path) as dataset:
        return facts, dataset.read(), dataset.read_masks(1) != 0


def test_near_infrared_of_the_naip_file_hides_nothing_that_alpha_would(importer):
    _, _, shown = cog_of(importer, "naip_nir_tagged_as_alpha", band4="nir")

    assert shown[:-1].all()  # the last row is half outside: square pixels do not divide it


def test_edge_of_the_drone_image_is_transparent(importer):
    facts, _, visible = cog_of(importer, "drone_utm_south_rgba")

    assert facts.warped == ()
    assert visible.mean() == pytest.approx(0.8756, abs=1e-4)


def test_mask_beside_the_file_is_kept_and_missing_without_it(importer):
    files = collected("external_mask_rgb")
    alone = RasterFiles(files.main, files.name)

    assert importer.verdict(files).facts.has_mask
    assert not importer.verdict(alone).facts.has_mask


def test_crs_without_code_keeps_its_feet(importer):
    facts, _, _ = cog_of(importer, "stateplane_virginia_usft_geokeys")

    assert facts.metres_per_unit == pytest.approx(0.3048006, abs=1e-7)
    assert facts.resolution == 0.25


def test_pixel_size_of_web_mercator_is_that_on_the_ground(importer):
    facts = importer.verdict(collected("rgba_webmercator_packbits")).facts

    assert facts.pixel_size_m == pytest.approx(4.0025 * np.cos(np.radians(56.85)), rel=0.01)


def test_nan_of_the_reflectances_is_transparent(importer):
    facts, pixels, _ = cog_of(importer, "float32_nan_4band_reflectance", bands="3,2,1,4")

    assert np.isnan(facts.nodata)
    assert 0.3 < np.isnan(pixels[0]).mean() < 0.6
    assert facts.band_values[3].statistics.maximum < 6000
