"""The operator's files beside a site, by the names that users of nginx-proxy have: each is used, a change is noticed by
itself, and what is wrong with one harms no other site."""
import base64
import hashlib

import pytest

from parts.http import fetch, fetch_tls, served_by, served_over_tls_by, status
from parts.registrations import register, route
from parts.tls import ClientCa, make_certificate
from parts.waiting import always, eventually

HOST, OTHER, REGEX = "web.example.org", "other.example.org", r"~^w\d+\.example\.net$"


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def tls_status(host: str, **options) -> int:
    """0 where nobody answers."""
    try:
        return fetch_tls(host, **options).status
    except OSError:
        return 0


def special(domain: str, to: tuple, *requires: str, **more) -> dict:
    """A route that only readers that understand `requires` serve."""
    return route(domain, endpoint={"host": to[0], "port": to[1]}, schemes=["http", "https"], requires=list(requires),
                 https_method="noredirect", **more)


@pytest.fixture
def to(backend):
    return backend("one").endpoint


@pytest.fixture
def edge(redis, nginx, consumer, to):
    """Two sites with a path each beside "/", and one by a regular expression."""
    for domain in (HOST, OTHER):
        register(redis, domain, route(domain, to, https_method="noredirect"),
                 special(domain, to, "path", path="/api/"))
    register(redis, "regex", special(REGEX, to, "regex"))
    program = consumer("--regex-hosts")
    program.start()
    eventually(lambda: served_by(HOST) == served_by(OTHER) == served_by("w1.example.net") == "one")
    return program


def header(host: str, path: str = "/") -> str:
    return fetch(host, path).headers.get("x-mine", "")


# vhost.d: file → where its header is seen, of (HOST /, HOST /api/, OTHER /, OTHER /api/, the regular expression /)

INCLUDES = {
    "default": (1, 1, 1, 1, 1),
    HOST: (1, 1, 0, 0, 0),
    "default_location": (1, 1, 1, 1, 1),
    f"{HOST}_location": (1, 0, 0, 0, 0),
    f"{HOST}_{sha1('/')}_location": (1, 0, 0, 0, 0),
    f"{HOST}_{sha1('/api/')}_location": (0, 1, 0, 0, 0),
    sha1(REGEX): (0, 0, 0, 0, 1),
    f"{sha1(REGEX)}_location": (0, 0, 0, 0, 1),
}


@pytest.mark.parametrize("name", INCLUDES)
def test_an_include_is_for_whom_its_name_says(edge, nginx, name):
    (nginx.vhosts / name).write_text("add_header X-Mine yes always;\n")
    places = [(HOST, "/"), (HOST, "/api/"), (OTHER, "/"), (OTHER, "/api/"), ("w1.example.net", "/")]
    wanted = ["yes" if there else "" for there in INCLUDES[name]]
    eventually(lambda: [header(*place) for place in places] == wanted)
    nginx.wait_until_quiet()
    assert [header(*place) for place in places] == wanted
    (nginx.vhosts / name).unlink()
    eventually(lambda: not any(header(*place) for place in places), what="a file that goes is noticed")


def test_the_nearer_include_comes_instead_of_the_one_for_all(edge, nginx):
    (nginx.vhosts / "default").write_text("add_header X-Mine all always;\n")
    (nginx.vhosts / HOST).write_text("add_header X-Mine own always;\n")
    eventually(lambda: (header(HOST), header(OTHER)) == ("own", "all"))
    (nginx.vhosts / HOST).write_text("add_header X-Mine changed always;\n")
    eventually(lambda: (header(HOST), header(OTHER)) == ("changed", "all"))


@pytest.mark.parametrize("name, path", [(f"{HOST}_location_override", "/"),
                                        (f"{HOST}_{sha1('/api/')}_location_override", "/api/")])
def test_an_override_comes_in_place_of_a_path(edge, nginx, name, path):
    (nginx.vhosts / name).write_text(f"location {path} {{ return 204; }}\n")
    eventually(lambda: status(HOST, path=path) == 204)
    nginx.wait_until_quiet()
    assert status(HOST, path="/api/" if path == "/" else "/") == status(OTHER, path=path) == 200


# htpasswd

def authorized(host: str, path: str, password: str) -> int:
    token = base64.b64encode(f"user:{password}".encode()).decode()
    return status(host, path=path, headers={"Authorization": f"Basic {token}"})


def test_passwords_for_a_site_and_for_a_path_of_it(edge, nginx):
    (nginx.passwords / HOST).write_text("user:{PLAIN}site\n")
    eventually(lambda: status(HOST) == status(HOST, path="/api/") == 401)
    assert authorized(HOST, "/", "site") == authorized(HOST, "/api/", "site") == 200
    (nginx.passwords / f"{HOST}_{sha1('/api/')}").write_text("user:{PLAIN}path\n")
    eventually(lambda: authorized(HOST, "/api/", "path") == 200)
    nginx.wait_until_quiet()
    assert authorized(HOST, "/api/", "site") == authorized(HOST, "/", "path") == 401
    assert status(OTHER) == 200


def test_a_changed_password_needs_no_reload(edge, nginx):
    (nginx.passwords / HOST).write_text("user:{PLAIN}one\n")
    eventually(lambda: authorized(HOST, "/", "one") == 200)
    eventually(lambda: status(HOST) == 401)
    nginx.wait_until_quiet()
    reloads = nginx.reloads
    (nginx.passwords / HOST).write_text("user:{PLAIN}two\n")
    eventually(lambda: authorized(HOST, "/", "two") == 200)
    always(lambda: nginx.reloads == reloads, 2)
    (nginx.passwords / HOST).unlink()
    eventually(lambda: status(HOST) == 200)


def test_what_changes_nothing_is_no_reload(edge, nginx):
    (nginx.vhosts / HOST).write_text("client_max_body_size 1m;\n")
    make_certificate(nginx.certs, HOST)
    eventually(lambda: served_over_tls_by(HOST) == "one")
    nginx.wait_until_quiet()
    reloads = nginx.reloads
    (nginx.vhosts / HOST).touch()
    (nginx.certs / f"{HOST}.crt").touch()
    (nginx.vhosts / HOST).write_text("client_max_body_size 1m;\n")
    (nginx.vhosts / "nobody.example.org").write_text("nonsense;\n")
    make_certificate(nginx.certs, "nobody.example.org")
    always(lambda: nginx.reloads == reloads, 3)


# certificates

def test_a_certificate_by_the_name_that_its_container_gives(redis, edge, nginx, to):
    make_certificate(nginx.certs, HOST)
    shared, _ = make_certificate(nginx.certs, HOST, "more.example.org", file_name="shared")
    register(redis, HOST, route(HOST, to, https_method="noredirect", settings={"cert_name": "shared"}))
    eventually(lambda: served_over_tls_by(HOST) == "one" and "shared.crt" in nginx.rendered)
    shared.unlink()
    edge.process.wait_for_log(f"{HOST}.*shared.crt, which its container asks for, is not there")
    eventually(lambda: "shared.crt" not in nginx.rendered)
    assert served_over_tls_by(HOST) == "one", "with its own"


def test_the_default_certificate(redis, edge, nginx, to):
    assert tls_status("unknown.example.org") == 0
    make_certificate(nginx.certs, "anything.example.net", file_name="default")
    eventually(lambda: served_over_tls_by(HOST) == "one", what="it is trusted unless told otherwise")
    eventually(lambda: tls_status("unknown.example.org") == 503)
    edge.process.wait_for_log(f"{HOST}.*default.crt is not for {HOST}")
    register(redis, OTHER, route(OTHER, to, https_method="noredirect", settings={"trust_default_cert": "false"}))
    eventually(lambda: tls_status(OTHER) == 503)
    assert served_over_tls_by(HOST) == "one"


def test_a_certificate_of_a_regular_expression(edge, nginx):
    make_certificate(nginx.certs, "w1.example.net", file_name=sha1(REGEX))
    eventually(lambda: served_over_tls_by("w1.example.net") == "one")


def test_a_chain_or_parameters_that_are_broken_are_done_without(edge, nginx):
    make_certificate(nginx.certs, HOST, ocsp="http://127.0.0.1:1/")
    eventually(lambda: served_over_tls_by(HOST) == "one")
    (nginx.certs / f"{HOST}.chain.pem").write_text("none")
    (nginx.certs / f"{HOST}.dhparam.pem").write_text("none")
    edge.process.wait_for_log(rf"{HOST}.*chain\.pem is left out.*dhparam\.pem is left out")
    assert served_over_tls_by(HOST) == "one"
    assert not nginx.refusal()


def test_nothing_is_stapled_where_the_certificate_names_nobody_to_ask(edge, nginx):
    def beside(host: str, **options) -> str:
        certificate, _ = make_certificate(nginx.certs, host, **options)
        chain = nginx.certs / f"{host}.chain.pem"
        chain.write_bytes(certificate.read_bytes())
        return str(chain)

    asked, unasked = beside(HOST, ocsp="http://127.0.0.1:1/"), beside(OTHER)
    eventually(lambda: served_over_tls_by(HOST) == served_over_tls_by(OTHER) == "one")
    eventually(lambda: asked in nginx.rendered)
    assert unasked not in nginx.rendered
    assert "ssl_stapling" not in nginx.error_log


def test_a_certificate_behind_a_link_that_is_renewed_in_place(edge, nginx, place):
    """As acme-companion lays them out: <domain>.crt → <base>/fullchain.pem."""
    def renew() -> bytes:
        certificate, key = make_certificate(place / "made", HOST)
        base = nginx.certs / "base"
        base.mkdir(exist_ok=True)
        (base / "key.pem").write_bytes(key.read_bytes())
        (base / "fullchain.pem").write_bytes(certificate.read_bytes())
        return certificate.read_bytes()

    renew()
    (nginx.certs / f"{HOST}.key").symlink_to("base/key.pem")
    (nginx.certs / f"{HOST}.crt").symlink_to("base/fullchain.pem")
    eventually(lambda: served_over_tls_by(HOST) == "one")
    first = fetch_tls(HOST).certificate
    renew()
    eventually(lambda: fetch_tls(HOST).certificate != first)


# certificates of clients

def test_clients_need_a_certificate_where_there_is_a_ca_for_them(edge, nginx, place):
    ca = ClientCa(place / "ca")
    good, bad = ca.issue("good"), ca.issue("bad")
    make_certificate(nginx.certs, HOST)
    make_certificate(nginx.certs, OTHER)
    eventually(lambda: served_over_tls_by(HOST) == served_over_tls_by(OTHER) == "one")
    (nginx.certs / f"{HOST}.ca.crt").write_bytes(ca.certificate.read_bytes())
    eventually(lambda: tls_status(HOST) == 400, what="no certificate, no answer")
    assert tls_status(HOST, client=good) == tls_status(HOST, client=bad) == 200
    assert tls_status(OTHER) == 200
    ca.revoke(bad[0])
    ca.list_revoked(nginx.certs / f"{HOST}.crl.pem")
    eventually(lambda: tls_status(HOST, client=bad) == 400)
    assert tls_status(HOST, client=good) == 200
    (nginx.certs / f"{HOST}.crl.pem").write_text("broken")
    eventually(lambda: tls_status(HOST, client=good) == 403, what="without its list nobody is let in")
    edge.process.wait_for_log(rf"{HOST}.*crl\.pem cannot be used")
    assert served_over_tls_by(OTHER) == "one"


def test_a_ca_for_all_sites_but_those_that_say_no(redis, edge, nginx, place, to):
    ca = ClientCa(place / "ca")
    good = ca.issue("good")
    register(redis, OTHER, route(OTHER, to, https_method="noredirect", settings={"ssl_verify_client": "off"}))
    for host in (HOST, OTHER):
        make_certificate(nginx.certs, host)
    (nginx.certs / "ca.crt").write_bytes(ca.certificate.read_bytes())
    eventually(lambda: tls_status(HOST) == 400)
    assert tls_status(HOST, client=good) == 200
    eventually(lambda: served_over_tls_by(OTHER) == "one")


def test_a_wish_for_client_certificates_without_a_ca_lets_nobody_in(redis, edge, nginx, place, to):
    make_certificate(nginx.certs, HOST)
    register(redis, HOST, special(HOST, to, "client-certificate", settings={"ssl_verify_client": "on"}))
    edge.process.wait_for_log(f"{HOST}.*asks for client certificates, answered 403")
    eventually(lambda: tls_status(HOST) == 403)
    ca = ClientCa(place / "ca")
    good = ca.issue("good")
    (nginx.certs / f"{HOST}.ca.crt").write_bytes(ca.certificate.read_bytes())
    eventually(lambda: tls_status(HOST, client=good) == 200)


# what is wrong

def test_a_broken_file_that_all_sites_share_takes_none_down(redis, edge, nginx, backend):
    before, reloads = nginx.rendered, nginx.reloads
    (nginx.vhosts / "default").write_text("\nno_such_directive on;\n")
    register(redis, "new", route("new.example.org", backend("new").endpoint))
    edge.process.wait_for_log(r"what all sites share.*no_such_directive.*vhost\.d/default:2")
    assert (nginx.rendered, nginx.reloads) == (before, reloads), "nothing is changed"
    assert served_by(HOST) == served_by(OTHER) == "one"
    assert not edge.process.find_log("is set aside")
    (nginx.vhosts / "default").write_text("client_max_body_size 1m;\n")
    eventually(lambda: served_by("new.example.org") == "new")
    assert served_by(HOST) == served_by(OTHER) == "one"


def test_a_broken_file_of_one_path_sets_its_site_aside(edge, nginx):
    (nginx.vhosts / f"{HOST}_{sha1('/api/')}_location").write_text("no_such_directive on;\n")
    edge.process.wait_for_log(f"{HOST}.*is set aside.*no_such_directive")
    eventually(lambda: status(HOST) == 503)
    assert served_by(OTHER) == "one"
    (nginx.vhosts / f"{HOST}_{sha1('/api/')}_location").unlink()
    eventually(lambda: served_by(HOST) == "one")


@pytest.mark.parametrize("requires, domain, settings, words", [
    ("regex", "~^x", {}, "it is a regular expression; --regex-hosts"),
    ("ports", HOST, {"external_http_port": "22"}, "port 22, and --external-ports does not allow that"),
])
def test_what_the_operator_does_not_allow_is_set_aside_by_name(redis, nginx, consumer, to, requires, domain, settings,
                                                               words):
    register(redis, "wish", special(domain, to, requires, settings=settings))
    register(redis, "other", route(OTHER, to))
    edge = consumer()
    edge.start()
    eventually(lambda: served_by(OTHER) == "one")
    assert "wish" in edge.process.wait_for_log(f"is set aside: .*{words}").text
    assert served_by(HOST) == ""
    edge.stop()
    assert edge.run("--once").status == 1
    assert words in edge.run(f"--explain={domain}").output
