"""What the measures stand on: private servers below one directory, our programs, and how much of everything."""
import json
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/system"))
from parts.engine import Engine  # noqa: E402
from parts.http import HTTP_PORT, HTTPS_PORT  # noqa: E402
from parts.process import Process, running  # noqa: E402
from parts.programs import CONSUMER, REGISTRAR  # noqa: E402
from parts.redis import Redis, encode  # noqa: E402

PROGRAMS = TOP / "build/bench"
LEASE = 3600  # seconds: none ends while something is measured


@dataclass(frozen=True)
class Sizes:
    runs: int = 5            # of which the median counts
    events: int = 20         # starts of a container, or changes of one
    beside: int = 500        # containers, one more starts
    starts: tuple = (1_000, 10_000)  # containers at a cold start
    refreshed: int = 10_000
    passes: tuple = (10_000, 100_000)
    sites: int = 10_000      # among which one changes
    idle: int = 1_000        # containers of a registrar that has nothing to do
    idle_seconds: int = 10
    edge: tuple = (10, 100, 1_000)  # sites, and a container starts
    growth: tuple = (1_000, 3_000, 10_000, 30_000, 100_000)
    foreign: int = 1_000_000
    settle: float = 0.6      # seconds after a change, longer than --reload-interval: the next one is a first one again
    saved: float = 1.5       # seconds after which the consumer has saved its memory, too
    watchdog: int = 4        # seconds
    refresh: int = 2         # seconds from one refresh to the next


TINY = Sizes(runs=1, events=1, beside=5, starts=(5, 20), refreshed=20, passes=(20, 40), sites=20, idle=5, idle_seconds=1,
             edge=(2,), growth=(10, 20, 40), foreign=1_000, settle=0.3, saved=0.1, watchdog=1, refresh=1)


def value(number: int, address: str = "") -> str:
    """A registration as a registrar publishes it for a bare domain."""
    endpoint = {"host": address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", "port": 80}
    domain = f"site{number}.example.org"
    return json.dumps([{"id": domain.replace(".", "_"), "domain": domain, "http": endpoint,
                        "https": {**endpoint, "port": 443, "implied": True}, "created": 1_700_000_000 + number,
                        "container": f"site{number}", "machine": "bench"}], separators=(",", ":"))


def load(redis: Redis, count: int) -> None:
    """So many registrations, through redis-cli --pipe."""
    cli = Popen(["redis-cli", "-s", redis.path, "--pipe"], stdin=PIPE, stdout=DEVNULL)
    for number in range(count):
        cli.stdin.write(encode("SETEX", f"/beachhead/site{number}", LEASE, value(number)))
    cli.stdin.close()
    assert cli.wait() == 0, "redis-cli --pipe failed"


@dataclass(eq=False)
class Ground:
    place: Path
    sizes: Sizes
    _made: int = field(default=0)

    def directory(self) -> Path:
        self._made += 1
        made = self.place / str(self._made)
        made.mkdir()
        return made

    def say(self, text: str) -> None:
        print(f"   {text}", flush=True)

    def redis(self, count: int = 0, *options: str) -> Redis:
        """A new one, with so many registrations."""
        server = Redis(self.directory(), 0, *options).start()
        load(server, count)
        return server

    def registrar(self, redis: Redis, engine, *options: str, env: dict | None = None) -> Process:
        return Process([REGISTRAR, f"--redis-url={redis.url}", f"--docker-url={engine.url}", "--services-dir=",
                        "--machine-id=bench", "--node=bench", *options], env=env)

    def consumer_command(self, redis: Redis, place: Path, *options: str) -> list:
        """For what is below that directory. nginx is left out: the check says yes, the reload does nothing."""
        (place / "conf.d").mkdir(exist_ok=True)
        (place / "nginx.conf").write_text(f"pid {place}/nginx.pid;\nevents {{}}\nhttp {{ include {place}/conf.d/*.conf; }}\n")
        return [CONSUMER, f"--redis-url={redis.url}", f"--state-dir={place}", f"--nginx-main={place}/nginx.conf",
                f"--nginx-conf={place}/conf.d/beachhead.conf", f"--cert-dir={place}/certs", f"--vhost-dir={place}/vhost.d",
                f"--htpasswd-dir={place}/htpasswd", f"--http-port=127.0.0.1:{HTTP_PORT}",
                f"--https-port=127.0.0.1:{HTTPS_PORT}", "--nginx-check=true", "--nginx-reload=true",
                "--nginx-confirm=none", "--nginx-version=1.22.1", *options]

    @cached_property
    def engine(self) -> Engine:
        """The real one, with an image."""
        self.say("starting a private Docker Engine")
        made = Engine(self.directory())
        made.start()
        made.make_image()
        return made

    def close(self) -> None:
        for process in reversed(list(running)):
            process.kill()
        if "engine" in self.__dict__:
            self.engine.stop()


def temporary_place():
    return tempfile.TemporaryDirectory(prefix="beachhead-bench-")
