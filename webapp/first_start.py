"""What a data folder needs before the server may start; on later starts it is all there."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from webapp.accounts.models import User
from webapp.projects.models import Project
from webapp.secret_file import write_private

ADMINISTRATOR = "admin"


def password_file() -> Path:
    """Where the administrator's first password is kept."""
    return Path(settings.DATA_DIR) / "admin_password"


def migrate() -> None:
    """Bring the tables up to date."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def make_administrator() -> str | None:
    """An account that may make others, with a random password; None if there are accounts."""
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    # First the file: an account whose password nobody knows would be of no use.
    write_private(password_file(), password)
    User.objects.create_user(
        ADMINISTRATOR, password=password, first_name="Administrator", is_staff=True
    )
    return password


def make_demo() -> bool:
    """Draw the demo project where there is no project yet. Returns False if that failed."""
    if Project.objects.exists():
        return True
    command = [sys.executable, str(settings.REPOSITORY / "manage.py"), "demo_data"]
    # Nobody listens yet, so its notices stay with it.
    environment = {**os.environ, "SEGMAP_NOTICES_TO": ""}
    return subprocess.run(command, check=False, env=environment).returncode == 0
