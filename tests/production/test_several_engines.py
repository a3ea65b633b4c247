"""Two web processes and two real engines, one dialled in to each; SQLite and Redis between them.

One engine reads the files, the other fetches its pixels, as if it stood elsewhere.
"""

import json
import re

import pytest

from inference.messages import ClickMessage, LayerSource, Segment
from inference.windows import Grid
from tests.production.page import Page
from tests.production.several_servers import servers_on, sign_in
from webapp.engines.affinity import affinity

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

SCENE_PX = 768
SOURCE = """
from webapp.imaging.models import Layer
from webapp.imaging.queries import layer_source
print(layer_source(Layer.objects.get()).model_dump_json())
"""
ENGINES = """
import json
from webapp.engines.models import Engine
print(json.dumps({row.name: str(row.uid) for row in Engine.objects.all()}))
"""


class Site:
    """Web processes `a` and `b`, each with its engine, and places that belong to one of them."""

    def __init__(self, servers):
        self.servers = servers
        self.a, self.b = servers.start_web(), servers.start_web()
        for web in (self.a, self.b):
            web.wait_until_up()
        self.engine_a = servers.start_engine("of-a", self.a)
        self.engine_b = servers.start_engine("of-b", self.b, "--fetch")
        self.session = sign_in(self.a)
        self.project = self.session.get("/api/projects")[0]["uid"]
        self.layer = self.session.get(f"/api/projects/{self.project}")["layers"][0]["uid"]
        self._source = LayerSource.model_validate_json(servers.ask_django(SOURCE))
        self._grid = Grid(**self._source.grid.model_dump())
        self._engines = json.loads(servers.ask_django(ENGINES))
        self._used = 0

    def both_up(self):
        """All four run, whatever the test before has killed."""
        for web in (self.a, self.b):
            if not web.is_alive:
                web.start()
                web.wait_until_up()
        for engine in (self.engine_a, self.engine_b):
            engine.thaw()
            if not engine.is_alive:
                engine.start()
            engine.wait_until_connected()
        return self

    def page(self, web):
        return Page(web, self.session, self.project)

    def place_of(self, engine):
        """A place on the map, new each time, where drafts belong to this engine."""
        while True:
            self._used += 1
            col, row = 60 + 40 * (self._used % 16), 60 + 40 * (self._used // 16)
            x, y = self._grid.to_map(col + 0.5, row + 0.5)
            request = Segment(
                type="segment",
                request="r",
                draft="d",
                step=1,
                source=self._source,
                clicks=[ClickMessage(x=x, y=y, include=True)],
            )
            first = max(self._engines, key=lambda name: affinity(request, self._engines[name]))
            if first == engine.name:
                return x, y


@pytest.fixture(scope="module")
def site_of_module(redis, tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("several")
    with servers_on(data_dir, scene_px=SCENE_PX, SEGMAP_REDIS=redis.address) as servers:
        yield Site(servers)


@pytest.fixture
def site(site_of_module):
    return site_of_module.both_up()


def test_click_at_one_web_process_is_answered_by_the_engine_of_the_other(site):
    with site.page(site.a) as page:
        page.wait_for_engine()
        site.engine_a.freeze()  # whatever is answered now, the other engine has answered
        draft = page.open(site.layer)
        page.click(draft, 1, site.place_of(site.engine_b))
        answer, _ = page.settled(draft, 1)
    assert answer["outline"]


def test_newest_click_wins_across_web_processes(site):
    with site.page(site.a) as page:
        page.wait_for_engine()
        place = site.place_of(site.engine_b)
        draft = page.open(site.layer)
        site.engine_b.freeze()
        page.click(draft, 1, place)
        page.click(draft, 2, (place[0] + 3, place[1]))
        site.engine_b.thaw()
        _, heard = page.settled(draft, 2)
    outlined = [said["answer"]["step"] for said in heard if said["type"] == "draft.outlined"]
    assert set(outlined) == {2}


@pytest.mark.parametrize("clicked_at", ["a", "b"])
def test_engine_killed_with_a_click_in_its_hands_leaves_it_to_the_other(site, clicked_at):
    with site.page(getattr(site, clicked_at)) as page:
        page.wait_for_engine()
        draft = page.open(site.layer)
        site.engine_b.freeze()
        page.click(draft, 1, site.place_of(site.engine_b))
        site.engine_b.kill()
        page.settled(draft, 1)
        assert page.engine["connected"]


def test_web_process_killed_with_its_engine_at_work_loses_no_click(site):
    with site.page(site.a) as page:
        page.wait_for_engine()
        draft = page.open(site.layer)
        site.engine_b.freeze()
        page.click(draft, 1, site.place_of(site.engine_b))
        site.b.kill()
        page.settled(draft, 1)


def test_page_of_a_killed_web_process_goes_on_at_the_other(site):
    with site.page(site.a) as page:
        page.wait_for_engine()
        draft = page.open(site.layer)
        site.engine_b.freeze()
        page.click(draft, 1, site.place_of(site.engine_b))
        site.a.kill()
    with site.page(site.b) as page:
        assert page.welcome["draft"]["uid"] == draft
        site.engine_b.thaw()
        page.settled(draft, 1)


def test_redis_killed_in_the_middle_loses_no_click(site, redis):
    with site.page(site.a) as page:
        page.wait_for_engine()
        draft = page.open(site.layer)
        site.engine_b.freeze()
        page.click(draft, 1, site.place_of(site.engine_b))
        redis.kill()
        try:
            page.settled(draft, 1)  # by the engine of its own process
        finally:
            redis.start()
        site.engine_b.thaw()


def test_revoked_engine_is_disconnected_at_once_and_stays_away(site):
    extra = site.servers.start_engine("extra", site.b)
    extra.wait_until_connected()
    site.servers.manage("engine", "revoke", "extra")
    assert extra.wait() == 1
    assert "refused this engine's token" in extra.log()
    extra.start()
    assert extra.wait() == 1
    assert re.search("^extra +revoked ", site.servers.manage("engine", "list"), re.MULTILINE)


def test_page_hears_when_the_last_engine_anywhere_is_gone_and_when_one_is_back(site):
    with site.page(site.a) as page:
        page.wait_for_engine()
        site.engine_a.kill()
        site.engine_b.kill()
        page.wait_for_engine(connected=False)
        draft = page.open(site.layer)
        page.click(draft, 1, site.place_of(site.engine_b))
        assert "clicks run when it is back" in page.hear("draft.failed")["sentence"]
        site.engine_b.start()
        page.settled(draft, 1)
