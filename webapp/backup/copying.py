"""Copies of files that are whole or not there, readable by their owner alone."""

import hashlib
import os
from collections.abc import Callable
from io import BufferedWriter
from pathlib import Path

from webapp.backup.manifest import SavedFile

PIECE_BYTES = 4 * 1024 * 1024
Step = Callable[[int], None]
"""Hears how many bytes more are done."""


def copy_file(source: Path, target: Path, *, path: str, step: Step) -> SavedFile:
    """Copy a file beside its place, see it on the disk, and put it in place under its name.

    Args:
        source: which does not change meanwhile.
        target: replaced where it is there.
        path: under which the copy is listed.
        step: hears how it goes on.

    Raises:
        OSError: the disk failed; nothing is in place.
    """
    make_folder(target.parent)
    draft = target.with_name(f"{target.name}.new")
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reader, create_private(draft) as writer:
            modified_ns = os.fstat(reader.fileno()).st_mtime_ns
            while piece := reader.read(PIECE_BYTES):
                writer.write(piece)
                digest.update(piece)
                step(len(piece))
            size_bytes = writer.tell()
            writer.flush()
            os.fsync(writer.fileno())
        draft.rename(target)
        flush_folder(target.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return SavedFile(
        path=path, size_bytes=size_bytes, sha256=digest.hexdigest(), modified_ns=modified_ns
    )


def described(file: Path, *, path: str) -> SavedFile:
    """A file that is in place already, once it is on the disk for good."""
    with file.open("rb") as reader:
        os.fsync(reader.fileno())
    return SavedFile(
        path=path, size_bytes=file.stat().st_size, sha256=sha256_of(file, step=lambda _: None)
    )


def sha256_of(file: Path, *, step: Step) -> str:
    """The hash of a file's bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as reader:
        while piece := reader.read(PIECE_BYTES):
            digest.update(piece)
            step(len(piece))
    return digest.hexdigest()


def create_private(path: Path) -> BufferedWriter:
    """A new file for writing bytes, mode 0600."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def make_folder(path: Path) -> None:
    """A folder with those above it, mode 0700 where they are new."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def flush_folder(path: Path) -> None:
    """See the names in a folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
