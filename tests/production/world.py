"""The production profile as a whole, on one machine: all the programs of `deploy/systemd`.

PostgreSQL, Redis, two web processes, an engine dialled in to each, a job worker and the sweeper; in
front of them nginx with TLS, where that is wanted. All in a temporary folder, with the drawn demo.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.product import Running, is_healthy
from tests.production.processes import EngineProcess, Process, WebProcess
from tests.production.proxy import proxy_before
from tests.production.servers import Postgres, Redis, server_folder, start_postgres, start_redis
from tests.production.several_servers import PASSWORD, Servers


@dataclass(frozen=True)
class Production(Running):
    """A production that is up; whoever kills a part of it starts that again.

    Its `address` is the one for people: the proxy's, or that of the first web process.
    """

    webs: tuple[WebProcess, WebProcess]
    engines: tuple[EngineProcess, EngineProcess]
    job_worker: Process
    sweeper: Process
    postgres: Postgres
    redis: Redis

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(web.address for web in self.webs)

    @property
    def admin_password(self) -> str:
        return PASSWORD

    def wait_until_healthy(self) -> None:
        """Return once every part says that it is up, to both web processes."""
        for web in self.webs:
            web.wait_until_up()
        for engine in self.engines:
            engine.wait_until_connected()
        for web in self.webs:
            while not is_healthy(web.address):
                assert all(part.is_alive for part in self._parts), self.logs()
                web.let_a_moment_pass()

    def logs(self) -> str:
        """What the parts have said, the end of it."""
        return "\n".join(part.log()[-3000:] for part in self._parts)

    @property
    def _parts(self) -> tuple[Process, ...]:
        return (*self.webs, *self.engines, self.job_worker, self.sweeper)


@contextmanager
def production(*, scene_px: int, is_behind_proxy: bool = False) -> Iterator[Production]:
    """All of it, healthy, with a demo of so many pixels a side.

    Raises:
        NotHereError: this machine lacks PostgreSQL, Redis or nginx.
    """
    with ExitStack() as stack:
        folders = [stack.enter_context(server_folder()) for _ in range(4)]
        postgres = stack.enter_context(start_postgres(folders[0]))
        redis = stack.enter_context(start_redis(folders[1]))
        data_dir = folders[2]
        servers = Servers(
            data_dir,
            stack,
            SEGMAP_DATABASE=postgres.address,
            SEGMAP_REDIS=redis.address,
            SEGMAP_HTTPS="1" if is_behind_proxy else "",
        )
        servers.prepare(scene_px)
        webs = servers.start_web(), servers.start_web()
        address = webs[0].address
        if is_behind_proxy:
            port = stack.enter_context(proxy_before([web.port for web in webs], folders[3]))
            address = f"https://127.0.0.1:{port}"
        running = Production(
            address,
            data_dir,
            servers.environment,
            webs,
            (servers.start_engine("one", webs[0]), servers.start_engine("two", webs[1])),
            servers.start_job_worker(),
            servers.start_sweeper(),
            postgres,
            redis,
        )
        running.wait_until_healthy()
        yield running
