"""Public ids: what the outside sees of a row. Primary keys are never shown."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_uid() -> UUID:
    """A UUIDv7, so that ids sort by the time they were made (Python 3.11 has none of its own)."""
    return uuid7()
