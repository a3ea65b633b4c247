"""How a command that is started by hand finds the server that runs on the same data folder.

The supervisor keeps the address for notices and the token for them in `run/server`, which only
the owner of the data folder can read, as long as it runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webapp.secret_file import write_private


@dataclass(frozen=True, slots=True)
class NoticesTo:
    """Where notices are posted, and the token that goes with them."""

    address: str
    token: str


@contextmanager
def made_known(data_dir: Path, server: NoticesTo) -> Iterator[None]:
    """Let commands find the server until the block ends."""
    write_private(_file(data_dir), f"{server.address} {server.token}")
    try:
        yield
    finally:
        _file(data_dir).unlink(missing_ok=True)


def find(data_dir: Path) -> NoticesTo | None:
    """The server of the data folder; None where none runs.

    After a supervisor that was killed it may be one that runs no more: nobody answers there.
    """
    try:
        address, token = _file(data_dir).read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    return NoticesTo(address, token)


def _file(data_dir: Path) -> Path:
    return data_dir / "run" / "server"
