"""Several edges and one Redis: one of them has the certificates issued, all answer for them and serve them."""
import subprocess
from functools import partial

import pytest

from parts.acme import DRIVERS, certs_options, curl
from parts.edges import Edges
from parts.http import HTTP_PORT, HTTPS_PORT, fetch_tls
from parts.lan import HERE
from parts.nginx import Nginx
from parts.pebble import PORT
from parts.programs import Consumer
from parts.redis import Redis
from parts.registrations import register, route
from parts.waiting import eventually

HOST = "web.example.org"
REDIS_PORT = 6379
EXIT_USAGE = 2


@pytest.fixture
def redis(place):
    """As edges elsewhere reach it."""
    server = Redis(place / "redis", REDIS_PORT, "--bind", "0.0.0.0", "--protected-mode", "no").start()
    yield server
    if server.process.is_running:
        assert server.refused() == []


@pytest.fixture
def edges():
    made = Edges(2, [PORT, REDIS_PORT])
    yield made.machines
    made.remove()


@pytest.fixture
def ca(make_pebble):
    return make_pebble(listenAddress=f"0.0.0.0:{PORT}")


@pytest.fixture
def site(redis, backend):
    """Registers a site, whose container all edges reach."""
    _, port = backend("b", address=HERE).endpoint

    def make(host: str) -> None:
        register(redis, host, route(host, (HERE, port), implied=True, certificate={"names": [host]}))

    return make


@pytest.fixture
def key_file(place):
    path = place / "certs.key"
    path.write_bytes(subprocess.run(["openssl", "rand", "-hex", "32"], check=True, capture_output=True).stdout)
    return path


def start_edge(redis, place, ca, edge, *options) -> Consumer:
    nginx = Nginx(place / f"nginx-{edge.name}", edge.prefix).start()
    program = Consumer(redis, nginx, place / f"state-{edge.name}", *certs_options(ca), f"--http-port={HTTP_PORT}",
                       f"--https-port={HTTPS_PORT}", *options)
    program.binary = edge.wrapped(program.binary, place)
    program.nginx = nginx
    program.start()
    return program


@pytest.fixture
def run_edge(redis, place, ca):
    return partial(start_edge, redis, place, ca)


def secured(ca, edge, host: str):
    return lambda: curl(host, ca.root_file, edge.address) == 200


def test_one_edge_orders_and_all_answer_and_serve(redis, edges, ca, site, key_file, run_edge):
    first = run_edge(edges[0], f"--certs-key-file={key_file}")
    ca.dns.set_addresses(HOST, edges[0].address)
    site(HOST)
    eventually(secured(ca, edges[0], HOST), within=60)
    run_edge(edges[1], f"--certs-key-file={key_file}")
    eventually(secured(ca, edges[1], HOST), within=60)
    assert ca.issued == 1
    # The CA asks the one that did not order.
    ca.dns.set_addresses("other.example.org", edges[1].address)
    site("other.example.org")
    for edge in edges:
        eventually(secured(ca, edge, "other.example.org"), within=60)
    assert ca.issued == 2 and ca.accounts == 1
    first.process.wait_for_log("Certificate for other.example.org is there")


def test_a_reader_of_redis_without_the_key_file_learns_nothing(redis, edges, ca, site, key_file, run_edge):
    run_edge(edges[0], f"--certs-key-file={key_file}")
    ca.dns.set_addresses(HOST, edges[0].address)
    site(HOST)
    eventually(secured(ca, edges[0], HOST), within=60)
    shared = eventually(lambda: redis.keys("/beachhead-certs/*"))
    assert not any(HOST in key for key in shared)
    for key in shared:
        text = redis.get(key)
        for secret in ("BEGIN", "PRIVATE", "CERTIFICATE", "example", "history", "chain"):
            assert secret not in text, key


def test_another_edge_goes_on_where_the_first_one_is_lost(redis, edges, ca, site, key_file, run_edge):
    first = run_edge(edges[0], f"--certs-key-file={key_file}")
    second = run_edge(edges[1], f"--certs-key-file={key_file}")
    ca.dns.set_addresses(HOST, edges[0].address)
    site(HOST)
    for edge in edges:
        eventually(secured(ca, edge, HOST), within=60)
    first.kill()
    first.nginx.stop()
    ca.dns.set_addresses("late.example.org", edges[1].address)
    site("late.example.org")
    eventually(secured(ca, edges[1], "late.example.org"), within=120)
    assert ca.accounts == 1, "with the account of the first one"
    second.process.wait_for_log("Certificate for late.example.org is there")


def test_a_second_edge_without_the_key_file_says_what_to_do_and_ends_where_it_does_nothing_else(
        redis, edges, ca, site, run_edge, place):
    run_edge(edges[0])
    eventually(lambda: redis.keys("/beachhead-locks/*"))
    second = run_edge(edges[1])
    second.process.wait_for_log("--certs-key-file")
    alone = [option for option in certs_options(ca) if option != "--output=nginx"]
    ended = Consumer(redis, second.nginx, place / "state-alone", *alone).run()
    assert ended.status == EXIT_USAGE
    assert "--certs-key-file" in ended.errors
    assert second.process.is_running, "its nginx is looked after"


def test_an_edge_with_another_key_says_so_in_its_status(redis, consumer, ca, place, notify):
    keys = [place / "one.key", place / "two.key"]
    for key in keys:
        key.write_text(f"{key.name:a<64}")
    register(redis, HOST, route(HOST, ("192.0.2.1", 80), implied=True, certificate={"names": [HOST]}))
    for key in keys:
        program = consumer("--output=certs", f"--acme-client={DRIVERS}/lego", "--acme-self-check=none",
                           f"--certs-key-file={key}", state=place / key.stem)
        program.start(env=notify.environment() if key == keys[1] else None)
        eventually(lambda: redis.keys("/beachhead-certs/*"))
    eventually(lambda: "--certs-key-file" in notify.status, what="the status names the option")


def test_the_only_edge_renews_while_redis_is_away(redis, edges, make_pebble, place, backend):
    """A certificate lives for 30 s."""
    ca = make_pebble(listenAddress=f"0.0.0.0:{PORT}", lifetime_seconds=30)
    ca.dns.set_addresses(HOST, edges[0].address)
    _, port = backend("b", address=HERE).endpoint
    register(redis, HOST, route(HOST, (HERE, port), implied=True, certificate={"names": [HOST]}))
    start_edge(redis, place, ca, edges[0])
    eventually(secured(ca, edges[0], HOST), within=60)
    redis.kill()
    first = fetch_tls(HOST, address=edges[0].address).certificate
    eventually(lambda: fetch_tls(HOST, address=edges[0].address).certificate != first, within=60)
    assert secured(ca, edges[0], HOST)()
