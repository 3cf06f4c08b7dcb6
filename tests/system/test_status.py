"""The status over HTTP: true, for this host alone, without a secret, and nobody who asks holds anything up."""
import os
import random
import signal
import socket
import stat
import threading
import time
from contextlib import contextmanager

import pytest

from parts.http import served_by
from parts.registrations import hint, manifest, register, route
from parts.status import LISTEN, PATHS, STATUS_PORT, ask, ask_socket, figure, routes
from parts.waiting import always, eventually

EXIT_USAGE = 2
SECRET = "hunter2-in-no-answer"


@pytest.fixture
def edge(redis, backend, consumer):
    """One site, served, and the status with it."""
    register(redis, "web", route("a.example.org", backend("a").endpoint))
    program = consumer(LISTEN)
    program.start()
    eventually(lambda: ask("/healthz").status == 200 and served_by("a.example.org") == "a")
    return program


def state_of(place: str) -> str:
    return routes().get(place, {}).get("state", "")


def health() -> tuple[int, str]:
    answer = ask("/healthz")
    return answer.status, answer.body.strip()


# what it says


def test_routes_say_their_states(redis, edge, nginx, backend):
    (nginx.vhosts / "bad.example.org").write_text("no_such_directive on;\n")
    register(redis, "bad", route("bad.example.org", backend("b").endpoint))
    register(redis, "odd", route("odd.example.org", requires=["teleport"]))
    redis.call("SET", "/beachhead-nodes/n1", manifest("m1", "held@n1"))
    register(redis, "held@n1", route("held.example.org", backend("h").endpoint))
    register(redis, "left@n1", route("left.example.org", backend("l").endpoint))
    eventually(lambda: state_of("left.example.org/") == "live")
    redis.call("DEL", "/beachhead/held@n1", "/beachhead/left@n1")  # the manifest lists the first one alone
    eventually(lambda: state_of("held.example.org/") == "held")
    eventually(lambda: state_of("left.example.org/") == "lingering")
    eventually(lambda: state_of("bad.example.org/") == "aside")
    told = routes()
    assert "no_such_directive" in told["bad.example.org/"]["why"]
    assert "teleport" in told["odd.example.org"]["why"]
    assert told["a.example.org/"]["state"] == "live"
    assert abs(told["held.example.org/"]["since"] - time.time()) < 60
    assert abs(told["a.example.org/"]["by"][0]["until"] - time.time() - 600) < 60
    assert [node["name"] for node in ask("/status.json").json()["nodes"]] == ["n1"]


def test_it_is_the_same_until_something_differs(redis, edge, nginx, backend):
    nginx.wait_until_quiet()
    first = ask("/status.json")
    again = ask("/status.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, "")
    register(redis, "new", route("new.example.org", backend("n").endpoint))
    eventually(lambda: ask("/status.json", headers={"If-None-Match": first.headers["etag"]}).status == 200)
    eventually(lambda: "new.example.org/" in routes())


def test_an_edge_is_healthy_while_nginx_runs_what_it_accepted(redis, edge, nginx):
    redis.stop()
    edge.process.wait_for_log("Redis is not available")
    assert health() == (200, "well")
    edge.restart()  # against a Redis that is away: nginx goes on as it is
    eventually(lambda: health() == (200, "well"))
    redis.start()
    nginx.stop()
    assert health() == (503, "nginx does not run")
    nginx.start()
    eventually(lambda: health() == (200, "well"))


def test_only_reading_is_answered(edge):
    assert ask("/status.json", method="HEAD").body == ""
    assert int(ask("/status.json", method="HEAD").headers["content-length"]) == len(ask("/status.json").body)
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"):
        assert ask("/", method=method).status == 405, method
    for path in ("/nothing", "/status.json/", "//", "/../etc/passwd", "/%2e%2e/etc/passwd"):
        assert ask(path).status == 404, path
    assert ask("/status.json?since=1").status == 200


def test_a_name_that_may_be_somebody_elses_is_not_answered_to(edge):
    assert ask("/status.json", host="localhost").status == 200
    assert ask("/status.json", host="rebound.example").status == 403


def test_no_answer_holds_a_secret(redis, edge, engine, registrar, nginx, consumer, place):
    redis.call("CONFIG", "SET", "requirepass", SECRET)
    password = place / "password"
    password.write_text(f"{SECRET}\n")
    edge.stop()
    (nginx.passwords / "app.example.org").write_text(f"user:{{PLAIN}}{SECRET}\n")
    by_password = [f"--redis-url={redis.url}", f"--redis-password-file={password}"]
    registrar("--node=n1", *by_password, f"--metrics-file={place}/figures.prom").start()
    engine.serve("app", "app.example.org", f"DATABASE_PASSWORD={SECRET}", f"LETSENCRYPT_EMAIL={SECRET}@example.org",
                 "LETSENCRYPT_HOST=app.example.org")
    consumer(LISTEN, "--output=nginx", "--output=requests", *by_password).start()
    eventually(lambda: state_of("app.example.org/") == "live")
    eventually(lambda: figure('beachhead_node_up{node="n1"}') == 1)
    answers = [ask(path) for path in PATHS]
    told = [str(answer.headers) + answer.body for answer in answers]
    written = place / "figures.prom"
    told.append(eventually(lambda: written.exists() and written.read_text()))
    redis.stop()
    eventually(lambda: figure("beachhead_redis_up") == 0)
    told += [ask(path).body for path in PATHS]
    assert [text for text in told if SECRET in text] == []


# where it is served


def test_a_socket_file_is_for_owner_and_group_and_replaced_when_it_was_left_behind(redis, consumer, place):
    path = place / "status.sock"
    program = consumer(f"--listen=unix:{path}")
    program.start()
    eventually(lambda: path.exists() and ask_socket(path, "/metrics").status == 200)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    refused = consumer(f"--listen=unix:{path}", state=place / "other").run()
    assert refused.status == EXIT_USAGE
    assert f"--listen=unix:{path}: Address already in use" in refused.errors
    program.kill()
    assert path.exists()
    program.start()
    eventually(lambda: ask_socket(path, "/metrics").status == 200)
    program.stop()
    assert not path.exists()


def test_a_file_that_is_no_socket_is_left_alone(consumer, place):
    path = place / "precious"
    path.write_text("data")
    assert consumer(f"--listen=unix:{path}").run().status == EXIT_USAGE
    assert path.read_text() == "data"


def test_the_address_follows_the_configuration(edge, consumer, place):
    edge.stop()
    path, file = place / "status.sock", place / "consumer.conf"
    file.write_text(f"listen=127.0.0.1:{STATUS_PORT}\n")
    program = consumer(f"--config={file}")
    program.start()
    eventually(lambda: ask("/healthz").status == 200)
    program.process.signal(signal.SIGHUP)  # the same: nobody is turned away
    always(lambda: ask("/healthz").status == 200, 0.5)
    file.write_text(f"listen=unix:{path}\n")
    program.process.signal(signal.SIGHUP)
    eventually(lambda: path.exists() and ask_socket(path, "/healthz").status == 200)
    with pytest.raises(ConnectionError):
        ask("/healthz")
    file.write_text("")
    program.process.signal(signal.SIGHUP)
    eventually(lambda: not path.exists())


@pytest.mark.parametrize("address", ["0.0.0.0:9110", "192.0.2.1:80", "[::]:9110", "9110", "unix:relative"])
def test_what_others_could_reach_is_refused(consumer, address):
    refused = consumer(f"--listen={address}").run()
    assert refused.status == EXIT_USAGE
    assert "must be 127.0.0.1:PORT" in refused.errors


# who asks badly


def connect() -> socket.socket:
    return socket.create_connection(("127.0.0.1", STATUS_PORT), 5)


MALFORMED = [
    b"\r\n\r\n", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: [\r\n\r\n", b"GET /%zz%00%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /status.json HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: " + b'"' * 8_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"GET / HTTP/1.1\r\n" * 20 + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x55" * 500,
]


def send(request: bytes) -> None:
    with connect() as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass  # it has had enough of us


def test_malformed_requests_hurt_nobody(edge):
    chance = random.Random(1)
    for request in MALFORMED + [chance.randbytes(2000) for _ in range(200)]:
        send(request)
    assert edge.process.is_running
    assert health() == (200, "well")


class Hanging:
    """Requests that come byte by byte, and answers that nobody fetches."""

    def __init__(self, count: int):
        self.slow = [connect() for _ in range(count // 2)]
        self.deaf = []
        for _ in range(count - count // 2):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.connect(("127.0.0.1", STATUS_PORT))
            connection.sendall(b"GET /status.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            self.deaf.append(connection)

    def trickle(self) -> None:
        for connection in self.slow:
            try:
                connection.send(b"G")
            except OSError:
                pass

    def close(self) -> None:
        for connection in self.slow + self.deaf:
            connection.close()


@contextmanager
def siege():
    """All of it at once, again and again, until the end."""
    over = threading.Event()

    def flood(path: str) -> None:
        while not over.is_set():
            try:
                send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            except OSError:
                pass

    def annoy() -> None:
        chance = random.Random(2)
        while not over.is_set():
            try:
                send(chance.choice(MALFORMED))
            except OSError:
                pass

    hanging = Hanging(40)

    def trickle() -> None:
        while not over.wait(0.2):
            hanging.trickle()

    threads = [threading.Thread(target=flood, args=(path,)) for path in PATHS for _ in range(3)]
    threads += [threading.Thread(target=annoy), threading.Thread(target=trickle)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
        hanging.close()


def seconds_until_live(redis, name: str, endpoint) -> float:
    began = time.monotonic()
    register(redis, name, route(f"{name}.example.org", endpoint))
    hint(redis, name)
    eventually(lambda: served_by(f"{name}.example.org") == "one")
    return time.monotonic() - began


def test_requests_that_hang_flood_or_are_malformed_do_not_delay_a_change(redis, edge, nginx, backend, notify,
                                                                         record_property):
    one = backend("one").endpoint
    register(redis, "many", *(route(f"site{n}.example.org", one) for n in range(900)))
    eventually(lambda: "site899.example.org/" in routes())
    edge.stop()
    edge.start(env=notify.environment(watchdog_seconds=4))
    eventually(lambda: health() == (200, "well") and "site899.example.org/" in routes())
    nginx.wait_until_quiet()
    alone = [seconds_until_live(redis, f"alone{n}", one) for n in range(5)]
    fed = len(notify.values("WATCHDOG"))
    with siege():
        besieged = [seconds_until_live(redis, f"besieged{n}", one) for n in range(5)]
        eventually(lambda: len(notify.values("WATCHDOG")) > fed, what="the watchdog is fed")
    record_property("figures", f"a change is live in {sorted(alone)[2]:.2f} s, under siege in {sorted(besieged)[2]:.2f} s")
    assert edge.process.is_running
    assert health() == (200, "well")
    assert served_by("a.example.org") == "a"


CONNECTIONS_MAX = 64  # SERVER_CONNECTIONS_MAX
PATIENCE_SECONDS = 60  # longer than a connection may live


def test_who_holds_every_connection_and_sends_nothing_loses_them(edge):
    held = [connect() for _ in range(CONNECTIONS_MAX)]
    answer = ask("/healthz", timeout=PATIENCE_SECONDS)
    assert answer.status == 200
    for connection in held:
        connection.close()


@pytest.mark.long
def test_who_holds_every_connection_and_keeps_them_busy_loses_them(edge):
    hanging = Hanging(2 * CONNECTIONS_MAX)
    try:
        eventually(lambda: _asks_again(hanging), PATIENCE_SECONDS, "somebody else is answered")
    finally:
        hanging.close()
    descriptors = f"/proc/{edge.process.pid}/fd"
    eventually(lambda: len(os.listdir(descriptors)) < CONNECTIONS_MAX, what="their descriptors are closed")


def _asks_again(hanging: Hanging) -> bool:
    hanging.trickle()
    try:
        return ask("/healthz", timeout=0.5).status == 200
    except OSError:
        return False
