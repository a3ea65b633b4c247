from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.sent import Sent


class RemovalOut(Schema):
    """What goes with an image and what stays, in words, to be read before it goes."""

    sentence: str


class ArchivedProjectOut(Schema):
    """A line of the archive: what would go if the project were deleted for good.

    `is_member`: the person may also look at it; a site administrator need not.
    """

    uid: UUID
    name: str
    archived_at: datetime
    archived_by: str
    labels: int
    images: int
    size_bytes: int
    is_member: bool


class DeletionIn(Sent):
    """The name of the project that is to go, as the person typed it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
