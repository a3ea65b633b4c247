from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.exchange.imports import import_raster
from webapp.imaging.answers import QUESTION_KINDS


class Command(BaseCommand):
    """`manage.py import_image PATH --project NAME`: a raster from the server's disk."""

    help = (
        "Import a raster, with the .tfw, .prj, .msk and .ovr beside it, into a project. "
        "What the file does not say is asked; answer it by the options."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What, where to, and an option for each question."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--project", required=True, help="its name; made where there is none")
        parser.add_argument("--user", help="who imports; by default the first administrator")
        words = {
            "page": "number of the page, from 1",
            "crs": "EPSG:26910, WKT, PROJ text, local (no map) or file (as the file says)",
            "bands": "bands of red, green, blue (and near infrared): 3,2,1 or 3,2,1,4",
            "band4": "nir (near infrared) or alpha (transparency)",
            "nodata": "yes or no: is the declared empty value empty",
            "show": "yes: show what is no photograph",
        }
        for kind in QUESTION_KINDS:
            parser.add_argument(f"--{kind}", help=words[kind])

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what came of it."""
        answers: dict[str, str] = {
            str(kind): options[kind] for kind in QUESTION_KINDS if options[kind] is not None
        }
        image = import_raster(
            options["path"],
            project_name=options["project"],
            username=options["user"],
            answers=answers,
            say=self.stdout.write,
            stop=CommandError,
        )
        self.stdout.write(f"{image.name} is a layer of {image.layer.project.name} now.")
