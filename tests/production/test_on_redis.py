"""Notices and jobs through a real Redis."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from channels_redis.pubsub import RedisPubSubChannelLayer

from tests.production.programs import environment_with, python, start_python
from webapp.service_addresses import redis_layer

SPEAKER = """
import sys
import django
django.setup()
from webapp.projects.events import ProjectChanged
from webapp.realtime.publish import publish

for _ in sys.stdin:
    publish(1, ProjectChanged(type="project.changed"))
"""

# Rings for a job, and ends before any worker is there.
RINGER = """
import django
django.setup()
from django.core.management import call_command
from tests.cast import make_cast
from tests.drawn.labelled_project import draw_label, member_of, prepare
from webapp.exchange.actions import start_export

call_command("migrate", verbosity=0)
cast = make_cast()
prepare(cast.project)
draw_label(cast, cast.ana)
start_export(member_of(cast.project, cast.max), "gpkg", "all")
print(cast.project.pk)
"""


class Listener:
    """A socket's side of the channel layer, in the test's own process."""

    def __init__(self, layer: RedisPubSubChannelLayer, channel: str) -> None:
        self._layer = layer
        self._channel = channel

    async def next(self) -> dict[str, object]:
        notice = await self._layer.receive(self._channel)
        assert notice["type"] == "notice"
        return json.loads(notice["text"])


@asynccontextmanager
async def listening(address: str, project: int) -> AsyncIterator[Listener]:
    layer = RedisPubSubChannelLayer(**redis_layer(address)["CONFIG"])
    channel = await layer.new_channel()
    await layer.group_add(f"project.{project}", channel)
    try:
        yield Listener(layer, channel)
    finally:
        await layer.flush()


async def test_notice_of_another_process_is_heard_also_after_redis_was_killed(redis, tmp_path):
    environment = environment_with(tmp_path, SEGMAP_REDIS=redis.address)
    with start_python(environment, "-c", SPEAKER) as speaker:
        async with listening(redis.address, 1) as listener:
            for is_back in (False, True):
                if is_back:
                    await asyncio.to_thread(redis.kill)
                    await asyncio.to_thread(redis.start)
                heard = None
                while heard is None:  # what is said while the subscription comes back is lost
                    speaker.stdin.write("\n")
                    speaker.stdin.flush()
                    with suppress(TimeoutError):
                        heard = await asyncio.wait_for(listener.next(), 2)
                assert heard == {"type": "project.changed"}
        speaker.stdin.close()


async def test_job_that_was_rung_for_before_redis_was_killed_is_done(redis, database, tmp_path):
    environment = environment_with(tmp_path, SEGMAP_REDIS=redis.address, SEGMAP_DATABASE=database)
    project = int(await asyncio.to_thread(python, environment, "-c", RINGER))
    await asyncio.to_thread(redis.kill)
    await asyncio.to_thread(redis.start)
    worker = ("-m", "celery", "--app", "webapp.celery", "worker", "--loglevel", "WARNING")
    async with listening(redis.address, project) as listener:
        with start_python(environment, *worker) as process:
            try:
                state = None
                while state not in ("done", "failed"):
                    state = (await listener.next())["job"]["state"]
            finally:
                process.terminate()
        assert state == "done"
