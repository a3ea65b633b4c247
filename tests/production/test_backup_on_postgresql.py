"""Backup of a PostgreSQL that is written to, and restore into an empty one: the same labels."""

import hashlib
import json
import shutil

import psycopg
import pytest

from tests.production.programs import environment_with, python

SAVE = """
import json
import sys
from pathlib import Path

import django
django.setup()
from django.core.management import call_command
from django.test import Client
from tests.cast import make_cast
from tests.drawn.labelled_project import prepare
from tests.drawn.stored_images import files_of, store_image
from tests.label_writer import Writer
from webapp.backup.saving import make_backup

call_command("migrate", verbosity=0)
cast = make_cast()
layer = prepare(cast.project)
layer.images.all().delete()
image = store_image(layer, cast.ana)
writers = []
for seed, user in ((1, cast.ana), (2, cast.max)):
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    writers.append(Writer(cast, client, seed))
try:
    for writer in writers:
        writer.wait_for(6)
    before = [key for writer in writers for key in writer.known]
    stages = set()

    def told(words, done, total):
        if words not in stages:
            stages.add(words)
            for writer in writers:
                writer.wait_for(2)

    made = make_backup(Path(sys.argv[1]), told=told)
    for writer in writers:
        writer.wait_for(2)
finally:
    for writer in writers:
        writer.stop.set()
        writer.thread.join()
known = [[*key, wkb.hex()] for writer in writers for key, wkb in writer.known.items()]
print(json.dumps({
    "before": before, "known": known, "edits": made.contents.edits,
    "files": [str(path) for path in files_of(image)], "missing": made.missing,
}))
"""


@pytest.mark.timeout(900)
def test_labels_saved_before_a_backup_of_postgresql_are_in_it_to_the_bit(postgres, tmp_path):
    if shutil.which("pg_dump") is None or shutil.which("pg_restore") is None:
        pytest.skip("pg_dump and pg_restore are not here; apt install postgresql-client")
    first, second = postgres.new_database(), postgres.new_database()
    here = environment_with(tmp_path / "here", SEGMAP_DATABASE=first, SEGMAP_NOTICES_TO="")
    there = environment_with(tmp_path / "there", SEGMAP_DATABASE=second, SEGMAP_NOTICES_TO="")
    said = json.loads(python(here, "-c", SAVE, str(tmp_path / "backup")).splitlines()[-1])
    assert said["missing"] == []
    assert said["edits"] < len(said["known"])

    assert "Restored as of" in python(there, "manage.py", "restore", str(tmp_path / "backup"))
    with psycopg.connect(second) as restored:
        rows = restored.execute("SELECT uid, revision, geometry FROM labels_label").fetchall()
        numbers = [number for (number,) in restored.execute("SELECT number FROM labels_edit")]
        sessions = restored.execute("SELECT COUNT(*) FROM django_session").fetchone()
    labels = {str(uid): (revision, bytes(wkb).hex()) for uid, revision, wkb in rows}
    for uid, revision in said["before"]:
        assert labels[uid][0] >= revision
    written = {(uid, revision): wkb for uid, revision, wkb in said["known"]}
    assert {(uid, revision): wkb for uid, (revision, wkb) in labels.items()}.items() <= (
        written.items()
    )
    assert sorted(numbers) == list(range(1, said["edits"] + 1))
    assert sessions == (0,)
    for path in said["files"]:
        saved, laid = tmp_path / "here" / path, tmp_path / "there" / path
        assert hashlib.sha256(saved.read_bytes()).digest() == (
            hashlib.sha256(laid.read_bytes()).digest()
        )
    with pytest.raises(AssertionError, match="The database is not empty"):
        python(there, "manage.py", "restore", str(tmp_path / "backup"))
