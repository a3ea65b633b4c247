from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from webapp.api_document import api_document, as_text

PLACE = Path("frontend/src/api/generated/openapi.json")


class Command(BaseCommand):
    """Write the API document that `npm run types` turns into TypeScript."""

    help = "Write the API document that `npm run types` turns into TypeScript."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("--out", type=Path, default=settings.REPOSITORY / PLACE)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        options["out"].parent.mkdir(parents=True, exist_ok=True)
        options["out"].write_text(as_text(api_document()))
        self.stdout.write(f"Wrote {options['out']}.")
