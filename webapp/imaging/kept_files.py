"""Who relies on the files of images, and who may take them away.

A file goes after the commit that took its last row away. In between, a backup may read a saved
database that still names it, and an import may be about to name it again (equal content is one
COG). Both hold the files; removers do not wait for them but leave the files to the sweeper, which
finds by the rows what nobody names any more. A killed holder lets go.
"""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from webapp.errors import Unavailable
from webapp.imaging.cog_store import cog_store
from webapp.imaging.models import Image

logger = logging.getLogger(__name__)


@contextmanager
def files_stay() -> Iterator[None]:
    """No file of an image goes until the end, in any process; many may hold them at a time."""
    with _lock_file() as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def files_may_go() -> Iterator[bool]:
    """Whether nobody holds the files; if so nobody does until the end, which should be soon."""
    with _lock_file() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def remove_unnamed(images: Iterable[UUID], cogs: Iterable[str]) -> None:
    """Remove the files of images whose rows are gone; to be called after the commit.

    Nothing is removed that a row names, and nothing at all while somebody holds the files: then
    `sweep_unnamed` does it later. So it does where the bucket is away.

    Args:
        images: ids of images that were removed.
        cogs: their `cog_path`s; empty ones are passed over.
    """
    data_dir = Path(settings.DATA_DIR)
    with files_may_go() as free:
        if not free:
            return
        wanted = list(images)
        kept = set(Image.objects.filter(uid__in=wanted).values_list("uid", flat=True))
        for uid in wanted:
            if uid not in kept:
                shutil.rmtree(data_dir / "uploads" / str(uid), ignore_errors=True)
        paths = [path for path in cogs if path]
        named = set(Image.objects.filter(cog_path__in=paths).values_list("cog_path", flat=True))
        try:
            cog_store().remove([path for path in paths if path not in named])
        except Unavailable as error:
            logger.warning("COGs were not removed yet: %s", error.sentence)


def sweep_unnamed() -> None:
    """Remove COGs that no row names: their images were removed while somebody held the files.

    (The folders of uploaded files have a sweep of their own: `upload_actions.sweep_uploads`.)
    """
    try:
        found = list(cog_store().listed())
    except Unavailable as error:
        logger.warning("COGs were not tidied this time: %s", error.sentence)
        return
    remove_unnamed([], found)


@contextmanager
def _lock_file() -> Iterator[int]:
    path = Path(settings.DATA_DIR) / "run" / "files.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)
