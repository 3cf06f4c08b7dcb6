"""What an operator says to nginx-proxy as a whole, and the files that lie beside it, with Beachhead. One test at
least for each row of the tables in docs/migrating-from-nginx-proxy.md; the run ends with a table of them."""
import hashlib
import json
import socket
import ssl

import pytest

from parts.http import HTTP_PORT, HTTPS_PORT, fetch, fetch_tls, served_by, served_over_tls_by, status
from parts.process import run
from parts.programs import Registrar
from parts.registrations import routes_of
from parts.tls import make_certificate
from parts.waiting import always, eventually

HOST = "web.example.org"

row = pytest.mark.row


@pytest.fixture
def is_served(once):
    return lambda host=HOST: once(lambda: served_by(host))


@pytest.fixture
def is_served_over_tls(once):
    return lambda host=HOST: once(lambda: served_over_tls_by(host))


@pytest.fixture
def web(engine):
    """A container that asks for HOST, with more of its environment."""

    def start(*environment: str, name: str = "web", host: str = HOST):
        return engine.run(name, f"VIRTUAL_HOST={host}", *environment)

    return start


@pytest.fixture
def asked(announce_backend):
    """What the backend of HOST was asked."""

    def attempt(path: str, options: dict):
        try:
            response = fetch(HOST, path, **options)
        except OSError:
            return None
        return response.status == 200 and response.json()

    def ask(path: str = "/", **options) -> dict:
        return eventually(lambda: attempt(path, options))

    return ask


@pytest.fixture
def announce_backend(engine, backend):
    return engine.run("web", f"VIRTUAL_HOST={HOST}", f"VIRTUAL_PORT={backend('web').endpoint[1]}", network="host",
                      Cmd=["sleep", "600"])


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


# ---- unknown hosts, default answers ----

@row("unknown host")
def test_an_unknown_host_is_answered_503_and_tls_is_rejected(both, web, nginx, is_served_over_tls):
    make_certificate(nginx.certs, HOST)
    both()
    web()
    is_served_over_tls()
    assert status("unknown.example.org") == 503
    with pytest.raises(OSError):
        fetch_tls("unknown.example.org")


@row("unknown host")
def test_an_unknown_host_over_tls_with_the_default_certificate(both, web, nginx, once, is_served_over_tls):
    make_certificate(nginx.certs, "default.example.org", file_name="default")
    both()
    web()
    is_served_over_tls()
    once(lambda: fetch_tls("unknown.example.org").status == 503)


@row("unknown host")
def test_a_default_server_of_the_users_own_wins(both, web, nginx, is_served):
    (nginx.conf_d / "own.conf").write_text(
        f"server {{ listen 127.0.0.1:{HTTP_PORT} default_server; return 418; }}")
    nginx.reload()
    both()
    web()
    is_served()
    assert status("unknown.example.org") == 418


@row("DEFAULT_HOST")
def test_the_default_host_answers_for_unknown_ones(both, web, once):
    both(f"--default-host={HOST}")
    web()
    once(lambda: served_by("unknown.example.org") == "web")


@row("DEFAULT_ROOT")
@pytest.mark.parametrize("root, answer", [("418", (418, None)), ("301 https://example.org/x",
                                                                 (301, "https://example.org/x"))])
def test_what_a_site_without_a_root_answers(both, web, root, answer, once):
    both(f"--default-root={root}")
    web("VIRTUAL_PATH=/api/")
    once(lambda: status(HOST) == answer[0])
    assert fetch(HOST).headers.get("location") == answer[1]


@row("HTTP_PORT, HTTPS_PORT")
def test_the_ports_are_the_operators_choice(both, web, nginx, once):
    make_certificate(nginx.certs, HOST)
    both("--http-port=127.0.0.1:8090", "--https-port=127.0.0.1:8493")
    web()
    once(lambda: fetch(HOST, port=8090).headers.get("location") == f"https://{HOST}:8493/")
    once(lambda: served_over_tls_by(HOST, port=8493) == "web")


# ---- defaults of what a container may choose ----

@row("HTTPS_METHOD")
def test_the_method_of_those_who_chose_none(both, web, nginx, once):
    make_certificate(nginx.certs, HOST)
    make_certificate(nginx.certs, "own.example.org")
    both("--https-method=noredirect")
    web()
    web("HTTPS_METHOD=redirect", name="own", host="own.example.org")
    once(lambda: served_over_tls_by(HOST) == "web" and served_by(HOST) == "web")
    once(lambda: status("own.example.org") == 301)


@row("HSTS")
def test_the_hsts_of_those_who_chose_none(both, web, nginx, is_served_over_tls):
    make_certificate(nginx.certs, HOST)
    both("--hsts=max-age=7")
    web()
    is_served_over_tls()
    assert fetch_tls(HOST).headers["strict-transport-security"] == "max-age=7"


@row("SSL_POLICY")
def test_the_policy_of_those_who_chose_none(both, web, nginx, is_served_over_tls):
    make_certificate(nginx.certs, HOST)
    both("--ssl-policy=Mozilla-Modern")
    web()
    is_served_over_tls()
    assert run(["curl", "-sk", "--tls-max", "1.2", "--resolve", f"{HOST}:{HTTPS_PORT}:127.0.0.1",
                f"https://{HOST}:{HTTPS_PORT}/"]).status != 0


@row("NON_GET_REDIRECT")
def test_the_redirect_of_what_is_no_get(both, web, nginx, once):
    make_certificate(nginx.certs, HOST)
    both("--non-get-redirect=307")
    web()
    once(lambda: status(HOST) == 301)
    once(lambda: status(HOST, method="POST") == 307)


@row("TRUST_DEFAULT_CERT")
def test_whether_the_default_certificate_serves_sites(both, web, nginx, once):
    make_certificate(nginx.certs, "default.example.org", file_name="default")
    both("--trust-default-cert=false")
    web()
    once(lambda: served_by(HOST) == "web")
    assert fetch_tls(HOST).status == 503


@row("ENABLE_HTTP_ON_MISSING_CERT")
def test_nothing_in_clear_without_a_certificate(both, web, once):
    both("--enable-http-on-missing-cert=false")
    web("HTTPS_METHOD=nohttp")
    web(name="other", host="other.example.org")
    once(lambda: status("other.example.org") == 301)
    assert status(HOST) == 503


@row("ENABLE_HTTP2")
def test_http2_for_all(both, web, nginx, is_served_over_tls):
    make_certificate(nginx.certs, HOST)
    both("--http2=false")
    web()
    is_served_over_tls()
    assert run(["curl", "-sk", "--http2", "--resolve", f"{HOST}:{HTTPS_PORT}:127.0.0.1", "-o", "/dev/null", "-w",
                "%{http_version}", f"https://{HOST}:{HTTPS_PORT}/"]).output == "1.1"


@row("ENABLE_HTTP3")
def test_http3_for_all_is_rendered_for_an_nginx_that_can(both, web, nginx, consumer, is_served_over_tls):
    make_certificate(nginx.certs, HOST)
    both()
    web()
    is_served_over_tls()
    shown = consumer("--http3=true", "--nginx-version=1.27.0", state=nginx.place / "other").run("--dry-run").output
    assert "quic" in shown and "alt-svc" in shown.lower()


@row("SERVER_TOKENS")
def test_whether_sites_tell_nginxs_version(both, web, is_served):
    both("--server-tokens=on")
    web()
    is_served()
    assert fetch(HOST).headers["server"].startswith("nginx/")
    assert fetch("unknown.example.org").headers["server"] == "nginx", "for unknown hosts never"


@row("DEBUG_ENDPOINT")
def test_the_debug_endpoint_for_all(both, web, is_served):
    both("--debug-endpoint=true")
    web()
    is_served()
    assert json.loads(fetch(HOST, "/nginx-proxy-debug").body)


# ---- addresses, proxies in front ----

@row("ENABLE_IPV6")
def test_ipv6(both, web, nginx, once):
    both("--http-port=8090", "--https-port=8493", "--ipv6")
    web()
    once(lambda: served_by(HOST, address="::1", port=8090) == "web")
    assert served_by(HOST, port=8090) == "web"


@row("PREFER_IPV6_NETWORK")
@pytest.mark.parametrize("options, address", [([], "192.0.2.5"), (["--prefer-ipv6"], "2001:db8::5")])
def test_the_registrar_can_prefer_ipv6(redis, scripted, options, address):
    container = scripted.add("web", f"VIRTUAL_HOST={HOST}", quietly=True, address="192.0.2.5")
    network = scripted.containers[container]["NetworkSettings"]["Networks"]["bridge"]
    network["GlobalIPv6Address"] = "2001:db8::5"
    Registrar(redis, scripted, *options).start()
    eventually(lambda: routes_of(redis, "web")[HOST]["http"]["host"] == address if routes_of(redis, "web") else False)


@row("ENABLE_PROXY_PROTOCOL")
def test_the_proxy_protocol_tells_the_clients_address(both, announce_backend, once):
    both("--proxy-protocol", "--trusted-proxy=127.0.0.1/32")

    def told() -> dict:
        try:
            with socket.create_connection(("127.0.0.1", HTTP_PORT), 5) as connection:
                connection.sendall("PROXY TCP4 203.0.113.9 198.51.100.1 1234 443\r\n"
                                   f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                reply = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        except OSError:
            return {}
        head, _, body = reply.partition("\r\n\r\n")
        return json.loads(body)["headers"] if "200 OK" in head else {}

    headers = once(told)
    assert headers["x-real-ip"] == "203.0.113.9"
    assert headers["x-forwarded-port"] == "443"


@row("TRUST_DOWNSTREAM_PROXY")
@pytest.mark.parametrize("trusted, proto", [(True, "https"), (False, "http")])
def test_what_a_proxy_in_front_says_is_passed_on_where_it_is_trusted(both, asked, trusted, proto):
    both(*(["--trust-downstream-proxy"] if trusted else []))
    headers = asked(headers={"X-Forwarded-Proto": "https"})["headers"]
    assert headers["x-forwarded-proto"] == proto


@row("headers to the backend")
def test_the_headers_that_a_backend_gets(both, asked):
    both()
    headers = asked("/x?y=1", headers={"Proxy": "evil", "X-Real-IP": "192.0.2.1"})["headers"]
    assert headers["host"] == HOST
    assert headers["x-real-ip"] == "127.0.0.1"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-host"] == HOST
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-ssl"] == "off"
    assert headers["x-forwarded-port"] == str(HTTP_PORT)
    assert headers["x-original-uri"] == "/x?y=1"
    assert "proxy" not in headers


@row("RESOLVERS")
def test_resolvers_are_told_to_nginx(both, web, nginx, is_served):
    both("--resolver=127.0.0.53", "--resolver=127.0.0.54")
    web()
    is_served()
    assert "resolver 127.0.0.53 127.0.0.54" in nginx.rendered


# ---- challenges ----

@row("ACME_HTTP_CHALLENGE_LOCATION, …_ACCEPT_UNKNOWN_HOST")
def test_challenges_of_unknown_hosts(both, web, nginx, is_served):
    challenges = nginx.place / "html/.well-known/acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("key")
    both(f"--acme-root={nginx.place}/html", "--acme-unknown-hosts", "--acme-http-challenge-location=false")
    web()
    is_served()
    assert fetch("unknown.example.org", "/.well-known/acme-challenge/token").body == "key"
    assert status(HOST, path="/.well-known/acme-challenge/token") == 404, "the container's answer"


# ---- logs ----

@row("LOG_FORMAT, LOG_FORMAT_ESCAPE, LOG_JSON, DISABLE_ACCESS_LOGS")
def test_access_logs_in_a_format_of_ones_own(both, web, nginx, once, is_served):
    log = nginx.place / "access.log"
    nginx.main.write_text(nginx.main.read_text().replace("access_log off;", ""))
    both(f"--access-log={log}", "--log-format=$host says $status")
    web()
    is_served()
    once(lambda: f"{HOST} says 200" in log.read_text())


@row("LOG_FORMAT, LOG_FORMAT_ESCAPE, LOG_JSON, DISABLE_ACCESS_LOGS")
def test_access_logs_in_json(both, web, nginx, once, is_served):
    log = nginx.place / "access.log"
    both(f"--access-log={log}", "--log-json")
    web()
    is_served()
    fetch(HOST, '/"quoted"')
    once(lambda: [json.loads(line) for line in log.read_text().splitlines()])


@row("LOG_FORMAT, LOG_FORMAT_ESCAPE, LOG_JSON, DISABLE_ACCESS_LOGS")
def test_no_access_logs(both, web, nginx, is_served):
    log = nginx.place / "access.log"
    nginx.main.write_text(nginx.main.read_text().replace("access_log off;", f"access_log {log};"))
    nginx.reload()
    both("--access-log=off")
    web()
    is_served()
    before = log.read_text()
    fetch(HOST)
    assert log.read_text() == before


@row("SHA1_UPSTREAM_NAME")
def test_upstreams_are_named_by_the_site_or_by_its_sha1_where_that_is_no_name(both, web, nginx, once, is_served):
    both("--regex-hosts")
    web()
    web(name="regex", host="~^x$")
    is_served()
    once(lambda: sha1("~^x$") in nginx.rendered and f"upstream {HOST}" in nginx.rendered)


@row("error page")
def test_the_error_page_is_the_users_own(both, web, nginx, is_served):
    (nginx.place / "html/errors").mkdir(parents=True)
    (nginx.place / "html/errors/50x.html").write_text("sorry")
    both(f"--error-page={nginx.place}/html/errors")
    web()
    is_served()
    assert fetch("unknown.example.org").body == "sorry"


# ---- the files people have ----

def vhost_file(nginx, name: str, text: str) -> None:
    staged = nginx.place / "staged"
    staged.write_text(text)
    staged.rename(nginx.vhosts / name)


SAYS = "add_header X-Said-By {} always;\n"


@row("vhost.d/HOST, vhost.d/default")
def test_a_file_for_a_site_and_one_for_all_others(both, web, nginx, is_served):
    vhost_file(nginx, HOST, SAYS.format("host"))
    vhost_file(nginx, "default", SAYS.format("default"))
    both()
    web()
    web(name="other", host="other.example.org")
    is_served("other.example.org")
    is_served()
    assert fetch(HOST).headers["x-said-by"] == "host"
    assert fetch("other.example.org").headers["x-said-by"] == "default"


@row("vhost.d/HOST_location, vhost.d/default_location, vhost.d/HOST_SHA1_location")
def test_files_for_locations(both, web, nginx, once, is_served):
    vhost_file(nginx, f"{HOST}_location", SAYS.format("root"))
    vhost_file(nginx, f"{HOST}_{sha1('/api/')}_location", SAYS.format("api"))
    vhost_file(nginx, "default_location", SAYS.format("default"))
    both()
    web()
    web("VIRTUAL_PATH=/api/", name="api")
    web(name="other", host="other.example.org")
    is_served("other.example.org")
    once(lambda: fetch(HOST, "/api/").headers.get("x-said-by") == "api")
    assert fetch(HOST).headers["x-said-by"] == "root"
    assert fetch("other.example.org").headers["x-said-by"] == "default"


@row("vhost.d/HOST_location_override, vhost.d/HOST_SHA1_location_override")
def test_files_in_place_of_locations(both, web, nginx, once):
    vhost_file(nginx, f"{HOST}_location_override", "location / { return 418; }\n")
    vhost_file(nginx, f"other.example.org_{sha1('/api/')}_location_override", "location /api/ { return 417; }\n")
    both()
    web()
    web("VIRTUAL_PATH=/api/", name="other", host="other.example.org")
    once(lambda: status(HOST) == 418)
    once(lambda: status("other.example.org", path="/api/") == 417)


@row("a regex host is named by its sha1")
def test_the_files_of_a_regular_expression(both, web, nginx, once):
    vhost_file(nginx, sha1("~^x.example$"), SAYS.format("regex"))
    both("--regex-hosts")
    web(host="~^x.example$")
    once(lambda: fetch("x.example").headers.get("x-said-by") == "regex")


@row("vhost.d/HOST, vhost.d/default")
def test_a_file_that_changes_is_noticed_by_itself(both, web, nginx, once, is_served):
    both()
    web()
    is_served()
    vhost_file(nginx, HOST, SAYS.format("now"))
    once(lambda: fetch(HOST).headers.get("x-said-by") == "now")


@row("vhost.d/HOST, vhost.d/default")
def test_a_broken_default_takes_no_site_down(both, web, nginx, once, is_served):
    program = both()
    web()
    is_served()
    vhost_file(nginx, "default", "this is no directive\n")
    program.process.wait_for_log(r"vhost\.d/default")
    always(lambda: served_by(HOST) == "web", 1)
    assert nginx.refusal() == ""
    vhost_file(nginx, "default", SAYS.format("default"))
    once(lambda: fetch(HOST).headers.get("x-said-by") == "default")


@row("htpasswd/HOST, htpasswd/HOST_SHA1")
def test_passwords_of_a_site_and_of_a_path(both, web, nginx, once):
    place = nginx.place / "htpasswd"
    place.mkdir(exist_ok=True)
    for name, who in [(HOST, "site"), (f"{HOST}_{sha1('/api/')}", "api")]:
        password = run(["openssl", "passwd", "-apr1", "secret"]).output.strip()
        (place / name).write_text(f"{who}:{password}\n")
    both()
    web()
    web("VIRTUAL_PATH=/api/", name="api")

    def ask(path: str, user: str) -> str:
        return run(["curl", "-s", "-u", f"{user}:secret", "-H", f"Host: {HOST}", "-o", "/dev/null", "-w",
                    "%{http_code}", f"http://127.0.0.1:{HTTP_PORT}{path}"]).output

    once(lambda: (ask("/", "site"), ask("/", "api")) == ("200", "401"))
    once(lambda: (ask("/api/", "api"), ask("/api/", "site")) == ("404", "401"))


@row("certs/X.crt, X.key")
def test_the_certificate_of_a_site_is_its_own_then_its_parents_then_the_default(both, web, nginx, once):
    own = make_certificate(nginx.certs, HOST)[0]
    parent = make_certificate(nginx.certs, "example.org", "*.example.org")[0]
    default = make_certificate(nginx.certs, "default", file_name="default")[0]
    both()
    web()
    web(name="sub", host="sub.example.org")
    web(name="far", host="far.example.net")

    def shows(host: str, certificate) -> bool:
        return fetch_tls(host).certificate == ssl.PEM_cert_to_DER_cert(certificate.read_text())

    once(lambda: shows(HOST, own) and shows("sub.example.org", parent) and shows("far.example.net", default))


@row("certs/X.chain.pem, X.dhparam.pem")
def test_a_chain_is_stapled_and_dhparam_is_used_where_they_are_there(both, web, nginx, once, is_served_over_tls):
    certificate = make_certificate(nginx.certs, HOST, ocsp="http://127.0.0.1:1/")[0]
    (nginx.certs / f"{HOST}.chain.pem").write_bytes(certificate.read_bytes())
    run(["openssl", "dhparam", "-dsaparam", "-out", nginx.certs / f"{HOST}.dhparam.pem", "2048"])
    both()
    web()
    is_served_over_tls()
    once(lambda: f"{HOST}.chain.pem" in nginx.rendered and "ssl_stapling on;" in nginx.rendered)
    assert f"{HOST}.dhparam.pem" in nginx.rendered


@row("certs/HOST.ca.crt, HOST.crl.pem, ca.crt, ca.crl.pem")
def test_a_client_whose_certificate_is_revoked_is_refused(both, web, nginx, place, once):
    make_certificate(nginx.certs, HOST)
    ca = place / "ca"
    ca.mkdir()
    (ca / "index").write_text("")
    (ca / "serial").write_text("01")
    (ca / "crlnumber").write_text("01")
    (ca / "conf").write_text(f"""[ca]
default_ca=d
[d]
database={ca}/index
serial={ca}/serial
crlnumber={ca}/crlnumber
new_certs_dir={ca}
default_md=sha256
default_days=30
default_crl_days=30
policy=p
[p]
commonName=supplied
""")
    authority, authority_key = make_certificate(ca, "authority")
    signer = ["-config", ca / "conf", "-cert", authority, "-keyfile", authority_key]
    for name in ("good", "bad"):
        made = run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                    "-keyout", ca / f"{name}.key", "-out", ca / f"{name}.csr"])
        assert made.status == 0, made.errors
        made = run(["openssl", "ca", "-batch", "-notext", *signer, "-in", ca / f"{name}.csr",
                    "-out", ca / f"{name}.crt"])
        assert made.status == 0, made.errors
    run(["openssl", "ca", *signer, "-revoke", ca / "bad.crt"])
    made = run(["openssl", "ca", *signer, "-gencrl", "-out", nginx.certs / "ca.crl.pem"])
    assert made.status == 0, made.errors
    (nginx.certs / "ca.crt").write_bytes(authority.read_bytes())
    both()
    web()

    def ask(name: str) -> str:
        return run(["curl", "-sk", "--cert", ca / f"{name}.crt", "--key", ca / f"{name}.key", "--resolve",
                    f"{HOST}:{HTTPS_PORT}:127.0.0.1", "-o", "/dev/null", "-w", "%{http_code}",
                    f"https://{HOST}:{HTTPS_PORT}/"]).output

    once(lambda: (ask("good"), ask("bad")) == ("200", "400"))


@row("proxy.conf")
def test_a_proxy_conf_takes_the_place_of_the_headers(both, announce_backend, asked, nginx, once):
    (nginx.place / "proxy.conf").write_text("proxy_set_header X-Mine yes;\n")
    both(f"--proxy-conf={nginx.place}/proxy.conf")
    headers = once(lambda: (h := asked()["headers"]).get("x-mine") == "yes" and h)
    assert "x-real-ip" not in headers
