"""What is served in clear, what over TLS, and what is redirected."""
import re
import socket
import ssl
import threading

import pytest

from parts.http import HTTP_PORT, fetch, fetch_tls, served_by, served_over_tls_by, status
from parts.registrations import register, route
from parts.tls import make_certificate
from parts.waiting import always, eventually

HOST = "web.example.org"


@pytest.fixture
def edge(nginx, consumer):
    """A consumer that runs, and a site that shows when it has read everything."""
    program = consumer()
    program.start()
    return program


@pytest.fixture
def certificate(nginx):
    make_certificate(nginx.certs, HOST)


@pytest.fixture
def plain(backend):
    return backend("plain").endpoint


@pytest.fixture
def tls(backend, place):
    """A backend that speaks TLS only."""
    return backend("tls", certificate=make_certificate(place / "backend", HOST)).endpoint


def redirects() -> bool:
    try:
        response = fetch(HOST, "/path?query")
    except OSError:
        return False
    location = response.headers.get("location", "")
    there = re.fullmatch(rf"https://{HOST}(:\d+)?/path\?query", location)
    return response.status // 100 == 3 and there is not None


def served_in_clear() -> bool:
    return served_by(HOST) == "plain"


def no_tls() -> bool:
    try:
        fetch_tls(HOST)
    except OSError:
        return True
    return False


# What a domain asked for, and what it gets: without and with a certificate

def test_http_alone_is_never_redirected(redis, edge, plain, nginx):
    register(redis, "c", route(HOST, plain))
    eventually(served_in_clear)
    nginx.wait_for_old_workers()
    assert no_tls()
    make_certificate(nginx.certs, HOST)
    always(served_in_clear, 3)
    assert no_tls(), "and nobody asked for https"


def test_https_alone_is_refused_without_a_certificate_and_the_log_says_so(redis, edge, tls):
    register(redis, "c", route(HOST, https=tls))
    edge.process.wait_for_log(f"{HOST}.*certificate")
    eventually(lambda: status(HOST) == 503)
    always(lambda: status(HOST) == 503, 1)
    assert no_tls()


def test_https_alone_is_served_with_a_certificate_and_never_in_clear(redis, nginx, edge, tls, certificate):
    register(redis, "c", route(HOST, https=tls))
    eventually(lambda: served_over_tls_by(HOST) == "tls")
    nginx.wait_until_quiet()
    assert redirects()


def test_both_written_are_served_in_clear_until_there_is_a_certificate(redis, edge, plain, tls, nginx):
    register(redis, "c", route(HOST, plain, tls))
    eventually(served_in_clear)
    assert no_tls()
    make_certificate(nginx.certs, HOST)
    eventually(redirects, what="a new certificate is noticed without being told")
    eventually(lambda: served_over_tls_by(HOST) == "tls", what="a written https is reached by TLS")


def test_an_implied_https_uses_the_http_endpoint(redis, edge, plain, nginx):
    register(redis, "c", route(HOST, plain, implied=True))
    eventually(served_in_clear)
    make_certificate(nginx.certs, HOST)
    eventually(lambda: served_over_tls_by(HOST) == "plain" and redirects())


def test_a_certificate_that_is_taken_away_ends_the_redirect(redis, edge, plain, nginx, certificate):
    register(redis, "c", route(HOST, plain, implied=True))
    eventually(redirects)
    (nginx.certs / f"{HOST}.crt").unlink()
    (nginx.certs / f"{HOST}.key").unlink()
    eventually(served_in_clear)


# nginx-proxy's rules for VIRTUAL_HOST: method → (without a certificate, with one)

METHODS = {
    "redirect": (served_in_clear, lambda: redirects() and served_over_tls_by(HOST) == "plain"),
    "noredirect": (served_in_clear, lambda: served_in_clear() and served_over_tls_by(HOST) == "plain"),
    "nohttps": (lambda: served_in_clear() and no_tls(), lambda: served_in_clear() and no_tls()),
}


@pytest.mark.parametrize("method", METHODS)
def test_https_method(redis, edge, plain, nginx, method):
    without, with_certificate = METHODS[method]
    register(redis, "c", route(HOST, plain, https_method=method))
    eventually(without)
    make_certificate(nginx.certs, HOST)
    eventually(with_certificate)
    nginx.wait_until_quiet()
    assert with_certificate()


def test_https_method_nohttp(redis, edge, plain, nginx):
    """Without a usable certificate it is served in clear, as nginx-proxy does; with one over TLS alone."""
    host, port = plain
    register(redis, "c", route(HOST, endpoint={"host": host, "port": port}, schemes=["https"],
                               requires=["schemes"], https_method="nohttp"))
    eventually(served_in_clear)
    make_certificate(nginx.certs, HOST)
    eventually(lambda: served_over_tls_by(HOST) == "plain")
    nginx.wait_until_quiet()
    assert status(HOST) == 503


# Which certificate

def test_a_wildcard_certificate_of_the_parent_is_used(redis, edge, plain, nginx):
    make_certificate(nginx.certs, "example.org", "*.example.org")
    register(redis, "c", route(HOST, plain, implied=True))
    eventually(lambda: served_over_tls_by(HOST) == "plain")


def test_a_certificate_for_another_name_is_not_used(redis, edge, plain, nginx):
    make_certificate(nginx.certs, "other.example.net", file_name=HOST)
    register(redis, "c", route(HOST, plain, implied=True))
    eventually(served_in_clear)
    edge.process.wait_for_log(rf"{HOST}.*\.crt")
    assert no_tls()


def test_a_renewed_certificate_is_served_without_being_told(redis, edge, plain, nginx, certificate):
    register(redis, "c", route(HOST, plain, implied=True))
    eventually(lambda: served_over_tls_by(HOST) == "plain")
    nginx.wait_for_old_workers()
    first = fetch_tls(HOST).certificate
    make_certificate(nginx.certs, HOST)
    eventually(lambda: fetch_tls(HOST).certificate != first)


def test_a_site_without_certificate_does_not_answer_with_another_sites(redis, edge, plain, nginx, certificate):
    register(redis, "c", route(HOST, plain, implied=True))
    register(redis, "d", route("bare.example.net", plain, implied=True))
    eventually(lambda: served_over_tls_by(HOST) == "plain" and served_by("bare.example.net") == "plain")
    nginx.wait_for_old_workers()
    with pytest.raises(OSError):
        fetch_tls("bare.example.net")


# What no reader must get wrong

def test_a_route_with_an_unknown_requirement_is_set_aside_by_name(redis, edge, plain):
    host, port = plain
    register(redis, "c", route("secret.example.org", endpoint={"host": host, "port": port}, schemes=["http"],
                               requires=["telepathy"]), route(HOST, plain))
    eventually(served_in_clear)
    edge.process.wait_for_log("secret.example.org.*telepathy")
    assert status("secret.example.org") == 503


def test_unknown_fields_are_ignored(redis, edge, plain):
    register(redis, "c", route(HOST, plain, weather={"sunny": True}))
    eventually(served_in_clear)


def test_companions_own_values_are_served(redis, edge, plain):
    host, port = plain
    redis.call("SETEX", "/beachhead/old", 60, f'[{{"id":"web_example_org","domain":"{HOST}",'
               f'"http":{{"host":"{host}","port":{port}}},"https":{{"host":"{host}","port":{port}}}}}]')
    eventually(served_in_clear)


def test_a_route_without_a_reachable_address_answers_502(redis, edge):
    register(redis, "c", route(HOST, schemes=["http"], requires=["no-endpoint"]))
    eventually(lambda: status(HOST) == 502)


def test_unknown_hosts_are_answered_503(redis, edge, plain):
    register(redis, "c", route(HOST, plain))
    eventually(served_in_clear)
    assert status("unknown.example.org") == 503
    assert status("127.0.0.1") == 503
    with pytest.raises(OSError):
        fetch_tls("unknown.example.org")


# The way to the backend

def test_the_backend_is_told_who_asked_for_what(redis, nginx, edge, plain, certificate):
    register(redis, "c", route(HOST, plain, https_method="noredirect"))
    eventually(lambda: served_over_tls_by(HOST) == "plain")
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "Proxy": "evil",
              "X-Forwarded-Proto": "gopher"}
    nginx.wait_until_quiet()
    told = fetch(HOST, "/p?q", headers=forged).json()
    assert told["path"] == "/p?q"
    headers = told["headers"]
    assert headers["host"] == headers["x-forwarded-host"] == HOST
    assert (headers["x-real-ip"], headers["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert headers["x-forwarded-for"].endswith("127.0.0.1")
    assert "evil" not in headers.get("proxy", "")
    assert fetch_tls(HOST).json()["headers"]["x-forwarded-proto"] == "https"


def test_an_endpoint_that_does_not_answer_fails_no_request(redis, nginx, edge, backend):
    dead = backend("dead")
    register(redis, "dead", route(HOST, dead.endpoint))
    register(redis, "plain", route(HOST, backend("plain").endpoint))
    eventually(lambda: {served_by(HOST) for _ in range(4)} == {"dead", "plain"})
    nginx.wait_until_quiet()
    dead.close()
    assert [status(HOST) for _ in range(20)] == [200] * 20


UPGRADE = f"GET /ws HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
UPGRADED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def websocket_echo(server: socket.socket) -> None:
    connection, _ = server.accept()
    request = connection.recv(65536).lower()
    if b"upgrade: websocket" in request and b"connection: upgrade" in request:
        connection.sendall(UPGRADED.encode())
        while data := connection.recv(100):
            connection.sendall(data.upper())
    connection.close()


def test_websockets_pass(redis, nginx, edge, plain):
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=websocket_echo, args=(server,), daemon=True).start()
    register(redis, "c", route(HOST, server.getsockname()))
    register(redis, "d", route("later.example.org", plain))
    eventually(lambda: served_by("later.example.org") == "plain", what="both are live")
    nginx.wait_for_old_workers()
    with socket.create_connection(("127.0.0.1", HTTP_PORT), 5) as client:
        client.sendall(UPGRADE.encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 101")
        client.sendall(b"hello")
        assert client.recv(100) == b"HELLO"
    server.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(redis, edge, plain, nginx, certificate):
    register(redis, "c", route(HOST, plain, implied=True))
    eventually(lambda: served_over_tls_by(HOST) == "plain")
    nginx.wait_for_old_workers()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", 8443), 5) as client, pytest.raises(OSError):
        context.wrap_socket(client, server_hostname=HOST)
