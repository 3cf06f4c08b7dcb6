"""What is not a container: described by files, checked, and served as containers are."""
import os

import pytest

from parts.http import Backend, RequestLoop, served_by, status
from parts.process import run
from parts.footprint import next_timer
from parts.programs import REGISTRAR, NoEngine, Registrar
from parts.registrations import instances, manifests, routes_of
from parts.services import Services
from parts.waiting import eventually

WIKI = "wiki.example.org"
QUICKLY = {"check_interval": 1, "check_timeout": 1, "check_fall": 1, "check_rise": 1}


@pytest.fixture
def alone(redis, services):
    """A registrar without an Engine."""

    def start(*options, **more) -> Registrar:
        program = Registrar(redis, NoEngine, services.option, *options, **more)
        program.start()
        return program

    return start


@pytest.fixture
def edge(alone, consumer):
    registrar = alone()
    consumer().start()
    return registrar


def listed(redis) -> list[str]:
    """What the one manifest lists."""
    manifest, = manifests(redis).values()
    return manifest["instances"]


@pytest.mark.parametrize("check", ["tcp", "http", "http/health"])
def test_a_service_is_routed_leaves_while_its_check_fails_and_returns(redis, edge, services, backend, once, check):
    server = backend("wiki")
    address, port = server.endpoint
    services.serve("wiki", WIKI, server.endpoint, check=check, **QUICKLY)
    eventually(lambda: served_by(WIKI) == "wiki")

    server.close()
    eventually(lambda: instances(redis) == [])
    assert listed(redis) == [], "it is gone, and not only missing"
    once(lambda: status(WIKI) == 503)
    edge.process.wait_for_log(rf"service wiki is not published: its health check fails: {address} port {port}: "
                              "(Connection refused|Recv failure)")

    again = Backend("wiki again", port=port)
    try:
        eventually(lambda: served_by(WIKI) == "wiki again")
        assert listed(redis) == ["wiki"]
    finally:
        again.close()


def test_files_are_added_changed_and_removed_live(redis, edge, services, backend):
    first, second = backend("first"), backend("second")
    services.serve("wiki", WIKI, first.endpoint)
    eventually(lambda: served_by(WIKI) == "first")
    services.serve("wiki", WIKI, second.endpoint)
    eventually(lambda: served_by(WIKI) == "second")
    services.serve("other", "other.example.org", first.endpoint)
    eventually(lambda: served_by("other.example.org") == "first")
    services.remove("wiki")
    eventually(lambda: instances(redis) == ["other"])
    assert listed(redis) == ["other"]
    eventually(lambda: status(WIKI) == 503)
    assert served_by("other.example.org") == "first"


def test_a_file_that_is_wrong_for_a_while_costs_no_request(edge, services, backend, once):
    server = backend("wiki")
    services.serve("wiki", WIKI, server.endpoint)
    once(lambda: served_by(WIKI) == "wiki")
    with RequestLoop([WIKI]) as loop:
        for lines in [[], ["address=127.0.0.1"], ["address=10.0.0.300", "domains=a.org"], ["half a li"]]:
            since = len(edge.process.lines)
            services.write("wiki", *lines)
            edge.process.wait_for_log("service wiki: .*wiki.conf.*what was read before stands", since=since)
        services.path("wiki").rename(services.path("wiki").with_suffix(".conf~"))  # as editors do
        services.serve("wiki", WIKI, server.endpoint)
        edge.process.wait_for_log("service wiki: its file is understood now")
    assert loop.count > 10 and not loop.failures


def test_a_service_and_a_container_share_a_domain(redis, engine, consumer, services, backend):
    """And where they share a name, the container's is published."""
    service = backend("service")
    services.serve("beside", WIKI, service.endpoint)
    services.serve("web", "service.example.org", service.endpoint)
    registrar = Registrar(redis, engine, services.option)
    registrar.start()
    consumer().start()
    container = engine.serve("web", f"{WIKI}:http container.example.org:http")
    eventually(lambda: served_by("container.example.org") == "web")
    eventually(lambda: {served_by(WIKI) for _ in range(4)} == {"web", "service"})
    registrar.process.wait_for_log("service web is not published: a container has that name")
    container.stop()
    eventually(lambda: served_by("service.example.org") == "service")
    assert served_by(WIKI) == "service"


def test_a_restart_of_the_registrar_costs_no_request(redis, alone, consumer, services, backend, once):
    server = backend("wiki")
    services.serve("wiki", WIKI, server.endpoint, check="http", **QUICKLY)
    registrar = alone()
    consumer().start()
    once(lambda: served_by(WIKI) == "wiki")
    with RequestLoop([WIKI]) as loop:
        asked = server.requests
        registrar.restart()
        registrar.process.wait_for_log("service wiki is published")
        eventually(lambda: server.requests > asked + 20)
    assert not loop.failures


def test_a_reload_takes_another_directory(redis, place, services, backend):
    server = backend("wiki")
    others = Services(place / "others.d")
    config = place / "registrar.conf"
    config.write_text(f"services-dir={services.place}\n")
    services.serve("wiki", WIKI, server.endpoint)
    others.serve("other", WIKI, server.endpoint)
    registrar = Registrar(redis, NoEngine, f"--config={config}")
    registrar.options.remove("--services-dir=")
    registrar.start()
    eventually(lambda: instances(redis) == ["wiki"])
    config.write_text(f"services-dir={others.place}\n")
    registrar.process.signal(1)
    eventually(lambda: instances(redis) == ["other"])


def test_one_pass_checks_once_and_tells(redis, services, backend):
    options = [f"--redis-url={redis.url}", "--docker-url=none", services.option]
    services.serve("plain", "plain.example.org", ("192.0.2.1", 80))
    assert run([REGISTRAR, *options, "--dry-run"]).output.count("plain: would publish /beachhead/plain: ") == 1
    services.remove("plain")

    up, down = backend("up"), backend("down")
    down.close()
    services.serve("up", "up.example.org", up.endpoint, check="http", check_fall=9)
    services.serve("down", "down.example.org", down.endpoint, check="http", check_fall=9)
    told = run([REGISTRAR, *options, "--dry-run"])
    assert told.status == 0, told.errors
    assert "up: would publish /beachhead/up: " in told.output
    assert "down: nothing: its health check fails: " in told.output
    published = run([REGISTRAR, *options, "--refresh=0"])
    assert published.status == 0, published.errors
    assert instances(redis) == ["up"]
    assert routes_of(redis, "up")["up.example.org"]["http"]["port"] == up.endpoint[1]

    services.write("wrong", address="127.0.0.1", domains="a..b")
    told = run([REGISTRAR, *options, "--dry-run"])
    assert told.status == 1
    assert f'wrong: nothing: {services.path("wrong")}: domains: "a..b"' in told.output


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_files_that_the_user_may_not_read_are_named(redis, services, place):
    services.write("secret", address="127.0.0.1", domains="a.org")
    services.path("secret").chmod(0o600)
    for directory in [place.parent, place]:
        directory.chmod(0o755)
    told = run(["setpriv", "--reuid=65534", "--clear-groups", REGISTRAR, "--docker-url=none", services.option,
                "--dry-run"])
    assert told.status == 1
    assert "secret: nothing: its file cannot be read: let the registrar's user read it" in told.output


def test_what_redis_has_answered_leaves_no_time_limit_behind_that_wakes_the_registrar(redis, services, alone):
    services.serve("wiki", WIKI, ("10.0.0.1", 80))
    program = alone("--expire=600")
    eventually(lambda: instances(redis) == ["wiki"])
    eventually(lambda: next_timer(program.process.pid) > 20, 10, "its next timer is none of 15 s")
