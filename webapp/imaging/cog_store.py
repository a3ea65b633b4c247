"""Where the COGs of images live: in the data folder, or in a bucket (SEGMAP_OBJECTS).

Only this module knows. `Image.cog_path` is a COG's name in either, `cogs/<sha256>.tif`, so that a
folder copied into a bucket is found there. A name says what the content is: equal content is one
COG, and what lies under a name never changes.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings

from inference.remote_files import OVER_HTTP
from webapp.errors import Unavailable
from webapp.imaging import parts
from webapp.service_addresses import Bucket

ADDRESS_STAYS_S = 3600
_ADDRESSES_KEPT = 20_000
_REMOVED_AT_A_TIME = 1000
"""As many as S3 takes."""
_OURS = re.compile(r"cogs/[0-9a-f]{64}\.tif")

_OPENING: dict[str, str | int | float | bool] = {
    # No file beside a COG may say anything about it, and none is looked for.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": False,
}


class CogStore(Protocol):
    """Keeps COGs under their names. Whatever asks a bucket raises Unavailable if it is away."""

    @property
    def gdal_options(self) -> Mapping[str, str | int | float | bool]:
        """GDAL's settings while a COG is opened or read."""

    def lay_down(self, cog: Path, sha256: str) -> str:
        """Take a COG in, and have it for good before this returns.

        One that no row names does no harm (`kept_files.sweep_unnamed`); a row whose COG is not
        there could not be mended. Equal content that is there stays as it is.

        Args:
            cog: in the data folder; it may be moved away.
            sha256: of its content.

        Returns:
            Its name.
        """

    def opened_as(self, cog_path: str) -> str:
        """What GDAL opens."""

    def on_disk(self, cog_path: str) -> Path | None:
        """The COG as a file of this machine; None where it is none, there or not."""

    def address(self, cog_path: str) -> str | None:
        """Absolute address for an engine, good for an hour at least; None: this server gives it."""

    def remove(self, cog_paths: Iterable[str]) -> None:
        """Take COGs away; those that are not there count as taken."""

    def listed(self) -> dict[str, int]:
        """All COGs that are there: names, and sizes in bytes."""


def cog_store() -> CogStore:
    """Where the settings say that COGs live."""
    bucket: Bucket | None = settings.OBJECTS
    return FolderStore(Path(settings.DATA_DIR)) if bucket is None else _bucket_store(bucket)


class FolderStore:
    """COGs as files of the data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    @property
    def gdal_options(self) -> Mapping[str, str | int | float | bool]:
        """See `CogStore`."""
        return _OPENING

    def lay_down(self, cog: Path, sha256: str) -> str:
        """See `CogStore`; the file is moved."""
        name = _name_of(sha256)
        destination = self._data_dir / name
        if not destination.exists():
            parts.flush(cog)
            cog.rename(destination)
            parts.flush(destination.parent)
        return name

    def opened_as(self, cog_path: str) -> str:
        """See `CogStore`."""
        return str(self._data_dir / cog_path)

    def on_disk(self, cog_path: str) -> Path | None:
        """See `CogStore`."""
        return self._data_dir / cog_path

    def address(self, cog_path: str) -> str | None:
        """None."""
        del cog_path
        return None

    def remove(self, cog_paths: Iterable[str]) -> None:
        """See `CogStore`."""
        for path in cog_paths:
            (self._data_dir / path).unlink(missing_ok=True)

    def listed(self) -> dict[str, int]:
        """See `CogStore`."""
        found = (self._data_dir / "cogs").glob("*.tif")
        return {f"cogs/{path.name}": path.stat().st_size for path in found}


class BucketStore:
    """COGs as objects of an S3 bucket, under its prefix.

    boto3 and GDAL find the credentials by themselves (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).
    """

    def __init__(self, bucket: Bucket) -> None:
        import boto3.session  # with the first use: few processes need it, and it is large
        from botocore.config import Config

        self._bucket = bucket
        self._client = boto3.session.Session().client(
            "s3",
            endpoint_url=bucket.endpoint or None,
            region_name=bucket.region or None,
            config=Config(
                signature_version="s3v4",
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path" if bucket.endpoint else "auto"},
            ),
        )
        self._signed = lru_cache(_ADDRESSES_KEPT)(self._sign)

    @property
    def gdal_options(self) -> Mapping[str, str | int | float | bool]:
        """See `CogStore`; the endpoint too, so that GDAL asks whom boto3 asks."""
        options = {**_OPENING, **OVER_HTTP}
        # Else GDAL remembers of a file that was not reached that it is none, for the next opening.
        options["CPL_VSIL_CURL_NON_CACHED"] = self.opened_as("cogs/")
        if self._bucket.region:
            options["AWS_REGION"] = self._bucket.region
        if self._bucket.endpoint:
            scheme, _, host = self._bucket.endpoint.partition("://")
            options["AWS_S3_ENDPOINT"] = host
            options["AWS_HTTPS"] = "YES" if scheme == "https" else "NO"
            options["AWS_VIRTUAL_HOSTING"] = "FALSE"
        return options

    def lay_down(self, cog: Path, sha256: str) -> str:
        """See `CogStore`.

        An upload that is cut off leaves no object, at most parts of one that the bucket's
        lifecycle rule removes.
        """
        name = _name_of(sha256)
        with self._asked("The image was not imported, and nothing else changed."):
            if self._size_of(name) != cog.stat().st_size:
                with cog.open("rb") as content:
                    self._client.upload_fileobj(
                        content,
                        self._bucket.name,
                        self._key(name),
                        ExtraArgs={"ContentType": "image/tiff"},
                    )
        return name

    def opened_as(self, cog_path: str) -> str:
        """See `CogStore`."""
        return f"/vsis3/{self._bucket.name}/{self._key(cog_path)}"

    def on_disk(self, cog_path: str) -> Path | None:
        """None."""
        del cog_path
        return None

    def address(self, cog_path: str) -> str | None:
        """A presigned address: it opens this object alone, and needs no credentials.

        It is the same for an hour, so that an engine keeps its file open, and good for two.
        """
        return self._signed(cog_path, int(time.time()) // ADDRESS_STAYS_S)

    def remove(self, cog_paths: Iterable[str]) -> None:
        """See `CogStore`.

        Raises:
            Unavailable: the bucket is away, or keeps some of them.
        """
        keys = [{"Key": self._key(path)} for path in cog_paths]
        for start in range(0, len(keys), _REMOVED_AT_A_TIME):
            some = {"Objects": keys[start : start + _REMOVED_AT_A_TIME], "Quiet": True}
            with self._asked("Images stayed in it."):
                answer = self._client.delete_objects(Bucket=self._bucket.name, Delete=some)
            if answer.get("Errors"):
                code = answer["Errors"][0].get("Code")
                raise Unavailable(
                    f"The bucket {self._bucket.address} refused to remove images ({code})."
                )

    def listed(self) -> dict[str, int]:
        """See `CogStore`; whatever else lies there is left out."""
        start = self._key("")
        found: dict[str, int] = {}
        with self._asked("Nothing was changed."):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket.name, Prefix=self._key("cogs/")
            )
            for page in pages:
                for each in page.get("Contents", ()):
                    found[each["Key"].removeprefix(start)] = each["Size"]
        return {name: size for name, size in found.items() if _OURS.fullmatch(name)}

    def _key(self, cog_path: str) -> str:
        return f"{self._bucket.prefix}/{cog_path}" if self._bucket.prefix else cog_path

    def _size_of(self, cog_path: str) -> int | None:
        from botocore.exceptions import ClientError

        try:
            answer = self._client.head_object(Bucket=self._bucket.name, Key=self._key(cog_path))
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                return None
            raise
        return int(answer["ContentLength"])

    def _sign(self, cog_path: str, hour: int) -> str:
        """An address of its own for each hour, which only tells the calls apart."""
        del hour
        with self._asked("Nothing was changed."):
            return str(
                self._client.generate_presigned_url(
                    "get_object",
                    Params={"Bucket": self._bucket.name, "Key": self._key(cog_path)},
                    ExpiresIn=2 * ADDRESS_STAYS_S,
                )
            )

    @contextmanager
    def _asked(self, consequence: str) -> Iterator[None]:
        """Turns what boto3 raises into one sentence.

        Raises:
            Unavailable: the bucket was not reached, or refused.
        """
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except ClientError as error:
            said = f"refused ({error.response['Error']['Code']})"
        except NoCredentialsError:
            said = "was asked without credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)"
        except BotoCoreError as error:
            said = f"does not answer ({type(error).__name__})"
        else:
            return
        raise Unavailable(
            f"The bucket {self._bucket.address} {said}. {consequence} Tell whoever runs the "
            "server, then try again."
        )


@cache
def _bucket_store(bucket: Bucket) -> BucketStore:
    """One per process: it keeps connections, and the addresses it signed."""
    return BucketStore(bucket)


def _name_of(sha256: str) -> str:
    return f"cogs/{sha256}.tif"
