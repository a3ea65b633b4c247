"""What is clicked is what is computed: the map's zoom has no part in it."""

import pytest

from tests.e2e.mapper import Mapper, signed_in

# Screen pixels from the middle of the map at 0.6 m a pixel; all are whole at the other zooms too.
CLICKS = ((40, 24, False), (-120, 64, False), (88, -32, True))
RESOLUTIONS = (0.6, 1.2, 0.3)


def make_map_even(page, mapper) -> None:
    """Give the map an even number of pixels each way, so that its middle is between two of them."""
    box = mapper.map.bounding_box()
    size = page.viewport_size
    assert box is not None
    page.set_viewport_size(
        {
            "width": size["width"] + round(box["width"]) % 2,
            "height": size["height"] + round(box["height"]) % 2,
        }
    )
    mapper.wait_for_map()


@pytest.mark.browser
@pytest.mark.engine
@pytest.mark.timeout(600)
def test_same_clicks_give_the_same_polygons_at_three_zooms(running, administrator, browser):
    project = administrator.get("/api/projects")[0]["uid"]
    layer = administrator.get(f"/api/projects/{project}")["layers"][0]
    left, bottom, right, top = layer["extent"]
    # On a corner of image pixels near the middle.
    x = left + round((right - left) / 2 / 1.2) * 1.2
    y = top - round((top - bottom) / 2 / 1.2) * 1.2
    page = signed_in(browser, running, "admin", running.admin_password)
    outlines = {}
    for resolution in RESOLUTIONS:
        page.goto(f"{running.address}/p/{project}?at={x:.1f},{y:.1f},{resolution}")
        mapper = Mapper(page)
        page.reload()
        mapper.wait_for_map()
        make_map_even(page, mapper)
        for right_px, down_px, exclude in CLICKS:
            scale = 0.6 / resolution
            mapper.click(right_px * scale, down_px * scale, exclude=exclude)
        outlines[resolution] = mapper.outlined[-1]["outline"]
        page.get_by_role("button", name="Discard").click()
    assert outlines[0.6]
    assert outlines[1.2] == outlines[0.6]
    assert outlines[0.3] == outlines[0.6]
