"""nginx ends, refuses or hangs: what it serves it serves on, and afterwards everything is as Redis says."""
import itertools
import os
import signal
import time

import pytest

from parts.http import served_by
from parts.traffic import PATIENT
from parts.waiting import always, eventually

LIVE = ["one", "two"]
HOSTS = [f"{name}.example.org" for name in LIVE]
COMMANDS = {"check": 'nginx -t -q -c "$1"', "reload": "kill -HUP $(cat {nginx}/nginx.pid)"}


@pytest.fixture
def ground(visited, registrar, consumer, nginx):
    """Starts both programs and two containers that live all the time; returns the consumer."""

    def start(*options):
        for name, host in zip(LIVE, HOSTS):
            visited(name, host)
        registrar().start()
        program = consumer("--linger=0", PATIENT, *options)
        program.start()
        eventually(lambda: [served_by(host) for host in HOSTS] == LIVE)
        nginx.wait_until_quiet()
        return program

    return start


def serve(engine, *names: str) -> None:
    for name in names:
        engine.serve(name, f"{name}.example.org:http")


def are_served(*names: str) -> bool:
    return all(served_by(f"{name}.example.org") == name for name in names)


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.long)])
def test_nginx_is_killed_and_started_again(engine, nginx, ground, visitors, times):
    """The case cuts the way itself, from the end of nginx to its start. What came meanwhile is served from its very
    start, since the checked file waits for it, and nobody fails after it."""
    ground()
    with visitors(*HOSTS) as traffic:
        for n in range(times):
            killed = time.monotonic()
            nginx.stop()
            serve(engine, f"new{n}")
            eventually(lambda: f"new{n}.example.org" in nginx.rendered)
            nginx.start()
            traffic.converge(lambda: are_served(f"new{n}"))
            up = time.monotonic()
            serve(engine, f"later{n}")
            eventually(lambda: are_served(f"later{n}"))
            traffic.cut(killed, up)
    assert not traffic.failures


@pytest.mark.parametrize("times", [3, pytest.param(50, marks=pytest.mark.long)])
def test_workers_of_nginx_are_killed(engine, nginx, ground, visitors, times):
    """The master starts others at once; the connections that the killed one had are cut by the case itself."""
    ground()
    with visitors(*HOSTS) as traffic:
        for n in range(times):
            killed = time.monotonic()
            serve(engine, f"new{n}")
            for pid in nginx.workers:
                os.kill(pid, signal.SIGKILL)
            traffic.converge(lambda: are_served(f"new{n}"))
            traffic.cut(killed, time.monotonic())
        always(lambda: not traffic.failures, 1)
    assert not traffic.failures


def test_the_master_of_nginx_alone_is_killed(engine, nginx, ground, visitors):
    """Its workers serve on without it, and what comes meanwhile waits; systemd would end them before it starts nginx
    anew: between that and the start the case cuts the way."""
    ground()
    with visitors(*HOSTS) as traffic:
        os.kill(nginx.pid, signal.SIGKILL)
        serve(engine, "new")
        eventually(lambda: "new.example.org" in nginx.rendered)
        always(lambda: not traffic.failures, 1)
        ended = time.monotonic()
        nginx.stop()
        nginx.start()
        traffic.converge(lambda: are_served("new"))
        traffic.cut(ended, time.monotonic())
        serve(engine, "later")
        eventually(lambda: are_served("later"))
    assert not traffic.failures


@pytest.mark.parametrize("bad_ones", [2, pytest.param(20, marks=pytest.mark.long)])
def test_nginx_refuses_some_sites_while_others_come(engine, nginx, ground, visitors, bad_ones):
    edge = ground()
    bad, good = [f"bad{n}" for n in range(bad_ones)], [f"good{n}" for n in range(bad_ones)]
    for name in bad:
        (nginx.vhosts / f"{name}.example.org").write_text("no_such_directive on;\n")
    with visitors(*HOSTS) as traffic:
        serve(engine, *itertools.chain(*zip(bad, good)))
        eventually(lambda: are_served(*good), 60)
        for name in bad:
            edge.process.wait_for_log(rf"{name}\.example\.org .*set aside.*no_such_directive")
        assert not nginx.refusal()
        for name in bad:
            (nginx.vhosts / f"{name}.example.org").unlink()
        traffic.converge(lambda: are_served(*bad, *good), 60)
    assert not traffic.failures


def test_an_administrator_breaks_the_main_configuration_and_mends_it(engine, nginx, ground, visitors):
    edge = ground()
    good = nginx.main.read_text()
    with visitors(*HOSTS) as traffic:
        nginx.main.write_text(good + "nonsense;\n")
        nginx.reload()
        serve(engine, "new")
        edge.process.wait_for_log("left as it is.*nonsense")
        always(lambda: not traffic.failures, 1)
        nginx.main.write_text(good)
        traffic.converge(lambda: are_served("new"), 60)
    assert not edge.process.find_log("is set aside")
    assert not traffic.failures


@pytest.fixture
def hanging(place):
    """Makes commands that hang as long as a file is there, and then do what they are to do."""

    def make(name: str, command: str):
        script, hangs = place / name, place / f"{name}-hangs"
        script.write_text(f"#!/bin/sh\nif test -e {hangs}; then sleep 1000; fi\n{command}\n")
        script.chmod(0o755)
        return script, hangs

    return make


@pytest.mark.long
@pytest.mark.parametrize("what", ["check", "reload"])
def test_a_command_of_nginx_hangs(engine, nginx, ground, visitors, hanging, what):
    """nginx -t waits for a resolver, or a reload command for a service manager: both are given up after 30 s."""
    script, hangs = hanging(what, COMMANDS[what].format(nginx=nginx.place))
    edge = ground(f"--nginx-{what}={script}" + (" {main}" if what == "check" else ""))
    with visitors(*HOSTS) as traffic:
        hangs.touch()
        serve(engine, "new")
        edge.process.wait_for_log("left as it is.*takes (too long|longer)", 90)
        serve(engine, "newer")
        hangs.unlink()
        traffic.converge(lambda: are_served("new", "newer"), 90)
    assert not nginx.refusal()
    assert not edge.process.find_log("is set aside")
    assert not traffic.failures


def test_a_reload_command_hangs_and_the_consumer_is_ended_meanwhile(engine, nginx, ground, visitors, hanging):
    """Nobody waits for the command, nothing of it is left, and the next start takes up what was begun."""
    script, hangs = hanging("reload", COMMANDS["reload"].format(nginx=nginx.place))
    edge = ground(f"--nginx-reload={script}")
    with visitors(*HOSTS) as traffic:
        hangs.touch()
        serve(engine, "new")
        eventually(lambda: "new.example.org" in nginx.rendered)
        edge.process.stop(5)
        hangs.unlink()
        edge.start()
        traffic.converge(lambda: are_served("new"))
    assert not traffic.failures


@pytest.mark.parametrize("again", [0, pytest.param(10, marks=pytest.mark.long)])
def test_the_master_of_nginx_hangs(engine, visited, nginx, ground, visitors, again):
    """Its workers serve on, and no site is to blame for it: neither a new one, nor one that has changed, which would be
    gone as soon as nginx goes on."""
    edge = ground()
    with visitors(*HOSTS) as traffic:
        os.kill(nginx.pid, signal.SIGSTOP)
        serve(engine, "new")
        visited("one-more", HOSTS[0])
        seen = edge.process.wait_for_log("left as it is.*hangs", 40)
        always(lambda: not traffic.failures, again)
        os.kill(nginx.pid, signal.SIGCONT)
        traffic.converge(lambda: are_served("new") and served_by(HOSTS[0]) == "one-more", 60)
    assert seen and not edge.process.find_log("is set aside")
    assert not nginx.refusal()
    assert not traffic.failures


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("what", ["check", "reload"])
def test_nginx_does_not_take_once_what_it_takes_afterwards(engine, visited, nginx, ground, visitors, place, what,
                                                           times):
    """The check fails for want of memory, or a reload takes too long: no site that lives is to blame for it."""
    does, once = COMMANDS[what].format(nginx=nginx.place), place / "once"
    script = place / what
    script.write_text(f"#!/bin/sh\nif test -e {once}; then rm {once}; exit {int(what == 'check')}; fi\n{does}\n")
    script.chmod(0o755)
    edge = ground(f"--nginx-{what}={script}" + (" {main}" if what == "check" else ""))
    with visitors(*HOSTS) as traffic:
        for n in range(times):
            once.touch()
            serve(engine, f"new{n}")
            visited(f"more{n}", HOSTS[-1])
            traffic.converge(lambda: not once.exists() and are_served(f"new{n}"), 60)
    assert not edge.process.find_log("is set aside")
    assert not traffic.failures
