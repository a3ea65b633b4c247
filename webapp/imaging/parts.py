"""Uploads as they grow on the disk: one file each, whose length is how much has come.

A piece that carries a checksum counts only once it has been compared. Until then a mark beside
the part says where the piece begins, so that bytes which nobody compared are cut off again, also
when the server was killed in between.
"""

import binascii
import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from django.conf import settings

from webapp.errors import BadInput, Conflict, Locked, NotFound, TooLarge, WrongChecksum

SUFFIX = ".part"
_MARK = ".unchecked"
CHECKSUMS = ("sha1", "sha256")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request come to. `algorithm`: one of `CHECKSUMS`."""

    algorithm: str
    digest: bytes

    @classmethod
    def from_header(cls, header: str) -> Self:
        """Read `Upload-Checksum`.

        Raises:
            BadInput: it is of another kind, or unreadable.
        """
        algorithm, _, text = header.partition(" ")
        try:
            digest = binascii.a2b_base64(text, strict_mode=True)
        except ValueError:
            digest = b""
        if algorithm not in CHECKSUMS or not digest:
            raise BadInput(
                "The checksum is of a kind that is not known here, so nothing was written. "
                f"Send one of: {', '.join(CHECKSUMS)}."
            )
        return cls(algorithm, digest)


def path_of(uid: UUID) -> Path:
    """Where an upload lies while it grows."""
    return Path(settings.DATA_DIR) / "uploads" / f"{uid}{SUFFIX}"


def begin(uid: UUID) -> None:
    """An empty part, on the disk for good before anybody hears of it."""
    path_of(uid).touch(exist_ok=False)
    flush(path_of(uid).parent)


def received(uid: UUID) -> int:
    """How many bytes of an upload are there; 0 where its part is gone."""
    try:
        size = path_of(uid).stat().st_size
    except FileNotFoundError:
        return 0
    with suppress(FileNotFoundError):
        # An empty mark: killed before the first byte of the piece.
        return min(size, int(_mark_of(uid).read_bytes() or size))
    return size


def received_for_good(uid: UUID) -> int:
    """The same, of a part that nobody writes to, once it would survive a power cut.

    Raises:
        Locked: somebody writes to it.
        NotFound: it is gone.
    """
    with locked([uid]):
        _drop_unchecked(uid)
        flush(path_of(uid))
        return received(uid)


def last_written(uid: UUID) -> float:
    """When a part grew last, in seconds since 1970; 0 where it is gone."""
    with suppress(FileNotFoundError):
        return path_of(uid).stat().st_mtime
    return 0.0


def remove(uid: UUID) -> None:
    """Nothing of an upload is left."""
    path_of(uid).unlink(missing_ok=True)
    _mark_of(uid).unlink(missing_ok=True)


@contextmanager
def locked(uids: Sequence[UUID]) -> Iterator[None]:
    """Nobody else writes to these parts, in any process, until the end; a killed holder lets go.

    Raises:
        Locked: somebody writes to one.
        NotFound: one is gone.
    """
    with ExitStack() as held:
        for uid in uids:
            held.callback(os.close, _lock(uid))
        yield


class Appender:
    """The one who adds to a part: locked from the beginning until `close`."""

    def __init__(
        self, uid: UUID, *, offset: int, size_bytes: int, checksum: Checksum | None
    ) -> None:
        """Open a part to go on at `offset`; it may have `size_bytes` when whole.

        Raises:
            Locked: somebody writes to it.
            NotFound: it is gone.
            Conflict: it does not end at `offset`.
        """
        self._uid, self._offset, self._size_bytes = uid, offset, size_bytes
        self._checksum = checksum
        self._digest = hashlib.new(checksum.algorithm) if checksum else None
        self._handle = _lock(uid)
        # A cancelled request closes while a thread may still write.
        self._busy = threading.Lock()
        try:
            _drop_unchecked(uid)
            _need_end(uid, offset)
            if checksum:
                _mark_of(uid).write_text(str(offset))
                flush(_mark_of(uid))
                flush(_mark_of(uid).parent)
        except BaseException:
            self.close()
            raise

    def write(self, piece: bytes) -> None:
        """Add to the part.

        Raises:
            TooLarge: it would have more bytes than were announced; this piece is not written.
            OSError: the disk did not take it; a beginning of it may be there.
        """
        if self._offset + len(piece) > self._size_bytes:
            raise TooLarge(
                "More bytes came than the file was said to have; they were not kept. "
                "Upload it again."
            )
        rest = memoryview(piece)
        with self._busy:
            while rest:
                count = os.write(self._handle, rest)
                rest = rest[count:]
                self._offset += count
        if self._digest:
            self._digest.update(piece)

    def settle(self) -> int:
        """How much of the file is there, once that would survive a power cut.

        Raises:
            WrongChecksum: the bytes are not those that were sent; they are cut off again.
        """
        if self._checksum and self._digest and self._digest.digest() != self._checksum.digest:
            _drop_unchecked(self._uid)
            raise WrongChecksum(
                "A piece of the file was damaged on its way and not kept. Send it again."
            )
        with self._busy:
            os.fsync(self._handle)
        if self._checksum:
            _mark_of(self._uid).unlink()
            flush(_mark_of(self._uid).parent)
        return self._offset

    def close(self) -> None:
        """Let others write. What was written stays, unless it should have been compared."""
        with self._busy:
            os.close(self._handle)


def flush(path: Path) -> None:
    """See a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(uid: UUID) -> int:
    try:
        handle = os.open(path_of(uid), os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        raise NotFound("This upload is gone. Choose the file again.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Locked("This file is being written at this moment. Try again soon.") from None
    return handle


def _need_end(uid: UUID, offset: int) -> None:
    there = received(uid)
    if there != offset:
        raise Conflict(
            f"The file goes on at byte {there}, not at {offset}, so nothing was written. "
            "Ask how far it is, and go on there.",
            current=there,
        )


def _mark_of(uid: UUID) -> Path:
    return path_of(uid).with_suffix(_MARK)


def _drop_unchecked(uid: UUID) -> None:
    """Cut off what was written with a checksum and never compared. For the holder of the lock."""
    mark = _mark_of(uid)
    if mark.exists():
        os.truncate(path_of(uid), received(uid))
        flush(path_of(uid))
        mark.unlink()
