"""One site that nginx refuses is set aside by name; the others go live; mended, it comes in by itself."""
import re
import socket

import pytest

from parts.http import HTTP_PORT, fetch, served_by, served_over_tls_by
from parts.process import run
from parts.registrations import hint, register, route
from parts.tls import make_certificate
from parts.waiting import always, eventually

BAD, GOOD = "bad.example.org", "good.example.org"


@pytest.fixture
def sites(redis, backend):
    """Three sites, one of which each test makes nginx refuse."""
    one = backend("one")
    for domain in (BAD, GOOD, "other.example.org"):
        register(redis, f"{domain.split('.')[0]}-container", route(domain, one.endpoint, implied=True))


def others_are_live() -> bool:
    return served_by(GOOD) == served_by("other.example.org") == "one"


def bad_is_live() -> bool:
    return served_by(BAD) == "one"


def wait_for_verdict(edge, words: str) -> None:
    """A log line that names the site, its container and nginx's words."""
    line = edge.process.wait_for_log(rf"{BAD}.*{words}").text
    assert "bad-container" in line, line


def test_a_users_include_that_nginx_does_not_understand(sites, nginx, consumer):
    (nginx.vhosts / BAD).write_text("no_such_directive on;\n")
    edge = consumer()
    edge.start()
    eventually(others_are_live)
    wait_for_verdict(edge, "unknown directive.*no_such_directive")
    assert not bad_is_live()
    assert not nginx.refusal()
    (nginx.vhosts / BAD).write_text("client_max_body_size 1m;\n")
    eventually(bad_is_live)
    assert others_are_live()


def test_an_include_that_breaks_while_all_is_live(redis, sites, nginx, consumer, backend):
    edge = consumer()
    edge.start()
    eventually(bad_is_live)
    (nginx.vhosts / BAD).write_text("}\n")
    wait_for_verdict(edge, "unexpected")
    register(redis, "new", route("new.example.org", backend("new").endpoint))
    eventually(lambda: served_by("new.example.org") == "new")
    assert others_are_live()
    assert not nginx.refusal()


def test_a_certificate_that_is_none(sites, nginx, consumer):
    wrapped = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n"
    (nginx.certs / f"{BAD}.crt").write_text(wrapped)
    (nginx.certs / f"{BAD}.key").write_text("nothing")
    edge = consumer()
    edge.start()
    eventually(others_are_live)
    wait_for_verdict(edge, r"\.(crt|key)")
    make_certificate(nginx.certs, BAD)
    eventually(lambda: served_over_tls_by(BAD) == "one")


def test_a_key_that_does_not_fit_its_certificate(sites, nginx, consumer, place):
    make_certificate(nginx.certs, BAD)
    _, other_key = make_certificate(place / "other", BAD)
    (nginx.certs / f"{BAD}.key").write_bytes(other_key.read_bytes())
    edge = consumer()
    edge.start()
    eventually(others_are_live)
    wait_for_verdict(edge, "key")
    assert not nginx.refusal()
    make_certificate(nginx.certs, BAD)
    eventually(lambda: served_over_tls_by(BAD) == "one")


def test_a_name_that_is_too_long_for_the_room_that_the_operator_leaves(redis, sites, nginx, backend, consumer):
    long = "x" * 63 + "." + "y" * 63 + ".example.org"
    usual = nginx.main.read_text()
    small = "access_log off;\n    server_names_hash_bucket_size 64;"
    nginx.main.write_text(usual.replace("access_log off;", small))
    register(redis, "long-container", route(long, backend("long").endpoint))
    edge = consumer()
    edge.start()
    eventually(lambda: others_are_live() and bad_is_live())
    verdict = edge.process.wait_for_log(rf"{long}.*server_names_hash").text
    assert "long-container" in verdict
    assert not nginx.refusal()
    nginx.main.write_text(usual)
    eventually(lambda: served_by(long) == "long", 30)


def test_a_fault_that_nginx_places_nowhere_and_that_the_main_configuration_mends(sites, nginx, consumer):
    (nginx.vhosts / BAD).write_text("limit_conn mine 100;\n")
    edge = consumer()
    edge.start()
    eventually(others_are_live)
    wait_for_verdict(edge, "shared memory zone")
    assert not nginx.refusal()
    zone = "access_log off;\n    limit_conn_zone $binary_remote_addr zone=mine:1m;"
    nginx.main.write_text(nginx.main.read_text().replace("access_log off;", zone))
    eventually(bad_is_live, 30)


def test_a_port_that_somebody_else_has(sites, nginx, consumer):
    """nginx -t and the reload accept it; only asking nginx shows that it goes on as it was."""
    taken = socket.create_server(("127.0.0.1", 9999))
    (nginx.vhosts / BAD).write_text("listen 127.0.0.1:9999;\n")
    edge = consumer()
    edge.start()
    eventually(others_are_live, 40)
    wait_for_verdict(edge, "9999.*in use")
    assert not bad_is_live()
    nginx.stop()
    nginx.start()
    eventually(others_are_live, what="what is on disk starts")
    taken.close()
    eventually(bad_is_live, 60)


def test_many_bad_sites_are_all_found(redis, nginx, backend, consumer):
    one = backend("one")
    for n in range(20):
        register(redis, f"c{n}", route(f"c{n}.example.org", one.endpoint))
        if n % 4 == 0:
            (nginx.vhosts / f"c{n}.example.org").write_text("nonsense on;\n")
    edge = consumer()
    edge.start()
    eventually(lambda: all(served_by(f"c{n}.example.org") == "one" for n in range(20) if n % 4))
    for n in range(0, 20, 4):
        edge.process.wait_for_log(rf"c{n}\.example\.org.*nonsense")


def test_one_include_that_two_sites_share_by_name_only_concerns_its_own(redis, nginx, backend, consumer):
    """A file named as one host is not included for its subdomains."""
    one = backend("one")
    for domain in ("example.org", "www.example.org"):
        register(redis, domain, route(domain, one.endpoint))
    (nginx.vhosts / "example.org").write_text("add_header X-Mine yes;\n")
    consumer().start()
    eventually(lambda: served_by("www.example.org") == served_by("example.org") == "one")
    nginx.wait_until_quiet()
    assert fetch("example.org").headers.get("x-mine") == "yes"
    assert "x-mine" not in fetch("www.example.org").headers


HOSTILE = {
    "a brace": "a.example.org; } server { listen 127.0.0.1:7777; #",
    "a line": "a.example.org\nserver_name evil.example.org",
    "a quote": 'a".example.org',
    "a variable": "$host.example.org",
    "a regex": "~^(.*)$",
    "a blank": "a b.example.org",
    "too long": "x" * 64 + ".example.org",
    "nothing": "",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_value_that_is_no_domain_gets_nowhere(redis, sites, nginx, backend, consumer, case):
    register(redis, "hostile", route(HOSTILE[case], backend("evil").endpoint))
    edge = consumer()
    edge.start()
    eventually(lambda: others_are_live() and bad_is_live())
    edge.process.wait_for_log("/beachhead/hostile")
    assert not any(word in nginx.rendered for word in ("evil", "7777", "$host.example"))
    assert not nginx.refusal()


@pytest.mark.parametrize("host", ["127.0.0.1; evil", "127.0.0.1:80/evil", "unix:/evil.sock", "$evil", "a b"])
def test_an_endpoint_that_is_no_host_gets_nowhere(redis, sites, nginx, consumer, host):
    register(redis, "hostile", route("hostile.example.org", (host, 80)))
    edge = consumer()
    edge.start()
    eventually(lambda: others_are_live() and bad_is_live())
    edge.process.wait_for_log("/beachhead/hostile")
    assert "evil" not in nginx.rendered
    assert not nginx.refusal()


# When it is not the fault of a site

def test_a_main_configuration_that_is_broken_anyway_changes_nothing(redis, sites, nginx, backend, consumer):
    edge = consumer()
    edge.start()
    eventually(lambda: others_are_live() and bad_is_live())
    before, reloads = nginx.rendered, nginx.reloads
    good_main = nginx.main.read_text()
    nginx.main.write_text(good_main + "nonsense;\n")
    register(redis, "new", route("new.example.org", backend("new").endpoint))
    hint(redis, "new")
    edge.process.wait_for_log("nonsense")
    assert (nginx.rendered, nginx.reloads) == (before, reloads), "nothing is changed"
    assert not edge.process.find_log("[1-9][0-9]* set aside|is set aside")
    nginx.main.write_text(good_main)
    eventually(lambda: served_by("new.example.org") == "new", 60)


def test_an_nginx_that_does_not_run_yet_is_waited_for(redis, sites, nginx, consumer):
    nginx.stop()
    (nginx.place / "nginx.pid").unlink(missing_ok=True)
    edge = consumer()
    edge.start()
    eventually(lambda: GOOD in nginx.rendered)
    assert not nginx.refusal()
    always(lambda: GOOD in nginx.rendered, 3, "it is not taken back for lack of confirmation")
    nginx.start()
    eventually(others_are_live)
    register(redis, "new", route("new.example.org", ("127.0.0.1", 9)))
    eventually(lambda: "new.example.org" in nginx.rendered and nginx.reloads)


def test_an_nginx_that_was_killed_starts_with_what_there_is(redis, sites, nginx, backend, consumer):
    consumer().start()
    eventually(others_are_live)
    nginx.stop()
    register(redis, "new", route("new.example.org", backend("new").endpoint))
    hint(redis, "new")
    eventually(lambda: "new.example.org" in nginx.rendered)
    nginx.start()
    eventually(lambda: others_are_live() and served_by("new.example.org") == "new")


def test_somebody_who_edits_our_file_is_put_right(sites, nginx, consumer):
    consumer().start()
    eventually(others_are_live)
    before = nginx.rendered
    nginx.conf.write_text("# mine now\n")
    eventually(lambda: nginx.rendered == before)


def test_the_confirmation_is_answered_to_loopback_alone(sites, nginx, consumer):
    edge = consumer(f"--http-port={HTTP_PORT}")
    edge.start()
    eventually(others_are_live)
    generation = re.search(r"# generation (\w+)", nginx.rendered)[1]
    host = re.search(r"remote_addr", nginx.rendered) and re.findall(r"server_name (\S+);", nginx.rendered)[1]
    eventually(lambda: fetch(host).body.strip() == generation)
    run(["ip", "address", "replace", "192.0.2.9/32", "dev", "lo"])
    assert served_by(GOOD, address="192.0.2.9") == "one"
    stranger = fetch(host, address="192.0.2.9")
    assert (stranger.status, generation in stranger.body) == (403, False)
