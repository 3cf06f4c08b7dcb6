"""What the registrar costs the Engine and Redis: counted, not timed."""
import signal

import pytest

from parts.programs import Registrar
from parts.registrations import instances
from parts.waiting import always, eventually

MANY = 1000
LONG = "--expire=600"  # no refresh while a test counts


@pytest.fixture
def many(scripted):
    """The scripted Engine with 1,000 containers that ask for a domain each; their ids."""
    return [scripted.add(f"c{n}", f"BEACHHEAD_DOMAINS=c{n}.example.org", quietly=True) for n in range(MANY)]


def start(redis, scripted, *options: str, expected: int = MANY) -> Registrar:
    program = Registrar(redis, scripted, "--machine-id=m1", *options)
    program.start()
    eventually(lambda: redis.call("DBSIZE") == expected + 1, 60, "all are registered, and the manifest")
    scripted.counted()
    redis.call("CONFIG", "RESETSTAT")
    return program


def costs_nothing(scripted) -> None:
    always(lambda: not scripted.requests, 0.7, f"no request: {dict(scripted.requests)}")


def test_the_start_costs_one_list_one_inspect_each_and_one_transaction(redis, scripted, many):
    program = Registrar(redis, scripted, LONG)
    program.start()
    eventually(lambda: redis.call("DBSIZE") == MANY + 1, 60, "all are registered")
    always(lambda: scripted.requests["list"] == 1, 0.5)
    assert {kind: n for kind, n in scripted.counted().items() if kind != "other"} == {
        "events": 1, "list": 1, "inspect": MANY}
    assert redis.command_counts()["exec"] == 1


def test_one_more_container_costs_one_inspect_and_no_list(redis, scripted, many):
    start(redis, scripted, LONG)
    scripted.add("more", "BEACHHEAD_DOMAINS=more.example.org")
    eventually(lambda: "more" in instances(redis))
    always(lambda: scripted.requests == {"inspect": 1}, 0.7, "exactly one inspect")
    counts = redis.command_counts()
    assert (counts["exec"], counts["publish"]) == (1, 1)


def test_a_container_without_domains_costs_one_inspect_too(redis, scripted, many):
    start(redis, scripted, LONG)
    scripted.add("plain")
    eventually(lambda: scripted.requests["inspect"])
    always(lambda: scripted.requests == {"inspect": 1}, 0.7, "exactly one inspect")


def test_the_end_of_a_container_costs_nothing(redis, scripted, many):
    start(redis, scripted, LONG)
    scripted.remove(many[7])
    eventually(lambda: "c7" not in instances(redis), 2)
    costs_nothing(scripted)


def test_pause_and_unpause_cost_nothing(redis, scripted, many):
    start(redis, scripted, LONG)
    scripted.set_state(many[7], "pause", Paused=True)
    eventually(lambda: "c7" not in instances(redis), 2)
    scripted.set_state(many[7], "unpause", Paused=False)
    eventually(lambda: "c7" in instances(redis), 2)
    costs_nothing(scripted)


def test_kill_costs_nothing(redis, scripted, many):
    start(redis, scripted, LONG)
    scripted.emit(many[7], "kill", signal="1")
    scripted.emit(many[8], "kill", signal="15")
    eventually(lambda: "c8" not in instances(redis), 2)
    costs_nothing(scripted)
    assert "c7" in instances(redis)


def test_health_and_its_probes_cost_nothing(redis, scripted, many):
    checked = scripted.add("checked", "BEACHHEAD_DOMAINS=checked.example.org", quietly=True, health="healthy")
    start(redis, scripted, LONG, expected=MANY + 1)
    for _ in range(20):
        for action in ("exec_create: true", "exec_start: true", "exec_die"):
            scripted.emit(checked, action)
    scripted.emit(checked, "health_status: unhealthy")
    eventually(lambda: "checked" not in instances(redis), 2)
    scripted.emit(checked, "health_status: healthy")
    eventually(lambda: "checked" in instances(redis), 2)
    costs_nothing(scripted)


def test_a_refresh_costs_one_list_no_inspect_and_one_transaction(redis, scripted, many):
    start(redis, scripted, "--expire=30", "--refresh=3")
    eventually(lambda: redis.command_counts().get("exec"))
    always(lambda: redis.command_counts()["exec"] == 1, 1)
    assert scripted.counted() == {"list": 1}
    counts = redis.command_counts()
    assert (counts["multi"], counts["exec"], counts["setex"]) == (1, 1, MANY + 1)
    assert "publish" not in counts


def test_a_stream_that_breaks_costs_one_list_and_what_is_new(redis, scripted, many):
    start(redis, scripted, LONG)
    scripted.add("missed", "BEACHHEAD_DOMAINS=missed.example.org", quietly=True)
    scripted.cut_streams()
    eventually(lambda: "missed" in instances(redis))
    always(lambda: scripted.requests["list"] == 1, 0.5)
    counted = scripted.counted()
    assert (counted["list"], counted["inspect"], counted["events"]) == (1, 1, 1)


def test_a_reload_costs_one_list_and_what_is_new(redis, scripted, many):
    program = start(redis, scripted, LONG)
    scripted.add("missed", "BEACHHEAD_DOMAINS=missed.example.org", quietly=True)
    program.process.signal(signal.SIGHUP)
    eventually(lambda: "missed" in instances(redis))
    always(lambda: scripted.requests["list"] == 1, 0.5)
    counted = scripted.counted()
    assert (counted["list"], counted["inspect"], counted["events"]) == (1, 1, 1)
    assert redis.command_counts()["publish"] == 1


# An Engine that misbehaves

@pytest.mark.parametrize("fault", ["error", "garbage", "cut"])
@pytest.mark.parametrize("kind", ["list", "inspect"])
def test_an_engine_that_misbehaves_takes_nothing_away_and_is_asked_again(redis, scripted, kind, fault):
    scripted.add("old", "BEACHHEAD_DOMAINS=old.example.org")
    program = Registrar(redis, scripted)
    program.start()
    eventually(lambda: instances(redis) == ["old"])
    scripted.faults[kind] = fault
    scripted.add("new", "BEACHHEAD_DOMAINS=new.example.org", quietly=kind == "list")
    eventually(lambda: scripted.requests[kind] > 1)
    always(lambda: instances(redis) == ["old"], 2)
    scripted.faults.clear()
    eventually(lambda: instances(redis) == ["new", "old"])


NO_EVENTS = [
    b"", b"[]", b"{", b"\xff\xfe", b'{"Type":"container"}', b'{"Type":"container","Action":7}',
    b'{"Type":"network","Action":"destroy","Actor":{"ID":"x"}}', b"x" * 100_000]


def test_lines_that_are_no_events_do_no_harm(redis, scripted):
    scripted.add("old", "BEACHHEAD_DOMAINS=old.example.org")
    program = Registrar(redis, scripted, LONG)
    program.start()
    eventually(lambda: instances(redis) == ["old"])
    for line in NO_EVENTS:
        scripted.send(line + b"\n")
    scripted.add("new", "BEACHHEAD_DOMAINS=new.example.org")
    eventually(lambda: instances(redis) == ["new", "old"], 5)
    assert program.process.is_running


def test_an_event_in_two_pieces_is_one_event(redis, scripted):
    program = Registrar(redis, scripted, LONG)
    program.start().wait_for_log("connected to the Engine")
    eventually(lambda: scripted.requests["list"])
    identifier = scripted.add("web", "BEACHHEAD_DOMAINS=web.example.org", quietly=True)
    line = scripted.event(scripted.containers[identifier], "start")
    scripted.send(line[:50])
    scripted.send(line[50:])
    eventually(lambda: instances(redis) == ["web"], 5)


def test_an_engine_that_is_gone_takes_nothing_away_until_its_grace_is_over(redis, scripted):
    scripted.add("web", "BEACHHEAD_DOMAINS=web.example.org")
    program = Registrar(redis, scripted, "--engine-grace=5", expire=3)
    program.start()
    eventually(lambda: instances(redis) == ["web"])
    scripted.stop()
    program.process.wait_for_log("Engine does not answer")
    always(lambda: instances(redis) == ["web"], 4)
    eventually(lambda: redis.keys() == [], 8, "neither registration nor manifest is refreshed any more")
    scripted.start()
    eventually(lambda: instances(redis) == ["web"])


@pytest.mark.long
def test_10000_containers_are_registered_and_one_more_costs_one_inspect(redis, scripted):
    for n in range(10_000):
        scripted.add(f"c{n}", f"BEACHHEAD_DOMAINS=c{n}.example.org", quietly=True)
    start(redis, scripted, LONG, expected=10_000)
    scripted.add("more", "BEACHHEAD_DOMAINS=more.example.org")
    eventually(lambda: "more" in instances(redis))
    always(lambda: scripted.requests == {"inspect": 1}, 0.7, "exactly one inspect")
