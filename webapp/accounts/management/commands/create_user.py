import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.accounts.actions import create_user
from webapp.errors import AppError


class Command(BaseCommand):
    """Make an account; its password is read from standard input, or made up and printed."""

    help = "Make an account. Without --password-stdin a password is made up and printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        """The account's particulars."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the name that others see: 'Ana Ruiz'")
        parser.add_argument("--staff", action="store_true", help="may make accounts")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say so."""
        given = options["password_stdin"]
        password = input() if given else secrets.token_urlsafe(9)
        try:
            user = create_user(
                username=options["username"],
                display_name=options["name"],
                password=password,
                staff=options["staff"],
            )
        except AppError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(f"{user.display_name} may sign in as {user.username}.")
        if not given:
            self.stdout.write(f"Password: {password}")
