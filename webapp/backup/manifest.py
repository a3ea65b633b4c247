"""What a backup says of itself: the file that makes a folder a whole backup."""

import os
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from webapp.errors import BadInput

NAME = "manifest.json"
FORMAT = 1

DatabaseKind = Literal["sqlite", "postgresql"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SavedFile(_Strict):
    """A file of the backup.

    `path` is relative to the folder of the backup. `modified_ns` is the time of the file that it
    was copied from: with equal size and time the next backup need not read it again, for files of
    images never change.
    """

    path: str
    size_bytes: int
    sha256: str
    modified_ns: int = 0


class Contents(_Strict):
    """What the saved database holds; a restored one is compared with it.

    `labels_sha256` is over id, revision and geometry of every label, deleted ones too.
    """

    projects: int
    images: int
    labels: int
    edits: int
    changes: int
    unfinished_uploads: int
    labels_sha256: str


class Manifest(_Strict):
    """A whole backup.

    Attributes:
        missing: paths that the database names and the disk, or the bucket, did not have.
        cogs_in: the bucket in which the COGs were left; empty where they are among `files`.
    """

    format: int
    product_version: str
    made_at: datetime
    database_kind: DatabaseKind
    database: SavedFile
    migrations: list[tuple[str, str]]
    contents: Contents
    files: list[SavedFile]
    missing: list[str]
    cogs_in: str = ""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The manifest of a folder.

        Raises:
            BadInput: the folder holds no whole backup, or one of a later format.
        """
        try:
            found = cls.model_validate_json((folder / NAME).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise BadInput(
                f"{folder} holds no whole backup: it has no {NAME}, which is written last. "
                "Nothing was changed."
            ) from None
        except ValidationError as error:
            raise BadInput(
                f"{folder / NAME} cannot be read as the manifest of a backup of this version. "
                "Nothing was changed; use the version of the product that made it, or a later one."
            ) from error
        if found.format != FORMAT:
            raise BadInput(
                f"{folder} is a backup of format {found.format}, and this version reads format "
                f"{FORMAT}. Nothing was changed; use the version of the product that made it."
            )
        return found

    def write(self, folder: Path) -> None:
        """Make the folder a backup with this content: at once, and for good."""
        draft = folder / f"{NAME}.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.model_dump_json(indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / NAME)
