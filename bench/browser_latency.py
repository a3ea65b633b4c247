"""How long a click waits as a person sees it: from the press to the outline on the map.

Starts the whole product (server, engine, job worker) on a data folder of its own with the drawn
demo, opens the page in Chromium, clicks inside objects, and reads when the map's state changes.
Asserts nothing.

    python -m bench.browser_latency --clicks 30
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from bench.report import Timing, report

REPOSITORY = Path(__file__).resolve().parent.parent
RESOLUTION_M = 1.2
"""Metres per screen pixel while clicking: twice the demo's own pixel."""
# The times are taken in the page: from the press to the first change of the map's state that
# shows an outline, and to the one that says it has settled.
WATCH = """
() => {
  const map = document.querySelector('[role=application]');
  window.benchTimes = {};
  map.addEventListener('pointerup', () => { window.benchTimes = {pressed: performance.now()}; },
    {capture: true});
  new MutationObserver(() => {
    const times = window.benchTimes, state = map.dataset.draftState;
    if (times.pressed === undefined) return;
    if (map.dataset.draftPass && times.first === undefined) times.first = performance.now();
    if (state === 'settled' || state === 'nothing') times.settled ??= performance.now();
  }).observe(map, {attributes: true});
}
"""


@contextmanager
def product() -> Iterator[tuple[str, Path]]:
    """Address and data folder of a product that is up, with the demo in it."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "SEGMAP_DATA": folder, "PORT": str(port)}
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "webapp.supervisor"], cwd=REPOSITORY, env=environment
        )
        address = f"http://127.0.0.1:{port}"
        try:
            while not is_healthy(address):
                if supervisor.poll() is not None:
                    raise SystemExit("The product did not start; see above.")
                time.sleep(0.5)
            yield address, Path(folder)
        finally:
            supervisor.send_signal(signal.SIGINT)
            supervisor.wait()


def is_healthy(address: str) -> bool:
    """Whether server, engine and job worker are up."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310 - ours
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def fill_with_imagery(page: Page) -> None:
    """Zoom in on the middle of the image, so that no click falls beside it."""
    page.wait_for_url("**at=*")
    address, at = page.url.split("?at=", 1)
    x_map, y_map, _ = at.split("&")[0].replace("%2C", ",").split(",")
    page.goto(f"{address}?at={x_map},{y_map},{RESOLUTION_M}")
    page.wait_for_selector("[role=application][data-rendered=true]", timeout=60_000)


def click_waits(page: Page, clicks: int, seed: int) -> tuple[list[float], list[float]]:
    """Seconds to the first and to the settled outline, of first clicks all over the map."""
    page.evaluate(WATCH)
    box = page.get_by_role("application").bounding_box()
    if box is None:
        raise SystemExit("The map is not on the page.")
    random = np.random.default_rng(seed)
    first, settled = [], []
    for _ in range(clicks):
        right, down = random.uniform(0.2, 0.8, 2)
        page.mouse.click(box["x"] + right * box["width"], box["y"] + down * box["height"])
        page.wait_for_function("window.benchTimes.settled !== undefined", timeout=60_000)
        times = page.evaluate("window.benchTimes")
        first.append((times.get("first", times["settled"]) - times["pressed"]) / 1000)
        settled.append((times["settled"] - times["pressed"]) / 1000)
        page.get_by_role("button", name="Discard").click()
        page.wait_for_function(
            "['none', 'empty'].includes("
            "document.querySelector('[role=application]').dataset.draftState)"
        )
    return first, settled


def main() -> None:
    """Start the product, click, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clicks", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    chromium = os.environ.get("CHROME_PATH") or shutil.which("chromium") or ""
    if not chromium:
        raise SystemExit("There is no Chromium here. Install one, or name it in CHROME_PATH.")
    with product() as (address, data_dir), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        # The waiting below is done by scripts of ours in the page, which its policy would refuse.
        page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
        page.goto(address)
        page.get_by_label("User name").fill("admin")
        page.get_by_label("Password").fill((data_dir / "admin_password").read_text().strip())
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Demo preserve", exact=True).click()
        page.wait_for_selector("[role=application][data-rendered=true]", timeout=60_000)
        fill_with_imagery(page)
        click_waits(page, 3, options.seed + 1)  # warm the libraries
        first, settled = click_waits(page, options.clicks, options.seed)
        version = browser.version
        browser.close()
    report(
        "browser_latency",
        [Timing("press to first outline", first), Timing("press to settled outline", settled)],
        {"chromium": version, "page": "1440 x 900, software rendering"},
    )


if __name__ == "__main__":
    main()
