from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.backup.saving import make_backup
from webapp.backup.terminal import ProgressBar
from webapp.errors import AppError


class Command(BaseCommand):
    """`manage.py backup FOLDER`: everything that cannot be made again, while the server runs."""

    help = (
        "Save database and files into a folder: a new one, or that of an earlier backup, of which "
        "only what is new is copied. The server may run. Left out: unfinished uploads, exports, "
        "sessions and the secret key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Save, and say what."""
        folder = options["folder"].absolute()
        try:
            with ProgressBar(self.stderr) as bar:
                made = make_backup(folder, told=bar)
        except AppError as error:
            raise CommandError(error.sentence) from error
        held = made.contents
        size_bytes = made.database.size_bytes + sum(file.size_bytes for file in made.files)
        self.stdout.write(
            f"{folder}: {held.projects} projects, {held.labels} labels, {held.edits} edits, "
            f"{held.images} images; {len(made.files)} files, {size_bytes / 1e6:.1f} MB."
        )
        if made.cogs_in:
            self.stdout.write(
                f"The COGs stay in {made.cogs_in}, looked at by their sizes: protect them there "
                "(versioning), they are not in this backup."
            )
        if held.unfinished_uploads:
            self.stdout.write(f"{held.unfinished_uploads} unfinished uploads are left out.")
        place = f"the data folder or {made.cogs_in}" if made.cogs_in else "the data folder"
        for path in made.missing:
            self.stderr.write(f"{path} is missing or damaged in {place}.")
