import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from pydantic import ValidationError

from webapp.errors import AppError
from webapp.exchange import selection
from webapp.exchange.schemas import ExportState
from webapp.exchange.training_set import order_of
from webapp.projects.models import Project


class Command(BaseCommand):
    """`manage.py export_training_set --project NAME --out DIR`."""

    help = (
        "Write a project's labels with their imagery as a training set: train/ and test/, each "
        "with images/, masks/, instances/ and classes.json, for `python -m inference train --data "
        "DIR`. Cells of ground, and never a label, are split between the two."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--project", required=True, help="name of the project")
        parser.add_argument("--out", type=Path, required=True, help="folder, not there or empty")
        parser.add_argument("--state", choices=get_args(ExportState), default="accepted")
        parser.add_argument("--cell", type=int, default=512, help="side of a cell in pixels")
        parser.add_argument(
            "--test-share", type=float, default=0.2, help="of the cells; 0 writes train/ alone"
        )
        parser.add_argument("--seed", type=int, default=0, help="of the split")
        parser.add_argument(
            "--background",
            choices=("unknown", "known"),
            default="unknown",
            help="known: everything was labelled, so the rest is background; unknown: only the "
            "ground round each label is known not to be part of it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the set and say what is in it and what is not."""
        project = Project.objects.filter(name=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project named {options['project']}.")
        out: Path = options["out"].absolute()
        if not out.parent.is_dir():
            raise CommandError(f"There is no folder {out.parent}. Nothing was written.")
        try:
            order = order_of(
                project,
                options["state"],
                cell_px=options["cell"],
                test_share=options["test_share"],
                seed=options["seed"],
                rest_is_known=options["background"] == "known",
            )
        except AppError as error:
            raise CommandError(error.sentence) from error
        except ValidationError as error:
            raise CommandError(
                "--cell takes 64 to 4096 pixels, --test-share 0 to less than 1. Nothing was "
                "written."
            ) from error
        command = [sys.executable, "-m", "inference", "cut-labels", "--out", str(out)]
        done = subprocess.run(
            command,
            input=order.model_dump_json(),
            text=True,
            check=False,
            stderr=subprocess.PIPE,
            cwd=settings.REPOSITORY,
        )
        if done.returncode != 0:
            raise CommandError(done.stderr.strip())
        self._report(out, project, options["state"])

    def _report(self, out: Path, project: Project, state: ExportState) -> None:
        kept = selection.preview(project, state)
        self.stdout.write(f"{out}: {kept.labels} labels; labels.csv says where each went.")
        if kept.left_out:
            self.stdout.write(f"{kept.left_out} labels that are not accepted are left out.")
