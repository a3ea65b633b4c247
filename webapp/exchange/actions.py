from webapp.errors import BadInput
from webapp.exchange import selection
from webapp.exchange.schemas import ExportFormat, ExportState
from webapp.jobs.actions import enqueue
from webapp.jobs.models import Job, JobKind
from webapp.projects.roles import Member


def start_export(member: Member, export_format: ExportFormat, state: ExportState) -> Job:
    """Queue an export of the member's project.

    Raises:
        BadInput: there is nothing to export.
    """
    if not selection.labels_of(member.project, state).exists():
        raise BadInput(
            "No label is accepted yet, so nothing was exported. Choose 'all', or review first."
            if state == "accepted"
            else "Nothing is labelled yet, so nothing was exported."
        )
    return enqueue(
        JobKind.EXPORT_LABELS,
        member.project,
        member.user,
        {"format": export_format, "state": state},
        subject=f"{'Shapefile' if export_format == 'shp' else 'GeoPackage'}, {state} labels",
    )
