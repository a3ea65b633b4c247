"""COGs in a bucket stay there: a backup and a restore look whether they are whole, by their sizes.

The bucket keeps its own copies (versioning), and whatever database names a COG finds it there under
the same name.
"""

from collections.abc import Iterable, Mapping

from django.conf import settings

from webapp.backup.contents import NamedFile
from webapp.imaging.cog_store import cog_store
from webapp.service_addresses import Bucket


def bucket_address() -> str:
    """Of the bucket in which COGs live; empty where they are files of the data folder."""
    bucket: Bucket | None = settings.OBJECTS
    return bucket.address if bucket else ""


def held() -> dict[str, int]:
    """The COGs that the bucket has: paths, and sizes in bytes. Empty without a bucket.

    Asked in pages, not one by one: a thousand COGs are one request.

    Raises:
        Unavailable: the bucket is away.
    """
    return cog_store().listed() if bucket_address() else {}


def lacking(named: Iterable[NamedFile], there: Mapping[str, int]) -> list[str]:
    """Paths of the COGs that a bucket lacks, or has in another size."""
    return [
        file.path
        for file in named
        if file.cog_bytes is not None and there.get(file.path) != file.cog_bytes
    ]
