"""The same registrations give the same bytes, and a refresh alone does nothing at all."""
import random
import time
from pathlib import Path

import pytest

from parts.http import served_by
from parts.programs import Registrar
from parts.registrations import manifest, register, route
from parts.waiting import eventually

ORDERS = 6


def registrations() -> list[tuple[str, dict]]:
    """Shared domains, disagreement about settings, and all kinds of routes."""
    made = []
    for n in range(12):
        where = (f"10.0.0.{n + 1}", 80)
        made.append((f"shared{n}", [route("shared.example.org", where, created=1700000000 + n % 3)]))
        made.append((f"own{n}", [route(f"own{n}.example.org", where, implied=True),
                                 route(f"plain{n}.example.org", where)]))
    for number, method in ((1, "redirect"), (2, "nohttps")):
        where = (f"10.0.1.{number}", 80)
        where = (f"10.0.1.{number}", 80)
        made.append((f"methods{number}",
                     [route("m.example.org", where, https_method=method, created=9 - number)]))
    made.append(("tls", [route("tls.example.org", https=("10.0.1.3", 443))]))
    return made


def test_registrations_in_any_order_give_the_same_bytes(redis, nginx, consumer, place):
    chance = random.Random(1)
    rendered = set()
    for number in range(ORDERS):
        edge = consumer("--nginx-confirm=none", state=place / f"state{number}")
        redis.call("FLUSHALL")
        nginx.conf.unlink(missing_ok=True)
        for instance, routes in chance.sample(registrations(), len(registrations())):
            register(redis, instance, *routes)
        assert edge.run("--once").status == 0
        rendered.add(nginx.rendered)
    assert len(rendered) == 1
    assert "shared.example.org" in rendered.pop()


def test_changes_in_any_order_end_in_the_same_bytes(redis, nginx, consumer, place):
    """Not only what is there counts, but also that it does not matter what was there before."""
    rendered = set()
    for number in range(2):
        redis.call("FLUSHALL")
        nginx.conf.unlink(missing_ok=True)
        redis.call("SET", "/beachhead-nodes/n", manifest("m"))
        edge = consumer("--nginx-confirm=none", "--linger=0", state=place / f"state{number}")
        if number:
            register(redis, "gone@n", route("gone.example.org", ("10.9.9.9", 80)),
                     route("own1.example.org", ("10.9.9.9", 80)))
            assert edge.run("--once").status == 0
            assert "10.9.9.9" in nginx.rendered
            redis.call("DEL", "/beachhead/gone@n")
        for instance, routes in registrations():
            register(redis, instance, *routes)
        edge.run("--once")
        rendered.add(nginx.rendered)
    assert len(rendered) == 1


def test_where_containers_disagree_the_older_one_wins_and_both_are_named(redis, consumer):
    for instance, routes in registrations():
        register(redis, instance, *routes)
    ended = consumer("--nginx-confirm=none").run("--once")
    assert any("m.example.org" in line and "methods1" in line and "methods2" in line
               for line in ended.errors.splitlines()), ended.errors


def fingerprint(*directories: Path) -> dict[str, tuple]:
    """Inode, time and size of every file below."""
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns, path.stat().st_size)
            for directory in directories for path in sorted(directory.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("notifications", ["", "KEA"])
def test_a_refresh_alone_writes_no_file_and_sends_no_signal(redis, scripted, backend, nginx, consumer,
                                                            notifications):
    redis.call("CONFIG", "SET", "notify-keyspace-events", notifications)
    for n in range(5):
        scripted.serve(f"c{n}", f"c{n}.example.org", backend(f"c{n}"))
    Registrar(redis, scripted, "--refresh=1", expire=10).start()
    edge = consumer("--output=nginx", "--output=requests")
    edge.start()
    eventually(lambda: all(served_by(f"c{n}.example.org") == f"c{n}" for n in range(5)))
    eventually(lambda: list(edge.state.iterdir()))
    nginx.wait_until_quiet(2)
    redis.call("CONFIG", "RESETSTAT")
    before, reloads, lines = fingerprint(nginx.place, edge.state), nginx.reloads, len(edge.process.lines)
    eventually(lambda: redis.command_counts().get("exec", 0) >= 4, what="four refreshes")
    assert redis.command_counts()["scan"] >= 2, "passes over everything meanwhile"
    assert fingerprint(nginx.place, edge.state) == before
    assert nginx.reloads == reloads
    assert [line.text for line in edge.process.lines[lines:]] == []


def test_a_reload_follows_a_change_and_changes_within_the_window_share_one(redis, backend, nginx, consumer):
    edge = consumer("--reload-interval=1500")
    edge.start()
    one = backend("one")
    register(redis, "first", route("first.example.org", one.endpoint))
    eventually(lambda: served_by("first.example.org") == "one")
    nginx.wait_until_quiet(2)
    reloads = nginx.reloads
    for n in range(10):
        register(redis, f"c{n}", route(f"c{n}.example.org", one.endpoint))
        redis.call("PUBLISH", "/beachhead-changes", f"c{n}")
        time.sleep(0.05)  # a pace, and all of them within the window
    eventually(lambda: all(f"c{n}.example.org" in nginx.rendered for n in range(10)))
    nginx.wait_until_quiet(2)
    assert 1 <= nginx.reloads - reloads <= 2
