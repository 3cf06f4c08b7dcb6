"""The Docker Engine fails, in every way it can: what lives is served on, and afterwards everything is as it says."""
import itertools
import os
import random
import signal
import time

import pytest

from parts.http import Response, served_by
from parts.programs import Registrar
from parts.registrations import instances
from parts.traffic import PATIENT, visit
from parts.waiting import always, eventually

LIVE = ["one", "two", "three"]
HOSTS = [f"{name}.example.org" for name in LIVE]
EXPIRE = 4  # seconds, as parts/programs.py sets it
ALWAYS_RESTARTED = {"HostConfig": {"RestartPolicy": {"Name": "always"}}}


def fetch_own(host: str) -> Response:
    """Fails where another container answers than the one whose site it is."""
    response = visit(host)
    if response.status == 200 and not host.startswith(response.body.strip()):
        raise ConnectionError(f"another answered: {response.body}")
    return response


@pytest.fixture
def ground(engine, registrar, consumer, nginx):
    """Starts both programs and three containers that live all the time."""

    def start(*options, **more) -> None:
        for name, host in zip(LIVE, HOSTS):
            engine.serve(name, f"{host}:http", **more)
        registrar(*options).start()
        consumer(PATIENT).start()
        eventually(lambda: all_are_live() and not nginx.wait_until_quiet(), 60)

    return start


def all_are_live() -> bool:
    return [served_by(host) for host in HOSTS] == LIVE


def come_and_go(engine, left, arrives: str):
    """One container ends and another one comes; returns that."""
    if left:
        left.remove()
    return engine.serve(arrives, f"{arrives}.example.org:http")


@pytest.mark.parametrize("away", [5, pytest.param(300, marks=pytest.mark.long)])
def test_the_engine_is_away_and_its_containers_live_on(engine, ground, visitors, redis, away):
    """With --live-restore, as for an upgrade of Docker. One container ends meanwhile; visitors ask the others."""
    with engine.live_restore():
        ground()
        ends = come_and_go(engine, None, "ends")
        eventually(lambda: served_by("ends.example.org") == "ends")
        pid = ends.inspect()["State"]["Pid"]
        with visitors(*HOSTS, how=fetch_own) as traffic:
            engine.end()
            os.kill(pid, signal.SIGKILL)
            always(lambda: not traffic.failures, away)
            assert sorted(instances(redis)) == sorted([*LIVE, "ends"]), "nobody knows better"
            engine.start()
            traffic.converge(lambda: sorted(instances(redis)) == sorted(LIVE))
            come_and_go(engine, None, "new")
            eventually(lambda: served_by("new.example.org") == "new")
        assert not traffic.failures


@pytest.mark.parametrize("away", [5, pytest.param(60, marks=pytest.mark.long)])
def test_the_engine_is_away_for_longer_than_its_grace(engine, ground, visitors, redis, away):
    """Nothing is refreshed any more, so that every lease ends: what was served is held."""
    with engine.live_restore():
        ground("--engine-grace=1")
        with visitors(*HOSTS, how=fetch_own) as traffic:
            engine.end()
            eventually(lambda: instances(redis) == [], 1 + 3 * EXPIRE)
            always(lambda: not traffic.failures, away)
            engine.start()
            traffic.converge(lambda: sorted(instances(redis)) == sorted(LIVE), 30)
        assert not traffic.failures


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_the_engine_takes_its_containers_with_it(engine, ground, visitors, nginx, how, times):
    """Without --live-restore. The case cuts the way itself: while the Engine is away no container runs, and those that
    it starts again have other addresses. So visitors may fail from its end on, until it answers and has been asked. It has
    given the addresses away before it answers: until nginx has been told, they may meet another container there."""
    ground(**ALWAYS_RESTARTED)
    with visitors(*HOSTS, how=fetch_own) as traffic:
        for _ in range(times):
            ended = time.monotonic()
            engine.end(how)
            engine.start()
            traffic.converge(all_are_live, 60)
            nginx.wait_for_old_workers()
            traffic.cut(ended, time.monotonic())
            always(lambda: not traffic.failures, 1, "back, they are there")
    assert not traffic.failures


@pytest.mark.parametrize("hung", [5, pytest.param(60, marks=pytest.mark.long)])
def test_the_engine_hangs(engine, ground, visitors, redis, hung):
    """Those who wait 30 s for a reply of it, list or event stream, must go on refreshing meanwhile."""
    ground()
    gone = come_and_go(engine, None, "gone")
    eventually(lambda: served_by("gone.example.org") == "gone")
    with visitors(*HOSTS, how=fetch_own) as traffic:
        engine.process.signal(signal.SIGSTOP)
        always(lambda: not traffic.failures and len(instances(redis)) == 4, hung)
        engine.process.signal(signal.SIGCONT)
        come_and_go(engine, gone, "new")
        traffic.converge(lambda: sorted(instances(redis)) == sorted([*LIVE, "new"]), 40)
    assert not traffic.failures


# The scripted Engine

FAULTS = [("list", "cut"), ("inspect", "garbage"), ("events", "cut"), ("engine", "restart"), ("list", "error"),
          ("list", "garbage"), ("inspect", "error"), ("inspect", "cut"), ("events", "error"), ("events", "garbage")]


class Restless:
    """Containers that come and go on the scripted Engine beside one that stays, whatever it misbehaves like."""

    def __init__(self, scripted, backend):
        self.scripted, self.backend = scripted, backend
        self.names = (f"c{n}" for n in itertools.count())
        self.there: dict[str, str] = {}  # ids by name
        scripted.serve("stays", "stays.example.org", backend)

    def come(self) -> None:
        name = next(self.names)
        self.there[name] = self.scripted.serve(name, f"{name}.example.org", self.backend)

    def go(self) -> None:
        if self.there:
            self.scripted.remove(self.there.pop(next(iter(self.there))))

    @property
    def expected(self) -> list[str]:
        return sorted(["stays", *self.there])


@pytest.fixture
def restless(redis, scripted, backend, consumer, nginx):
    made = Restless(scripted, backend("one"))
    Registrar(redis, scripted).start()
    consumer(PATIENT).start()
    eventually(lambda: served_by("stays.example.org") == "one")
    nginx.wait_until_quiet()
    return made


def misbehave(scripted, kind: str, fault: str) -> None:
    if kind == "engine":
        scripted.stop()
        scripted.start()
    elif kind == "events" and fault == "garbage":
        scripted.send(b'{"Type":"container","Action":"die","id":[}\n\xff\x00\xfe\n{"Type":"container","Action":"di')
    elif kind == "events" and fault == "cut":
        scripted.send(scripted.event(next(iter(scripted.containers.values())), "die")[:-20])
        scripted.cut_streams()
    else:
        scripted.faults[kind] = fault
        if kind != "inspect":
            scripted.cut_streams()


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.long)])
def test_the_engine_answers_500_garbage_half_of_it_or_nothing(scripted, redis, restless, visitors, rounds):
    """Lists, inspects and the event stream, while containers come and go; the stream is cut in the middle of the line
    that says that the one which stays has ended."""
    chance = random.Random(6)
    faults = FAULTS[:rounds] if rounds < len(FAULTS) else chance.choices(FAULTS, k=rounds)
    with visitors("stays.example.org") as traffic:
        for kind, fault in faults:
            restless.come()
            misbehave(scripted, kind, fault)
            restless.come()
            always(lambda: "stays" in instances(redis), chance.uniform(0, 0.5))
            restless.go()
            scripted.faults.clear()
            traffic.converge(lambda: instances(redis) == restless.expected, 40, f"after {kind}: {fault}")
        eventually(lambda: all(served_by(f"{name}.example.org") for name in restless.expected), 40)
    assert not traffic.failures
