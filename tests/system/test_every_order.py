"""The parts start in any order and restart one by one: the end state is the same, and nobody notices."""
import itertools
import random

import pytest

from parts.http import RequestLoop, served_by
from parts.nginx import Nginx
from parts.programs import Consumer, Registrar
from parts.redis import Redis
from parts.scripted_engine import ScriptedEngine
from parts.waiting import always, eventually

PARTS = ("redis", "engine", "registrar", "consumer", "nginx")
ALL_ORDERS = list(itertools.permutations(PARTS))
SOME_ORDERS = [PARTS, PARTS[::-1], *random.Random(2).sample(ALL_ORDERS, 6)]
end_states: set[str] = set()  # what all orders came to
HOSTS = ["one.example.org", "two.example.org", "shared.example.org"]


class Parts:
    """All parts of one edge, none of them started."""

    def __init__(self, place, backend):
        self.redis = Redis(place / "redis")
        self.engine = ScriptedEngine(place / "engine.sock")
        one, two = backend("one", port=9101), backend("two", port=9102)
        self.engine.serve("one", "one.example.org", one, quietly=True)
        self.engine.serve("two", "two.example.org", two, quietly=True)
        self.engine.serve("shared1", "shared.example.org", one, quietly=True)
        self.engine.serve("shared2", "shared.example.org", two, quietly=True)
        self.engine.stop()
        self.nginx = Nginx(place / "nginx")
        self.registrar = Registrar(self.redis, self.engine, "--machine-id=m1", expire=10)
        self.consumer = Consumer(self.redis, self.nginx, place / "state")

    def start(self, name: str) -> None:
        getattr(self, name).start()

    def restart(self, name: str) -> None:
        getattr(self, name).stop()
        self.start(name)

    def are_converged(self) -> bool:
        return all(served_by(host) for host in HOSTS) and (
            {served_by("shared.example.org") for _ in range(4)} == {"one", "two"})

    def close(self) -> None:
        self.engine.stop()


@pytest.fixture
def parts(place, backend):
    made = Parts(place, backend)
    yield made
    if not made.engine.stopped.is_set():
        made.close()


def check_order(parts: Parts, order: tuple[str, ...]) -> None:
    for name in order:
        parts.start(name)
    eventually(parts.are_converged, 40)
    assert not parts.nginx.refusal()
    end_states.add(parts.nginx.rendered)
    assert len(end_states) == 1


@pytest.mark.parametrize("order", SOME_ORDERS, ids="-".join)
def test_started_as(parts, order):
    check_order(parts, order)


@pytest.mark.long
@pytest.mark.parametrize("order", ALL_ORDERS, ids="-".join)
def test_started_in_all_orders_as(parts, order):
    check_order(parts, order)


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_nobody_notices_when_redis_registrar_and_consumer_restart(parts, how):
    for name in PARTS:
        parts.start(name)
    eventually(parts.are_converged, 40)
    parts.nginx.wait_until_quiet()
    rendered = parts.nginx.rendered
    with RequestLoop(HOSTS, pace=0.05) as loop:
        for name in ("redis", "registrar", "consumer"):
            part, before = getattr(parts, name), loop.count
            part.stop() if how == "stopped" else part.kill()
            eventually(lambda: loop.count > before + 20)
            part.start()
            eventually(lambda: loop.count > before + 60)
            eventually(parts.are_converged)
        eventually(lambda: parts.redis.call("DBSIZE") == 5, what="four registrations and the manifest")
    assert loop.count >= 180
    assert not loop.failures
    assert parts.nginx.rendered == rendered


@pytest.mark.parametrize("name", ["engine", "nginx"])
def test_everything_converges_after_a_restart_of(parts, name):
    for part in PARTS:
        parts.start(part)
    eventually(parts.are_converged, 40)
    parts.restart(name)
    eventually(parts.are_converged, 40)
    parts.nginx.wait_for_old_workers()
    always(parts.are_converged, 1)
