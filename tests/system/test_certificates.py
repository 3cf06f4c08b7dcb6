"""Certificates: asked for by a container, there by themselves, renewed. A real CA (pebble), real clients, real nginx."""
import os
import time

import pytest

from parts.acme import CLIENTS, LEGO_DNS, certs_options, curl
from parts.acme_driver import DNS_HOOK
from parts.http import RequestLoop, fetch, fetch_tls, status
from parts.pebble import SystemTrust
from parts.registrations import register, route
from parts.waiting import always, eventually

HOST = "web.example.org"


@pytest.fixture
def system_trust(pebble, place):
    """uacme believes what the system does, and no file of its own."""
    with SystemTrust(place, pebble.roots):
        yield


def wish(names: str, endpoint, **terms) -> dict:
    """A route for the first name, with a certificate for all of them."""
    names = names.split(",")
    return route(names[0], endpoint, implied=True, certificate={"names": names, **terms})


def secured(pebble, host: str = HOST):
    return lambda: curl(host, pebble.root_file) == 200


@pytest.mark.parametrize("client", CLIENTS)
def test_a_container_that_asks_has_its_certificate_by_itself(engine, nginx, registrar, consumer, pebble, client, request,
                                                              record_property):
    if client == "uacme":
        request.getfixturevalue("system_trust")
    registrar().start()
    consumer(*certs_options(pebble, client), *["--acme-ca-roots="] * (client == "uacme")).start()
    begun = time.monotonic()
    engine.run("web", f"VIRTUAL_HOST={HOST}", f"LETSENCRYPT_HOST={HOST}", "LETSENCRYPT_EMAIL=web@example.org")
    eventually(secured(pebble), within=60)
    record_property("figures", f"{client}: from docker run to HTTPS with a certificate {time.monotonic() - begun:.1f} s")
    answer = eventually(lambda: (r := fetch(HOST)).status == 301 and r)
    assert answer.headers["location"].startswith(f"https://{HOST}")
    assert pebble.issued == 1
    for part in ("fullchain", "cert", "chain", "key"):
        file = nginx.certs / HOST / f"{part}.pem"
        assert file.stat().st_mode & 0o777 == 0o600, part
    assert os.readlink(nginx.certs / f"{HOST}.crt") == f"./{HOST}/fullchain.pem", "as acme-companion links"


def test_three_names_are_one_certificate(redis, backend, consumer, pebble):
    names = [HOST, "www.example.org", "mail.example.org"]
    register(redis, "c", wish(",".join(names), backend("b").endpoint), route(names[1], backend("c").endpoint, implied=True))
    consumer(*certs_options(pebble)).start()
    eventually(secured(pebble, names[0]), within=60)
    eventually(secured(pebble, names[1]))
    assert pebble.issued == 1


def test_a_certificate_is_renewed_again_and_again_and_no_request_fails(redis, nginx, backend, consumer, make_pebble, record_property):
    """It lives for 30 s: 20 s later a third is left."""
    pebble = make_pebble(lifetime_seconds=30)
    register(redis, "c", wish(HOST, backend("b").endpoint))
    consumer(*certs_options(pebble)).start()
    eventually(secured(pebble), within=60)
    failures, count, seen = [], 0, [fetch_tls(HOST).certificate]
    with RequestLoop([HOST], pace=0.02) as plain:
        def renewed() -> bool:
            nonlocal count
            count += 1
            try:
                answer = fetch_tls(HOST)
                if answer.status != 200:
                    failures.append(answer.status)
                if answer.certificate != seen[-1]:
                    seen.append(answer.certificate)
            except OSError as error:
                failures.append(repr(error))
            return len(seen) == 4
        eventually(renewed, within=150)
    told = f"three renewals: {count} handshakes, {len(failures)} failed"
    record_property("figures", told)
    assert not failures, failures
    assert {f[2] for f in plain.failures} <= {"301"}


def test_one_name_that_fails_keeps_nobody_else_from_a_certificate(redis, backend, consumer, pebble):
    names = [HOST, "www.example.org", "broken.example.org"]
    pebble.dns.fail("broken.example.org")
    endpoint = backend("b").endpoint
    register(redis, "c", wish(",".join(names), endpoint), *[route(n, endpoint, implied=True) for n in names[1:]])
    program = consumer(*certs_options(pebble))
    program.start()
    eventually(secured(pebble, names[0]), within=60)
    eventually(secured(pebble, names[1]))
    program.process.wait_for_log("goes on without broken.example.org")
    assert status("broken.example.org") == 200, "in clear, as there is no certificate"
    pebble.dns.mend("broken.example.org")
    eventually(secured(pebble, "broken.example.org"), within=120)


def test_tries_grow_apart_and_do_not_start_over_with_the_program(redis, backend, consumer, pebble):
    pebble.dns.fail(HOST)
    register(redis, "c", wish(HOST, backend("b").endpoint))
    program = consumer(*certs_options(pebble), "--acme-retry=600")
    program.start()
    program.process.wait_for_log("No certificate for")
    assert pebble.attempts(HOST) > 0
    orders = pebble.orders
    for _ in range(3):
        program.kill()
        program.start()
        eventually(lambda: status(HOST) == 200)
        always(lambda: pebble.orders == orders, 2, "nobody asks the CA again")


def test_the_ca_sees_tries_that_grow_apart(redis, backend, consumer, pebble, record_property):
    pebble.dns.fail(HOST)
    register(redis, "c", wish(HOST, backend("b").endpoint))
    consumer(*certs_options(pebble)).start()
    eventually(lambda: pebble.orders == 4, within=120)
    seen = [line.time for line in pebble.process.lines if "Added order " in line.text]
    gaps = [later - earlier for earlier, later in zip(seen, seen[1:])]
    record_property("figures", f"tries for a name that fails, as the CA sees them: after {', '.join(f'{g:.1f} s' for g in gaps)}")
    # The waits are between the end of a try and the next one; what is seen here, at times late, is between two beginnings.
    for gap, wait in zip(gaps, (2, 4, 8)):
        assert gap > 0.5 * wait, gaps


def test_a_wildcard_is_had_by_dns(redis, backend, consumer, pebble, place):
    credentials = place / "environment"
    credentials.write_text(f"# for lego\nEXEC_PATH={DNS_HOOK}\nDNS_MANAGEMENT={pebble.dns.url}\nBEACHHEAD_CLIENT_OPTIONS={LEGO_DNS}\n")
    endpoint = backend("b").endpoint
    register(redis, "c", route("a.example.org", endpoint, implied=True,
                               certificate={"names": ["*.example.org"]}))
    consumer(*certs_options(pebble), "--acme-dns=exec", f"--acme-environment-file={credentials}").start()
    eventually(secured(pebble, "a.example.org"), within=90)


def test_the_edge_asks_itself_before_it_asks_a_ca(redis, backend, consumer, pebble):
    """Nobody listens where this edge is said to be."""
    register(redis, "c", wish(HOST, backend("b").endpoint))
    program = consumer(*certs_options(pebble), "--acme-self-check=http://127.0.0.1:1")
    program.start()
    program.process.wait_for_log("does not answer the challenge through this edge", within=60)
    assert pebble.orders == 0
    program.stop()
    consumer(*certs_options(pebble)).start()
    eventually(secured(pebble), within=60)


def test_all_https_sites_have_certificates_where_the_operator_says_so(redis, backend, consumer, pebble):
    register(redis, "c", route(HOST, backend("b").endpoint, implied=True))
    consumer(*certs_options(pebble), "--certs-auto").start()
    eventually(secured(pebble), within=60)


def test_the_operator_has_a_command_run_after_it(redis, backend, consumer, pebble, place):
    said = place / "said"
    command = place / "command"
    command.write_text(f"#!/bin/sh\necho \"$BEACHHEAD_NAMES $BEACHHEAD_CERTIFICATE $BEACHHEAD_KEY\" >{said}.new; mv {said}.new {said}\n")
    command.chmod(0o755)
    register(redis, "c", wish(HOST, backend("b").endpoint))
    program = consumer(*certs_options(pebble), f"--certs-after={command}")
    program.start()
    eventually(said.exists, within=60)
    names, certificate, key = said.read_text().split()
    assert names == HOST and certificate.endswith("/fullchain.pem") and key.endswith("/key.pem")


def test_what_nobody_asks_for_stays_until_it_is_removed_by_hand(redis, nginx, backend, consumer, pebble):
    register(redis, "c", wish(HOST, backend("b").endpoint))
    program = consumer(*certs_options(pebble), "--linger=0")
    program.start()
    eventually(secured(pebble), within=60)
    register(redis, "other", route("other.example.org", backend("o").endpoint))
    assert "0 certificates were not asked for" in program.run("--certs-remove-unused").output
    register(redis, "c", wish(HOST, backend("b").endpoint), lease=1)
    eventually(lambda: status(HOST) == 503, within=60)
    assert (nginx.certs / f"{HOST}.crt").exists()
    # Until the memory that it reads has been saved, what is gone may as well be missing.
    eventually(lambda: f"removed the certificate of {HOST}" in program.run("--certs-remove-unused").output)
    assert not (nginx.certs / f"{HOST}.crt").is_symlink() and not (nginx.certs / HOST).exists()


def test_certificates_may_be_had_by_a_process_of_their_own_also_for_one_pass(redis, nginx, backend, consumer, pebble, place):
    register(redis, "c", wish(HOST, backend("b").endpoint))
    consumer().start()
    options = [option for option in certs_options(pebble) if option != "--output=nginx"]
    ended = consumer(*options, state=place / "state-of-certs").run("--once", within=60)
    assert ended.status == 0, ended.errors
    eventually(secured(pebble))
    again = consumer(*options, state=place / "state-of-certs").run("--once", within=60)
    assert again.status == 0, again.errors
    assert pebble.issued == 1
    explained = consumer(*options, state=place / "state-of-certs").run(f"--explain={HOST}")
    assert "certs: certificate for web.example.org: keep" in explained.output
