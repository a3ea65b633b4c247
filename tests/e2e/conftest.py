"""The whole product, started as `make run` starts it, with a small drawn demo."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browsers import start_chromium
from tests.product import Running, product
from tests.session import Session

DEMO_PX = 1536


@pytest.fixture(scope="session")
def running(tmp_path_factory) -> Iterator[Running]:
    """The product with server, engine and job worker, and the demo in it."""
    with product(tmp_path_factory.mktemp("data")) as started:
        started.manage("demo_data", "--size", str(DEMO_PX))
        yield started


@pytest.fixture(scope="session")
def administrator(running: Running) -> Session:
    return running.administrator()


# Not longer than a module: while Playwright runs, its event loop is the thread's running one, and
# no asynchronous test could run after it.
@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = start_chromium(playwright, chromium)
        yield browser
        browser.close()
