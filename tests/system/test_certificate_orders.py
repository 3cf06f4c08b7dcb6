"""Orders that something comes in the way of: the end of the program, a reload, a change of what is asked for. The CA is
a driver of the tests' own, so that each of its calls can be held and counted."""
import signal

import pytest

from parts.acme import DriverCa
from parts.process import named_in_command_lines
from parts.registrations import register, route
from parts.waiting import always, eventually

HOST = "web.example.org"


@pytest.fixture
def ca(place):
    """A client that is held outlives a program that is killed."""
    made = DriverCa(place / "ca")
    yield made
    made.let_go()


@pytest.fixture
def edge(redis, consumer, ca):
    """A consumer with nothing but certificates, for a site that asks for one."""
    ask(redis)
    return consumer(*ca.options())


def ask(redis, *names: str, **terms) -> None:
    names = list(names or [HOST])
    register(redis, names[0], route(names[0], ("192.0.2.1", 80), implied=True, certificate={"names": names, **terms}))


def test_one_pass_waits_for_the_certificate_and_for_the_command_after_it(edge, ca, nginx, place):
    said = place / "said"
    command = place / "command"
    command.write_text(f"#!/bin/sh\nsleep 0.5\necho \"$BEACHHEAD_NAMES\" >{said}\n")
    command.chmod(0o755)
    ended = edge.run("--once", f"--certs-after={command}")
    assert ended.status == 0, ended.errors
    assert (nginx.certs / f"{HOST}.crt").exists()
    assert said.read_text().split() == [HOST]
    assert edge.run("--once").status == 0
    assert ca.orders == [HOST], "nothing is to be done the second time"


@pytest.mark.parametrize("attempt", range(5))
def test_one_pass_of_an_edge_that_shares_is_one_too(edge, ca, nginx, place, attempt):
    key = place / "shared-key"
    key.write_text("0123456789abcdef" * 4)
    ended = edge.run("--once", f"--certs-key-file={key}")
    assert ended.status == 0, ended.errors
    assert (nginx.certs / f"{HOST}.crt").exists()


def held_order(ca, program):
    """Starts it, and waits until the client is at its order."""
    ca.hold()
    program.start()
    eventually(lambda: len(ca.orders) == 1)
    return program


def has_certificate(nginx, name: str = HOST):
    return lambda: (nginx.certs / f"{name}.crt").exists()


def test_a_killed_program_does_not_ask_the_ca_again_at_once(edge, ca, nginx):
    held_order(ca, edge)
    for _ in range(3):
        edge.kill()
        edge.start()
        edge.process.wait_for_log("site .* is live|connected")
        always(lambda: len(ca.orders) == 1, 1, "the CA is not asked again")
    assert not has_certificate(nginx)()


def test_a_program_that_was_killed_with_a_certificate_there_asks_for_no_other(edge, ca, nginx):
    edge.start()
    eventually(has_certificate(nginx))
    for _ in range(3):
        edge.kill()
        edge.start()
        edge.process.wait_for_log("site .* is live|connected")
        always(lambda: len(ca.orders) == 1, 1, "it is there")


def test_a_program_that_is_stopped_ends_its_client_and_goes_on_at_its_next_start(edge, ca, nginx):
    held_order(ca, edge)
    assert edge.stop() == 0
    eventually(lambda: not named_in_command_lines(str(ca.path)), 60, "no client is left")
    ca.let_go()
    edge.start()
    eventually(has_certificate(nginx), 60)
    assert len(ca.orders) == 2


def test_a_program_that_is_stopped_does_not_wait_for_a_key_that_takes_long(redis, consumer, ca):
    ask(redis, key="8192")
    program = consumer(*ca.options())
    program.start()
    program.process.wait_for_log(f"Certificate of {HOST}: issue")
    assert program.stop() == 0
    assert not ca.orders


def test_a_reload_begins_the_order_anew(edge, ca, nginx):
    held_order(ca, edge)
    edge.process.signal(signal.SIGHUP)
    eventually(lambda: len(ca.orders) == 2)
    ca.let_go()
    eventually(has_certificate(nginx))
    assert len(ca.orders) == 2


def test_a_reload_that_is_refused_leaves_the_order_alone(redis, consumer, ca, nginx, place):
    ask(redis)
    key = place / "shared-key"
    key.write_text("0123456789abcdef" * 4)
    program = held_order(ca, consumer(*ca.options(), f"--certs-key-file={key}"))
    key.write_text("short")
    program.process.signal(signal.SIGHUP)
    program.process.wait_for_log("too short for a secret")
    ca.let_go()
    eventually(has_certificate(nginx))
    assert len(ca.orders) == 1


def test_a_wish_that_changes_while_it_is_ordered_is_ordered_as_it_is_now(redis, edge, ca, nginx):
    held_order(ca, edge)
    ask(redis, HOST, "www.example.org")
    eventually(lambda: len(ca.orders) == 2)
    ca.let_go()
    eventually(has_certificate(nginx, "www.example.org"))
    assert ca.orders == [HOST, f"{HOST} www.example.org"]


def test_a_wish_that_changes_all_the_time_is_not_ordered_all_the_time(redis, edge, ca):
    held_order(ca, edge)
    for i in range(12):
        ask(redis, HOST, f"www{i}.example.org")
        always(lambda: len(ca.orders) <= 4, 1.2, "few orders, and time for a full pass")
    assert len(ca.orders) >= 2


def test_an_edge_that_loses_the_lock_keeps_what_it_has_ordered(redis, consumer, ca, nginx, place):
    ask(redis)
    key = place / "shared-key"
    key.write_text("0123456789abcdef" * 4)
    held_order(ca, consumer(*ca.options(), f"--certs-key-file={key}"))
    redis.call("SET", "/beachhead-locks/certs", "another edge", "PX", 25000)
    always(lambda: len(ca.orders) == 1, 3, "time to hear of that")
    ca.let_go()
    eventually(has_certificate(nginx))
    assert len(ca.orders) == 1


def test_another_edge_has_the_pair_though_a_renewal_failed_since(redis, consumer, ca, nginx, place):
    ask(redis)
    key, certs, said = place / "shared-key", place / "certs-b", place / "said"
    key.write_text("0123456789abcdef" * 4)
    certs.mkdir()
    command = place / "command"
    command.write_text(f"#!/bin/sh\necho \"$BEACHHEAD_NAMES\" >>{said}\n")
    command.chmod(0o755)
    first = consumer(*ca.options(), f"--certs-key-file={key}")
    first.start()
    eventually(has_certificate(nginx))
    ca.fail()
    ask(redis, key="ec-384")
    first.process.wait_for_log(f"No certificate for {HOST}")
    second = consumer(*ca.options(), f"--certs-key-file={key}", f"--cert-dir={certs}", f"--certs-after={command}",
                      state=place / "state-b")
    second.start()
    eventually(lambda: (certs / f"{HOST}.crt").exists())
    eventually(lambda: said.exists() and said.read_text().split() == [HOST], what="its command was run there too")
    assert (certs / f"{HOST}.crt").read_text() == (nginx.certs / f"{HOST}.crt").read_text()


def test_nothing_is_ordered_that_cannot_be_kept(redis, consumer, ca, place):
    ask(redis)
    certs = place / "not-there"
    program = consumer(*ca.options(), f"--cert-dir={certs}")
    program.start()
    program.process.wait_for_log("No certificates are ordered")
    assert not ca.orders
    certs.mkdir()
    eventually(lambda: (certs / f"{HOST}.crt").exists(), within=40)
