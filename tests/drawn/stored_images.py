"""Images whose files lie in the data folder as an import leaves them; their bytes are drawn."""

import hashlib
import random
from pathlib import Path

from django.conf import settings

from webapp.accounts.models import User
from webapp.imaging.models import Image, ImageState, Layer
from webapp.imaging.uploads import folder_of


def store_image(
    layer: Layer, user: User, *, seed: int = 1, state: ImageState = ImageState.READY
) -> Image:
    """An image of two uploaded files (a raster and its world file) and, when ready, a COG."""
    draw = random.Random(seed)
    raster, cog = draw.randbytes(3000), draw.randbytes(5000)
    image = Image(
        layer=layer,
        uploaded_by=user,
        name=f"ortho{seed}.tif",
        files=[f"ortho{seed}.tif", f"ortho{seed}.tfw"],
        size_bytes=len(raster) + 3,
        state=state,
    )
    folder_of(image).mkdir(parents=True)
    (folder_of(image) / "raster.tif").write_bytes(raster)
    (folder_of(image) / "raster.tfw").write_bytes(b"0.6")
    if state == ImageState.READY:
        image.cog_sha256 = hashlib.sha256(cog).hexdigest()
        image.cog_path = f"cogs/{image.cog_sha256}.tif"
        image.cog_bytes = len(cog)
        (Path(settings.DATA_DIR) / image.cog_path).write_bytes(cog)
    image.save()
    return image


def files_of(image: Image) -> list[Path]:
    """All files of an image, as paths in the data folder."""
    named = [Path("uploads") / str(image.uid) / name for name in ("raster.tif", "raster.tfw")]
    return [*named, Path(image.cog_path)] if image.cog_path else named
