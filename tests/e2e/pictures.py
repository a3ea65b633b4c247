"""`python -m tests.e2e.pictures FOLDER`: the documentation's pictures, from the product itself.

    python -m tests.e2e.pictures docs/pictures
    python -m tests.e2e.pictures /tmp/wide --width 1920 --height 1080

The product is started in a folder of its own, with the drawn demo; one person clicks, saves and
reviews. What the engine finds is what the pictures show.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, WebSocketRoute, expect, sync_playwright

from tests.browsers import chromium_path, start_chromium
from tests.e2e.mapper import SLOW_MS, Mapper, signed_in
from tests.product import Supervised, product

QUALITY = 82
# A patch of iceplant of the demo: x, y, metres per screen pixel.
PATCH = "560122,4107522,0.6"
# Right of and below the middle of the map in screen pixels; include?
CLICKS = ((0, 0, True), (-90, -30, True), (60, 60, True), (90, 100, True), (-165, 60, False))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--size", type=int, default=4096, help="of the demo, in pixels")
    options = parser.parse_args()
    browser_path = chromium_path()
    if browser_path is None:
        sys.exit("There is no Chromium here. Install one, or name it in CHROME_PATH.")
    options.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data_dir,
        product(Path(data_dir)) as running,
        sync_playwright() as playwright,
    ):
        running.manage("demo_data", "--size", str(options.size))
        browser = start_chromium(playwright, browser_path)
        page = signed_in(browser, running, "admin", running.admin_password)
        page.set_viewport_size({"width": options.width, "height": options.height})
        Photographer(page, running, options.folder).take_all()
        browser.close()
    return 0


class Photographer:
    """Goes through the page and takes its pictures."""

    def __init__(self, page: Page, running: Supervised, folder: Path) -> None:
        self.page, self.running, self.folder = page, running, folder
        self.mapper = Mapper(page)
        self.held: list[str | bytes] | None = None
        page.route_web_socket("**/ws/projects/*", self.between)

    def between(self, page: WebSocketRoute) -> None:
        """Hold settled outlines back for as long as `held` is a list."""
        server = page.connect_to_server()

        def heard(text: str | bytes) -> None:
            if self.held is None or not is_settled(text):
                page.send(text)
            else:
                self.held.append(text)
                self.release = page.send

        server.on_message(heard)
        page.on_message(server.send)

    def take(self, name: str) -> None:
        """One picture, once fonts, tiles and pictures are there."""
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(
            path=self.folder / f"{name}.jpg", type="jpeg", quality=QUALITY, animations="disabled"
        )

    def take_all(self) -> None:
        """Project list, empty map, draft, label, infrared, review, settings, archive."""
        self.take("projects")
        self.page.get_by_role("link", name="Demo preserve", exact=True).click()
        self.mapper.wait_for_map()
        self.page.goto(f"{self.page.url.partition('?')[0]}?at={PATCH}")
        self.mapper.wait_for_map()
        self.take("empty")
        self.draw()
        self.take("settled")
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_text("Saved Iceplant #1").first).to_be_visible(timeout=SLOW_MS)
        self.mapper.labels_are(1)
        self.take("saved")
        self.page.keyboard.press("b")
        self.mapper.wait_for_map()
        self.take("infrared")
        self.page.get_by_role("link", name="Review").click()
        expect(self.page.get_by_role("heading", name="#1")).to_be_visible(timeout=SLOW_MS)
        self.mapper.wait_for_map()
        history = self.page.get_by_role("region", name="History")
        expect(history.get_by_role("listitem").first).to_be_visible(timeout=SLOW_MS)
        self.take("review")

    def draw(self) -> None:
        """A draft; what is shown between two passes is taken as well."""
        for number, (right, down, include) in enumerate(CLICKS):
            if number == 0:
                self.take_coarse(right, down)
            else:
                self.mapper.click(right, down, exclude=not include)

    def take_coarse(self, right: float, down: float) -> None:
        """A click whose first outline is taken; the settled one waits meanwhile."""
        self.held = []
        x, y = self.mapper.middle
        self.page.mouse.click(x + right, y + down)
        expect(self.mapper.map).to_have_attribute("data-draft-pass", "1", timeout=SLOW_MS)
        self.take("coarse")
        while not self.held:
            self.page.wait_for_timeout(50)
        held, self.held = self.held, None
        for text in held:
            self.release(text)
        expect(self.mapper.map).to_have_attribute("data-draft-state", "settled", timeout=SLOW_MS)


def is_settled(text: str | bytes) -> bool:
    """Whether a message of the server is a settled outline."""
    message = json.loads(text)
    return bool(message["type"] == "draft.outlined" and message["answer"]["settled"])


if __name__ == "__main__":
    sys.exit(main())
