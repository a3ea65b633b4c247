from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.engines import registry
from webapp.engines.models import Engine
from webapp.errors import AppError


class Command(BaseCommand):
    """The engines that may dial in: add one, revoke one, list them."""

    help = "Add, revoke or list the engines that may dial in."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and with which engine."""
        what = parser.add_subparsers(dest="what", required=True, metavar="add | revoke | list")
        adding = what.add_parser("add", help="make a token for an engine; it is shown once")
        adding.add_argument("name", help="shown to people: 'GPU box in room 12'")
        revoking = what.add_parser("revoke", help="disconnect an engine and forget its token")
        revoking.add_argument("name")
        what.add_parser("list", help="all engines, and which are connected")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say so."""
        try:
            match options["what"]:
                case "add":
                    self._add(options["name"])
                case "revoke":
                    registry.revoke(options["name"])
                    self.stdout.write(f"{options['name']} may not dial in any more.")
                case _:
                    self._list()
        except AppError as error:
            raise CommandError(error.sentence) from error

    def _add(self, name: str) -> None:
        token = registry.add(name)
        self.stdout.write(f"{name} may dial in with this token, which is not shown again:")
        self.stdout.write(token)
        self.stdout.write(
            "Start it with SEGMAP_ENGINE_TOKEN set to that: "
            "python -m inference engine --server wss://THIS-SERVER/ws/engine"
        )

    def _list(self) -> None:
        present = {found.engine for found in registry.present()}
        rows = Engine.objects.order_by("name")
        width = max((len(row.name) for row in rows), default=0)
        for row in rows:
            state = "revoked" if row.revoked else "away"
            if str(row.uid) in present:
                state = "connected"
            seen = f"{row.last_seen_at:%Y-%m-%d %H:%M} UTC" if row.last_seen_at else "never seen"
            self.stdout.write(
                f"{row.name:{width}}  {state:9}  {seen:20}  {row.device or 'device unknown'}"
            )
