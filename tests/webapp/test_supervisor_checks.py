import errno
import sqlite3
from collections import namedtuple

import pytest

from webapp import supervisor

Usage = namedtuple("Usage", "total used free")


def test_full_disk_is_one_sentence_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor.shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 5 * 2**20))
    with pytest.raises(supervisor.CannotStartError, match="is full: 5 MB are free, 300 MB are"):
        supervisor._check_disk(tmp_path)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left"), sqlite3.OperationalError("database or disk is full")],
)
def test_disk_that_fills_up_later_is_the_same_kind_of_sentence(error):
    sentence = supervisor._sentence_for(error)
    assert sentence == "The disk is full. Make room, or name another folder in SEGMAP_DATA."


def test_other_errors_keep_their_words():
    assert supervisor._sentence_for(OSError("odd")) == "Nothing was started: odd"
