"""A container that is told to stop, is paused, or is not well, gets no requests; and comes back by itself."""
import threading
import time

import pytest

from parts.http import RequestLoop, fetch, served_by, status
from parts.registrations import instances
from parts.waiting import always, eventually

HOST = "web.example.org"
LEASE = dict(expire=10)


@pytest.fixture
def edge(nginx, consumer, registrar):
    """Both programs on the real Engine; the registrar refreshes every second."""
    program = registrar("--refresh=1", "--drain-max=300", **LEASE)
    program.start()
    consumer().start()
    return program


@pytest.fixture
def live(nginx, edge):
    """Waits until these containers serve the domain, and no old nginx worker answers any more."""

    def wait(*names: str) -> None:
        eventually(lambda: {served_by(HOST) for _ in range(4)} == set(names))
        nginx.wait_until_quiet()

    return wait


def is_out() -> bool:
    return status(HOST, timeout=0.3) == 503


def last_answer(during: float) -> float:
    """When the edge answered a request for the last time (monotonic), as far as it did within that time."""
    answered, deadline = 0.0, time.monotonic() + during
    while time.monotonic() < deadline:
        if served_by(HOST):
            answered = time.monotonic()
    return answered


def stop_in_background(container, within: int) -> float:
    """As `docker stop -t WITHIN`; returns when the request was made."""
    threading.Thread(target=container.stop, args=(within,), daemon=True).start()
    return time.monotonic()


def test_docker_stop_takes_a_container_out_before_500_ms_while_it_still_answers(redis, engine, live):
    slow = engine.serve("slow", f"{HOST}:http", "SLOW=40")
    live("slow")
    address = slow.address
    stopped = stop_in_background(slow, 60)
    assert 0 < last_answer(during=2) - stopped < 0.5
    always(lambda: instances(redis) == [] and is_out(), 2.5, "no refresh brings it back")
    assert served_by(HOST, address=address, port=80) == "slow", "it still answers on its own address"


def test_docker_stop_of_one_of_two_fails_no_request(engine, live):
    one = engine.serve("one", f"{HOST}:http", "SLOW=2")
    engine.serve("two", f"{HOST}:http")
    live("one", "two")
    with RequestLoop([HOST], pace=0.005) as loop:
        one.stop(10)
        eventually(lambda: {served_by(HOST) for _ in range(8)} == {"two"})
    assert loop.count > 20
    assert not loop.failures


def test_docker_kill_with_hup_changes_nothing(redis, engine, live):
    container = engine.serve("web", f"{HOST}:http")
    live("web")
    hints = redis.listen("/beachhead-changes")
    container.kill("HUP")
    always(lambda: instances(redis) == ["web"] and served_by(HOST) == "web", 2)
    assert not hints.items


def test_docker_kill_takes_a_container_out(redis, engine, edge):
    container = engine.serve("web", f"{HOST}:http")
    eventually(lambda: instances(redis) == ["web"])
    container.kill()
    eventually(lambda: instances(redis) == [], 2)


def test_the_images_own_stop_signal_drains_and_no_other(redis, engine, edge):
    container = engine.serve("web", f"{HOST}:http", "SLOW=60", StopSignal="SIGUSR1")
    eventually(lambda: instances(redis) == ["web"])
    container.kill("WINCH")
    always(lambda: instances(redis) == ["web"], 1.5)
    container.kill("USR1")
    eventually(lambda: instances(redis) == [], 2)


def test_what_ignores_its_stop_signal_is_registered_again_with_a_warning(redis, engine, registrar):
    program = registrar("--refresh=1", "--drain-max=2", **LEASE)
    container = engine.serve("web", f"{HOST}:http", "SLOW=60")
    program.start()
    eventually(lambda: instances(redis) == ["web"])
    container.kill("TERM")
    eventually(lambda: instances(redis) == [], 2)
    eventually(lambda: instances(redis) == ["web"], 5)
    program.process.wait_for_log("web.*signal")


def test_a_container_that_is_started_again_after_its_drain_is_back(redis, engine, live):
    container = engine.serve("web", f"{HOST}:http", "SLOW=1")
    live("web")
    container.stop()
    eventually(lambda: instances(redis) == [])
    container.start()
    live("web")


def test_paused_is_out_and_unpaused_is_in(redis, engine, live):
    container = engine.serve("web", f"{HOST}:http")
    live("web")
    container.pause()
    eventually(is_out, 5)
    always(lambda: instances(redis) == [], 2)
    container.unpause()
    eventually(lambda: served_by(HOST) == "web", 5)


def test_unhealthy_is_out_and_healthy_is_in(redis, engine, live):
    container = engine.serve("web", f"{HOST}:http", health="test -e /www/index.html && test ! -e /sick")
    live("web")
    container.execute("touch", "/sick")
    eventually(is_out)
    always(lambda: instances(redis) == [], 2)
    container.execute("rm", "/sick")
    live("web")


def test_a_container_with_a_health_check_comes_in_when_it_is_healthy_not_before(redis, engine, live):
    container = engine.serve("web", f"{HOST}:http", health="test -e /well")
    engine.serve("witness", "witness.example.org:http")
    eventually(lambda: instances(redis) == ["witness"])
    always(lambda: instances(redis) == ["witness"], 2)
    container.execute("touch", "/well")
    live("web")


def test_health_can_be_ignored(redis, engine, registrar):
    engine.serve("web", f"{HOST}:http", health="false")
    registrar("--health=ignore").start()
    eventually(lambda: instances(redis) == ["web"])


def test_a_container_that_is_replaced_lingers_and_does_not_vanish(engine, live):
    """Between the end of the old one and the start of the new one the site answers 503 with Retry-After."""
    old = engine.serve("web", f"{HOST}:http")
    live("web")
    old.remove()
    eventually(is_out, 5)
    eventually(lambda: "retry-after" in fetch(HOST).headers)
    engine.serve("web", f"{HOST}:http")
    live("web")
