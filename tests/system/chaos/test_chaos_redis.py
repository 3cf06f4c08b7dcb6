"""Redis fails, in every way it can: what lives is served on, and afterwards everything is as Redis says. Leases last
4 s, so that even a short fault outlives them."""
import signal
import subprocess

import pytest

from parts.http import served_by
from parts.moved_clock import MovedClock
from parts.programs import Registrar
from parts.redis import Redis
from parts.registrations import instances
from parts.relay import Relay
from parts.status import LISTEN, ask, figure, routes
from parts.waiting import always, eventually

NAMES = ["one", "two", "three"]
HOSTS = [f"{name}.example.org" for name in NAMES]
AN_HOUR = 3600


def lasting(short: float, long: float = 60):
    """The case as often as anybody runs the tests, and once for real."""
    return pytest.mark.parametrize("seconds", [short, pytest.param(long, marks=pytest.mark.long)])


class Ground:
    """Three containers, from the Engine to the edge. Both programs find Redis behind a relay."""

    def __init__(self, redis: Redis, engine, visited, consumer, nginx, visitors):
        self.redis, self.engine, self.visited, self.nginx = redis, engine, visited, nginx
        self.make_consumer, self.make_visitors = consumer, visitors
        self.relay = Relay(redis.path)

    def start(self, url: str = "", *options: str) -> "Ground":
        self.containers = {name: self.serve(name) for name in NAMES}
        there = f"--redis-url={url or self.relay.url}"
        self.registrar = Registrar(self.redis, self.engine, there, *options)
        self.registrar.start()
        self.consumer = self.make_consumer(there, LISTEN)
        self.consumer.start()
        eventually(lambda: all(served_by(host) for host in HOSTS), 60)
        self.nginx.wait_until_quiet()
        return self

    def serve(self, name: str):
        return self.visited(name, f"{name}.example.org")

    def visitors(self, *more: str):
        return self.make_visitors(*HOSTS, *more)

    def is_well(self, *more: str) -> bool:
        """Everything is registered, nothing is missing, and the edge says so."""
        names, shown = [*NAMES, *more], routes()
        return (figure("beachhead_redis_up") == 1 and instances(self.redis) == sorted(names) and
                all(shown.get(f"{name}.example.org/", {}).get("state") == "live" for name in names) and
                ask("/status.json").json()["registrations"] == {"live": len(names), "missing": 0})

    def follows(self) -> bool:
        """A container that starts now gets its visitors."""
        self.serve("late")
        return eventually(lambda: served_by("late.example.org") == "late" and self.is_well("late"), 60)

    def close(self) -> None:
        self.relay.close()


@pytest.fixture
def ground(redis, engine, visited, consumer, nginx, visitors):
    made = Ground(redis, engine, visited, consumer, nginx, visitors)
    yield made
    made.close()


def endures(ground: Ground, fault, seconds: float, recovery) -> None:
    """The fault lasts that long, nobody notices; afterwards all is well."""
    with ground.visitors() as traffic:
        fault()
        always(lambda: not traffic.failures, seconds, "no request fails")
        recovery()
        traffic.converge(ground.is_well, 60)
        assert ground.follows()
    assert not traffic.failures


# It is away

@lasting(6)
def test_redis_is_killed_and_comes_back_empty(ground, seconds):
    endures(ground.start(), ground.redis.kill, seconds, ground.redis.start)


@lasting(2)
def test_redis_is_killed_and_comes_back_with_what_it_knew(ground, seconds):
    ground.redis.stop()
    ground.redis.options = ("--appendonly", "yes")
    ground.redis.start()
    endures(ground.start(), ground.redis.kill, seconds, ground.redis.start)


@lasting(6)
def test_redis_hangs(ground, seconds):
    ground.start()
    endures(ground, lambda: ground.redis.process.signal(signal.SIGSTOP), seconds,
            lambda: ground.redis.process.signal(signal.SIGCONT))


@lasting(5, 30)
def test_redis_loads_a_big_dump(ground, seconds):
    """Connections are taken, and nothing that matters is answered."""
    ground.start()
    ground.redis.pipeline([("SET", f"ballast:{n}", "x") for n in range(int(seconds * 1000))])
    ground.redis.call("SAVE")

    def kill_and_load() -> None:
        ground.redis.kill()
        ground.redis.start("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")
        assert "loading:1" in ground.redis.call("INFO", "persistence")

    endures(ground, kill_and_load, seconds / 2, lambda: None)
    for program in (ground.registrar, ground.consumer):
        assert program.process.log.count("LOADING") == 1
        assert program.process.log.count("connected to redis:") == 2


# It forgets

@lasting(5)
def test_redis_is_flushed_again_and_again(ground, seconds):
    ground.start()
    with ground.visitors() as traffic:
        def flushed() -> bool:
            ground.redis.call("FLUSHALL")
            return not traffic.failures

        always(flushed, seconds, "no request fails")
        traffic.converge(ground.is_well, 60)
        assert ground.follows()
    assert not traffic.failures


@lasting(8)
def test_redis_is_full_and_refuses_writes(ground, seconds):
    ground.start()
    endures(ground, lambda: ground.redis.call("CONFIG", "SET", "maxmemory", "1"), seconds,
            lambda: ground.redis.call("CONFIG", "SET", "maxmemory", "0"))


@lasting(5)
@pytest.mark.parametrize("policy", ["allkeys-random", "volatile-ttl"])
def test_redis_is_full_and_evicts(ground, policy, seconds):
    ground.start()
    used = int(next(line for line in ground.redis.call("INFO", "memory").splitlines()
                    if line.startswith("used_memory:")).partition(":")[2])
    ground.redis.call("CONFIG", "SET", "maxmemory-policy", policy)
    ground.redis.call("CONFIG", "SET", "maxmemory", used + 500_000)
    begin, written = len(ground.consumer.process.lines), 0
    with ground.visitors() as traffic:
        def somebody_writes() -> bool:
            nonlocal written
            written += 1
            ground.redis.pipeline([("SET", f"ballast:{written}:{n}", "x" * 5000) for n in range(20)])
            return not traffic.failures

        always(somebody_writes, seconds, "no request fails")
        ground.consumer.process.wait_for_log("is held", 60, begin)
        ground.redis.call("CONFIG", "SET", "maxmemory", "0")
        traffic.converge(ground.is_well, 60)
        assert ground.follows()
    assert not traffic.failures


# Another one takes its place

@pytest.fixture
def replica(redis, place):
    """In step with what is there."""
    second = Redis(place / "replica", 6380).start()
    redis.call("CONFIG", "SET", "repl-diskless-sync-delay", "0")
    second.call("REPLICAOF", "127.0.0.1", redis.port)
    eventually(lambda: "master_link_status:up" in second.call("INFO", "replication"))
    return second


def take_over(ground: Ground, replica: Redis) -> None:
    """The address leads to the replica from now on; the primary is dead."""
    ground.relay.target = replica.path
    ground.redis.kill()
    replica.call("REPLICAOF", "NO", "ONE")
    ground.redis = replica


def test_a_replica_takes_over(ground, replica):
    ground.start()
    eventually(lambda: instances(replica) == sorted(NAMES), 60)
    endures(ground, lambda: take_over(ground, replica), 2, lambda: None)


def test_a_replica_that_still_refuses_writes_takes_over(ground, replica):
    """Nothing can be registered there until it is promoted."""
    ground.start()
    eventually(lambda: instances(replica) == sorted(NAMES), 60)

    def take_over_too_early() -> None:
        ground.relay.target = replica.path
        ground.redis.kill()
        ground.redis = replica

    endures(ground, take_over_too_early, 6, lambda: replica.call("REPLICAOF", "NO", "ONE"))


@pytest.fixture
def stale(ground, replica):
    """The ground, where the replica has fallen behind: since then one container was started, and one was replaced
    by another of its name; nobody is at its old address any more."""
    ground.start("", "--expire=60")
    eventually(lambda: instances(replica) == sorted(NAMES), 60)
    replica.call("REPLICAOF", "NO", "ONE")
    container, former = ground.containers["two"]
    container.remove()
    for name in ("two", "young"):
        ground.serve(name)
    eventually(lambda: served_by("young.example.org") == "young" and
               served_by("two.example.org") == "two" and f":{former.endpoint[1]}" not in ground.nginx.rendered, 60)
    ground.nginx.wait_until_quiet()
    former.close()
    return ground


@pytest.mark.parametrize("registrar_is_late", [False, True])
def test_a_replica_that_has_fallen_behind_takes_over(stale, replica, registrar_is_late):
    begin = len(stale.consumer.process.lines)
    with stale.visitors("young.example.org") as traffic:
        if registrar_is_late:
            stale.registrar.freeze()
        take_over(stale, replica)
        stale.consumer.process.wait_for_log("connected to", 60, begin)
        always(lambda: not traffic.failures, 3, "no request fails")
        stale.registrar.process.signal(signal.SIGCONT)
        traffic.converge(lambda: stale.is_well("young"), 60)
    assert not traffic.failures


# Its clock

@pytest.mark.parametrize("there, back", [(AN_HOUR, 0), (-AN_HOUR, 0), (AN_HOUR, -AN_HOUR)])
def test_the_clock_of_redis_is_set_and_set_back(ground, place, there, back):
    clock = MovedClock(place / "clock")
    ground.redis.stop()
    ground.redis.environment = clock.environment
    ground.redis.start()
    ground.start()
    before = int(ground.redis.call("TIME")[0])
    with ground.visitors() as traffic:
        for offset in (there, back):
            clock.move_to(offset)
            assert abs(int(ground.redis.call("TIME")[0]) - before - offset) < 600
            always(lambda: not traffic.failures, 3, "no request fails")
            traffic.converge(ground.is_well, 60)
        assert ground.follows()
    assert not traffic.failures


# The way to it is bad

@lasting(5)
def test_redis_is_far_away(ground, seconds):
    """200 ms there and back."""
    ground.relay.delay = 0.1
    endures(ground.start(), lambda: None, seconds, lambda: None)


@pytest.fixture
def lossy(redis):
    """Every fifth packet to Redis' port, and from it, is lost."""
    rules = [["INPUT", "-i", "lo", "-p", "tcp", f"--{side}", str(redis.port), "-m", "statistic", "--mode", "random",
              "--probability", "0.2", "-j", "DROP"] for side in ("dport", "sport")]
    for rule in rules:
        subprocess.run(["iptables", "-A", *rule], check=True)
    yield
    for rule in rules:
        subprocess.run(["iptables", "-D", *rule], check=True)


@lasting(10)
def test_every_fifth_packet_to_redis_is_lost(ground, lossy, seconds):
    ground.start(f"redis://127.0.0.1:{ground.redis.port}")
    endures(ground, lambda: None, seconds, lambda: None)
