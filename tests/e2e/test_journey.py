"""A person's whole task in a real browser: on one machine, and through the production profile."""

from collections.abc import Iterator

import pytest

from tests.e2e.journey import from_a_geotiff_to_an_exported_label
from tests.lacking import do_without
from tests.production.servers import NotHereError
from tests.production.world import Production, production

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(1800)]

SMALL_PX = 512


def test_from_a_geotiff_to_an_exported_label(running, browser, tmp_path):
    from_a_geotiff_to_an_exported_label(running, browser, tmp_path)


@pytest.fixture
def in_production() -> Iterator[Production]:
    """PostgreSQL, Redis, two web processes and two engines behind nginx, with TLS."""
    try:
        with production(scene_px=SMALL_PX, is_behind_proxy=True) as running:
            yield running
    except NotHereError as error:
        do_without(str(error))


def test_from_a_geotiff_to_an_exported_label_in_production(in_production, browser, tmp_path):
    from_a_geotiff_to_an_exported_label(in_production, browser, tmp_path)
    for web in in_production.webs:
        assert "Traceback" not in web.log()
