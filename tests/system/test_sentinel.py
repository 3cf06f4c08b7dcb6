"""Redis under Sentinel: whatever becomes of the primary, both programs follow, and no visitor notices."""
import pytest

from parts.http import served_by
from parts.programs import Consumer, Registrar
from parts.registrations import instances
from parts.sentinel import MASTER, Sentinels
from parts.traffic import Traffic
from parts.waiting import eventually

HOST, NEW = "web.example.org", "new.example.org"


@pytest.fixture
def sentinels(place):
    return Sentinels(place / "redis").start()


@pytest.fixture
def edge(sentinels, scripted, backend, nginx, place, notify):
    """A site, from a registrar to an nginx. `edge.both` are the processes."""
    scripted.serve("web", HOST, backend("one"))
    registrar = Registrar(sentinels, scripted, "--refresh=1").start()
    edge = Consumer(sentinels, nginx, place / "state")
    edge.both = [registrar, edge.start(env=notify.environment())]
    eventually(lambda: served_by(HOST) == "one")
    nginx.wait_until_quiet()
    return edge


def fail_over(sentinels, old) -> None:
    eventually(lambda: sentinels.sentinels[0].call("SENTINEL", "FAILOVER", MASTER) == "OK")


def kill(sentinels, old) -> None:
    old.kill()


def freeze(sentinels, old) -> None:
    old.freeze()


@pytest.mark.parametrize("fault", [fail_over, kill, freeze])
def test_through_a_failover_no_request_fails_and_what_is_new_is_served(fault, sentinels, edge, scripted, backend):
    old = sentinels.primary
    with Traffic([HOST]) as traffic:
        fault(sentinels, old)
        new = sentinels.wait_for_other_primary(old)
        for process in edge.both:
            process.wait_for_log(rf"connected to redis-sentinel://.*/{MASTER}/0, now at 127.0.0.1:{new.port}", within=5)
        scripted.serve("new", NEW, backend("new"))
        traffic.converge(lambda: served_by(NEW) == "new" and instances(new) == ["new", "web"])
    assert traffic.sent > 50
    assert not traffic.failures


def test_a_primary_that_comes_back_as_a_replica_gets_nobody(sentinels, edge):
    """Whatever connection there was to it is gone."""
    old = sentinels.primary
    fail_over(sentinels, old)
    new = sentinels.wait_for_other_primary(old)
    sentinels.wait_until_whole()
    for process in edge.both:
        process.wait_for_log(f"now at 127.0.0.1:{new.port}")
    eventually(lambda: instances(new) == ["web"])
    clients = [line for line in eventually(lambda: old.call("CLIENT", "LIST", "TYPE", "normal")).splitlines()
               if "name=sentinel" not in line]
    assert len(clients) == 1, clients  # the test itself


def test_sentinels_that_hang_are_said_and_harm_nobody(sentinels, edge, scripted, backend):
    with Traffic([HOST]) as traffic:
        for sentinel in sentinels.sentinels:
            sentinel.freeze()
        for process in edge.both:
            process.wait_for_log("a failover would not be noticed, as no sentinel answers: .*no reply for 1 s")
        scripted.serve("new", NEW, backend("new"))
        traffic.converge(lambda: served_by(NEW) == "new")
    assert not traffic.failures


def test_passwords_of_redis_and_of_the_sentinels_are_two(place, scripted):
    sentinels = Sentinels(place / "redis", password="of-redis", sentinel_password="of-sentinels").start()
    scripted.add("web", "BEACHHEAD_DOMAINS=web.example.org")
    for name in ("redis", "sentinels"):
        (place / name[:1]).write_text(f"of-{name}\n")
    ended = Registrar(sentinels, scripted, "--refresh=0", f"--redis-password-file={place}/r",
                      f"--redis-sentinel-password-file={place}/s").run()
    assert ended.status == 0, ended.errors
    assert instances(sentinels) == ["web"]
    refused = Registrar(sentinels, scripted, f"--redis-password-file={place}/r").start()
    line = refused.wait_for_log("NOAUTH").text
    assert "this sentinel wants a password: --redis-sentinel-password-file=FILE" in line
    assert "of-redis" not in refused.log
