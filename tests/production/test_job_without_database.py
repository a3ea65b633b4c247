"""A job in whose middle PostgreSQL is killed: no mistake of the program, so it is done again."""

from tests.production.programs import environment_with, start_python

WORKER = """
import sys
from datetime import timedelta
from types import ModuleType

import django
django.setup()
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from tests.cast import make_cast
from webapp.accounts.models import User
from webapp.jobs import actions, registry
from webapp.jobs.models import Job, JobKind
from webapp.jobs.registry import Registered

def export(work):
    with transaction.atomic():
        User.objects.count()
        if work.job.attempt == 1:
            print("at work", flush=True)
            sys.stdin.readline()  # the server was killed meanwhile, and is back
        return {"people": User.objects.count()}

module = sys.modules["work_of_the_test"] = ModuleType("work_of_the_test")
module.export = export
registry.FUNCTIONS[JobKind.EXPORT_LABELS] = Registered(run="work_of_the_test.export")
actions.ring = lambda: None

call_command("migrate", verbosity=0)
cast = make_cast()
job = actions.enqueue(JobKind.EXPORT_LABELS, cast.project, cast.ana, {}, subject="GeoPackage")
print(actions.run(actions.claim()).state)
job.refresh_from_db()
print(job.state)
Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
actions.give_back_lapsed()
print(actions.run(actions.claim()).state)
"""


def test_job_that_lost_its_database_is_given_back_and_done(database, postgres, tmp_path):
    environment = environment_with(tmp_path, SEGMAP_DATABASE=database)
    with start_python(environment, "-c", WORKER) as worker:
        assert worker.stdout.readline() == "at work\n"
        postgres.kill()
        postgres.start()
        said, _ = worker.communicate("\n")
    assert worker.returncode == 0
    assert said.split() == ["running", "running", "done"]
