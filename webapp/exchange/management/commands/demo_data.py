import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.exchange.imports import import_raster
from webapp.imaging.models import Layer

PROJECT = "Demo preserve"


class Command(BaseCommand):
    """`manage.py demo_data`: a drawn coastal preserve to try everything on."""

    help = "Draw the demo preserve and import it; its truth stays in the data folder (demo/)."

    def add_arguments(self, parser: CommandParser) -> None:
        """How large, which one, for whom."""
        parser.add_argument("--size", type=int, default=4096, help="rows and columns, in pixels")
        parser.add_argument("--seed", type=int, default=7, help="which scene is drawn")
        parser.add_argument("--user", help="its manager; by default the first administrator")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do nothing where the project shows something; else draw, import and say so."""
        if Layer.objects.filter(project__name=PROJECT).exclude(version="").exists():
            self.stdout.write(f"There is a project {PROJECT} already. Nothing was changed.")
            return
        scene = self._draw(Path(settings.DATA_DIR) / "demo", options["size"], options["seed"])
        import_raster(
            scene,
            project_name=PROJECT,
            username=options["user"],
            answers={"band4": "nir"},
            say=self.stdout.write,
            stop=CommandError,
        )
        self.stdout.write(f"The project {PROJECT} is there.")

    def _draw(self, folder: Path, size: int, seed: int) -> Path:
        """The scene's GeoTIFF. A child draws it: no web process loads the drawing code."""
        self.stdout.write(f"Drawing {size} x {size} pixels of coast.")
        command = [sys.executable, "-m", "inference", "draw-scene", "--out", str(folder)]
        command += ["--size", str(size), "--seed", str(seed)]
        drawn = subprocess.run(command, check=False, cwd=settings.REPOSITORY)
        if drawn.returncode != 0:
            raise CommandError("The demo scene could not be drawn. Nothing was imported.")
        return folder / "scene.tif"
