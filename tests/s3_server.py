"""A server that speaks S3, on a free port of this machine, and buckets in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lacking import do_without
from webapp.service_addresses import Bucket

CREDENTIALS = {"aws_access_key_id": "somebody", "aws_secret_access_key": "a secret of theirs"}
REGION = "us-east-1"


class S3Server:
    """moto's, in a thread: what it holds outlives a stop."""

    def __init__(self) -> None:
        self._start(0)
        self._port = self._server.get_host_and_port()[1]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def client(self):
        import boto3  # large, and most tests need none

        return boto3.client("s3", endpoint_url=self.endpoint, region_name=REGION, **CREDENTIALS)

    def stop(self) -> None:
        self._server.stop()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody answers under its address until the end."""
        self.stop()
        try:
            yield
        finally:
            self._start(self._port)

    def _start(self, port: int) -> None:
        try:
            from moto.server import ThreadedMotoServer  # as above
        except ImportError:
            do_without("moto is not installed; it is in the packages of development")
        self._server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
        self._server.start()


@dataclass(frozen=True)
class Kept:
    """A bucket on that server, as the tests look into it."""

    server: S3Server
    bucket: Bucket

    def names(self) -> list[str]:
        """Of all objects in it."""
        answer = self.server.client.list_objects_v2(Bucket=self.bucket.name)
        return sorted(each["Key"] for each in answer.get("Contents", ()))

    def content(self, key: str) -> bytes:
        return self.server.client.get_object(Bucket=self.bucket.name, Key=key)["Body"].read()

    def put(self, key: str, content: bytes) -> None:
        self.server.client.put_object(Bucket=self.bucket.name, Key=key, Body=content)

    def remove(self, key: str) -> None:
        self.server.client.delete_object(Bucket=self.bucket.name, Key=key)

    def take_in(self, data_dir: Path) -> None:
        """Copy the data folder's COGs into it, as whoever changes over to a bucket."""
        for path in (data_dir / "cogs").glob("*.tif"):
            self.put(f"{self.bucket.prefix}/cogs/{path.name}", path.read_bytes())
