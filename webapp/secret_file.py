"""Secrets that live in the data folder, readable by their owner alone."""

import os
import secrets
from pathlib import Path


def secret_in(path: Path) -> str:
    """The secret kept at `path`; a random one is written there at the first call.

    Several processes may call this at once: the first one's secret is everybody's.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        write_private(draft, secrets.token_urlsafe(48))
        try:
            # A link fails where the name exists, and never shows a half-written file.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write a line of text that only the owner may read (mode 0600)."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
