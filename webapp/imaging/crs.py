"""Coordinate systems: reading what people type, units, and the proposal for a project.

pyproj and rasterio each bring a PROJ with a database of its own and find it themselves:
nothing here sets PROJ_* variables, which would point one at the other's.
"""

import math
import re
import warnings
from dataclasses import dataclass

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from webapp.imaging.answers import LOCAL_GRID

LOCAL_GRID_WKT = (
    'ENGCRS["Local grid in metres",EDATUM["Local origin"],CS[Cartesian,2],'
    'AXIS["easting (X)",east,ORDER[1]],AXIS["northing (Y)",north,ORDER[2]],'
    'LENGTHUNIT["metre",1]]'
)
"""CRS of imagery without a place on Earth: areas and lengths are still true."""

_WGS84 = CRS.from_epsg(4326)
_EARTH_RADII_M = (6_300_000.0, 6_400_000.0)
_MERCATOR_METHODS = ("1024", "9804", "9805", "1044")
"""EPSG method codes: pseudo, variants A, B and C. Areas grow with the latitude in all."""

_NATIONAL_UTM = {4269: (26900, range(1, 24)), 4258: (25800, range(28, 39))}
"""Geographic CRS to the UTM series of the same datum (NAD83, ETRS89) and its zones: staying
on the datum saves a shift that PROJ could do only roughly without grid files."""


class UnknownCrs(ValueError):
    """Text that names no coordinate system that a map can use."""


@dataclass(frozen=True, slots=True)
class CrsForPage:
    """What the page needs of a CRS.

    Attributes:
        name: for people.
        code: `EPSG:n` where one is known for certain, else empty.
        proj4: definition for the map in the browser; empty for a local grid, or where PROJ
            has no short form (then the map works without degrees).
        unit_name: unit of the axes.
        metres_per_unit: its length.
    """

    name: str
    code: str
    proj4: str
    unit_name: str
    metres_per_unit: float


def read_crs(text: str) -> CRS:
    """The horizontal CRS that a person or a .prj file names.

    Args:
        text: an EPSG or ESRI code, a bare EPSG number, WKT of any flavour, a PROJ string, or
            `local` for the local grid.

    Raises:
        UnknownCrs: none of these, or a PROJ string that names files.
    """
    text = text.strip()
    if text == LOCAL_GRID:
        return CRS.from_wkt(LOCAL_GRID_WKT)
    if re.fullmatch(r"\d{4,6}", text):
        text = f"EPSG:{text}"
    is_code = re.fullmatch(r"(?i)(EPSG|ESRI):\d{4,6}", text)
    is_wkt = re.match(r"(?i)[A-Z_]+\s*\[", text)
    # +init, grids and geoids name files that PROJ would open.
    is_proj = re.match(r"\+proj=\w+", text) and not re.search(r"init|grids|file|@", text)
    if not (is_code or is_wkt or is_proj) or len(text) > 20_000:
        raise UnknownCrs(_unknown(text))
    try:
        return horizontal(CRS.from_user_input(text))
    except (CRSError, ProjError) as error:
        raise UnknownCrs(_unknown(text)) from error


def _unknown(text: str) -> str:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return (
        f"“{shown}” is no coordinate system that is known here. "
        "Give an EPSG code such as EPSG:26910, or its WKT."
    )


def horizontal(crs: CRS) -> CRS:
    """The horizontal part of a compound CRS, without a third axis or a bound transformation.

    Raises:
        UnknownCrs: it has no horizontal part (heights alone, geocentric).
    """
    while crs.is_compound or crs.is_bound:
        inner = crs.sub_crs_list[0] if crs.is_compound else crs.source_crs
        if inner is None:
            break
        crs = inner
    if not (crs.is_projected or crs.is_geographic or crs.is_engineering):
        raise UnknownCrs(f"“{crs.name}” has no horizontal axes. Choose a map projection.")
    return crs.to_2d() if len(crs.axis_info) > 2 else crs


def is_local(crs: CRS) -> bool:
    """Whether the CRS has no tie to the Earth."""
    return bool(crs.is_engineering)


def is_on_earth(crs: CRS) -> bool:
    """Whether the ellipsoid is the Earth's, by its size; a local grid counts as on Earth."""
    if crs.ellipsoid is None:
        return True
    low, high = _EARTH_RADII_M
    return low < crs.ellipsoid.semi_major_metre < high


def keeps_areas_usable(crs: CRS) -> bool:
    """Whether a project may use it: metric axes and no Mercator."""
    if is_local(crs):
        return True
    if not crs.is_projected:
        return False
    operation = crs.coordinate_operation
    if operation is None:
        return False
    return operation.method_code not in _MERCATOR_METHODS


def unit_of(crs: CRS) -> tuple[str, float]:
    """Name of the unit of the axes and its length in metres (0 for degrees)."""
    if crs.is_geographic or not crs.axis_info:
        return "degree", 0.0
    axis = crs.axis_info[0]
    return axis.unit_name, axis.unit_conversion_factor


def propose_project_crs(crs: CRS, x: float, y: float) -> CRS:
    """The file's own CRS where areas in it are usable, else the UTM zone of a place.

    Args:
        crs: CRS of the file.
        x: the image's centre in it, easting or longitude.
        y: northing or latitude.

    Raises:
        UnknownCrs: the centre has no longitude and latitude.
    """
    if keeps_areas_usable(crs):
        return crs
    lon, lat = to_lon_lat(crs, x, y)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise UnknownCrs(f"The centre of the image has no place on Earth in “{crs.name}”.")
    if not -80 <= lat <= 84:  # where UTM ends, universal polar stereographic begins
        return CRS.from_epsg(32661 if lat > 0 else 32761)
    zone = int((lon + 180) // 6) % 60 + 1
    geodetic = crs.geodetic_crs
    series, zones = _NATIONAL_UTM.get((geodetic and geodetic.to_epsg()) or 0, (0, range(0)))
    if zone in zones and lat >= 0:
        return CRS.from_epsg(series + zone)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def to_lon_lat(crs: CRS, x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude (WGS 84, degrees) of a place; infinite where it has none."""
    try:
        transformer = Transformer.from_crs(crs, _WGS84, always_xy=True)
    except ProjError:
        return math.inf, math.inf
    lon, lat = transformer.transform(x, y)
    return float(lon), float(lat)


def same_crs(one: CRS, other: CRS) -> bool:
    """Whether coordinates mean the same place in both, whatever the axis order on paper."""
    return bool(one.equals(other, ignore_axis_order=True))


def for_page(wkt: str) -> CrsForPage:
    """Name, code, proj4 and unit of a CRS, for the map in the browser.

    Works for any WKT that PROJ reads; no EPSG code is needed.
    """
    crs = CRS.from_wkt(wkt)
    unit_name, metres_per_unit = unit_of(crs)
    code = crs.to_epsg(min_confidence=100)
    return CrsForPage(
        name=crs.name,
        code=f"EPSG:{code}" if code else "",
        proj4=proj4_of(wkt),
        unit_name=unit_name,
        metres_per_unit=metres_per_unit,
    )


def proj4_of(wkt: str) -> str:
    """The PROJ string of a CRS; empty where it has none (local grids, exotic methods)."""
    with warnings.catch_warnings():
        # pyproj warns that the short form loses the datum's name; the page needs only the
        # plane and degrees for display.
        warnings.simplefilter("ignore", UserWarning)
        try:
            return CRS.from_wkt(wkt).to_proj4()
        except CRSError:
            return ""
