"""The Chromium of this machine."""

import os
import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium_path() -> str | None:
    """Where it is: what CHROME_PATH says, or the first one on the PATH; None without one."""
    names = [os.environ["CHROME_PATH"]] if os.environ.get("CHROME_PATH") else NAMES
    return next((path for path in map(shutil.which, names) if path), None)


def start_chromium(playwright: Playwright, path: str) -> Browser:
    """One without a window, that asks nobody for updates."""
    return playwright.chromium.launch(
        executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
    )
