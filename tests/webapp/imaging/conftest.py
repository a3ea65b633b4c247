"""Drawn rasters, and imports of them in this process: the sandbox has tests of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from asgiref.sync import sync_to_async
from django.test import Client
from numpy.typing import NDArray

from tests.cast import Cast
from tests.drawn.uploads import finished_upload
from tests.upload_client import Uploading, uploading
from webapp.imaging import actions
from webapp.imaging.answers import Answers
from webapp.imaging.cog import write_cog
from webapp.imaging.inspection import inspect
from webapp.imaging.models import Image, Layer
from webapp.imaging.verdict import CogFacts, CrsAndGrid, RasterFiles, Verdict
from webapp.jobs.actions import run_here

UTM_10N = "EPSG:26910"
NORTH_UP = Affine(0.5, 0, 500_000, 0, -0.5, 4_000_000)


@dataclass(frozen=True)
class Importer:
    """Draws rasters in a folder of the test and runs them through the import."""

    folder: Path

    def draw(
        self,
        pixels: NDArray[Any],
        *,
        name: str = "drawn.tif",
        crs: str | None = UTM_10N,
        transform: Affine | None = NORTH_UP,
        colours: str = "",
        visible: NDArray[np.bool_] | None = None,
        **profile: Any,
    ) -> RasterFiles:
        """A GeoTIFF of bands x rows x cols; `colours` has GDAL's names, space-separated."""
        count, height, width = pixels.shape
        path = self.folder / name
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(
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
            ) as dataset,
        ):
            if colours:
                dataset.colorinterp = [
                    rasterio.enums.ColorInterp[colour] for colour in colours.split()
                ]
            dataset.write(pixels)
            if visible is not None:
                dataset.write_mask(visible)
        return RasterFiles(path, name)

    def verdict(self, files: RasterFiles, **answers: str) -> Verdict:
        return inspect(
            files, Answers.from_mapping(answers), folder=self._empty(), most_bytes=10**10
        )

    def write(
        self, files: RasterFiles, *, target: CrsAndGrid | None = None, **answers: str
    ) -> tuple[CogFacts, Path]:
        out = self.folder / f"{files.main.stem}-cog.tif"
        facts = write_cog(
            files,
            Answers.from_mapping(answers),
            target,
            out,
            folder=self._empty(),
            most_bytes=10**10,
            progress=[].append,
        )
        return facts, out

    def _empty(self) -> Path:
        folder = self.folder / f"private-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        return folder


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    # As in the child: GDAL writes and reads no sidecars of its own.
    with rasterio.Env(GDAL_PAM_ENABLED=False):
        yield Importer(tmp_path)


@pytest.fixture
def photo() -> Callable[..., NDArray[np.uint8]]:
    """Draws smooth ground with some texture, bands x rows x cols, never 0 and never 255."""

    def draw(count: int = 3, height: int = 60, width: int = 80, seed: int = 7) -> NDArray[np.uint8]:
        random = np.random.default_rng(seed)
        rows, cols = np.mgrid[:height, :width]
        bands = [
            120
            + 60 * np.sin(cols / 17 + band) * np.cos(rows / 23)
            + random.normal(0, 8, rows.shape)
            for band in range(count)
        ]
        return np.clip(bands, 1, 254).astype(np.uint8)

    return draw


@dataclass(frozen=True)
class Uploader:
    """Uploads drawn rasters as Ana, and runs their imports with the real sandbox."""

    cast: Cast

    def upload(self, *files: RasterFiles, layer: Layer | None = None) -> Image:
        """One image, of a raster and its sidecars, that waits for its job."""
        project, ana = self.cast.project, self.cast.ana
        uids = [
            finished_upload(project, ana, file.main.name, file.main.read_bytes()).uid
            for file in files
        ]
        (image,) = actions.receive_uploads(project, ana, uids, layer)
        return image

    def bring_in(self, *files: RasterFiles, layer: Layer | None = None) -> Image:
        """One image whose job has run."""
        image = self.upload(*files, layer=layer)
        run_here(image.job)
        return Image.objects.select_related("layer__project", "job").get(pk=image.pk)


@pytest.fixture
def uploader(transactional_db: None, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Uploader:
    # With real transactions: a job renews its lease from another thread while the child works.
    monkeypatch.setattr("webapp.jobs.actions.ring", lambda: None)
    return Uploader(cast)


@pytest.fixture
async def ana(cast: Cast) -> Uploading:
    """Ana's page; her requests are checked as in the product."""
    client = Client(enforce_csrf_checks=True)
    await sync_to_async(client.force_login)(cast.ana)
    return await uploading(client)
