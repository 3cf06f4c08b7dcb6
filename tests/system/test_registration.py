"""What a container asks for stands in Redis, as companion wrote it and as long as it runs."""
import pytest

from parts.registrations import NODES, PREFIX, instances, manifests, refresh_times, routes_of
from parts.waiting import eventually

README_EXAMPLE = "example.org admin.example.org:https app.example.org:http=8080:https=8043"


def wait_for(redis, instance: str, within: float = 20) -> dict[str, dict]:
    return eventually(lambda: routes_of(redis, instance), within, f"{instance} is registered")


def only(route: dict, *names: str) -> dict:
    return {name: route[name] for name in names if name in route}


def test_the_readme_example_is_registered_for_60_seconds_and_refreshed_after_27(redis, engine, registrar):
    monitor = redis.monitor()
    program = registrar("--machine-id=m1")
    program.options = [o for o in program.options if not o.startswith("--expire")]
    container = engine.serve("web", README_EXAMPLE)
    program.start()
    routes = wait_for(redis, "web")
    assert redis.call("TTL", "/beachhead/web") in (59, 60)
    host = container.address
    companions = ("id", "domain", "http", "https")
    assert [only(route, *companions) for route in routes.values()] == [
        {"id": "example_org", "domain": "example.org", "http": {"host": host, "port": 80},
         "https": {"host": host, "port": 443, "implied": True}},
        {"id": "admin_example_org", "domain": "admin.example.org", "https": {"host": host, "port": 443}},
        {"id": "app_example_org", "domain": "app.example.org", "http": {"host": host, "port": 8080},
         "https": {"host": host, "port": 8043}}]
    times = eventually(lambda: (t := refresh_times(monitor, "/beachhead/web")) and len(t) > 1 and t, 35,
                       "it is refreshed")
    assert 26 < times[-1] - times[0] <= 27.5
    assert redis.call("TTL", "/beachhead/web") >= 58


def test_the_manifest_says_which_machine_publishes_what(redis, engine, registrar):
    engine.serve("one", "one.example.org")
    engine.serve("two", "two.example.org")
    engine.run("three")
    registrar("--machine-id=m1").start()
    wait_for(redis, "two")
    manifest = manifests(redis)["m1"]
    assert (manifest["machine"], manifest["instances"], manifest["containers"]) == ("m1", ["one", "two"], 3)
    assert 0 < redis.call("TTL", NODES + "m1") <= 4
    assert routes_of(redis, "one")["one.example.org"]["machine"] == "m1"


def test_with_a_node_its_name_follows_the_containers(redis, engine, registrar):
    engine.serve("web", "web.example.org")
    registrar("--node=web1").start()
    wait_for(redis, "web@web1")
    assert instances(redis) == ["web@web1"]
    assert manifests(redis)["web1"]["instances"] == ["web@web1"]


def test_a_domain_comes_and_goes_with_its_container_at_once(redis, engine, registrar):
    registrar("--expire=600").start().wait_for_log("connected to the Engine")
    container = engine.serve("web", "web.example.org")
    wait_for(redis, "web", within=2)
    container.remove()
    eventually(lambda: instances(redis) == [], 2, "its registration is deleted, not left to its lease")


def test_a_change_is_hinted_and_a_refresh_is_not(redis, engine, registrar):
    hints = redis.listen("/beachhead-changes")
    registrar("--refresh=1").start().wait_for_log("connected to the Engine")
    monitor = redis.monitor()
    container = engine.serve("web", "web.example.org")
    eventually(lambda: len(refresh_times(monitor, "/beachhead/web")) > 2, what="it was refreshed twice")
    assert [hint[2] for hint in hints.items] == ["web"]
    container.remove()
    eventually(lambda: [hint[2] for hint in hints.items] == ["web", "web"])


def test_a_restarted_container_is_registered_with_the_address_it_has_now(redis, engine, registrar):
    registrar().start()
    first = engine.serve("first", "first.example.org")
    wait_for(redis, "first")
    old = first.address
    first.stop()
    engine.run("squatter")  # takes the free address
    first.start()
    assert first.address != old
    eventually(lambda: wait_for(redis, "first")["first.example.org"]["http"]["host"] == first.address)


def test_a_renamed_container_is_registered_under_its_new_name(redis, engine, registrar):
    registrar("--expire=600").start()
    container = engine.serve("old", "web.example.org")
    wait_for(redis, "old")
    container.rename("new")
    wait_for(redis, "new")
    assert instances(redis) == ["new"]


def test_a_stopped_registrar_leaves_its_registrations(redis, engine, registrar):
    program = registrar("--expire=60")
    engine.serve("web", "web.example.org")
    program.start()
    wait_for(redis, "web")
    assert program.stop() == 0
    assert instances(redis) == ["web"]


def test_deregister_on_stop_takes_them_away(redis, engine, registrar):
    program = registrar("--expire=60", "--deregister-on-stop", "--machine-id=m1")
    engine.serve("web", "web.example.org")
    redis.call("SET", "/beachhead/foreign", "[]")
    program.start()
    wait_for(redis, "web")
    assert program.stop() == 0
    assert instances(redis) == ["foreign"]
    assert "web" not in manifests(redis).get("m1", {}).get("instances", [])


def test_what_stopped_while_the_registrar_was_away_goes_at_its_start(redis, engine, registrar):
    program = registrar("--expire=600")
    engine.serve("stays", "stays.example.org")
    goes = engine.serve("goes", "goes.example.org")
    program.start()
    wait_for(redis, "goes")
    program.kill()
    goes.remove()
    program.start()
    eventually(lambda: instances(redis) == ["stays"], 5)


# What a container can say

ROUTES = {
    "a label stands for the variable":
        (dict(labels={"beachhead.domains": "x.example.org:http=81"}), {"x.example.org": {"http": 81}}),
    "a label wins over the variable":
        (dict(environment=["BEACHHEAD_DOMAINS=y.example.org"],
              labels={"beachhead.domains": "x.example.org:http"}),
         {"x.example.org": {"http": 80}}),
    "several variables of one name add up":
        (dict(environment=["BEACHHEAD_DOMAINS=x.example.org:http", "BEACHHEAD_DOMAINS=y.example.org:http"]),
         {"x.example.org": {"http": 80}, "y.example.org": {"http": 80}}),
    "VIRTUAL_HOST takes port 80 where nothing is exposed":
        (dict(environment=["VIRTUAL_HOST=x.example.org"]), {"x.example.org": {"http": 80}}),
    "VIRTUAL_HOST takes the only exposed port":
        (dict(environment=["VIRTUAL_HOST=x.example.org"], ports=[8080]), {"x.example.org": {"http": 8080}}),
    "VIRTUAL_HOST takes port 80 of several exposed ports":
        (dict(environment=["VIRTUAL_HOST=x.example.org"], ports=[8080, 9090]),
         {"x.example.org": {"http": 80}}),
    "VIRTUAL_PORT wins over what is exposed":
        (dict(environment=["VIRTUAL_HOST=x.example.org", "VIRTUAL_PORT=3000"], ports=[8080]),
         {"x.example.org": {"http": 3000}}),
    "VIRTUAL_HOST is a comma list with blanks and holes":
        (dict(environment=["VIRTUAL_HOST= x.example.org,, y.example.org ,"]),
         {"x.example.org": {"http": 80}, "y.example.org": {"http": 80}}),
    "VIRTUAL_HOST can be a label":
        (dict(labels={"beachhead.virtual_host": "x.example.org", "beachhead.virtual_port": "3000"}),
         {"x.example.org": {"http": 3000}}),
    "VIRTUAL_HOST can be written in its own script":
        (dict(environment=["VIRTUAL_HOST=bücher.example"]), {"xn--bcher-kva.example": {"http": 80}}),
    "VIRTUAL_HOST_MULTIPORTS takes the place of VIRTUAL_HOST":
        (dict(environment=["VIRTUAL_HOST=z.example.org", "VIRTUAL_PORT=3000",
                           "VIRTUAL_HOST_MULTIPORTS=x.example.org:\n  /:\n    port: 8000\ny.example.org:\n"]),
         {"x.example.org": {"http": 8000}, "y.example.org": {"http": 80}}),
    "BEACHHEAD_DOMAINS wins over VIRTUAL_HOST":
        (dict(environment=["BEACHHEAD_DOMAINS=x.example.org:https=444", "VIRTUAL_HOST=x.example.org"]),
         {"x.example.org": {"https": 444}}),
    "a last dot and capitals do not matter":
        (dict(environment=["BEACHHEAD_DOMAINS=X.Example.ORG.:HTTP"]), {"x.example.org": {"http": 80}}),
}


@pytest.mark.parametrize("case", ROUTES)
def test_what_a_container_says(redis, engine, registrar, case):
    settings, expected = ROUTES[case]
    container = engine.create("web", **settings)
    container.start()
    registrar().start()
    routes = wait_for(redis, "web")
    assert {domain: {scheme: route[scheme]["port"] for scheme in ("http", "https") if scheme in route}
            for domain, route in routes.items()} == expected
    for route in routes.values():
        assert all(route[s]["host"] == container.address for s in ("http", "https") if s in route)


def test_the_certificate_that_a_container_wishes_is_registered(redis, engine, registrar):
    engine.run("old", "VIRTUAL_HOST=x.example.org", "LETSENCRYPT_HOST=x.example.org,www.example.org",
               "LETSENCRYPT_EMAIL=admin@example.org")
    engine.run("new", "VIRTUAL_HOST=y.example.org", "ACME_HOST=y.example.org", "ACME_CHALLENGE=DNS-01",
               "LETSENCRYPT_TEST=true", labels={"beachhead.acme_keysize": "ec-384"})
    registrar().start()
    assert wait_for(redis, "old")["x.example.org"]["certificate"] == {
        "names": ["x.example.org", "www.example.org"], "email": "admin@example.org"}
    assert wait_for(redis, "new")["y.example.org"]["certificate"] == {
        "names": ["y.example.org"], "key": "ec-384", "challenge": "dns-01", "test": True}


def test_what_nginx_proxy_reads_beside_is_registered(redis, engine, registrar):
    container = engine.create(
        "web", ["VIRTUAL_HOST=x.example.org", "VIRTUAL_PATH=~^/(a|b)/", "NETWORK_ACCESS=internal", "HSTS=off",
                "PROXY_READ_TIMEOUT=300", "KEEPALIVE=of its own", "SSL_POLICY=none;"],
        labels={"com.github.nginx-proxy.nginx-proxy.keepalive": "auto", "beachhead.loadbalance": "ip_hash"})
    container.start()
    program = registrar().start()
    route = wait_for(redis, "web")["x.example.org"]
    assert only(route, "endpoint", "schemes", "requires", "path", "settings") == {
        "endpoint": {"host": container.address, "port": 80}, "schemes": ["http", "https"],
        "requires": ["path", "internal"], "path": "~^/(a|b)/",
        "settings": {"hsts": "off", "loadbalance": "ip_hash", "keepalive": "auto", "proxy_read_timeout": "5m"}}
    program.wait_for_log('SSL_POLICY "none;" must be')


def test_what_cannot_be_understood_narrows_to_nothing(redis, engine, registrar):
    engine.run("web", "VIRTUAL_HOST=x.example.org", "BEACHHEAD_DOMAINS=y.example.org", "NETWORK_ACCESS=lan")
    engine.serve("other", "other.example.org")
    program = registrar().start()
    wait_for(redis, "other")
    assert instances(redis) == ["other"]
    program.wait_for_log('container web is not published: NETWORK_ACCESS "lan" must be internal or external')


# Where others reach it

def http_of(redis, instance: str, domain: str = "web.example.org") -> tuple[str, int]:
    endpoint = wait_for(redis, instance)[domain]["http"]
    return endpoint["host"], endpoint["port"]


@pytest.fixture
def two_networks(engine):
    """A container on the networks "aaa" and "bbb", and its addresses there."""
    for name in ("bbb", "aaa"):
        engine.call("POST", "/networks/create", {"Name": name})
    container = engine.create("web", ["BEACHHEAD_DOMAINS=web.example.org"], network="bbb")
    engine.call("POST", "/networks/aaa/connect", {"Container": container.id})
    container.start()
    return {name: network["IPAddress"]
            for name, network in container.inspect()["NetworkSettings"]["Networks"].items()}


def test_the_first_network_in_name_order_is_taken(redis, registrar, two_networks):
    registrar().start()
    assert http_of(redis, "web") == (two_networks["aaa"], 80)


def test_the_operator_chooses_the_network(redis, registrar, two_networks):
    registrar("--network=bbb").start()
    assert http_of(redis, "web") == (two_networks["bbb"], 80)


def test_docker_network_publishes_the_containers_name(redis, engine, registrar):
    engine.serve("web", "web.example.org:http=8080")
    registrar("--docker-network").start()
    assert http_of(redis, "web") == ("web", 8080)


def test_a_published_port_is_advertised_with_the_nodes_address(redis, engine, registrar):
    engine.serve("web", "web.example.org", published={80: 18080})
    registrar("--advertise=published", "--node-address=192.0.2.7").start()
    assert http_of(redis, "web") == ("192.0.2.7", 18080)


def test_a_container_on_the_hosts_network_is_reached_at_the_host(redis, engine, registrar):
    engine.serve("web", "web.example.org", "PORTS=8099", network="host")
    registrar().start()
    assert http_of(redis, "web") == ("127.0.0.1", 80)


def test_only_exposed_leaves_out_what_the_container_does_not_expose(redis, engine, registrar):
    engine.serve("web", "open.example.org:http=8080 closed.example.org:http=9090", ports=[8080])
    registrar("--only-exposed").start()
    assert list(wait_for(redis, "web")) == ["open.example.org"]


def test_another_prefix_changes_all_names_alike(redis, engine, registrar):
    hints = redis.listen("/edge-changes")
    engine.serve("web", "web.example.org")
    registrar(f"--redis-url={redis.url}", "--key-prefix=/edge", "--machine-id=m1").start()
    eventually(lambda: redis.keys() == ["/edge-nodes/m1", "/edge/web"])
    eventually(lambda: hints.items)


def test_without_expiry_a_registration_stays_and_the_manifest_has_its_lease(redis, engine, registrar):
    engine.serve("web", "web.example.org")
    registrar("--machine-id=m1", expire=0).start()
    wait_for(redis, "web")
    assert redis.call("TTL", PREFIX + "web") == -1
    assert 0 < redis.call("TTL", NODES + "m1") <= 60


def test_a_secret_of_a_container_never_gets_into_redis(redis, engine, registrar):
    engine.serve("web", "web.example.org", "DATABASE_PASSWORD=hunter2", labels={"token": "hunter2"})
    registrar("--verbose").start()
    wait_for(redis, "web")
    assert not any("hunter2" in (redis.get(key) or "") for key in redis.keys())


# Readers that know no more than companion's four fields

def test_an_old_reader_skips_what_it_cannot_serve_rightly_and_serves_the_rest(redis, engine, registrar):
    registrar().start()
    engine.run("plain", "VIRTUAL_HOST=plain.example.org", "HSTS=off")
    for name, *restriction in [("path", "VIRTUAL_PATH=/api/"), ("proto", "VIRTUAL_PROTO=grpc"),
                               ("internal", "NETWORK_ACCESS=internal"), ("nohttp", "HTTPS_METHOD=nohttp"),
                               ("ports", "EXTERNAL_HTTP_PORT=8100"), ("closed", "ENABLE_HTTP_ON_MISSING_CERT=false")]:
        engine.run(name, f"VIRTUAL_HOST={name}.example.org", *restriction)
    eventually(lambda: len(instances(redis)) == 7)
    routes = [r for name in instances(redis) for r in routes_of(redis, name).values()]
    served = {r["domain"] for r in routes if "http" in r or "https" in r}
    assert served == {"plain.example.org"}
    assert all(r["requires"] for r in routes if r["domain"] not in served), "what it takes is said"
