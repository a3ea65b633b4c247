"""Bytes of rasters with a little damage: enough to mislead a reader, not enough to be refused."""

import struct
from pathlib import Path
from random import Random

import numpy as np
import rasterio

from tests.drawn.bad_rasters import bands_500, ground, no_crs, rotated, write_raster

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def draw_sound_files(folder: Path) -> list[bytes]:
    """The bytes of small rasters of every kind that can be imported."""
    paths = []

    def path(suffix: str) -> Path:
        paths.append(folder / f"sound-{len(paths)}{suffix}")
        return paths[-1]

    for options in (
        {},
        {"compress": "deflate", "tiled": True, "blockxsize": 16, "blockysize": 16},
        {"compress": "lzw", "predictor": 2},
        {"compress": "jpeg", "photometric": "ycbcr", "tiled": True},
        {"bigtiff": "yes", "compress": "zstd", "nodata": 0},
        {"interleave": "band", "compress": "packbits"},
    ):
        write_raster(path(".tif"), ground(), **options)
    write_raster(path(".tif"), ground(1, dtype="float32"), colours="", compress="lerc")
    for draw in (no_crs, rotated, bands_500):
        draw(path(".tif"))
    for driver, suffix in (("PNG", ".png"), ("JPEG", ".jpg"), ("JP2OpenJPEG", ".jp2")):
        _write_picture(path(suffix), driver)
    _write_picture(path(".img"), "HFA")
    return [path.read_bytes() for path in paths]


def _write_picture(path: Path, driver: str) -> None:
    shape = {"width": 80, "height": 60, "count": 3, "dtype": "uint8"}
    with rasterio.open(path, "w", driver=driver, **shape) as dataset:
        dataset.write(ground().astype(np.uint8))


def damaged(random: Random, sound: list[bytes]) -> bytes:
    """One of the files with one to five changes, most of them where its tables are."""
    file = bytearray(random.choice(sound))
    for _ in range(random.choice([1, 1, 2, 3, 5])):
        at = _place(random, file)
        match random.randrange(8):
            case 0 | 1:
                file[at : at + 1] = bytes([random.randrange(256)])
            case 2 | 3:
                size, kind = random.choice([(2, "H"), (4, "I")])
                value = random.choice(EXTREMES) & (256**size - 1)
                file[at : at + size] = struct.pack(f"<{kind}", value)
            case 4:
                file[at : at + random.randint(1, 64)] = b""
            case 5:
                file[at:at] = file[at : at + random.randint(1, 64)]
            case 6:
                other = random.choice(sound)
                cut = random.randrange(len(other))
                file[at : at + 64] = other[cut : cut + 64]
            case _ if random.random() < 0.3:
                del file[max(16, at) :]
    return bytes(file)


def _place(random: Random, file: bytearray) -> int:
    """Anywhere; in a TIFF more often in its first directory of tags."""
    if file[:2] == b"II" and len(file) > 8 and random.random() < 0.7:
        at = struct.unpack_from("<I", file, 4)[0] + random.randrange(300)
        if at < len(file):
            return int(at)
    return random.randrange(max(1, len(file)))
