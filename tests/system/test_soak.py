"""Containers come and go, 20 changes a second: what the two programs take up stays what it was after the first minute.
BEACHHEAD_SOAK_SECONDS says how long; 30 minutes with --long."""
import itertools
import os
import threading
import time
from collections import deque

import pytest

from parts.footprint import Footprint, footprint
from parts.http import served_by
from parts.programs import Registrar
from parts.registrations import instances
from parts.status import LISTEN, PATHS, ask
from parts.waiting import eventually

CHANGES_A_SECOND = 20
CONTAINERS = 50
OUTPUTS = [f"--output={name}" for name in ("nginx", "json", "exec", "requests")]
MEMORY_SLACK = 1.1, 1024  # times, and KiB: what an allocator keeps is not the same to the page


class Soak:
    """The containers that come and go, and those who look at the status meanwhile."""

    def __init__(self, engine, backend):
        self.engine, (self.address, self.port) = engine, backend.endpoint
        self.running: deque[str] = deque()
        self.numbers = itertools.count()
        self.changes = 0

    def start_one(self) -> None:
        number = next(self.numbers)
        domain = f"c{number % 500}.example.org"
        self.running.append(self.engine.add(f"c{number}", f"BEACHHEAD_DOMAINS={domain}:http={self.port}",
                                            f"LETSENCRYPT_HOST={domain}", address=self.address))

    def change(self) -> None:
        if self.changes % 2:
            self.engine.remove(self.running.popleft())
        else:
            self.start_one()
        self.changes += 1

    def go_on(self, seconds: float) -> None:
        scraped = threading.Event()
        scraper = threading.Thread(target=self._scrape, args=(scraped,))
        scraper.start()
        begun = time.monotonic()
        for due in itertools.count(1):
            if time.monotonic() - begun >= seconds:
                break
            self.change()
            time.sleep(max(0, begun + due / CHANGES_A_SECOND - time.monotonic()))
        scraped.set()
        scraper.join()

    @staticmethod
    def _scrape(end: threading.Event) -> None:
        for path in itertools.cycle(PATHS):
            if end.wait(0.5):
                return
            assert ask(path).status in (200, 503)


def has_not_grown(first: Footprint, last: Footprint) -> bool:
    times, more = MEMORY_SLACK
    return (last.memory <= first.memory * times + more and last.descriptors <= first.descriptors and
            last.timers <= first.timers and last.threads <= first.threads and last.children <= first.children)


@pytest.fixture
def seconds(request) -> float:
    return float(os.environ.get("BEACHHEAD_SOAK_SECONDS", 1800 if request.config.getoption("--long") else 16))


def test_nothing_grows_while_containers_come_and_go(seconds, redis, scripted, backend, nginx, consumer, record_property):
    there = backend("there")
    scripted.serve("stays", "stays.example.org", there)
    registrar = Registrar(redis, scripted, "--node=web1", expire=10)
    edge = consumer(*OUTPUTS, "--exec=/bin/true", "--linger=1", LISTEN)
    programs = {"registrar": registrar.start(), "consumer": edge.start()}
    soak = Soak(scripted, there)
    for _ in range(CONTAINERS):
        soak.start_one()

    def footprints() -> dict[str, Footprint]:
        """When all is done that there was to do."""
        expected = sorted([*(scripted.containers[i]["Name"][1:] + "@web1" for i in soak.running), "stays@web1"])
        eventually(lambda: instances(redis) == expected)
        eventually(lambda: len(ask("/status.json").json()["routes"]) == len(expected), 60)
        eventually(lambda: all(not footprint(p.pid).children for p in programs.values()), 60)
        nginx.wait_until_quiet(3)
        return {name: footprint(process.pid) for name, process in programs.items()}

    soak.go_on(min(60, seconds / 2))
    first = footprints()
    soak.go_on(max(seconds - 60, seconds / 2))
    last = footprints()
    told = [f"soak, {name}: {first[name]} → {last[name]}" for name in programs]
    record_property("figures", "\n".join([f"soak: {soak.changes} changes in {seconds:.0f} s", *told]))
    assert served_by("stays.example.org") == "there"
    assert all(process.is_running for process in programs.values())
    for name in programs:
        assert has_not_grown(first[name], last[name]), told
