"""A Redis that forgets, dies or hangs takes no site down."""
import signal
import time

import pytest

from parts.http import RequestLoop, served_by
from parts.programs import Registrar
from parts.registrations import instances, register, route
from parts.waiting import always, eventually

SITES = 50
HOSTS = [f"c{n}.example.org" for n in range(SITES)]


@pytest.fixture
def edge(redis, scripted, backend, nginx, consumer, notify):
    """50 sites from one registrar that refreshes every 3 s; the consumer looks at everything every second."""
    one = backend("one")
    for n in range(SITES):
        scripted.serve(f"c{n}", HOSTS[n], one)
    program = Registrar(redis, scripted, "--refresh=3", expire=10)
    program.start()
    edge = consumer()
    edge.start(env=notify.environment())
    eventually(lambda: all(served_by(host) == "one" for host in HOSTS))
    edge.registrar = program
    nginx.wait_until_quiet()
    return edge


def nothing_is_held(edge) -> bool:
    """By the last word of the log about each site."""
    last = {}
    for line in edge.process.lines:
        for host in HOSTS:
            if f"site {host} " in line.text:
                last[host] = line.text
    return all("is live" in text for text in last.values())


def test_flushall_fails_no_request_and_all_is_well_a_refresh_and_an_interval_later(redis, edge, notify):
    redis.call("CONFIG", "RESETSTAT")
    eventually(lambda: redis.command_counts().get("exec"), what="a refresh")
    with RequestLoop(HOSTS, pace=0.005) as loop:
        flushed = time.monotonic()
        redis.call("FLUSHALL")
        edge.process.wait_for_log("is held", 3)
        well_again = flushed + 3 + 1 + 1  # a refresh, an interval, and a second for the machine
        eventually(lambda: nothing_is_held(edge), well_again - time.monotonic())
        eventually(lambda: "50 registrations (0 missing)" in notify.status, well_again - time.monotonic())
        assert len(instances(redis)) == SITES
    assert loop.count > 20
    assert not loop.failures


def test_redis_killed_and_restarted_empty_fails_no_request(redis, edge, notify):
    with RequestLoop(HOSTS, pace=0.005) as loop:
        redis.kill()
        edge.process.wait_for_log("Redis")
        always(lambda: not loop.failures, 2)
        redis.start()
        eventually(lambda: len(instances(redis)) == SITES, 20)
        eventually(lambda: nothing_is_held(edge), 20)
        eventually(lambda: "50 registrations (0 missing)" in notify.status, 5)
    assert loop.count > 20
    assert not loop.failures


def test_a_redis_that_hangs_fails_no_request_and_is_read_again(redis, scripted, edge, backend):
    with RequestLoop(HOSTS, pace=0.005) as loop:
        redis.process.signal(signal.SIGSTOP)
        always(lambda: not loop.failures, 3)
        redis.process.signal(signal.SIGCONT)
        scripted.serve("more", "more.example.org", backend("more"))
        eventually(lambda: served_by("more.example.org") == "more", 60)
    assert not loop.failures


def test_a_consumer_restarted_against_an_empty_redis_serves_what_it_knew(redis, edge, nginx):
    edge.registrar.kill()
    assert edge.stop() == 0
    redis.call("FLUSHALL")
    nginx.conf.unlink()
    edge.start()
    eventually(lambda: all(served_by(host) == "one" for host in HOSTS))
    eventually(lambda: all(edge.process.find_log(f"{host} .*held") for host in HOSTS))


def test_a_consumer_killed_and_restarted_without_redis_leaves_what_is_served(redis, edge):
    edge.kill()
    edge.registrar.kill()
    redis.kill()
    edge.start()
    with RequestLoop(HOSTS, pace=0.005) as loop:
        edge.process.wait_for_log("Redis")
        always(lambda: not loop.failures, 2)
    assert not loop.failures


def test_once_against_an_empty_redis_keeps_what_it_knew(redis, edge, nginx):
    edge.registrar.kill()
    edge.stop()
    redis.call("FLUSHALL")
    nginx.conf.unlink()
    assert edge.run("--once").status == 0
    assert all(served_by(host) == "one" for host in HOSTS)


def test_without_manifest_what_runs_out_is_gone_and_what_vanishes_is_held(redis, backend, consumer):
    """companion, redis-cli: nobody says what they publish, so only the end of a lease tells."""
    edge = consumer("--linger=0")
    one = backend("one")
    register(redis, "ends", route("ends.example.org", one.endpoint), lease=4)
    register(redis, "vanishes", route("vanishes.example.org", one.endpoint), lease=600)
    edge.start()
    eventually(lambda: served_by("ends.example.org") == served_by("vanishes.example.org") == "one")
    redis.call("DEL", "/beachhead/vanishes")
    eventually(lambda: served_by("ends.example.org") == "", 8)
    edge.process.wait_for_log("vanishes.example.org.* held")
    always(lambda: served_by("vanishes.example.org") == "one", 1)


def test_a_value_that_is_nonsense_takes_nothing_down(redis, backend, consumer):
    edge = consumer()
    register(redis, "web", route("web.example.org", backend("one").endpoint))
    edge.start()
    eventually(lambda: served_by("web.example.org") == "one")
    redis.call("SETEX", "/beachhead/web", 600, "{not json")
    redis.call("SETEX", "/beachhead/junk", 600, b"\xff\x00\xfe")
    redis.call("LPUSH", "/beachhead/list", "x")
    register(redis, "new", route("new.example.org", backend("new").endpoint))
    eventually(lambda: served_by("new.example.org") == "new")
    always(lambda: served_by("web.example.org") == "one", 2)
    for key in ("web", "junk"):
        edge.process.wait_for_log(f"/beachhead/{key}")
