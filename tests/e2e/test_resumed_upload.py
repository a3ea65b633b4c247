"""An upload that breaks off, in a real browser: it goes on where the server has it."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from playwright.sync_api import Route, expect

from tests.e2e.mapper import SLOW_MS, signed_in
from webapp.imaging.upload_stream import PIECE_BYTES

PASSWORD = "a-long-enough-password"
PAGE_PIECE_BYTES = 8 * PIECE_BYTES


def noise(path, side):
    """An uncompressed photo of `side` pixels that takes two pieces and a half to upload."""
    pixels = np.random.default_rng(3).integers(1, 255, (3, side, side), dtype=np.uint8)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=side,
        height=side,
        count=3,
        dtype="uint8",
        crs="EPSG:26910",
        transform=Affine(0.5, 0, 500_000, 0, -0.5, 4_000_000),
        photometric="RGB",
    ) as dataset:
        dataset.write(pixels)
    return path


@pytest.mark.browser
@pytest.mark.engine
@pytest.mark.timeout(600)
def test_upload_goes_on_after_a_lost_connection_and_a_reload(running, browser, tmp_path):
    running.manage("create_user", "uli", "--password-stdin", said=PASSWORD)
    raster = noise(tmp_path / "ortho.tif", 2650)
    share = 100 * PAGE_PIECE_BYTES / raster.stat().st_size
    page = signed_in(browser, running, "uli", PASSWORD)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").fill("Resumed")
    page.get_by_role("button", name="Create project").click()
    passed = []

    def lose_all_but_the_first_piece(route: Route) -> None:
        if route.request.method == "PATCH" and passed:
            route.abort()
        else:
            if route.request.method == "PATCH":
                passed.append(route.request.headers["upload-offset"])
            route.continue_()

    page.route("**/uploads/*", lose_all_but_the_first_piece)
    page.locator("input[type=file]").first.set_input_files(raster)
    expect(page.get_by_text("No connection: it goes on by itself").first).to_be_visible()
    page.get_by_role("button", name="Pause ortho.tif").first.click()
    expect(page.get_by_text("Paused at").first).to_be_visible()
    page.reload()
    waiting = page.get_by_text("Choose the same file to go on at").first
    expect(waiting).to_contain_text(f"{share:.0f}")

    page.unroute("**/uploads/*")
    with page.expect_request(lambda request: request.method == "PATCH") as first:
        page.locator("input[type=file]").first.set_input_files(raster)
    assert passed == ["0"]
    assert first.value.headers["upload-offset"] == str(PAGE_PIECE_BYTES)

    expect(page.get_by_role("application")).to_have_attribute(
        "data-rendered", "true", timeout=SLOW_MS
    )
    (kept,) = [
        path
        for path in (running.data_dir / "uploads").rglob("raster.tif")
        if path.stat().st_size == raster.stat().st_size
    ]
    assert kept.read_bytes() == raster.read_bytes()
    page.context.close()
