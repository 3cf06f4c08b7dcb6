"""Several registrars on one Redis: nobody deletes or hides what is not its own, and a clash is named."""
import json
import signal

import pytest

from parts.programs import Registrar
from parts.registrations import instances, manifests, register, route, routes_of
from parts.scripted_engine import ScriptedEngine
from parts.waiting import always, eventually


@pytest.fixture
def hosts(place):
    """Two hosts, each with an Engine that runs one container of its own."""
    engines = [ScriptedEngine(place / f"engine{n}.sock") for n in (1, 2)]
    for number, engine in enumerate(engines, 1):
        engine.add(f"on{number}", f"BEACHHEAD_DOMAINS=on{number}.example.org")
    yield engines
    for engine in engines:
        engine.stop()


def machine_of(redis, instance: str) -> str:
    return next(iter(routes_of(redis, instance).values()))["machine"]


def clash(redis, hosts, first: str, second: str) -> tuple[Registrar, Registrar]:
    """Two of one node: the first machine publishes, the second has said that the name is taken."""
    one = Registrar(redis, hosts[0], "--node=web", f"--machine-id={first}")
    two = Registrar(redis, hosts[1], "--node=web", f"--machine-id={second}")
    one.start()
    eventually(lambda: instances(redis) == ["on1@web"])
    two.start()
    two.process.wait_for_log(f"web.*{first}|{first}.*web")
    return one, two


@pytest.mark.parametrize("first, second", [("m1", "m2"), ("m2", "m1")])
def test_two_machines_with_one_node_name_do_not_fight_and_the_clash_is_named(redis, hosts, first, second):
    one, two = clash(redis, hosts, first, second)
    always(lambda: instances(redis) == ["on1@web"] and manifests(redis)["web"]["machine"] == first, 3)
    assert manifests(redis)["web"]["instances"] == ["on1@web"]
    one.kill()
    eventually(lambda: "on2@web" in instances(redis), 15, "the other takes over when the lease is over")
    assert manifests(redis)["web"]["machine"] == second


@pytest.mark.parametrize("first, second", [("m1", "m2"), ("m2", "m1")])
def test_of_two_that_both_publish_the_lower_machine_id_wins(redis, hosts, first, second):
    """One hangs until its lease is over, the other takes the name; then the one that hung goes on."""
    one, two = clash(redis, hosts, first, second)
    one.freeze()
    eventually(lambda: instances(redis) == ["on2@web"])
    one.process.signal(signal.SIGCONT)
    winner, loser = (one, two) if first == "m1" else (two, one)
    eventually(lambda: instances(redis) == ["on1@web" if winner is one else "on2@web"] and
               manifests(redis)["web"]["machine"] == "m1")
    loser.process.wait_for_log("m1")
    always(lambda: manifests(redis)["web"]["machine"] == "m1" and len(instances(redis)) == 1, 3)


def test_two_without_node_publish_side_by_side(redis, hosts):
    one = Registrar(redis, hosts[0], "--machine-id=m1")
    two = Registrar(redis, hosts[1], "--machine-id=m2")
    one.start()
    two.start()
    eventually(lambda: instances(redis) == ["on1", "on2"])
    assert {name: m["instances"] for name, m in manifests(redis).items()} == {"m1": ["on1"], "m2": ["on2"]}
    one.restart()
    always(lambda: instances(redis) == ["on1", "on2"], 2, "a start sweeps nothing of the other's")
    hosts[0].remove(next(iter(hosts[0].containers)))
    eventually(lambda: instances(redis) == ["on2"], 2)
    always(lambda: instances(redis) == ["on2"], 2)


def test_one_without_node_beside_one_with_a_node(redis, hosts):
    plain = Registrar(redis, hosts[0], "--machine-id=m1", "--deregister-on-stop")
    noded = Registrar(redis, hosts[1], "--machine-id=m2", "--node=web", "--deregister-on-stop")
    plain.start()
    noded.start()
    eventually(lambda: instances(redis) == ["on1", "on2@web"])
    plain.restart()
    noded.restart()
    eventually(lambda: instances(redis) == ["on1", "on2@web"])
    plain.stop()
    assert instances(redis) == ["on2@web"]
    noded.stop()
    assert instances(redis) == []


def test_one_container_name_on_two_machines_without_node_hides_nothing_and_is_named(redis, hosts):
    for engine in hosts:
        engine.add("same", "BEACHHEAD_DOMAINS=same.example.org")
    one = Registrar(redis, hosts[0], "--machine-id=m1")
    two = Registrar(redis, hosts[1], "--machine-id=m2")
    one.start()
    eventually(lambda: instances(redis) == ["on1", "same"])
    two.start()
    eventually(lambda: instances(redis) == ["on1", "on2", "same"])
    two.process.wait_for_log("same.*m1|m1.*same")
    always(lambda: machine_of(redis, "same") == "m1", 3)
    assert manifests(redis)["m2"]["instances"] == ["on2"]
    one.kill()
    eventually(lambda: routes_of(redis, "same") and machine_of(redis, "same") == "m2", 15)


def test_what_companion_or_a_person_wrote_is_left_alone(redis, hosts):
    register(redis, "companions", route("companion.example.org", ("192.0.2.1", 80)))
    register(redis, "on1", route("handmade.example.org", ("192.0.2.1", 80)))
    register(redis, "by@other", route("other.example.org", ("192.0.2.1", 80)))
    redis.call("SET", "/beachhead/not-json", "hello")
    program = Registrar(redis, hosts[0], "--machine-id=m1", "--deregister-on-stop")
    program.start()
    program.process.wait_for_log("on1")
    always(lambda: {"companions", "by@other", "not-json"} <= set(instances(redis)), 2)
    program.stop()
    assert {"companions", "by@other", "not-json"} <= set(instances(redis))


def test_under_its_own_node_a_registrar_sweeps_what_nobody_publishes_any_more(redis, hosts):
    register(redis, "stale@web", route("stale.example.org", ("192.0.2.1", 80)))
    register(redis, "stale@web2", route("stale2.example.org", ("192.0.2.1", 80)))
    Registrar(redis, hosts[0], "--node=web", "--machine-id=m1").start()
    eventually(lambda: instances(redis) == ["on1@web", "stale@web2"])


def test_a_machine_that_comes_back_takes_up_what_was_its_own(redis, hosts):
    """A registration of this machine without its manifest: after a Redis that lost part of its keys."""
    one = Registrar(redis, hosts[0], "--machine-id=m1")
    one.start()
    eventually(lambda: instances(redis) == ["on1"])
    one.kill()
    redis.call("DEL", "/beachhead-nodes/m1")
    value = json.loads(redis.get("/beachhead/on1"))
    value[0]["domain"] = "stale.example.org"
    redis.call("SET", "/beachhead/was-here", json.dumps(value))
    one.start()
    eventually(lambda: instances(redis) == ["on1"])
