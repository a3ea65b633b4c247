"""What the sandboxed child is asked and what it answers: lines of JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from webapp.imaging.answers import Answers
from webapp.imaging.verdict import CogFacts, CrsAndGrid, RasterFiles, Verdict


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may use at most; it lowers its own limits before it opens anything.

    Attributes:
        memory_bytes: address space.
        cpu_s: processor time.
        wall_s: time on the clock; kept by the caller.
        file_bytes: size of any file it writes.
        open_files: file descriptors.
        unpacked_bytes: size of an image in memory, if it were there in one piece.
        cache_mb: GDAL's block cache.
    """

    memory_bytes: int
    cpu_s: int
    wall_s: float
    file_bytes: int
    open_files: int
    unpacked_bytes: int
    cache_mb: int


@dataclass(frozen=True, slots=True)
class Request:
    """The one thing asked of a child.

    Attributes:
        task: look at the upload, or write its COG.
        folder: an empty folder of the child's own.
        target: for `write`; see `cog.write_cog`.
        out: for `write`: where the COG goes.
    """

    task: Literal["inspect", "write"]
    files: RasterFiles
    answers: Answers
    folder: Path
    limits: Limits
    target: CrsAndGrid | None = None
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One line of the child's answer; exactly one field is set.

    Attributes:
        progress: 0 to 1; any number of such lines may come first.
        verdict: the end of `inspect`.
        facts: the end of `write`.
        refused: the end of either: a sentence.
    """

    progress: float | None = None
    verdict: Verdict | None = None
    facts: CogFacts | None = None
    refused: str | None = None


REQUEST = TypeAdapter(Request)
REPLY = TypeAdapter(Reply)
