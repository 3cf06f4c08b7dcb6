"""The two programs are killed, whenever it may be, while containers come and go."""
import itertools
import random
import time

import pytest

from parts.http import served_by
from parts.process import Process
from parts.registrations import instances
from parts.struck import struck
from parts.traffic import PATIENT
from parts.waiting import eventually

STEADY = ["one", "two"]
HOSTS = [f"{name}.example.org" for name in STEADY]
RESTLESS_MAX = 4  # containers that come and go, at once
CALLS = "rename,renameat,renameat2,fsync,fdatasync,write,writev,pwrite64"


class Restless:
    """Containers of the real Engine that come and go."""

    def __init__(self, engine, chance):
        self.engine, self.chance = engine, chance
        self.names = (f"r{n}" for n in itertools.count())
        self.there: dict = {}

    def move(self) -> None:
        if len(self.there) >= RESTLESS_MAX:
            self.there.pop(self.chance.choice(list(self.there))).remove()
        else:
            name = next(self.names)
            self.there[name] = self.engine.serve(name, f"{name}.example.org:http")

    @property
    def expected(self) -> list[str]:
        return sorted([*STEADY, *self.there])

    def all_are_served(self) -> bool:
        return all(served_by(f"{name}.example.org") == name for name in self.expected)


@pytest.fixture
def chance():
    return random.Random(100)


@pytest.fixture
def programs(visited, registrar, consumer, nginx):
    """Both, with two containers that live all the time; they begin anew as fast as systemd would let them."""
    for name, host in zip(STEADY, HOSTS):
        visited(name, host)
    made = [registrar(), consumer("--linger=0", PATIENT)]
    for program in made:
        program.start()
    eventually(lambda: [served_by(host) for host in HOSTS] == STEADY)
    nginx.wait_until_quiet()
    return made


@pytest.mark.parametrize("times", [10, pytest.param(100, marks=pytest.mark.long)])
def test_registrar_and_consumer_are_killed_at_random(engine, redis, nginx, programs, visitors, chance, times):
    restless = Restless(engine, chance)
    with visitors(*HOSTS) as traffic:
        for _ in range(times):
            restless.move()
            time.sleep(chance.uniform(0, 0.4))  # when it hits is left to chance
            program = chance.choice(programs)
            program.kill()
            assert not nginx.refusal(), "nginx starts with what is on disk"
            restless.move()
            program.start()
        traffic.converge(lambda: sorted(instances(redis)) == restless.expected and restless.all_are_served(), 40)
    assert not traffic.failures


def killed_at(consumer, number: int) -> list:
    """The consumer's command, under which the number-th of such calls ends it."""
    return [*struck(CALLS, "signal=KILL", number), consumer.binary, *consumer.options]


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.long)])
def test_the_consumer_is_killed_in_the_middle_of_a_change(engine, nginx, programs, visitors, chance, step):
    """At every `step`-th write, rename or sync after its start, until it lives to see the change served."""
    consumer = programs[1]
    restless = Restless(engine, chance)
    with visitors(*HOSTS) as traffic:
        for number in itertools.count(1, step):
            consumer.kill()
            restless.move()
            process = Process(killed_at(consumer, number))
            eventually(lambda: not process.is_running or restless.all_are_served(), 40)
            survived = process.is_running
            process.kill()
            assert not nginx.refusal(), f"killed at call {number}"
            consumer.start()
            if survived:
                break
        traffic.converge(restless.all_are_served, 40)
    assert number > step, "it was killed at all"
    assert not traffic.failures
