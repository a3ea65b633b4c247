"""Where a raster lies: its CRS, and whether its pixels must be resampled to be usable."""

import html
import math
import re
from dataclasses import dataclass

from affine import Affine
from pyproj import CRS

from webapp.imaging.answers import CRS_OF_FILE, LOCAL_GRID, Answers
from webapp.imaging.band_plan import Findings
from webapp.imaging.crs import (
    LOCAL_GRID_WKT,
    UnknownCrs,
    is_local,
    is_on_earth,
    keeps_areas_usable,
    propose_project_crs,
    read_crs,
    same_crs,
    to_lon_lat,
)
from webapp.imaging.opening import StagedRaster
from webapp.imaging.raster_facts import Page
from webapp.imaging.verdict import CrsAndGrid, Option, Question, RasterRefused

DRIFT_PX = 0.1
"""A grid counts as square, north-up or aligned where following it strictly moves no pixel of
the image by more than this: the rounding of a transform in a file, not a shape."""

_CRS_ACCEPTS = "An EPSG code such as EPSG:26910, or a WKT or PROJ description."


@dataclass(frozen=True, slots=True)
class Placement:
    """How an image gets onto a north-up grid of square pixels.

    Attributes:
        source_crs: CRS of the file's coordinates.
        target_crs: CRS of the project.
        transform: pixel frame of the file to `source_crs`; None where ground points say it.
        reasons: why pixels are resampled, each the end of "because ..."; empty where they
            are not.
        keeps_plane: source and target CRS are the same plane.
        is_flip: rows or columns only change their order, so that no value changes.
        grid: as in `CrsAndGrid`.
    """

    source_crs: CRS
    target_crs: CRS
    transform: Affine | None
    reasons: tuple[str, ...]
    keeps_plane: bool
    is_flip: bool
    grid: tuple[float, float, float] | None


def find_crs(staged: StagedRaster, page: Page, answers: Answers, findings: Findings) -> CRS | None:
    """The CRS of the file's coordinates; None where a question was added instead.

    Raises:
        RasterRefused: the image is on another body, in no place on Earth, or not placed but
            by a camera model.
    """
    if page.position == "camera model":
        raise RasterRefused(
            f"{staged.name} is a raw satellite scene, placed only by a camera model. "
            "Orthorectify it and upload the result."
        )
    if page.position == "none":
        return _crs_without_position(staged, answers, findings)
    crs = _chosen_crs(staged, page, answers, findings)
    if crs is None or is_local(crs):
        return crs
    if not is_on_earth(crs):
        raise RasterRefused(
            f"{staged.name} is not on Earth: its coordinate system is “{crs.name}”. "
            "Choose another image."
        )
    if not any(math.isfinite(lon) for lon, _ in (to_lon_lat(crs, *xy) for xy in _corners(page))):
        raise RasterRefused(
            f"The corners of {staged.name} have no place on Earth in its coordinate system. "
            "Warp it to a map projection and upload the result."
        )
    return crs


def _crs_without_position(staged: StagedRaster, answers: Answers, findings: Findings) -> CRS | None:
    if answers.crs == LOCAL_GRID:
        return CRS.from_wkt(LOCAL_GRID_WKT)
    findings.questions.append(
        Question(
            "crs",
            f"{staged.name} does not say where it is, not even how large its pixels are. Work "
            "in a plain local grid with pixels of 1 m, or upload it with a world file (.tfw) "
            "and a .prj.",
            (Option(LOCAL_GRID, "Plain local grid, without a map"),),
        )
    )
    return None


def _chosen_crs(
    staged: StagedRaster, page: Page, answers: Answers, findings: Findings
) -> CRS | None:
    crs = page.crs
    named = _code_in_name(crs)
    if answers.crs == CRS_OF_FILE and crs is not None:
        return crs
    if answers.crs is not None:
        try:
            return read_crs(answers.crs)
        except UnknownCrs as error:
            findings.questions.append(_crs_question(staged, page, f"{error} "))
            return None
    if crs is None or is_local(crs):
        findings.questions.append(_crs_question(staged, page, ""))
        return None
    if named is not None:
        findings.questions.append(_named_crs_question(named))
        return None
    return crs


def _code_in_name(crs: CRS | None) -> str | None:
    """`EPSG:n` where a CRS is called so but is not that CRS."""
    if crs is None or crs.to_epsg() is not None:
        return None
    named = re.fullmatch(r"(?i)\s*(EPSG:\d{4,6})\s*", crs.name)
    return named[1].upper() if named else None


def _named_crs_question(code: str) -> Question:
    try:
        name = f"{code}, {read_crs(code).name}"
    except UnknownCrs:
        name = code
    return Question(
        "crs",
        f"The coordinate system calls itself {code} but leaves its datum open. Is it that one?",
        (
            Option(code, f"Yes, {name}"),
            Option(CRS_OF_FILE, "No, take it as the file describes it"),
        ),
        accepts=_CRS_ACCEPTS,
    )


def _crs_question(staged: StagedRaster, page: Page, before: str) -> Question:
    options: dict[str, Option] = {}
    for source, text in ((".prj", staged.prj), (".aux.xml", _wkt_of_aux_xml(staged.aux_xml))):
        try:
            crs = read_crs(text)
        except UnknownCrs:
            continue
        code = crs.to_epsg()
        value = f"EPSG:{code}" if code else crs.to_wkt()
        options.setdefault(value, Option(value, f"{crs.name}, as the {source} says"))
    if _looks_like_degrees(page):
        options.setdefault("EPSG:4326", Option("EPSG:4326", "Longitude and latitude (WGS 84)"))
    options[LOCAL_GRID] = Option(LOCAL_GRID, "Plain local grid in metres, without a map")
    if page.crs is not None:
        sentence = (
            f"This file lies in a local grid (“{page.crs.name}”) that no map knows. "
            "Keep it so, or choose its coordinate system."
        )
        options = {LOCAL_GRID: options[LOCAL_GRID], **options}
    else:
        sentence = "This file does not say where it is. Choose its coordinate system."
    return Question("crs", before + sentence, tuple(options.values()), accepts=_CRS_ACCEPTS)


def _wkt_of_aux_xml(text: str) -> str:
    found = re.search(r"<SRS[^>]*>(.*?)</SRS>", text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def _looks_like_degrees(page: Page) -> bool:
    # Small local grids near (0, 0) look alike; degrees have pixels far under one unit.
    is_fine = page.facts.pixel_size is not None and max(page.facts.pixel_size) < 0.01
    return is_fine and all(abs(x) <= 180 and abs(y) <= 90 for x, y in _corners(page))


def _corners(page: Page) -> list[tuple[float, float]]:
    if page.position == "ground points":
        return [(point.x, point.y) for point in page.ground_points]
    width, height = page.facts.width, page.facts.height
    return [
        page.transform @ corner for corner in ((0, 0), (width, 0), (width, height), (0, height))
    ]


def place(page: Page, crs: CRS, target: CrsAndGrid | None, name: str) -> Placement:
    """How the image gets onto the project's grid, or onto the one proposed without a target.

    Raises:
        RasterRefused: the image and the project have no CRS in common: one is a local grid.
    """
    target_crs = CRS.from_wkt(target.crs_wkt) if target else _proposed(page, crs, name)
    if is_local(crs) != is_local(target_crs):
        raise RasterRefused(_no_common_ground(name, target_crs))
    if page.position == "none":
        # Rows count downwards in a picture and upwards on a map.
        transform = Affine(1, 0, 0, 0, -1, page.facts.height)
    else:
        transform = page.transform
    reasons, is_flip = [], False
    if page.position == "ground points":
        reasons.append("its place is given by ground control points")
    else:
        reasons, is_flip = _shape_reasons(transform, page.facts.width, page.facts.height)
    # Two local grids are one and the same here: neither says where it is.
    keeps_plane = is_local(crs) or same_crs(crs, target_crs)
    if not keeps_plane:
        reasons.append(_crs_reason(crs, target, target_crs))
        is_flip = False
    grid = target.grid if target else None
    if grid is not None and not reasons and not _is_on_grid(page, transform, grid):
        reasons.append("its pixels do not fall on those of the layer")
    if not reasons:
        transform = _exactly(transform, grid)
    return Placement(
        source_crs=crs,
        target_crs=target_crs,
        transform=None if page.position == "ground points" else transform,
        reasons=tuple(reasons),
        keeps_plane=keeps_plane,
        is_flip=is_flip and grid is None,
        grid=grid,
    )


def _proposed(page: Page, crs: CRS, name: str) -> CRS:
    corners = _corners(page)
    x = sum(corner[0] for corner in corners) / len(corners)
    y = sum(corner[1] for corner in corners) / len(corners)
    try:
        return propose_project_crs(crs, x, y)
    except UnknownCrs as error:
        raise RasterRefused(
            f"The middle of {name} has no place on Earth in its coordinate system. "
            "Warp it to a map projection and upload the result."
        ) from error


def _no_common_ground(name: str, target_crs: CRS) -> str:
    if is_local(target_crs):
        return (
            f"{name} has a place on Earth, but this project works in a plain local grid. "
            "Import it into another project."
        )
    return (
        f"{name} has no place on Earth, but this project works in {target_crs.name}. "
        "Choose the image's coordinate system, or import it into a project of its own."
    )


def _shape_reasons(transform: Affine, width: int, height: int) -> tuple[list[str], bool]:
    """Why a grid is not north-up and square, and whether reordering rows is the whole cure."""
    across = math.hypot(transform.a, transform.d)
    down = math.hypot(transform.b, transform.e)
    reasons = []
    is_turned = (
        abs(transform.d) * width > DRIFT_PX * across or abs(transform.b) * height > DRIFT_PX * down
    )
    if is_turned:
        return ["its grid is turned or sheared against north"], False
    is_oblong = abs(across / down - 1) * max(width, height) > DRIFT_PX
    if is_oblong:
        reasons.append("its pixels are not square")
    is_upside_down = transform.e > 0
    if is_upside_down:
        reasons.append("its first row is the southernmost")
    is_mirrored = transform.a < 0
    if is_mirrored:
        reasons.append("its first column is the easternmost")
    return reasons, bool(reasons) and not is_oblong


def _crs_reason(crs: CRS, target: CrsAndGrid | None, target_crs: CRS) -> str:
    if target is not None:
        return f"the project works in {target_crs.name}"
    if crs.is_geographic:
        return "its coordinates are degrees, in which areas cannot be measured"
    if not keeps_areas_usable(crs):
        return f"areas are not true in {crs.name}"
    return f"the project works in {target_crs.name}"


def _exactly(transform: Affine, grid: tuple[float, float, float] | None) -> Affine:
    """The transform without its rounding: strictly square, and strictly on a grid."""
    if grid is None:
        return Affine(transform.a, 0, transform.c, 0, -transform.a, transform.f)
    left, top, resolution = grid
    cols, rows = round((transform.c - left) / resolution), round((top - transform.f) / resolution)
    return Affine(resolution, 0, left + cols * resolution, 0, -resolution, top - rows * resolution)


def _is_on_grid(page: Page, transform: Affine, grid: tuple[float, float, float]) -> bool:
    left, top, resolution = grid
    longest = max(page.facts.width, page.facts.height)
    if abs(transform.a / resolution - 1) * longest > DRIFT_PX:
        return False
    cols, rows = (transform.c - left) / resolution, (top - transform.f) / resolution
    return abs(cols - round(cols)) < DRIFT_PX and abs(rows - round(rows)) < DRIFT_PX
