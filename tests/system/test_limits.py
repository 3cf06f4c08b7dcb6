"""What has a limit keeps it when somebody floods Redis: it is said, it is deterministic, and who is there stays."""
import json
import random

import pytest

from parts.http import served_by
from parts.registrations import manifest, register, route, value
from parts.status import LISTEN, ask, figure
from parts.waiting import eventually

TABLE_ENTRIES_MAX = 1_000_000
NODES_MAX = 1_000
REPLY_MAX = 96 << 20
LOG_KIND_LINES, LOG_SUBJECT_LINES = 20_000, 100
SERVED = "web.example.org"


@pytest.fixture
def edge(redis, backend, consumer):
    """One site, served, before anybody floods anything."""
    register(redis, "zz-web", route(SERVED, backend("web").endpoint))
    program = consumer(LISTEN)
    program.start()
    eventually(lambda: served_by(SERVED) == "web")
    return program


def flood(redis, commands, at_once: int = 20_000) -> None:
    for begin in range(0, len(commands), at_once):
        redis.pipeline(commands[begin:begin + at_once])


@pytest.mark.long
def test_a_million_foreign_keys_drive_no_site_out_and_the_first_by_name_come_in(redis, edge):
    names = [f"{n:07}" for n in range(TABLE_ENTRIES_MAX + 50_000)]
    random.Random(6).shuffle(names)
    flood(redis, [("SET", f"/beachhead/{name}", "[]") for name in names])
    edge.process.wait_for_log(rf"/beachhead/{TABLE_ENTRIES_MAX - 1:07}: there is no room for it", 300)
    assert served_by(SERVED) == "web"
    eventually(lambda: figure("beachhead_registrations_left_out") == 50_001, 120)
    assert figure('beachhead_registrations{state="live"}') == TABLE_ENTRIES_MAX
    assert len([line for line in edge.process.lines if "there is no room" in line.text]) == 1


def test_of_too_many_manifests_the_first_by_name_are_shown(redis, edge):
    nodes = [f"n{n:05}" for n in range(NODES_MAX + 200)]
    random.Random(6).shuffle(nodes)
    redis.pipeline([("SET", f"/beachhead-nodes/{node}", manifest("m")) for node in nodes])
    edge.process.wait_for_log("there are more manifests than the status shows.*200 nodes")
    eventually(lambda: figure("beachhead_nodes_left_out") == 200)
    shown = [node["name"] for node in ask("/status.json").json()["nodes"]]
    assert shown == sorted(nodes)[:NODES_MAX]


def test_a_manifest_that_is_too_large_is_not_fetched_and_takes_nothing_down(redis, edge, backend):
    register(redis, "app@n1", route("app.example.org", backend("app").endpoint))
    redis.call("SET", "/beachhead-nodes/n1", manifest("m1", "app@n1"))
    eventually(lambda: served_by("app.example.org") == "app")
    redis.call("SETRANGE", "/beachhead-nodes/n1", 64 * 1024 * 1024, "}")
    redis.call("CONFIG", "RESETSTAT")
    redis.call("DEL", "/beachhead/app@n1")
    edge.process.wait_for_log(r"site app.example.org \(app@n1\) is held")
    sent = next(int(line.split(":")[1]) for line in redis.call("INFO", "stats").splitlines()
                if line.startswith("total_net_output_bytes"))
    assert served_by("app.example.org") == "app"
    assert sent < 32 * 1024 * 1024


def for_long_names(redis, count: int, command: str) -> None:
    """So many names, which fill a reply together, are made up where they are wanted."""
    redis.call("SETRANGE", "filling", REPLY_MAX // count, "x")
    redis.call("EVAL", "local filling = redis.call('GET', 'filling') for n = 1, ARGV[1] do "
                       f"local name = '/beachhead/' .. n .. filling {command} end", 0, count)
    redis.call("DEL", "filling")


@pytest.mark.parametrize("count", [100, pytest.param(1, marks=pytest.mark.long)])
def test_names_of_keys_that_are_too_long_end_a_connection_and_nothing_else(redis, edge, backend, count):
    for_long_names(redis, count, "redis.call('SET', name, '[]')")
    edge.process.wait_for_log("Redis is not available: a reply of more than 96 MiB; redis-cli --memkeys", 120)
    assert served_by(SERVED) == "web"
    for_long_names(redis, count, "redis.call('DEL', name)")
    register(redis, "app", route("app.example.org", backend("app").endpoint))
    eventually(lambda: served_by("app.example.org") == "app", 60)
    assert served_by(SERVED) == "web"


def test_one_who_floods_the_log_hides_nothing_about_others(redis, edge):
    bad = [{"domain": f"bad{n}..example.org", "http": {"host": "192.0.2.1", "port": 80}} for n in range(900)]
    redis.call("SET", "/beachhead/loud", json.dumps(bad))
    edge.process.wait_for_log("more lines like the last one come too fast")
    redis.call("SET", "/beachhead/quiet", value(route("also..bad", ("192.0.2.1", 80))))
    edge.process.wait_for_log("/beachhead/quiet")
    said = [line for line in edge.process.lines if line.text.startswith("/beachhead/loud") or " /beachhead/loud" in line.text]
    assert len(said) == LOG_SUBJECT_LINES
    edge.stop()
    edge.process.wait_for_log(f"{900 - LOG_SUBJECT_LINES} lines like .* were left out")
