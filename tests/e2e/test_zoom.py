"""What is clicked is what is computed: neither zoom, size, view nor contrast has a part in it."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.mapper import Mapper, signed_in

# Right of and below the middle of the map in image pixels of 0.6 m, include or exclude; whole
# screen pixels at all three zooms.
CLICKS = ((40, 24, True), (-120, 64, True), (88, -32, False))
PIXEL_M = 0.6
# Metres per screen pixel, a window (odd sizes must not put the map between pixels), and a view with
# its contrast.
LOOKS = (
    (0.6, (1440, 900), "rgb_1-2-3_p2-98"),
    (1.2, (1367, 801), "ndvi_4-1_f0to0.5"),
    (0.3, (1601, 900), "rgb_4-1-2_f20to150_g1.6"),
)


@pytest.mark.browser
@pytest.mark.engine
@pytest.mark.timeout(900)
def test_same_clicks_give_the_same_polygons_however_the_map_looks(running, administrator, browser):
    project = administrator.get("/api/projects")[0]["uid"]
    layer = administrator.get(f"/api/projects/{project}")["layers"][0]
    left, bottom, right, top = layer["extent"]
    assert layer["resolution"] == PIXEL_M
    # On a corner of image pixels near the middle.
    x = round(left + round((right - left) / 2 / PIXEL_M) * PIXEL_M, 3)
    y = round(top - round((top - bottom) / 2 / PIXEL_M) * PIXEL_M, 3)
    places = [
        (round(x + right_px * PIXEL_M, 3), round(y - down_px * PIXEL_M, 3))
        for right_px, down_px, _ in CLICKS
    ]
    page = signed_in(browser, running, "admin", running.admin_password)
    answers, labels = [], []
    for resolution, (width, height), view in LOOKS:
        mapper = Mapper(page)
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{running.address}/p/{project}?at={x},{y},{resolution}&view={view}")
        mapper.wait_for_map()
        expect(page).to_have_url(re.compile(rf"layer=.*view={view}"))
        for right_px, down_px, include in CLICKS:
            scale = PIXEL_M / resolution
            mapper.click(right_px * scale, down_px * scale, exclude=not include)
        assert mapper.clicked == places
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile("^Saved .* #")).first).to_be_visible()
        answers.append(list(mapper.outlined))
        labels.append(mapper.saved[-1]["labels"][0]["geometry"])
    assert labels[0]
    assert labels[1:] == labels[:1] * 2
    # Not only the last outline: every pass of every click.
    assert answers[1:] == answers[:1] * 2
