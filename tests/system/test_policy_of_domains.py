"""Whose a domain is: what claims it beside its owner is refused by name, and nobody else notices."""
import json
import signal

import pytest

from parts.http import Response, fetch, served_by, status
from parts.programs import Registrar
from parts.registrations import endpoint, register, route
from parts.scripted_engine import ScriptedEngine
from parts.traffic import Traffic
from parts.waiting import always, eventually

SHOP = "shop.example.org"
RESERVED = f"reserve-domain={SHOP} @web1"
REASON = f"reserved for @web1 by reserve-domain={SHOP}: this comes from "


def from_the_owner(host: str) -> Response:
    """An answer of anybody else is a failure too."""
    answer = fetch(host)
    if answer.status == 200 and "shop" not in answer.body:
        raise OSError(f"answered by {answer.body}")
    return answer


def claim_many(redis, instance: str, domain: str, backend, kind: str) -> None:
    """A claim that covers more than one name."""
    register(redis, instance, {**route(domain, endpoint=endpoint(backend.endpoint)), "schemes": ["http"],
                               "requires": [kind]})


@pytest.fixture
def stranger(place):
    """Another host, with an Engine of its own."""
    engine = ScriptedEngine(place / "stranger.sock")
    yield engine
    engine.stop()


@pytest.fixture
def policy(place):
    """Writes the policy down and names the file."""

    def write(*rules: str):
        file = place / "policy.conf"
        file.write_text("\n".join(["[policy]", *rules, ""]))
        return file

    return write


def refused(edge, domain: str, instance: str, reason: str) -> None:
    line = edge.process.wait_for_log(f"{domain.replace('*', '[*]')} is set aside").text
    assert f"/beachhead/{instance}: " in line and reason in line, line


def test_a_container_that_claims_what_is_anothers_is_refused_and_the_owner_does_not_notice(
        redis, engine, stranger, registrar, consumer, nginx, backend, policy, record_property):
    engine.serve("shop", f"{SHOP}:http")
    registrar("--node=web1").start()
    Registrar(redis, stranger, "--node=web2", "--machine-id=m2").start()
    edge = consumer(f"--config={policy(RESERVED)}")
    edge.start()
    eventually(lambda: served_by(SHOP) == "shop")
    nginx.wait_until_quiet()
    evil = backend("evil")
    with Traffic([SHOP], how=from_the_owner) as traffic:
        claim = stranger.serve("evil", f"{SHOP.upper()}.:http={evil.endpoint[1]} free.example.org", evil)
        refused(edge, SHOP, "evil@web2", REASON + "@web2")
        eventually(lambda: served_by("free.example.org") == "evil", what="its own domain is served")
        stranger.remove(claim)
        eventually(lambda: status("free.example.org") == 503)
    assert traffic.sent > 0
    assert not traffic.failures
    record_property("figures", f"policy: {traffic.sent} requests to the owner beside a stranger's claim, 0 failed")


def test_what_was_refused_is_told_wherever_one_looks(redis, consumer, backend, policy, place):
    one = backend("shop")
    register(redis, "shop@web1", route(SHOP, one.endpoint))
    register(redis, "evil", route(SHOP, backend("evil").endpoint))
    edge = consumer(f"--config={policy(RESERVED)}", "--output=nginx", "--output=json", f"--json-file={place}/sites.json")
    ended = edge.run("--once")
    assert ended.status == 1, "as for all that is set aside"
    assert served_by(SHOP) == "shop"
    reason = REASON + "a key without node"
    assert json.loads((place / "sites.json").read_text())["set_aside"] == [
        {"domain": SHOP, "key": "/beachhead/evil", "reason": reason}]
    assert f"set aside, as published in /beachhead/evil: {reason}" in edge.run(f"--explain={SHOP}").output
    assert consumer(f"--config={policy(RESERVED)}", "--output=table").run("--once").output.count("reserve-domain") == 1


def test_nobody_takes_the_place_of_an_owner_who_is_away(redis, consumer, backend, policy):
    """Neither by the name nor by what covers it."""
    evil = backend("evil")
    register(redis, "evil@web2", route(SHOP, evil.endpoint))
    claim_many(redis, "wide@web2", "*.example.org", evil, "wildcard")
    claim_many(redis, "tail@web2", "shop.example.*", evil, "wildcard")
    claim_many(redis, "any@web2", "~^shop", evil, "regex")
    register(redis, "free@web2", route("free.example.net", evil.endpoint))
    edge = consumer(f"--config={policy(RESERVED)}", "--regex-hosts")
    edge.start()
    eventually(lambda: served_by("free.example.net") == "evil")
    refused(edge, SHOP, "evil@web2", REASON)
    refused(edge, "*.example.org", "wide@web2", "it needs a reserve-domain=*.example.org of its own")
    refused(edge, "shop.example.*", "tail@web2", "might take what is reserved for @web1")
    refused(edge, "~.shop", "any@web2", "might take what is reserved for @web1")
    assert status(SHOP) == 503


def test_a_network_and_what_may_be_served_at_all(redis, consumer, backend, policy):
    shop, evil = backend("shop"), backend("evil", address="127.0.0.2")
    register(redis, "shop", route(SHOP, shop.endpoint))
    register(redis, "mixed", route(SHOP, shop.endpoint, https=evil.endpoint))
    register(redis, "evil", route(SHOP, evil.endpoint))
    register(redis, "other", route("other.example.net", shop.endpoint))
    edge = consumer(f"--config={policy('allow-domain=*.example.org', f'reserve-domain={SHOP} 127.0.0.1')}")
    edge.start()
    edge.process.wait_for_log(f"{SHOP} .*/beachhead/evil: .*leads to 127.0.0.2")
    edge.process.wait_for_log(f"{SHOP} .*/beachhead/mixed: .*leads to 127.0.0.2")
    refused(edge, "other.example.net", "other", "no allow-domain covers it")
    eventually(lambda: served_by(SHOP) == "shop")
    always(lambda: served_by(SHOP) == "shop", 0.5)
    assert status("other.example.net") == 503


def test_a_policy_that_comes_with_sighup_holds_for_what_is_there_and_what_is_remembered(
        redis, consumer, nginx, backend, policy):
    register(redis, "shop@web1", route(SHOP, backend("shop").endpoint))
    register(redis, "evil@web2", route(SHOP, backend("evil").endpoint), route("evil.example.org", ("127.0.0.1", 1)))
    edge = consumer(f"--config={policy()}")
    edge.start()
    eventually(lambda: served_by(SHOP) == "evil", what="without a policy they share it")
    with Traffic([SHOP]) as traffic:
        policy(RESERVED)
        edge.process.signal(signal.SIGHUP)
        refused(edge, SHOP, "evil@web2", REASON)
        nginx.wait_until_quiet()
        always(lambda: served_by(SHOP) == "shop", 0.5)
        policy(RESERVED, f"{RESERVED} @web2")
        edge.process.signal(signal.SIGHUP)
        edge.process.wait_for_log("such a line already")
        always(lambda: served_by(SHOP) == "shop", 0.5)
    assert not traffic.failures
    redis.call("FLUSHALL")
    edge.process.wait_for_log(f"{SHOP} .* held")
    edge.kill()
    policy(RESERVED)
    edge.start()
    edge.process.wait_for_log(f"{SHOP} .* held")
    refused(edge, SHOP, "evil@web2", REASON)
    always(lambda: served_by(SHOP) == "shop", 0.5)


def test_a_certificate_is_wished_for_without_the_names_of_others(redis, consumer, policy):
    names = [SHOP, "evil.example.org", "*.example.org"]
    register(redis, "evil@web2", route("evil.example.org", ("192.0.2.9", 80), certificate={"names": names}))
    register(redis, "shop@web1", route(SHOP, ("192.0.2.1", 80), certificate={"names": [SHOP]}))
    edge = consumer(f"--config={policy(RESERVED)}", "--output=requests")
    ended = edge.run("--once")
    assert ended.status == 1
    assert f"no certificate for {SHOP} is asked for: {REASON}@web2" in ended.errors
    wanted = [json.loads(file.read_text())["names"] for file in sorted((edge.state / "requests").glob("*.json"))]
    assert wanted == [["evil.example.org"], [SHOP]]
