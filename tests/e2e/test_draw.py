"""Labels drawn by hand, where the network finds nothing or a border is known, and split."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.mapper import SLOW_MS, Mapper, signed_in

SQUARE = ((-60, -60), (60, -60), (60, 60), (-60, 60))
BOW_TIE = ((150, -60), (250, 60), (250, -60), (150, 60))


def click_points(page: Page, mapper: Mapper, points: tuple[tuple[int, int], ...]) -> None:
    """Places in screen pixels from the middle of the map."""
    x, y = mapper.middle
    for right, down in points:
        page.mouse.move(x + right, y + down)
        page.mouse.click(x + right, y + down)


def labels_address(page: Page) -> str:
    """Where the labels of the open project are."""
    return re.sub(r"/p/([0-9a-f-]+).*", r"/api/projects/\1/labels", page.url)


@pytest.mark.browser
@pytest.mark.engine
@pytest.mark.timeout(600)
def test_labels_are_drawn_by_hand_and_split(running, browser):
    page = signed_in(browser, running, "admin", running.admin_password)
    mapper = Mapper(page)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").fill("By hand")
    page.get_by_role("button", name="Create project").click()
    page.locator("input[type=file]").first.set_input_files(running.data_dir / "demo" / "scene.tif")
    mapper.wait_for_map()
    notices = page.get_by_role("list", name="Notices")

    # Point by point; one point is taken back, Enter closes it.
    page.keyboard.press("d")
    click_points(page, mapper, (*SQUARE, (0, 90)))
    page.keyboard.press("Backspace")
    x, y = mapper.middle
    page.mouse.click(x, y, button="right")
    page.keyboard.press("Enter")
    expect(notices.get_by_text(re.compile(r"^Drew Iceplant #1, "))).to_be_visible(timeout=SLOW_MS)
    mapper.labels_are(1)
    corners = page.request.get(labels_address(page)).json()["labels"][0]["geometry"][0][0]
    assert len(set(map(tuple, corners))) == len(SQUARE)

    # What crosses itself is refused and stays on the map, to be mended.
    click_points(page, mapper, BOW_TIE)
    page.keyboard.press("Enter")
    refusal = notices.get_by_text(re.compile("crosses itself"))
    expect(refusal).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("Control+z")
    page.keyboard.press("Enter")
    expect(notices.get_by_text(re.compile(r"^Drew Iceplant #2, "))).to_be_visible(timeout=SLOW_MS)
    mapper.labels_are(2)

    # A line with Shift held.
    page.keyboard.down("Shift")
    page.mouse.move(x - 250, y - 50)
    page.mouse.down()
    for right, down in ((-150, -50), (-150, 50), (-250, 50), (-250, -40)):
        page.mouse.move(x + right, y + down, steps=10)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(notices.get_by_text(re.compile(r"^Drew Iceplant #3, "))).to_be_visible(timeout=SLOW_MS)
    mapper.labels_are(3)

    # A line across the selected label splits it; one that ends within is refused, and goes on.
    page.keyboard.press("v")
    page.mouse.click(x, y)
    expect(page.get_by_role("heading", name="#1")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("t")
    click_points(page, mapper, ((20, -90), (20, 0)))
    page.keyboard.press("Enter")
    expect(notices.get_by_text("This line does not part #1")).to_be_visible(timeout=SLOW_MS)
    click_points(page, mapper, ((20, 90),))
    page.keyboard.press("Enter")
    expect(notices.get_by_text("Split #1 into 2 labels.")).to_be_visible(timeout=SLOW_MS)
    mapper.labels_are(4)
    page.keyboard.press("Control+z")
    mapper.labels_are(3)
    page.keyboard.press("d")

    # Escape gives up what is begun, then the tool; Ctrl+Z takes back the last label.
    click_points(page, mapper, SQUARE)
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    mapper.labels_are(2)
