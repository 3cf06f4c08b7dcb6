"""HTTP-01 without state: a challenge is answered with what lies beside the certificates, whoever asked for one."""
import socket

import pytest

from parts.http import HTTP_PORT, fetch, served_by, status
from parts.registrations import endpoint, register, route
from parts.tls import make_certificate
from parts.waiting import always, eventually

HOST, OTHER, UNKNOWN = "web.example.org", "other.example.org", "mail.example.net"
FOR_ALL, OF_ITS_OWN = "A" * 42 + "0", "-_" + "z" * 41
BELOW = "/.well-known/acme-challenge/"


@pytest.fixture
def root(nginx):
    """What another ACME client would write to."""
    directory = nginx.place / "html/.well-known/acme-challenge"
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def edge(redis, nginx, consumer, backend, root):
    for host in (HOST, OTHER):
        register(redis, host, route(host, backend("one").endpoint, implied=True))
    program = consumer(f"--acme-root={nginx.place}/html", "--internal-network=127.0.0.2/32")
    program.start()
    eventually(lambda: served_by(HOST) == served_by(OTHER) == "one")
    return program


@pytest.fixture
def thumbprint(edge, nginx):
    (nginx.certs / "default.thumbprint").write_text(f"{FOR_ALL}\n")
    eventually(lambda: answer(HOST, "a-Token_1") == f"a-Token_1.{FOR_ALL}")
    nginx.wait_until_quiet()


def answer(host: str, token: str) -> str:
    """What is answered with 200; "" else."""
    response = fetch(host, BELOW + token)
    return response.body if response.status == 200 else ""


def test_a_challenge_is_answered_for_sites_and_for_unknown_hosts(thumbprint, nginx):
    assert answer(OTHER, "x") == answer(UNKNOWN, "x") == answer("127.0.0.1", "x") == f"x.{FOR_ALL}"
    assert fetch(HOST, BELOW + "x").headers["content-type"] == "text/plain"
    assert status(UNKNOWN) == 503
    (nginx.certs / "default.thumbprint").unlink()
    eventually(lambda: answer(HOST, "x") == "" and status(UNKNOWN, path=BELOW + "x") == 503,
               what="without it all is as before")


def test_a_new_account_is_noticed_and_the_same_one_is_no_change(thumbprint, nginx):
    reloads = nginx.reloads
    (nginx.certs / "default.thumbprint").write_text(FOR_ALL)
    always(lambda: nginx.reloads == reloads, 2)
    (nginx.certs / "default.thumbprint").write_text(OF_ITS_OWN)
    eventually(lambda: answer(HOST, "x") == f"x.{OF_ITS_OWN}")


def test_a_host_may_have_another_account(thumbprint, nginx):
    for host in (HOST, UNKNOWN):
        (nginx.certs / f"{host}.thumbprint").write_text(OF_ITS_OWN)
    eventually(lambda: answer(HOST, "x") == answer(UNKNOWN, "x") == f"x.{OF_ITS_OWN}")
    nginx.wait_until_quiet()
    assert answer(OTHER, "x") == answer("other.example.net", "x") == f"x.{FOR_ALL}"


def test_the_file_of_another_client_goes_first(thumbprint, root):
    (root / "token").write_text("of another client")
    (root / "page.html").write_text("a page")
    for host in (HOST, UNKNOWN):
        assert answer(host, "token") == "of another client"
        assert answer(host, "page.html") == "a page"
        assert answer(host, "tokem") == f"tokem.{FOR_ALL}"


def test_nothing_stands_before_a_challenge(redis, thumbprint, nginx, backend):
    to = backend("hidden").endpoint
    make_certificate(nginx.certs, HOST)
    make_certificate(nginx.certs, "https.example.org")
    (nginx.passwords / OTHER).write_text("user:{PLAIN}password\n")
    register(redis, "https", route("https.example.org", https=to))
    register(redis, "internal", route("internal.example.org", endpoint=endpoint(to), schemes=["http"],
                                      requires=["internal"]))
    sites = {HOST: 301, OTHER: 401, "https.example.org": 301, "internal.example.org": 403}
    eventually(lambda: {name: status(name) for name in sites} == sites)
    nginx.wait_until_quiet()
    for name in sites:
        assert answer(name, "x") == f"x.{FOR_ALL}"


@pytest.mark.parametrize("content", ["", "none", "A" * 42, "A" * 44, "A" * 42 + '"', f"{FOR_ALL}\n\n", "A" * 1000])
def test_a_broken_one_is_named_and_not_used(thumbprint, edge, nginx, content):
    (nginx.certs / f"{HOST}.thumbprint").write_text(content)
    edge.process.wait_for_log(rf"{HOST}\.thumbprint is not used")
    (nginx.certs / "default.thumbprint").write_text(content)
    edge.process.wait_for_log(r"default\.thumbprint is not used")
    eventually(lambda: answer(HOST, "x") == "")
    assert not nginx.refusal()
    assert served_by(HOST) == "one"


ELSEWHERE = ["../x", "..%2fx", "%2e%2e/x", "../../x", "%2e%2e%2f%2e%2e%2fx"]
HOSTILE = ["", "x%0a", "x%0d%0aX-Mine:%20yes", "x%0d%0a%0d%0ahello", "x%00", "x.y", "x/y", "x%2Fy", "%22x%22", '"x"',
           "'x'", "`x`", "x\\y", "<b>x</b>", "$host", "${host}", "{x}", "x;y", "x=", "~x", "%ff", "%C3%BC", "\xfc",
           "x" * 256, "x" * 1024]


@pytest.mark.parametrize("host", [HOST, UNKNOWN])
def test_nothing_but_a_token_is_told_back(thumbprint, host):
    for path in ELSEWHERE + HOSTILE:
        with socket.create_connection(("127.0.0.1", HTTP_PORT), 5) as connection:
            request = f"GET {BELOW}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode("latin-1"))
            reply = connection.makefile("rb").read().decode("latin-1")
        assert FOR_ALL not in reply and "X-Mine" not in reply and "hello" not in reply, path
        assert path in ELSEWHERE or reply.split()[1] in ("400", "404"), path
