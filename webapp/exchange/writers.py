"""Labels to files that desktop GIS reads: a GeoPackage, or a shapefile in one zip.

Coordinates are written as they are stored, in the project's CRS: nothing is re-projected or
rounded. A shapefile turns rings the other way round, and keeps every vertex.
"""

import csv
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw

from webapp.exchange.qgis_style import qml
from webapp.exchange.schemas import ExportFormat, ExportRowOut
from webapp.exchange.selection import FIELDS, SQUARE_METRES_PER_HECTARE, Field
from webapp.labels.models import Label
from webapp.projects.models import Project

LAYER = "labels"
GDAL_UTC = 100
"""How OGR says that a time is in UTC."""
DBF_TEXT_BYTES = 254


def write_labels(
    labels: Sequence[Label], project: Project, export_format: ExportFormat, out: Path
) -> None:
    """Write `out` (.gpkg, or .zip for a shapefile). It must not exist.

    Raises:
        OSError, pyogrio.errors.DataSourceError: the disk refused.
    """
    if export_format == "gpkg":
        _write_geopackage(labels, project, out)
    else:
        _write_shapefile(labels, project, out)


def write_summary(rows: Sequence[ExportRowOut], out: Path) -> None:
    """Labels and hectares by class, state and person, as CSV (UTF-8 with the mark Excel needs)."""
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["class_code", "class", "state", "person", "labels", "hectares"])
        for row in rows:
            hectares = f"{row.area_m2 / SQUARE_METRES_PER_HECTARE:.4f}"
            names = [_not_a_formula(text) for text in (row.class_code, row.class_name)]
            person = _not_a_formula(row.author)
            table.writerow([*names, row.review_state, person, row.labels, hectares])


def _not_a_formula(text: str) -> str:
    """Text that a spreadsheet shows and does not run (a name may begin with '=')."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _write_geopackage(labels: Sequence[Label], project: Project, out: Path) -> None:
    times = [field.name for field in FIELDS if field.name.endswith("_at")]
    pyogrio.raw.write(
        out,
        driver="GPKG",
        layer=LAYER,
        geometry_type="MultiPolygon",
        crs=project.crs_wkt or None,
        geometry=_geometries(labels),
        fields=[field.name for field in FIELDS],
        field_data=[_column(field, labels, times_as_text=False) for field in FIELDS],
        gdal_tz_offsets={name: np.full(len(labels), GDAL_UTC) for name in times},
    )
    # QGIS looks for a table of this name and shows the layer in the style that it holds.
    style = {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": LAYER,
        "f_geometry_column": "geom",
        "styleName": project.name,
        "styleQML": _style_of(project),
        "styleSLD": "",
        "useAsDefault": True,
        "description": "Classes of the project",
        "owner": "",
    }
    pyogrio.raw.write(
        out,
        driver="GPKG",
        layer="layer_styles",
        geometry_type=None,
        geometry=None,
        fields=list(style),
        field_data=[np.array([value], dtype=_dtype(value)) for value in style.values()],
        append=False,
    )


def _dtype(value: object) -> type:
    return bool if isinstance(value, bool) else object


def _write_shapefile(labels: Sequence[Label], project: Project, out: Path) -> None:
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        shapefile = Path(folder) / f"{LAYER}.shp"
        pyogrio.raw.write(
            shapefile,
            driver="ESRI Shapefile",
            layer=LAYER,
            geometry_type="MultiPolygon",
            crs=project.crs_wkt or None,
            geometry=_geometries(labels),
            fields=[field.name for field in FIELDS],
            field_data=[_column(field, labels, times_as_text=True) for field in FIELDS],
            encoding="UTF-8",
        )
        shapefile.with_suffix(".qml").write_text(_style_of(project), encoding="utf-8")
        (Path(folder) / "fields.txt").write_text(_field_list(labels), encoding="utf-8")
        with zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)


def _field_list(labels: Sequence[Label]) -> str:
    """What each field of a shapefile means; times are text there, and long notes are cut."""
    lines = [f"{field.name:<12}{field.meaning}" for field in FIELDS]
    cut = sum(len(label.note.encode()) > DBF_TEXT_BYTES for label in labels)
    if cut:
        lines.append(
            f"\nA shapefile holds {DBF_TEXT_BYTES} bytes of text: {cut} notes are cut. "
            "The GeoPackage has them whole."
        )
    return "\n".join(lines) + "\n"


def _style_of(project: Project) -> str:
    return qml(project.classes.all())


def _geometries(labels: Sequence[Label]) -> "np.ndarray[Any, np.dtype[np.object_]]":
    geometries = np.empty(len(labels), dtype=object)
    geometries[:] = [bytes(label.geometry) for label in labels]
    return geometries


def _column(
    field: Field, labels: Sequence[Label], *, times_as_text: bool
) -> "np.ndarray[Any, np.dtype[Any]]":
    """One field of all labels, with the dtype that OGR turns into the right type."""
    values = [field.value(label) for label in labels]
    if field.name.endswith("_at"):
        times = [value.astimezone(UTC) for value in values if isinstance(value, datetime)]
        if times_as_text:
            return np.array([f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in times], dtype=object)
        return np.array([time.replace(tzinfo=None) for time in times], dtype="datetime64[ms]")
    if field.name in ("number", "revision"):
        return np.array(values, dtype=np.int32)
    if field.name in ("area_ha", "area_m2"):
        return np.array(values, dtype=np.float64)
    return np.array(values, dtype=object)
