"""Two labels share ground: the page says so, cuts the one that gives way, and merges both."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.mapper import SLOW_MS, Mapper, signed_in


@pytest.mark.browser
@pytest.mark.engine
@pytest.mark.timeout(600)
def test_overlap_is_told_and_cut_and_labels_are_merged(running, browser):
    page = signed_in(browser, running, "admin", running.admin_password)
    mapper = Mapper(page)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").fill("Shared ground")
    page.get_by_role("button", name="Create project").click()
    page.locator("input[type=file]").first.set_input_files(running.data_dir / "demo" / "scene.tif")
    mapper.wait_for_map()
    for clicks in (((0, 0),), ((0, 0), (60, 40))):
        for right, down in clicks:
            mapper.click(right, down)
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile("^Saved Iceplant #")).last).to_be_visible()
    mapper.labels_are(2)
    notices = page.get_by_role("list", name="Notices")
    lies_on = notices.get_by_text(re.compile(r"^#2 lies on #1 \("))
    expect(lies_on).to_be_visible(timeout=SLOW_MS)

    notices.get_by_role("button", name="Cut #2").click()
    cut = notices.get_by_text(re.compile(r"^Cut #2\. .* was cut where #1 is\.$"))
    expect(cut).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("Control+z")
    expect(lies_on).to_be_visible(timeout=SLOW_MS)

    # After an undo the label's facts have the same choice.
    notices.get_by_role("button", name="Show").click()
    fact = page.get_by_text("Lies on", exact=True)
    expect(fact).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Cut #2").click()
    expect(fact).not_to_be_visible(timeout=SLOW_MS)
    history = page.get_by_role("region", name="History")
    expect(history.get_by_text("Cut #2: what lay on #1.").first).to_be_visible(timeout=SLOW_MS)

    # Both in a box, drawn with Shift; M makes one of them.
    page.keyboard.press("v")
    box = mapper.map.bounding_box()
    assert box is not None
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 40, box["y"] + box["height"] - 40, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.get_by_role("heading", name="2 labels")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("m")
    expect(notices.get_by_text("Merged 2 labels into #1.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("heading", name="#1")).to_be_visible(timeout=SLOW_MS)
    mapper.labels_are(1)
    page.keyboard.press("Control+z")
    mapper.labels_are(2)
