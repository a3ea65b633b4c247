"""Files as they were uploaded: which belong together, and where they lie.

Nothing of a name that a person chose reaches the disk: a raster is `raster.tif`, and what came
beside it gets the name that its reader expects beside that.
"""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePath

from django.conf import settings

from webapp.errors import BadInput
from webapp.imaging.models import Image
from webapp.imaging.verdict import RasterFiles

RASTER_SUFFIXES = (".tif", ".tiff", ".gtiff", ".jp2", ".png", ".jpg", ".jpeg", ".img")
# A sidecar's suffix follows the raster's whole name (a.tif.ovr) or replaces its suffix (a.tfw).
APPENDED_SUFFIXES = (".msk", ".ovr", ".aux.xml")
REPLACING_SUFFIXES = (".tfw", ".tifw", ".wld", ".jgw", ".pgw", ".j2w", ".prj")

MOST_LETTERS = 255
"""Of a file's name, as in file systems."""
COPIES_PER_UPLOAD = 3
"""The upload itself, the COG, and what lies beside it while it is made."""


@dataclass(frozen=True, slots=True)
class Group:
    """A raster and what belongs to it; names as the person had them."""

    raster: str
    sidecars: tuple[str, ...]


def need_known_name(name: str) -> None:
    """Nothing, for a name that a raster or a sidecar may have.

    Raises:
        BadInput: it is the name of something else.
    """
    if len(name) > MOST_LETTERS or "\0" in name:
        raise BadInput(
            f"A file's name is too long ({len(name)} letters) or broken, so it was not uploaded. "
            "Give it a shorter one."
        )
    if not name.lower().endswith((*RASTER_SUFFIXES, *APPENDED_SUFFIXES, *REPLACING_SUFFIXES)):
        raise BadInput(
            f"{name} is no image, so it was not uploaded. Choose a GeoTIFF, and its .tfw, .prj, "
            ".msk or .ovr together with it."
        )


def group_files(names: Sequence[str]) -> list[Group]:
    """Which of several files make one image.

    Raises:
        BadInput: a file is no raster and belongs to none, or two have one name.
    """
    if len({name.lower() for name in names}) < len(names):
        raise BadInput(
            "Two of these files have the same name, so no image was made of them. "
            "Rename one, then add them again."
        )
    rasters = [name for name in names if name.lower().endswith(RASTER_SUFFIXES)]
    groups = {raster: list[str]() for raster in rasters}
    for name in names:
        if name in groups:
            continue
        owner = next((raster for raster in rasters if _belongs(name, raster)), None)
        if owner is None:
            raise BadInput(
                f"{name} is no image and belongs to none of the others, so nothing was uploaded. "
                "Choose a GeoTIFF, and its .tfw, .prj, .msk or .ovr together with it."
            )
        groups[owner].append(name)
    return [Group(raster, tuple(sidecars)) for raster, sidecars in groups.items()]


def sidecars_beside(raster: Path) -> list[Path]:
    """The files in the same folder that belong to a raster."""
    return sorted(
        path
        for path in raster.parent.iterdir()
        if path != raster and path.is_file() and _belongs(path.name, raster.name)
    )


def files_on_disk(raster: Path) -> list[Path]:
    """A raster on the server's own disk and what belongs to it there, the raster first.

    Raises:
        BadInput: its name is none of a raster, or the disk has no room to take it.
    """
    paths = [raster, *sidecars_beside(raster)]
    group_files([path.name for path in paths])
    need_space(sum(path.stat().st_size for path in paths))
    return paths


def folder_of(image: Image) -> Path:
    """Where the uploaded files of an image lie."""
    return Path(settings.DATA_DIR) / "uploads" / str(image.uid)


def raster_files(image: Image) -> RasterFiles:
    """The uploaded files of an image, for the sandbox."""
    folder, names = folder_of(image), image.files
    raster, *sidecars = (folder / stored_name(name, names[0]) for name in names)
    return RasterFiles(main=raster, name=image.name, sidecars=tuple(sidecars))


def stored_name(name: str, raster: str) -> str:
    """The server's name for an uploaded file: `raster.tif`, `raster.tfw`, `raster.tif.ovr`."""
    suffix = _raster_suffix(raster)
    if name == raster:
        return f"raster{suffix}"
    lower = name.lower()
    appended = next((end for end in APPENDED_SUFFIXES if lower.endswith(end)), None)
    return f"raster{suffix}{appended}" if appended else f"raster{PurePath(lower).suffix}"


def free_bytes() -> int:
    """What the disk of the data folder has left."""
    return shutil.disk_usage(settings.DATA_DIR).free


def need_space(size_bytes: int, *, coming_bytes: int = 0) -> None:
    """Nothing, where the disk has room for an upload of that size and its COG.

    Args:
        size_bytes: of the upload.
        coming_bytes: what others were let in with and has not come yet.

    Raises:
        BadInput: it has not.
    """
    free = free_bytes() - coming_bytes
    if free < settings.DISK_RESERVE_BYTES + COPIES_PER_UPLOAD * size_bytes:
        raise BadInput(
            f"The server's disk has {max(0, free) / 1e9:.1f} GB left, too little for this image, "
            "so nothing was uploaded. Ask for space."
        )


def survey_date(name: str) -> date | None:
    """The day in a NAIP file name (`m_3411911_sw_10_060_20200524.tif`), if it is one."""
    found = re.match(r"m_\d{7}_[ns][ew]_\d+_\w+?_(\d{4})(\d{2})(\d{2})", name.lower())
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _belongs(name: str, raster: str) -> bool:
    lower, stem = name.lower(), PurePath(raster.lower()).stem
    if any(lower == raster.lower() + suffix for suffix in APPENDED_SUFFIXES):
        return True
    return any(lower == stem + suffix for suffix in REPLACING_SUFFIXES)


def _raster_suffix(raster: str) -> str:
    suffix = next(end for end in RASTER_SUFFIXES if raster.lower().endswith(end))
    return ".tif" if suffix in (".tiff", ".gtiff") else suffix
