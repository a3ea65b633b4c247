"""The label page in the hands of a test: the map by the pixel, the rest by name."""

import json
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

from tests.product import Running

SLOW_MS = 60_000
expect.set_options(timeout=SLOW_MS)


@dataclass
class Mapper:
    """The label page in the hands of a test: the map by the pixel, the rest by name."""

    page: Page
    outlined: list[dict] = field(default_factory=list)
    saved: list[dict] = field(default_factory=list)
    sent: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._heard)
        socket.on("framesent", lambda frame: self.sent.append(json.loads(frame)))

    @property
    def clicked(self) -> list[tuple[float, float]]:
        """Where the page said that it was clicked, map frame."""
        return [(sent["x"], sent["y"]) for sent in self.sent if sent["type"] == "draft.click"]

    def _heard(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        if message["type"] == "draft.outlined":
            self.outlined.append(message["answer"])
        if message["type"] == "draft.saved":
            self.saved.append(message["edit"])

    @property
    def map(self) -> Locator:
        return self.page.get_by_role("application")

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the map on the screen, where four pixels meet."""
        box = self.map.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    @property
    def draft_bar(self) -> Locator:
        return self.page.get_by_role("region", name="Draft")

    def wait_for_map(self) -> None:
        expect(self.map).to_have_attribute("data-rendered", "true", timeout=SLOW_MS)

    def click(self, right: float, down: float, *, exclude: bool = False) -> None:
        """Click so many screen pixels from the middle of the map, and wait until it settled."""
        before = len(self.outlined)
        middle_x, middle_y = self.middle
        self.page.mouse.click(
            middle_x + right,
            middle_y + down,
            button="right" if exclude else "left",
        )
        expect(self.map).to_have_attribute("data-draft-state", "settled", timeout=SLOW_MS)
        assert len(self.outlined) > before

    def wait_for_clicks(self, words: str) -> None:
        expect(self.draft_bar).to_contain_text(words, timeout=SLOW_MS)

    def labels_are(self, count: int) -> None:
        words = "1 label" if count == 1 else f"{count} labels"
        region = self.page.get_by_role("region", name="Classes")
        expect(region.get_by_text(words, exact=True).last).to_be_visible(timeout=SLOW_MS)


def signed_in(browser: Browser, running: Running, username: str, password: str) -> Page:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        # A proxy of the tests has signed its own certificate.
        ignore_https_errors=True,
    )
    page = context.new_page()
    page.goto(running.address)
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Projects")).to_be_visible(timeout=SLOW_MS)
    return page
