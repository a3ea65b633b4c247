"""Many sources in one small file, for a machine to which little can be carried.

A zip of WebP pictures (lossy; a fourth band lies beside the first three as a grey picture of its
own), object maps (PNG, exact) and an index. OpenCV and numpy read it; nothing else is needed.
"""

import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.errors import InferenceError
from inference.training_sets.pictures import (
    Picture,
    Pixels,
    TrainingFolderUnreadable,
    table_of_objects,
)

LARGEST_BYTES = 24_000_000
QUALITIES = (90, 80, 70, 60, 50)
"""WebP qualities, tried in this order; pictures are left out only at the last one."""
INDEX = "index.json"
ENTRY_OVERHEAD_BYTES = 300
"""Of one file in a zip, and its line in the index."""


class ArchiveUnusable(InferenceError):
    """An archive that cannot be written or read."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What became of the pictures.

    Attributes:
        bytes: size of the archive.
        quality: of its WebP pictures.
        kept: number of pictures by source.
        left_out: names of the pictures that did not fit, by source.
    """

    bytes: int
    quality: int
    kept: dict[str, int]
    left_out: dict[str, list[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One picture with its object maps as PNG, and what its pixels weigh at qualities tried."""

    name: str
    pixels: Pixels
    maps: tuple[bytes, ...]
    sizes: dict[int, int] = field(default_factory=dict)

    def bytes_at(self, quality: int) -> int:
        """What it adds to an archive of that quality."""
        if quality not in self.sizes:
            self.sizes[quality] = sum(map(len, webp(self.pixels, quality)))
        files = len(self.maps) + 2
        return self.sizes[quality] + sum(map(len, self.maps)) + files * ENTRY_OVERHEAD_BYTES


def encode(picture: Picture) -> Encoded:
    """A picture with its object maps as PNG."""
    maps = tuple(
        as_file(numbered, ".png", (cv2.IMWRITE_PNG_COMPRESSION, 9)) for numbered in picture.maps
    )
    return Encoded(picture.name, picture.pixels, maps)


def webp(pixels: Pixels, quality: int) -> list[bytes]:
    """H x W x (1, 3 or 4) as one or two WebP files: colour or grey, then the fourth band."""
    parts = [pixels[:, :, :3][:, :, ::-1] if pixels.shape[2] >= 3 else pixels[:, :, 0]]
    if pixels.shape[2] == 4:
        parts.append(pixels[:, :, 3])
    return [as_file(part, ".webp", (cv2.IMWRITE_WEBP_QUALITY, quality)) for part in parts]


def as_file(pixels: NDArray[np.integer], ending: str, options: tuple[int, int]) -> bytes:
    """A picture as OpenCV writes it."""
    _, encoded = cv2.imencode(ending, np.ascontiguousarray(pixels), options)
    return encoded.tobytes()


def write_archive(
    path: Path,
    sources: Mapping[str, Iterable[Picture]],
    *,
    largest_bytes: int = LARGEST_BYTES,
) -> Packed:
    """Write all pictures at the best quality that fits; else, at the least, as many as fit.

    Pictures without objects are left out in silence: there is nothing to learn from them. What
    does not fit is left out of every source in the same proportion, spread over its pictures.

    Args:
        path: of the archive; replaced whole.
        sources: pictures by the source's name.
        largest_bytes: of the archive.

    Raises:
        ArchiveUnusable: not even one picture fits.
    """
    encoded = {
        name: [encode(p) for p in found if len(p.objects)] for name, found in sources.items()
    }
    quality = next((q for q in QUALITIES if total(encoded, q) <= largest_bytes), QUALITIES[-1])
    kept = fitting(encoded, quality, largest_bytes)
    if not any(kept.values()):
        raise ArchiveUnusable(
            f"Not one picture with objects fits into {largest_bytes / 1e6:.1f} MB, so {path} was "
            "not written. Cut the pictures into smaller ones, or check the folders."
        )
    write_zip(path, kept, quality)
    left_out = {
        name: sorted({e.name for e in found} - {e.name for e in kept[name]})
        for name, found in encoded.items()
    }
    return Packed(
        path.stat().st_size,
        quality,
        {name: len(found) for name, found in kept.items()},
        {name: names for name, names in left_out.items() if names},
    )


def total(sources: Mapping[str, list[Encoded]], quality: int) -> int:
    """Bytes of an archive of all these pictures."""
    return sum(e.bytes_at(quality) for found in sources.values() for e in found)


def fitting(
    sources: Mapping[str, list[Encoded]], quality: int, largest_bytes: int
) -> dict[str, list[Encoded]]:
    """The largest equal share of every source that fits, in hundredths."""
    for hundredths in range(100, 0, -1):
        kept = {name: spread(found, hundredths / 100) for name, found in sources.items()}
        if total(kept, quality) <= largest_bytes:
            return kept
    return {name: [] for name in sources}


def spread(found: list[Encoded], share: float) -> list[Encoded]:
    """That share of a list, evenly spread over it; at least one."""
    count = max(1, int(share * len(found))) if found else 0
    return [found[index * len(found) // count] for index in range(count)]


def write_zip(path: Path, sources: Mapping[str, list[Encoded]], quality: int) -> None:
    """Write the archive; replaces the file whole."""
    index: dict[str, list[dict[str, object]]] = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for source, found in sources.items():
            index[source] = []
            for number, picture in enumerate(found):
                images, stem = webp(picture.pixels, quality), f"{source}/{number}"
                for part, content in enumerate(images):
                    archive.writestr(f"{stem}.{part}.webp", content)
                for part, content in enumerate(picture.maps):
                    archive.writestr(f"{stem}.{part}.png", content)
                index[source].append(
                    {
                        "name": picture.name,
                        "bands": picture.pixels.shape[2],
                        "maps": len(picture.maps),
                    }
                )
        archive.writestr(INDEX, json.dumps(index))
    partial.replace(path)


def read_archive(path: Path) -> dict[str, list[Picture]]:
    """The pictures of every source in an archive, by the source's name.

    Raises:
        ArchiveUnusable: the file is missing, damaged or of another program.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read(INDEX))
            return {
                source: [
                    read_picture(archive, f"{source}/{number}", entry)
                    for number, entry in enumerate(entries)
                ]
                for source, entries in index.items()
            }
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, TrainingFolderUnreadable) as error:
        raise ArchiveUnusable(
            f"{path} could not be read ({error}). Nothing was started; pack it again with python "
            "-m inference prepare --pack, or carry it over again."
        ) from error


def read_picture(archive: zipfile.ZipFile, stem: str, entry: dict[str, str | int]) -> Picture:
    """One picture of an archive."""
    count = int(entry["bands"])
    # OpenCV gives three bands for a grey WebP, too.
    bands = [from_file(archive, f"{stem}.0.webp")[:, :, 2::-1][:, :, : min(count, 3)]]
    if count == 4:
        bands.append(from_file(archive, f"{stem}.1.webp")[:, :, :1])
    pixels = np.ascontiguousarray(np.concatenate(bands, axis=2)).astype(np.uint8)
    maps = [
        from_file(archive, f"{stem}.{number}.png").astype(np.uint16)
        for number in range(int(entry["maps"]))
    ]
    return Picture(str(entry["name"]), pixels, maps, table_of_objects(maps))


def from_file(archive: zipfile.ZipFile, name: str) -> NDArray[np.integer]:
    """A picture of an archive, channels and depth as they are."""
    content = np.frombuffer(archive.read(name), np.uint8)
    decoded = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise TrainingFolderUnreadable(f"{name} in it is damaged")
    return np.asarray(decoded)
