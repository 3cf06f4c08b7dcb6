"""What containers say to nginx-proxy, said to Beachhead: a real container, a real nginx, an HTTP client. One test at
least for each row of nginx-proxy's tables; the run ends with a table of them."""
import json
import socket
import time

import pytest

from parts.app_servers import FastCgi, Uwsgi
from parts.http import HTTPS_PORT, fetch, fetch_tls, served_by, served_over_tls_by, status
from parts.nginx import Nginx
from parts.process import run
from parts.tls import make_certificate
from parts.waiting import eventually

HOST = "web.example.org"
LABEL = "com.github.nginx-proxy.nginx-proxy."

row = pytest.mark.row


@pytest.fixture
def announce(engine):
    """A container in the host's network that asks for requests to a backend of the test."""

    def start(name: str, port: int, *environment: str, labels: dict | None = None):
        return engine.run(name, f"VIRTUAL_PORT={port}", *environment, labels=labels, network="host",
                          Cmd=["sleep", "600"])

    return start


def answer(path: str = "/", host: str = HOST, **options):
    """What the backend was asked, once it answers."""
    def asked():
        try:
            response = fetch(host, path, **options)
        except OSError:
            return None
        return response.status == 200 and response.json()

    return eventually(asked)


def curl(*arguments: str):
    return run(["curl", "-sk", "--noproxy", "*", "--resolve", f"{HOST}:{HTTPS_PORT}:127.0.0.1", *arguments])


def https_url(path: str = "/") -> str:
    return f"https://{HOST}:{HTTPS_PORT}{path}"


# ---- names ----

@row("VIRTUAL_HOST")
def test_several_names_of_which_empty_ones_are_dropped(both, engine, once):
    both()
    engine.run("web", "VIRTUAL_HOST= a.example.org ,, b.example.org,")
    once(lambda: served_by("a.example.org") == served_by("b.example.org") == "web")


@row("VIRTUAL_HOST")
@pytest.mark.parametrize("pattern, inside, outside", [
    ("*.example.org", "any.example.org", "example.com"), ("www.example.*", "www.example.net", "ftp.example.net")])
def test_a_wildcard_at_either_end(both, engine, pattern, inside, outside, once):
    both()
    engine.run("web", f"VIRTUAL_HOST={pattern}")
    once(lambda: served_by(inside) == "web")
    assert status(outside) == 503


@row("VIRTUAL_HOST")
def test_a_regular_expression_where_the_operator_allows_it(both, engine, once):
    both("--regex-hosts")
    engine.run("web", r"VIRTUAL_HOST=~^shop\d+\.example\.(org|net)$")
    once(lambda: served_by("shop12.example.net") == "web")
    assert status("shop.example.net") == 503


@row("VIRTUAL_HOST")
def test_a_regular_expression_is_refused_by_name_otherwise(both, engine, once):
    program = both()
    engine.run("greedy", "VIRTUAL_HOST=~.*")
    engine.run("web", f"VIRTUAL_HOST={HOST}")
    once(lambda: served_by(HOST) == "web")
    program.process.wait_for_log(r"(?s)greedy.*regex-hosts|~\.\*.*regex-hosts")
    assert status("other.example.org") == 503


@row("VIRTUAL_HOST")
def test_addresses_are_names_too(both, engine, once):
    both()
    engine.run("web", "VIRTUAL_HOST=192.0.2.7,[2001:db8::1]")
    once(lambda: served_by("192.0.2.7") == served_by("[2001:db8::1]") == "web")


@row("VIRTUAL_HOST")
def test_a_name_in_its_own_script(both, engine, once):
    both()
    engine.run("web", "VIRTUAL_HOST=bücher.example.org")
    once(lambda: served_by("xn--bcher-kva.example.org") == "web")


# ---- port, path, destination, protocol ----

@row("VIRTUAL_PORT")
def test_the_port_that_is_written_or_the_only_one_that_is_exposed(both, engine, once):
    both()
    engine.run("written", "VIRTUAL_HOST=a.example.org", "VIRTUAL_PORT=8081", "PORTS=8081", ports=[1, 2])
    engine.run("exposed", "VIRTUAL_HOST=b.example.org", "PORTS=8082", ports=[8082])
    engine.run("several", "VIRTUAL_HOST=c.example.org", ports=[8082, 8083])
    once(lambda: [served_by(f"{x}.example.org") for x in "abc"] == ["written", "exposed", "several"])


@row("VIRTUAL_PATH")
def test_paths_of_one_host_on_several_containers(both, announce, backend, once):
    both()
    root, api = backend("root"), backend("api")
    announce("root", root.endpoint[1], f"VIRTUAL_HOST={HOST}")
    announce("api", api.endpoint[1], f"VIRTUAL_HOST={HOST}", "VIRTUAL_PATH=/api/")
    once(lambda: (served_by(HOST), served_by(HOST, path="/api/x")) == ("root", "api"))
    assert fetch(HOST, "/api/x").json()["path"] == "/api/x", "without VIRTUAL_DEST the path stays"


@row("VIRTUAL_PATH")
def test_a_path_may_be_a_regular_expression(both, announce, backend, once):
    both()
    announce("api", backend("api").endpoint[1], f"VIRTUAL_HOST={HOST}", r"VIRTUAL_PATH=~^/(app|alt)/v\d+/")
    once(lambda: served_by(HOST, path="/alt/v2/x") == "api")
    assert status(HOST, path="/alt/x") == 404


@row("VIRTUAL_DEST")
def test_the_destination_takes_the_place_of_the_path(both, announce, backend):
    both()
    announce("api", backend("api").endpoint[1], f"VIRTUAL_HOST={HOST}", "VIRTUAL_PATH=/api/", "VIRTUAL_DEST=/v1/")
    assert answer("/api/x?y=1")["path"] == "/v1/x?y=1"


@row("VIRTUAL_PROTO")
def test_a_backend_over_tls(both, announce, backend, place):
    both()
    tls = backend("tls", certificate=make_certificate(place / "backend", HOST))
    announce("tls", tls.endpoint[1], f"VIRTUAL_HOST={HOST}", "VIRTUAL_PROTO=https")
    assert answer()["tls"]


@row("VIRTUAL_PROTO")
@pytest.mark.parametrize("proto, tls", [("grpc", False), ("grpcs", True)])
def test_a_backend_that_speaks_grpc(both, announce, place, proto, tls, once):
    both()
    other = Nginx(place / "grpc")
    certificate, key = make_certificate(place / "backend", HOST)
    (other.conf_d / "grpc.conf").write_text(f"""server {{
        listen 127.0.0.1:9443 {'ssl' if tls else ''} http2;
        ssl_certificate {certificate}; ssl_certificate_key {key};
        location / {{ default_type application/grpc; return 200 "$server_protocol"; }}
    }}""")
    other.start()
    announce("grpc", 9443, f"VIRTUAL_HOST={HOST}", f"VIRTUAL_PROTO={proto}")
    once(lambda: fetch(HOST).body == "HTTP/2.0")


@row("VIRTUAL_PROTO")
def test_a_backend_that_speaks_uwsgi(both, announce, once):
    both()
    server = Uwsgi()
    announce("app", server.port, f"VIRTUAL_HOST={HOST}", "VIRTUAL_PROTO=uwsgi")
    once(lambda: fetch(HOST, "/x?y=1").body == "uwsgi")
    assert server.parameters["PATH_INFO"] == "/x" and server.parameters["QUERY_STRING"] == "y=1"
    server.close()


@row("VIRTUAL_PROTO")
def test_a_backend_that_speaks_fastcgi_below_its_root(both, announce, once):
    both()
    server = FastCgi()
    announce("app", server.port, f"VIRTUAL_HOST={HOST}", "VIRTUAL_PROTO=fastcgi", "VIRTUAL_ROOT=/srv/app")
    once(lambda: fetch(HOST, "/x.php").body == "fastcgi")
    assert server.parameters["SCRIPT_FILENAME"] == "/srv/app/x.php"
    server.close()


@row("VIRTUAL_HOST_MULTIPORTS")
def test_several_ports_and_paths_of_one_container(both, announce, backend, once):
    both()
    root, api = backend("root"), backend("api")
    announce("web", 1, f"VIRTUAL_HOST_MULTIPORTS={HOST}:\n"
             f"  \"/\":\n    port: {root.endpoint[1]}\n"
             f"  \"/api/\":\n    port: {api.endpoint[1]}\n    dest: \"/\"\n"
             f"other.example.org:\n  \"/\":\n    port: {api.endpoint[1]}\n")
    once(lambda: (served_by(HOST), served_by(HOST, path="/api/x")) == ("root", "api"))
    assert fetch(HOST, "/api/x").json()["path"] == "/x"
    assert served_by("other.example.org") == "api"


@row("EXTERNAL_HTTP_PORT, EXTERNAL_HTTPS_PORT")
def test_ports_of_its_own_from_the_operators_list(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    both("--external-ports=8100-8199")
    engine.run("web", f"VIRTUAL_HOST={HOST}", "EXTERNAL_HTTP_PORT=8180", "EXTERNAL_HTTPS_PORT=8143",
               "HTTPS_METHOD=noredirect")
    once(lambda: served_by(HOST, port=8180) == "web")
    once(lambda: served_over_tls_by(HOST, port=8143) == "web")
    assert status(HOST) == 503


@row("EXTERNAL_HTTP_PORT, EXTERNAL_HTTPS_PORT")
def test_a_port_that_the_operator_does_not_give_is_refused_by_name(both, engine, once):
    program = both()
    engine.run("taker", f"VIRTUAL_HOST={HOST}", "EXTERNAL_HTTP_PORT=22")
    engine.run("web", "VIRTUAL_HOST=other.example.org")
    once(lambda: served_by("other.example.org") == "web")
    program.process.wait_for_log(rf"{HOST}.*22.*external-ports")
    assert status(HOST) == 503


# ---- TLS ----

@row("HTTPS_METHOD")
@pytest.mark.parametrize("method, plain, secure", [
    ("redirect", 301, "web"), ("noredirect", 200, "web"), ("nohttp", 503, "web"), ("nohttps", 200, "")])
def test_each_https_method_with_a_certificate(both, engine, nginx, method, plain, secure, once):
    make_certificate(nginx.certs, HOST)
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", f"HTTPS_METHOD={method}")
    once(lambda: status(HOST) == plain)

    def over_tls() -> str:
        return served_over_tls_by(HOST)

    once(lambda: over_tls() == secure)


@row("HTTPS_METHOD")
@pytest.mark.parametrize("method", ["redirect", "noredirect", "nohttp", "nohttps"])
def test_without_a_certificate_each_method_serves_in_clear(both, engine, method, once):
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", f"HTTPS_METHOD={method}")
    once(lambda: served_by(HOST) == "web")


@row("ENABLE_HTTP_ON_MISSING_CERT on a container")
@pytest.mark.parametrize("method, plain", [("nohttp", 503), ("redirect", 301)])
def test_nothing_in_clear_where_the_container_says_so(both, engine, method, plain, once):
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", f"HTTPS_METHOD={method}", "ENABLE_HTTP_ON_MISSING_CERT=false")
    engine.run("other", "VIRTUAL_HOST=other.example.org")
    once(lambda: served_by("other.example.org") == "other")
    once(lambda: status(HOST) == plain)


@row("CERT_NAME")
def test_a_certificate_by_its_name(both, engine, nginx, once):
    certificate, _ = make_certificate(nginx.certs, HOST, file_name="shared")
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", "CERT_NAME=shared")
    once(lambda: served_over_tls_by(HOST) == "web")


@row("SSL_POLICY")
def test_the_policy_decides_which_protocols_are_spoken(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", "SSL_POLICY=Mozilla-Modern")
    once(lambda: served_over_tls_by(HOST) == "web")
    once(lambda: curl("--tlsv1.3", https_url()).status == 0)
    once(lambda: curl("--tls-max", "1.2", https_url()).status != 0)


@row("HSTS")
@pytest.mark.parametrize("given, told", [
    (None, "max-age=31536000"), ("off", None),
    ("max-age=60; includeSubDomains; preload", "max-age=60; includeSubDomains; preload")])
def test_hsts(both, engine, nginx, given, told, once):
    make_certificate(nginx.certs, HOST)
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", *([f"HSTS={given}"] if given else []))
    once(lambda: served_over_tls_by(HOST) == "web")
    assert fetch_tls(HOST).headers.get("strict-transport-security") == told


@row("HSTS")
def test_no_hsts_where_nothing_is_redirected(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", "HTTPS_METHOD=noredirect")
    once(lambda: served_over_tls_by(HOST) == "web")
    assert "strict-transport-security" not in fetch_tls(HOST).headers


@row("SERVER_TOKENS")
def test_whether_a_site_tells_nginxs_version(both, engine, once):
    both()
    engine.run("silent", "VIRTUAL_HOST=silent.example.org", "SERVER_TOKENS=off")
    engine.run("open", "VIRTUAL_HOST=open.example.org", "SERVER_TOKENS=on")
    once(lambda: served_by("silent.example.org") and served_by("open.example.org"))
    assert fetch("silent.example.org").headers["server"] == "nginx"
    assert fetch("open.example.org").headers["server"].startswith("nginx/")


# ---- access, challenges ----

@row("NETWORK_ACCESS")
def test_internal_paths_are_for_internal_networks_alone(both, announce, backend, once):
    both("--internal-network=127.0.0.2/32")
    announce("web", backend("web").endpoint[1], f"VIRTUAL_HOST={HOST}", "NETWORK_ACCESS=internal")
    once(lambda: status(HOST) == 403)
    assert run(["curl", "-s", "--interface", "127.0.0.2", "-H", f"Host: {HOST}", "-o", "/dev/null", "-w",
                "%{http_code}", "http://127.0.0.1:8080/"]).output == "200"


@row("ACME_HTTP_CHALLENGE_LOCATION")
def test_challenges_are_answered_before_the_redirect(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    challenges = nginx.place / "html/.well-known/acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("key")
    both(f"--acme-root={nginx.place}/html")
    engine.run("web", f"VIRTUAL_HOST={HOST}")
    engine.run("without", "VIRTUAL_HOST=other.example.org", "ACME_HTTP_CHALLENGE_LOCATION=false")
    once(lambda: status(HOST) == 301 and served_by("other.example.org"))
    nginx.wait_for_old_workers()
    assert fetch(HOST, "/.well-known/acme-challenge/token").body == "key"
    assert status("other.example.org", path="/.well-known/acme-challenge/token") == 404, "the container's answer"


# ---- labels ----

@row("label loadbalance")
def test_requests_are_balanced_as_the_label_says(both, announce, backend, nginx, once):
    both()
    servers = [backend("one"), backend("two")]
    for server in servers:
        announce(server.server.name, server.endpoint[1], f"VIRTUAL_HOST={HOST}",
                 labels={LABEL + "loadbalance": "hash $request_uri;"})
    once(lambda: {served_by(HOST, path=f"/{i}") for i in range(20)} == {"one", "two"})
    nginx.wait_until_quiet()
    for i in range(5):
        assert len({served_by(HOST, path=f"/{i}") for _ in range(4)}) == 1


@row("label keepalive")
def test_connections_to_the_backend_are_kept(both, announce, backend, nginx):
    both()
    announce("web", backend("web").endpoint[1], f"VIRTUAL_HOST={HOST}", labels={LABEL + "keepalive": "4"})
    answer()
    nginx.wait_until_quiet()
    assert answer()["headers"].get("connection") in (None, "")


@row("label keepalive")
def test_connections_to_the_backend_are_closed_where_keepalive_is_disabled(both, announce, backend):
    both()
    announce("web", backend("web").endpoint[1], f"VIRTUAL_HOST={HOST}", labels={LABEL + "keepalive": "disabled"})
    assert answer()["headers"]["connection"] == "close"


@row("label http2.enable")
def test_http2(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}")
    once(lambda: served_over_tls_by(HOST) == "web")
    spoken = ["-o", "/dev/null", "-w", "%{http_version}"]
    assert curl("--http2", *spoken, https_url()).output == "2"


@row("label http2.enable")
def test_http2_can_be_switched_off(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", labels={LABEL + "http2.enable": "false"})
    once(lambda: served_over_tls_by(HOST) == "web")
    assert curl("--http2", "-o", "/dev/null", "-w", "%{http_version}", https_url()).output == "1.1"


@row("label http3.enable")
def test_http3_is_refused_with_the_version_that_it_needs(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    program = both("--nginx-version=1.22.1")
    engine.run("web", f"VIRTUAL_HOST={HOST}", labels={LABEL + "http3.enable": "true"})
    once(lambda: served_over_tls_by(HOST) == "web")
    program.process.wait_for_log(rf"{HOST}.*(HTTP/3|http3).*1\.25")


@row("label trust-default-cert")
@pytest.mark.parametrize("trusted", [True, False])
def test_the_default_certificate_serves_a_site_where_it_is_trusted(both, engine, nginx, trusted, once):
    make_certificate(nginx.certs, "default.example.org", file_name="default")
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", labels={LABEL + "trust-default-cert": str(trusted).lower()})
    if trusted:
        once(lambda: served_over_tls_by(HOST) == "web")
    else:
        once(lambda: served_by(HOST) == "web")
        assert fetch_tls(HOST).status == 503


@row("label debug-endpoint")
def test_the_debug_endpoint_tells_what_was_decided(both, engine, once):
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", labels={LABEL + "debug-endpoint": "true"})
    engine.run("closed", "VIRTUAL_HOST=closed.example.org")
    once(lambda: served_by(HOST) == "web" and served_by("closed.example.org") == "closed")
    told = json.loads(fetch(HOST, "/nginx-proxy-debug").body)
    assert HOST in json.dumps(told)
    assert status("closed.example.org", path="/nginx-proxy-debug") == 404, "the container's answer"


@row("label non-get-redirect")
def test_what_is_no_get_is_redirected_as_the_label_says(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", labels={LABEL + "non-get-redirect": "308"})
    once(lambda: status(HOST) == 301)
    once(lambda: status(HOST, method="POST") == 308)


@row("label ssl_verify_client")
@pytest.mark.parametrize("mode, without", [("on", "400"), ("optional", "200"), ("off", "200")])
def test_clients_identify_themselves(both, engine, nginx, place, mode, without, once):
    make_certificate(nginx.certs, HOST)
    client, key = make_certificate(place / "client", "client.example.org")
    (nginx.certs / f"{HOST}.ca.crt").write_bytes(client.read_bytes())
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", labels={LABEL + "ssl_verify_client": mode})
    code = ["-o", "/dev/null", "-w", "%{http_code}"]
    once(lambda: curl(*code, "--cert", str(client), "--key", str(key), https_url()).output == "200")
    assert curl(*code, https_url()).output == without


# ---- settings that people wrote snippets for ----

@row("CLIENT_MAX_BODY_SIZE, PROXY_…_TIMEOUT (ours)")
def test_the_size_of_a_body_is_a_setting(both, announce, backend, once):
    both()
    announce("web", backend("web").endpoint[1], f"VIRTUAL_HOST={HOST}", "CLIENT_MAX_BODY_SIZE=1k")
    answer()
    once(lambda: status(HOST, headers={"Content-Length": "2000"}) == 413)


@row("CLIENT_MAX_BODY_SIZE, PROXY_…_TIMEOUT (ours)")
def test_a_slow_backend_is_waited_for_as_long_as_the_container_says(both, announce, place, once):
    both()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        announce("web", silent.getsockname()[1], f"VIRTUAL_HOST={HOST}", "PROXY_READ_TIMEOUT=200ms")
        once(lambda: status(HOST) == 504)


# ---- what belongs together ----

@row("no reachable container")
def test_a_container_that_cannot_be_reached_leaves_its_site_answering_502(both, engine, once):
    both()
    engine.run("web", f"VIRTUAL_HOST={HOST}", network="none")
    once(lambda: status(HOST) == 502)


@row("no / among a site's paths")
def test_what_lies_beside_the_paths_of_a_site(both, announce, backend, once):
    both("--default-root=418")
    announce("api", backend("api").endpoint[1], f"VIRTUAL_HOST={HOST}", "VIRTUAL_PATH=/api/")
    once(lambda: served_by(HOST, path="/api/") == "api")
    assert status(HOST) == 418


@row("conflicts")
def test_containers_that_disagree_are_decided_the_same_way_every_time_and_named(both, engine, nginx, once):
    make_certificate(nginx.certs, HOST)
    program = both()
    engine.run("first", f"VIRTUAL_HOST={HOST}", "HSTS=max-age=1")
    once(lambda: served_over_tls_by(HOST) == "first")
    time.sleep(1.1)  # containers are ordered by the second of their creation
    engine.run("second", f"VIRTUAL_HOST={HOST}", "HSTS=max-age=2")
    once(lambda: {served_over_tls_by(HOST) for _ in range(8)} == {"first", "second"})
    assert fetch_tls(HOST).headers["strict-transport-security"] == "max-age=1"
    program.process.wait_for_log(r"first.*second")
