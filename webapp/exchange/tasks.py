"""The job `export_labels`. It may run twice: the second run replaces the files of the first."""

import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from webapp.exchange import selection
from webapp.exchange.schemas import ExportFormat, ExportState
from webapp.exchange.writers import write_labels, write_summary
from webapp.jobs.work import Work
from webapp.projects.models import Project

SUFFIX: dict[ExportFormat, str] = {"gpkg": ".gpkg", "shp": "_shapefile.zip"}


def export_labels(work: Work) -> dict[str, Any]:
    """Write the files of an export; the result names them and counts what was left out."""
    export_format: ExportFormat = work.arguments["format"]
    state: ExportState = work.arguments["state"]
    project = work.job.project
    work.report(0.1, "reading the labels")
    labels = list(selection.labels_of(project, state))
    kept = selection.preview(project, state)
    work.report(0.4, f"writing {len(labels)} labels")
    folder = folder_of(work)
    fresh = folder.with_suffix(".writing")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    name = file_name(project, state)
    write_labels(labels, project, export_format, fresh / (name + SUFFIX[export_format]))
    write_summary(kept.rows, fresh / (name + "_summary.csv"))
    work.check()
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    address = f"/api/projects/{project.uid}/exports/{work.uid}"
    return {
        "download": f"{address}/file",
        "summary": f"{address}/summary",
        "file": name + SUFFIX[export_format],
        "summary_file": name + "_summary.csv",
        "labels": len(labels),
        "left_out": kept.left_out,
    }


def folder_of(work: Work) -> Path:
    """Where the files of an export lie."""
    return Path(settings.DATA_DIR) / "exports" / str(work.uid)


def file_name(project: Project, state: ExportState) -> str:
    """A name that every file system takes, without suffix: `Point_Reyes_accepted`."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", project.name).strip("_") or "project"
    return f"{plain}_{state}"
