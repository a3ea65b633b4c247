from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.backup.restoring import restore_backup
from webapp.backup.terminal import ProgressBar
from webapp.errors import AppError


class Command(BaseCommand):
    """`manage.py restore FOLDER`: a backup into a new data folder and an empty database."""

    help = (
        "Restore a backup into an empty data folder (SEGMAP_DATA) and an empty database. All of it "
        "is verified before anything is written, and checked afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore, and say what."""
        try:
            with ProgressBar(self.stderr) as bar:
                restored = restore_backup(options["folder"].absolute(), told=bar)
        except AppError as error:
            raise CommandError(error.sentence) from error
        manifest = restored.manifest
        held = manifest.contents
        self.stdout.write(
            f"Restored as of {manifest.made_at:%Y-%m-%d %H:%M} UTC: {held.projects} projects, "
            f"{held.labels} labels, {held.edits} edits, {held.images} images with "
            f"{len(manifest.files)} files. Labels, edit numbers, index and files were compared "
            "with what was saved."
        )
        if restored.migrated:
            self.stdout.write(f"{restored.migrated} newer migrations ran.")
        if held.unfinished_uploads:
            self.stdout.write(f"{held.unfinished_uploads} unfinished uploads were not saved.")
        for path in manifest.missing:
            self.stderr.write(f"{path} was missing or damaged when the backup was made.")
        for path in restored.not_in_bucket:
            self.stderr.write(
                f"{path} is missing or damaged in the bucket: bring it back there, or import its "
                "image again."
            )
        self.stdout.write("Everybody signs in anew: sessions are not saved.")
