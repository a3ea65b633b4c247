from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.errors import AppError
from webapp.projects.actions import set_member
from webapp.projects.models import Project, Role


class Command(BaseCommand):
    """Add somebody to a project, or change their role."""

    help = "Add somebody to a project, or change their role."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, where, as what."""
        parser.add_argument("--project", required=True, help="the project's name")
        parser.add_argument("--user", required=True, help="the user name")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say so."""
        project = Project.objects.filter(name=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project named {options['project']}.")
        try:
            membership = set_member(project, options["user"], Role(options["role"]))
        except AppError as error:
            raise CommandError(error.sentence) from error
        name = membership.user.display_name
        self.stdout.write(f"{name} is {membership.role} in {project.name}.")
