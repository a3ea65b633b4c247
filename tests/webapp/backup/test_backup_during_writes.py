"""Backup while people label, and restore on an empty machine: the same labels."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

from django.conf import settings

from tests.drawn.stored_images import files_of
from webapp.backup.saving import make_backup


def test_labels_saved_before_a_backup_are_in_it_to_the_bit(
    images, writers, tmp_path, empty_machine
):
    for writer in writers:
        writer.wait_for(12)
    before = [set(writer.known) for writer in writers]
    stages = set()

    def told(words, done, total):
        # Nobody waits for the backup: at every stage of it both go on.
        if words not in stages:
            stages.add(words)
            for writer in writers:
                writer.wait_for(2)

    made = make_backup(tmp_path / "backup", told=told)
    for writer in writers:
        writer.wait_for(2)
        writer.stop.set()
        writer.thread.join()
    assert stages == {"saving the database", "copying files"}
    written = {key: wkb for writer in writers for key, wkb in writer.known.items()}
    assert made.contents.edits < len(written)

    ended = empty_machine.run("restore", tmp_path / "backup")
    assert ended.returncode == 0, ended.stderr
    with closing(sqlite3.connect(empty_machine.database)) as restored:
        query = "SELECT uid, revision, geometry FROM labels_label"
        labels = {str(UUID(uid)): (revision, wkb) for uid, revision, wkb in restored.execute(query)}
        numbers = [number for (number,) in restored.execute("SELECT number FROM labels_edit")]
        trees = restored.execute("SELECT COUNT(*) FROM labels_label_box").fetchone()
    for uid, revision in set.union(*before):
        assert labels[uid][0] >= revision
    assert {(uid, revision): wkb for uid, (revision, wkb) in labels.items()}.items() <= (
        written.items()
    )
    assert sorted(numbers) == list(range(1, made.contents.edits + 1))
    assert trees == (len(labels),)
    for image in images:
        for path in files_of(image):
            assert sha256(empty_machine.data_dir / path) == sha256(settings.DATA_DIR / path)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
