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
    selection.need_labels(member.project, state)
    return enqueue(
        JobKind.EXPORT_LABELS,
        member.project,
        member.user,
        {"format": export_format, "state": state},
        subject=f"{'Shapefile' if export_format == 'shp' else 'GeoPackage'}, {state} labels",
    )
