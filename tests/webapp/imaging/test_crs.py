import pytest
from pyproj import CRS

from webapp.imaging.crs import (
    LOCAL_GRID_WKT,
    UnknownCrs,
    for_page,
    keeps_areas_usable,
    proj4_of,
    propose_project_crs,
    read_crs,
)


@pytest.mark.parametrize("text", ["EPSG:26910", "26910", " epsg:26910 ", "+proj=utm +zone=10"])
def test_codes_and_proj_strings_are_read(text):
    assert read_crs(text).is_projected


def test_wkt_of_every_flavour_is_read():
    crs = CRS.from_epsg(2225)
    for flavour in ("WKT1_GDAL", "WKT1_ESRI", "WKT2_2019"):
        assert read_crs(crs.to_wkt(flavour)).axis_info[0].unit_conversion_factor < 0.31


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EPSG:1",
        "Mars",
        "+init=/etc/passwd:26910",
        "+proj=utm +zone=10 +nadgrids=/etc/passwd",
        "+proj=pipeline +step +file=/etc/passwd",
        "PROJCS[broken",
        "EPSG:5703",  # heights alone
        "EPSG:4978",  # geocentric
        "EPSG:26910 " + "x" * 30_000,
    ],
)
def test_what_names_no_map_plane_is_unknown(text):
    with pytest.raises(UnknownCrs):
        read_crs(text)


def test_compound_crs_loses_its_heights():
    assert read_crs("EPSG:6349").to_epsg() == 6318 or len(read_crs("EPSG:6349").axis_info) == 2


@pytest.mark.parametrize(
    ("code", "lon", "lat", "expected"),
    [
        (4326, -120.5, 34.4, 32610),
        (4326, 115.2, -8.5, 32750),
        (4269, -120.5, 34.4, 26910),
        (4258, 12.0, 55.0, 25833),
        (4326, 180.0, 10.0, 32601),
        (4326, 10.0, 86.0, 32661),
        (4326, 10.0, -86.0, 32761),
    ],
)
def test_degrees_get_the_utm_zone_of_their_datum(code, lon, lat, expected):
    assert propose_project_crs(CRS.from_epsg(code), lon, lat).to_epsg() == expected


def test_web_mercator_gets_utm():
    crs = propose_project_crs(CRS.from_epsg(3857), -13_414_000, 4_080_000)

    assert crs.to_epsg() == 32610


def test_projected_crs_is_kept_with_feet_or_without_code():
    feet = CRS.from_epsg(2225)
    own = CRS.from_proj4("+proj=lcc +lat_1=44 +lat_2=49 +lat_0=46 +lon_0=3 +ellps=GRS80")

    assert propose_project_crs(feet, 6_000_000, 2_000_000) == feet
    assert propose_project_crs(own, 0, 0) == own


@pytest.mark.parametrize(
    ("code", "usable"), [(26910, True), (4326, False), (3857, False), (3395, False)]
)
def test_degrees_and_mercators_are_no_project_crs(code, usable):
    assert keeps_areas_usable(CRS.from_epsg(code)) == usable


def test_page_gets_the_unit_of_feet():
    page = for_page(CRS.from_epsg(2225).to_wkt())

    assert page.code == "EPSG:2225"
    assert page.unit_name == "US survey foot"
    assert page.metres_per_unit == pytest.approx(0.3048006)
    assert "+units=us-ft" in page.proj4


def test_page_works_without_a_code():
    page = for_page(CRS.from_proj4("+proj=tmerc +lon_0=34.5 +k=0.9998 +ellps=GRS80").to_wkt())

    assert page.code == ""
    assert "+proj=tmerc" in page.proj4


def test_local_grid_has_metres_and_no_proj4():
    page = for_page(LOCAL_GRID_WKT)

    assert (page.proj4, page.metres_per_unit) == ("", 1.0)
    assert proj4_of(LOCAL_GRID_WKT) == ""
