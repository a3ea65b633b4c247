"""The application on a real PostgreSQL: its tables, its own tests, and a server that dies."""

import pytest

from tests.production.programs import environment_with, python, start_python

# What relies on the database: transactions, locks, the index over boxes, JSON, bytes, text.
TESTS = (
    "tests/webapp/test_writers_at_once.py",
    "tests/webapp/labels",
    "tests/webapp/jobs",
    "tests/webapp/projects",
    "tests/webapp/accounts",
    "tests/webapp/drafts/test_draft_clicks.py",
    "tests/webapp/drafts/test_draft_passes.py",
    "tests/webapp/drafts/test_draft_saves.py",
    "tests/webapp/drafts/test_edits_api.py",
    "tests/webapp/drafts/test_project_socket.py",
    "tests/webapp/drafts/test_project_socket_drafts.py",
    "tests/webapp/imaging/test_images_api.py",
    "tests/webapp/imaging/test_uploads.py",
    "tests/webapp/exchange/test_export_job.py",
)


@pytest.mark.timeout(1800)
def test_the_application_s_own_tests_pass_on_postgresql(database, tmp_path):
    environment = environment_with(tmp_path, SEGMAP_DATABASE=database, PYTEST_ADDOPTS="")
    del environment["DJANGO_SETTINGS_MODULE"]  # the tests have their own
    python(environment, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)


def test_every_migration_runs_forwards_and_back_on_postgresql(database, tmp_path):
    program = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from webapp.labels.spatial_index import is_whole

call_command("migrate", verbosity=0)
for app in ("drafts", "labels", "engines", "imaging"):
    call_command("migrate", app, "zero", verbosity=0)
call_command("migrate", verbosity=0)
print(is_whole(connection))
"""
    environment = environment_with(tmp_path, SEGMAP_DATABASE=database)
    assert python(environment, "-c", program) == "True\n"


def test_connections_are_found_again_after_the_server_was_killed(database, postgres, tmp_path):
    program = """
import asyncio
import sys

import django
django.setup()
from django.core.management import call_command
from django.db import OperationalError
from webapp.accounts.models import User
from webapp.realtime.in_database import in_database

async def main():
    await in_database(call_command)("migrate", verbosity=0)
    print("migrated", flush=True)
    sys.stdin.readline()  # the server was killed meanwhile, and is back
    count = in_database(User.objects.count)
    try:
        await count()
    except OperationalError:
        print("noticed", flush=True)
    print(await count(), flush=True)

asyncio.run(main())
"""
    environment = environment_with(tmp_path, SEGMAP_DATABASE=database)
    with start_python(environment, "-c", program) as client:
        assert client.stdout.readline() == "migrated\n"
        postgres.kill()
        postgres.start()
        said, _ = client.communicate("\n")
    assert client.returncode == 0
    assert said == "noticed\n0\n"
