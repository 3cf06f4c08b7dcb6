"""A real container starts, until the first 200 through nginx, with few and many sites; beside it what nginx alone takes for
the check, the reload and the new workers."""
import statistics
import subprocess
import time
from dataclasses import astuple, dataclass

from measures.events import hints, identity
from measures.real_engine import inspect_usec
from parts.http import HTTP_PORT, fetch, status
from parts.nginx import Nginx
from parts.process import Process
from tools.ground import Ground
from tools.meter import now_ms, wait_until
from tools.plot import plot
from tools.table import Row, judged, ms, ratio

MORE_MS = 20
MARK = "server {{ listen 127.0.0.1:{port}; server_name floor.test; location / {{ return 200 '{mark}'; }} }}\n"


@dataclass
class Way:
    """From the event of the start, in ms."""

    key: float
    file: float
    answer: float


class Edge:
    """nginx and both programs on the real Engine, with so many sites, whose containers are not asked."""

    def __init__(self, ground: Ground, sites: int):
        self.engine, self.redis = ground.engine, ground.redis(sites)
        self.place, self.pause = ground.directory(), ground.sizes.settle
        self.nginx = Nginx(self.place / "nginx").start()
        self.heard = hints(self.redis)
        self.registrar = ground.registrar(self.redis, self.engine, "--expire=600")
        self.consumer = Process(self._consumer_command(ground))
        self.consumer.wait_for_log("nginx serves", 60)

    def _consumer_command(self, ground: Ground) -> list:
        left_to_itself = ("--nginx-check", "--nginx-reload", "--nginx-confirm", "--nginx-conf", "--nginx-main")
        options = [option for option in ground.consumer_command(self.redis, self.place)
                   if not str(option).startswith(left_to_itself)]
        return [*options, f"--nginx-conf={self.nginx.conf}", f"--nginx-main={self.nginx.main}", "--interval=3600"]

    def settle(self) -> None:
        self.nginx.wait_for_old_workers()
        time.sleep(self.pause)

    def start_one(self, number: int) -> Way:
        name = f"edge{number}"
        container = self.engine.create(name, [f"BEACHHEAD_DOMAINS={name}.example.org:http"])
        before, wall = identity(self.nginx.conf), time.time_ns() / 1e6 - now_ms()
        container.start()
        self.heard.read()
        keyed = now_ms()
        filed = wait_until(lambda: identity(self.nginx.conf) != before, what="the file is swapped")
        answered = wait_until(lambda: status(f"{name}.example.org") == 200, what="it is live")
        began = self._start_event_ms(container.id) - wall
        self.settle()
        return Way(keyed - began, filed - began, answered - began)

    def _start_event_ms(self, identifier: str) -> float:
        """By the Engine's own clock."""
        found = self.engine.call("GET", "/events", since=0, until=int(time.time()) + 1,
                                 filters=f'{{"container":["{identifier}"],"event":["start"]}}')
        return found["timeNano"] / 1e6 if isinstance(found, dict) else 0

    def bare(self, number: int, check: bool) -> float:
        """nginx alone, with the same sites: (check and) reload, until new workers answer."""
        mark = self.nginx.conf_d / "floor.conf"
        mark.write_text(MARK.format(port=HTTP_PORT, mark=number))
        began = now_ms()
        for command in [["-t", "-q"]] * check + [["-s", "reload"]]:
            subprocess.run(["nginx", *command, "-c", self.nginx.main], check=True, stderr=subprocess.DEVNULL)
        took = wait_until(lambda: fetch("floor.test").body == str(number), what="new workers answer") - began
        self.settle()
        return took

    def stop_programs(self) -> None:
        for process in (self.registrar, self.consumer):
            process.kill()

    def close(self) -> None:
        self.nginx.stop()
        self.redis.stop()
        self.engine.remove_all()


@dataclass
class Figures:
    sites: int
    ours: Way
    floor: float   # nginx -t, nginx -s reload, new workers
    reload: float  # without the check


def with_sites(ground: Ground, sites: int) -> Figures:
    edge, runs = Edge(ground, sites), ground.sizes.runs
    ways = [edge.start_one(number) for number in range(runs)]
    edge.stop_programs()
    floor = statistics.median(edge.bare(number, check=True) for number in range(runs))
    reload = statistics.median(edge.bare(runs + number, check=False) for number in range(runs))
    edge.close()
    median = Way(*(statistics.median(figures) for figures in zip(*map(astuple, ways))))
    return Figures(sites, median, floor, reload)


def rows(f: Figures, inspect: int) -> list[Row]:
    what = f"container start → first 200, {f.sites:,} sites"
    over, requests = f.ours.answer - f.floor, (f.sites + 1) * inspect / 1000
    least = requests + f.reload
    return [Row(what, f"bare check and reload, and {MORE_MS} ms at most",
                f"{ms(f.ours.answer)} (key {ms(f.ours.key)}, file {ms(f.ours.file)})",
                f"nginx -t, nginx -s reload, new workers: {ms(f.floor)}", f"{over:+.0f} ms",
                "met" if over <= MORE_MS else f"missed by {over - MORE_MS:.0f} ms"),
            Row(what, "at most 1/3 of docker-gen's with nginx-proxy's template", ms(f.ours.answer),
                f"docker-gen's inspects and nginx -s reload: {ms(requests)} and {ms(f.reload)}",
                ratio(f.ours.answer / least), judged(f.ours.answer / least, 1 / 3))]


def measure(ground: Ground) -> list[Row]:
    inspect = inspect_usec(ground)
    figures = [with_sites(ground, sites) for sites in ground.sizes.edge]
    sites = [f.sites for f in figures]
    plot("edge", "sites", {"container start → first 200, ms": {
        "Beachhead": (sites, [f.ours.answer for f in figures]),
        "bare nginx -t and reload": (sites, [f.floor for f in figures])}})
    return [row for f in figures for row in rows(f, inspect)]
