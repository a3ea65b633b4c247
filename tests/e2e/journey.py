"""A person's whole task in a real browser, whichever way the product was started."""

import json
import shutil
import zipfile
from pathlib import Path

import pyogrio.raw
import shapely
from playwright.sync_api import Browser, Page, expect

from tests.e2e.mapper import SLOW_MS, Mapper, signed_in
from tests.product import Running

PASSWORD = "a-long-enough-password"
PROJECT = "Journey"
COMMENT = "The dune goes on to the east."


def picture(running: Running, tmp_path: Path) -> tuple[Path, bool]:
    """The file to upload, and whether it raises the question about band 4."""
    naip = Path(running.environment.get("SEGMAP_SHARED", "../shared")) / (
        "imagery/geotiff/naip_nir_tagged_as_alpha.tif"
    )
    if naip.is_file():
        return naip, True
    own = tmp_path / "demo.tif"
    shutil.copyfile(running.data_dir / "demo" / "scene.tif", own)
    return own, False


def from_a_geotiff_to_an_exported_label(running: Running, browser: Browser, tmp_path: Path) -> None:
    """Upload, band question, clicks, undo, redo, reload, save, class, delete, review, exports."""
    for name in ("ana", "max"):
        running.manage("create_user", name, "--password-stdin", said=PASSWORD)

    # A manager makes the project and uploads an image; the import asks about band 4.
    page = signed_in(browser, running, "max", PASSWORD)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").fill(PROJECT)
    page.get_by_role("button", name="Create project").click()
    raster, asks = picture(running, tmp_path)
    page.locator("input[type=file]").first.set_input_files(raster)
    if asks:
        page.get_by_text("Near infrared: show the picture whole").click(timeout=SLOW_MS)
        page.get_by_role("button", name="Go on").click()
    max_at_work = Mapper(page)
    max_at_work.wait_for_map()

    running.manage("add_member", "--project", PROJECT, "--user", "ana", "--role", "annotator")

    # An annotator clicks: a coarse outline, then refined ones, each its own message.
    ana = signed_in(browser, running, "ana", PASSWORD)
    ana_at_work = Mapper(ana)
    ana.get_by_role("link", name=PROJECT, exact=True).click()
    ana_at_work.wait_for_map()
    ana_at_work.click(40, 30)
    first = list(ana_at_work.outlined)
    assert [answer["number"] for answer in first] == list(range(1, len(first) + 1))
    assert len(first) >= 2
    assert [answer["settled"] for answer in first] == [False] * (len(first) - 1) + [True]
    ana_at_work.wait_for_clicks("1 click (1+ 0")
    ana_at_work.click(100, 60, exclude=True)
    ana_at_work.wait_for_clicks("2 clicks (1+ 1")

    # Undo and redo bring the stored outlines back, also across a reload.
    ana.keyboard.press("Control+z")
    ana_at_work.wait_for_clicks("1 click (1+ 0")
    ana.keyboard.press("Control+Shift+z")
    ana_at_work.wait_for_clicks("2 clicks (1+ 1")
    ana.keyboard.press("Backspace")
    ana_at_work.wait_for_clicks("1 click (1+ 0")
    ana.reload()
    ana_at_work.wait_for_map()
    ana_at_work.wait_for_clicks("1 click (1+ 0")
    ana.keyboard.press("Control+Shift+z")
    ana_at_work.wait_for_clicks("2 clicks (1+ 1")
    ana.keyboard.press("Control+z")
    ana_at_work.wait_for_clicks("1 click (1+ 0")

    # Save; the tool stays armed for a second one.
    ana.keyboard.press("Enter")
    expect(ana.get_by_text("Saved Iceplant #1").first).to_be_visible(timeout=SLOW_MS)
    ana_at_work.labels_are(1)
    assert ana_at_work.saved[0]["labels"][0]["geometry"] == first[-1]["outline"]
    ana_at_work.click(-120, -60)
    ana.keyboard.press("2")
    ana.keyboard.press("Enter")
    expect(ana.get_by_text("Saved Mixed iceplant #2").first).to_be_visible(timeout=SLOW_MS)
    ana_at_work.labels_are(2)

    # Change a class, delete, undo.
    ana.keyboard.press("v")
    middle_x, middle_y = ana_at_work.middle
    ana.mouse.click(middle_x + 40, middle_y + 30)
    expect(ana.get_by_role("heading", name="#1")).to_be_visible(timeout=SLOW_MS)
    ana.get_by_role("button", name="Class: Iceplant").click()
    ana.locator(".menu").get_by_role("button", name="Salt grass flats").click()
    expect(ana.get_by_role("button", name="Class: Salt grass flats")).to_be_visible()
    ana.get_by_role("button", name="Delete").click()
    ana_at_work.labels_are(1)
    ana.keyboard.press("Control+z")
    ana_at_work.labels_are(2)

    # The manager accepts one and returns the other.
    page.get_by_role("link", name="Review").click()
    page.get_by_role("button", name="Accept").click(timeout=SLOW_MS)
    expect(page.get_by_role("heading", name="#2")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Return").first.click()
    form = page.get_by_role("form", name="Return this label")
    form.get_by_role("button", name="1").first.click()
    form.get_by_label("Comment").fill(COMMENT)
    form.get_by_role("button", name="Return").last.click()
    expect(page.get_by_text("Nothing waits for review.")).to_be_visible(timeout=SLOW_MS)

    # Its author sees what came back and why, without loading the page again.
    ana.keyboard.press("Escape")
    returned = ana.get_by_role("region", name="Returned to you")
    expect(returned).to_contain_text(COMMENT)
    expect(returned.get_by_role("listitem")).to_have_count(1)
    returned.get_by_role("button", name="#2").click()
    facts = ana.get_by_role("complementary", name="Facts")
    expect(facts.get_by_role("heading", name="#2")).to_be_visible()
    expect(facts.get_by_role("definition").filter(has_text="Returned")).to_be_visible()
    expect(facts.get_by_role("blockquote")).to_contain_text(COMMENT)
    expect(facts.get_by_role("blockquote")).to_contain_text("max")

    exported = export_both(page, tmp_path)
    compare(running, exported)


def export_both(page: Page, tmp_path: Path) -> dict[str, Path]:
    """All labels as GeoPackage and as shapefile, downloaded through the page."""
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export labels")
    dialog.get_by_text("All labels").click()
    files = {}
    for title, suffix in (("GeoPackage", "gpkg"), ("Shapefile", "zip")):
        dialog.get_by_text(title, exact=True).first.click()
        dialog.get_by_role("button", name="Export", exact=True).click()
        link = dialog.get_by_role("listitem").filter(has_text=title).get_by_role("link").first
        with page.expect_download(timeout=SLOW_MS) as download:
            link.click(timeout=SLOW_MS)
        files[suffix] = tmp_path / f"labels.{suffix}"
        download.value.save_as(files[suffix])
    return files


def compare(running: Running, exported: dict[str, Path]) -> None:
    """Both files hold what the database holds: CRS, classes, states and every vertex."""
    stored = json.loads(running.manage("shell", "-v", "0", "-c", STORED))
    with zipfile.ZipFile(exported["zip"]) as archive:
        archive.extractall(exported["zip"].parent)
    for path in (exported["gpkg"], exported["zip"].parent / "labels.shp"):
        meta, _, geometries, columns = pyogrio.raw.read(path, layer="labels")
        rows = dict(zip(meta["fields"], columns, strict=True))
        assert meta["crs"] == stored["crs"]
        assert list(rows["class_name"]) == ["Salt grass flats", "Mixed iceplant"]
        assert list(rows["review"]) == ["accepted", "returned"]
        shapes = shapely.from_wkb(geometries)
        truth = shapely.from_wkb([bytes.fromhex(wkb) for wkb in stored["geometries"]])
        assert shapely.is_valid(shapes).all()
        assert shapely.equals(shapes, truth).all()


STORED = f"""
import json, pyproj
from webapp.labels.models import Label
rows = Label.objects.filter(project__name={PROJECT!r}, deleted=False).order_by("number")
code = pyproj.CRS(rows[0].project.crs_wkt).to_epsg()
print(json.dumps({{
    "crs": f"EPSG:{{code}}", "geometries": [bytes(row.geometry).hex() for row in rows]
}}))
"""
