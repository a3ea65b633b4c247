from pathlib import Path
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.errors import AppError
from webapp.exchange import selection
from webapp.exchange.schemas import ExportFormat, ExportState
from webapp.exchange.selection import SQUARE_METRES_PER_HECTARE
from webapp.exchange.writers import write_labels, write_summary
from webapp.projects.models import Project


class Command(BaseCommand):
    """`manage.py export_labels --project NAME --format gpkg --state accepted --out PATH`."""

    help = "Write a project's labels to a GeoPackage or a zipped shapefile, with a CSV summary."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--project", required=True, help="name of the project")
        parser.add_argument("--format", choices=get_args(ExportFormat), default="gpkg")
        parser.add_argument("--state", choices=get_args(ExportState), default="accepted")
        parser.add_argument("--out", type=Path, required=True, help="file to write (not yet there)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say what is in it and what is not."""
        project = Project.objects.filter(name=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project named {options['project']}.")
        out: Path = options["out"]
        beside = out.with_name(out.stem + "_summary.csv")
        for path in (out, beside):
            if path.exists():
                raise CommandError(f"{path} is there already. Nothing was written.")
        if not out.parent.is_dir():
            raise CommandError(f"There is no folder {out.parent}. Nothing was written.")
        try:
            selection.need_labels(project, options["state"])
        except AppError as error:
            raise CommandError(error.sentence) from error
        labels = list(selection.labels_of(project, options["state"]))
        kept = selection.preview(project, options["state"])
        write_labels(labels, project, options["format"], out)
        write_summary(kept.rows, beside)
        hectares = kept.area_m2 / SQUARE_METRES_PER_HECTARE
        self.stdout.write(f"{out}: {kept.labels} labels, {hectares:.2f} ha.")
        self.stdout.write(f"{beside}: the summary.")
        self.stdout.write(
            f"{kept.left_out} labels that are not accepted are left out."
            if kept.left_out
            else "No label is left out."
        )
