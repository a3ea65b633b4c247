"""Files that a person may upload by mistake, or to do harm. Each function writes one."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

UTM_10N = "EPSG:26910"
NORTH_UP = Affine(0.5, 0, 500_000, 0, -0.5, 4_000_000)


def write_raster(
    path: Path,
    pixels: NDArray[Any],
    *,
    crs: str | None = UTM_10N,
    transform: Affine = NORTH_UP,
    colours: str = "red green blue",
    **profile: Any,
) -> None:
    """A GeoTIFF of bands x rows x cols; `colours` has GDAL's names, or is empty."""
    count, height, width = pixels.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=width,
        height=height,
        count=count,
        dtype=pixels.dtype,
        crs=crs,
        transform=transform,
        **profile,
    ) as dataset:
        if colours:
            dataset.colorinterp = [rasterio.enums.ColorInterp[name] for name in colours.split()]
        dataset.write(pixels)


def ground(
    count: int = 3, *, height: int = 60, width: int = 80, dtype: str = "uint8", seed: int = 5
) -> NDArray[Any]:
    """Pixels that look like something, bands x rows x cols, none of them 0."""
    random = np.random.default_rng(seed)
    return random.integers(1, 250, (count, height, width)).astype(dtype)


def no_raster(path: Path) -> None:
    path.write_text("Dear colleague, the orthophoto is in the other mail.\n")


def truncated(path: Path) -> None:
    write_raster(path, ground(height=400, width=400))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 62 // 100])


def one_pixel(path: Path) -> None:
    write_raster(path, ground(height=1, width=1))


def no_crs(path: Path) -> None:
    write_raster(path, ground(), crs=None)


def rotated(path: Path) -> None:
    write_raster(path, ground(), transform=NORTH_UP @ Affine.rotation(30))


def endless(path: Path) -> None:
    """Rows that lie further apart than a number can say of all of them."""
    write_raster(path, ground(), transform=Affine(0.5, 0.1, 500_000, 0.1, -1e307, 4_000_000))


def sheared(path: Path) -> None:
    write_raster(path, ground(), transform=NORTH_UP @ Affine.shear(20, 0))


def all_nodata(path: Path) -> None:
    write_raster(path, np.zeros((3, 60, 80), np.uint8), nodata=0)


def absurd_dimensions(path: Path) -> None:
    """30 kilobytes that claim a million pixels a side, with one of the strips there."""
    write_hollow_tiff(path, side=1_000_000, rows=256, stream=zlib.compress(bytes(1000)))


def decompression_bomb(path: Path) -> None:
    """300 kilobytes that unpack to 300 megabytes in one tile."""
    side = 16 * 1088
    stream = zlib.compress(bytes(side * side), 9)
    write_hollow_tiff(path, side=side, rows=side, stream=stream, is_tiled=True)


def write_hollow_tiff(
    path: Path, *, side: int, rows: int, stream: bytes, is_tiled: bool = False
) -> None:
    """A square grey TIFF written by hand, in deflated strips or square tiles of `rows`.

    The first piece is `stream`; no other is in the file.
    """
    pieces = (-(-side // rows)) ** (2 if is_tiled else 1)
    offsets = struct.pack(f"<{pieces}I", 8, *[0] * (pieces - 1))
    sizes = struct.pack(f"<{pieces}I", len(stream), *[0] * (pieces - 1))
    tables_at = 8 + len(stream)
    is_inline = pieces == 1
    tables = b"" if is_inline else offsets + sizes
    offsets_at, sizes_at = (8, len(stream)) if is_inline else (tables_at, tables_at + len(offsets))
    short, long = 3, 4
    tags = [
        (256, long, 1, side),  # width
        (257, long, 1, side),  # height
        (258, short, 1, 8),  # bits
        (259, short, 1, 8),  # deflate
        (262, short, 1, 1),  # black is zero
        (277, short, 1, 1),  # bands
    ]
    if is_tiled:
        tags += [(322, long, 1, rows), (323, long, 1, rows)]
        tags += [(324, long, pieces, offsets_at), (325, long, pieces, sizes_at)]
    else:
        tags += [(278, long, 1, rows)]
        tags += [(273, long, pieces, offsets_at), (279, long, pieces, sizes_at)]
    directory = struct.pack("<H", len(tags))
    directory += b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags)) + bytes(4)
    start = struct.pack("<2sHI", b"II", 42, tables_at + len(tables))
    path.write_bytes(start + stream + tables + directory)


def vrt(path: Path) -> None:
    path.write_text(
        '<VRTDataset rasterXSize="80" rasterYSize="60"><VRTRasterBand dataType="Byte" band="1">'
        "<SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>"
    )


def web_map(path: Path) -> None:
    path.write_text(
        '<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:9/${z}</ServerUrl></Service>'
        "</GDAL_WMS>"
    )


def envi_header(path: Path) -> None:
    path.write_text("ENVI\nsamples = 80\nlines = 60\nbands = 1\ndata type = 1\nheader offset = 0\n")


def complex_numbers(path: Path) -> None:
    write_raster(path, ground(1).astype(np.complex64), colours="")


def doubles(path: Path) -> None:
    write_raster(path, ground(3, dtype="float64"))


def long_integers(path: Path) -> None:
    write_raster(path, ground(3, dtype="int64"))


def bands_500(path: Path) -> None:
    write_raster(path, ground(500, height=8, width=8), colours="")
