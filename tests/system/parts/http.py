"""Requests through the edge, small backends behind it, and a loop that notices every failure."""
import http.client
import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable

from parts.waiting import eventually

HTTP_PORT = 8080  # where the tests' nginx listens, on 127.0.0.1
HTTPS_PORT = 8443


@dataclass
class Response:
    status: int
    headers: dict[str, str]  # names in lower case
    body: str
    certificate: bytes = b""  # the server's, DER

    def json(self):
        return json.loads(self.body)


def fetch(host: str, path: str = "/", port: int = HTTP_PORT, address: str = "127.0.0.1", timeout: float = 5,
          method: str = "GET", headers: dict | None = None) -> Response:
    """One request over a connection of its own."""
    return _request(socket.create_connection((address, port), timeout), host, path, method, headers)


def fetch_tls(host: str, path: str = "/", port: int = HTTPS_PORT, address: str = "127.0.0.1",
              timeout: float = 5, headers: dict | None = None, client: tuple | None = None) -> Response:
    """The same over TLS; the certificate is returned, not verified. `client` is a certificate of ours and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if client:
        context.load_cert_chain(*client)
    plain = socket.create_connection((address, port), timeout)
    try:
        wrapped = context.wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise
    certificate = wrapped.getpeercert(binary_form=True)
    response = _request(wrapped, host, path, "GET", headers)
    response.certificate = certificate
    return response


def _request(connected: socket.socket, host: str, path: str, method: str, headers: dict | None) -> Response:
    connection = http.client.HTTPConnection(host)
    connection.sock = connected
    try:
        connection.request(method, path, headers={"Host": host, "Connection": "close", **(headers or {})})
        reply = connection.getresponse()
        body = reply.read().decode(errors="replace")
        return Response(reply.status, {name.lower(): value for name, value in reply.getheaders()}, body)
    except http.client.HTTPException as error:
        raise ConnectionError(repr(error)) from error
    finally:
        connection.close()


def status(host: str, **options) -> int:
    """The status that the edge answers; 0 where it answers nothing."""
    try:
        return fetch(host, **options).status
    except OSError:
        return 0


def served_by(host: str, **options) -> str:
    """The name that a Backend or a container of ours answers; "" where nobody does with 200."""
    return _name(fetch, host, **options)


def served_over_tls_by(host: str, **options) -> str:
    return _name(fetch_tls, host, **options)


def _name(how, host: str, **options) -> str:
    try:
        response = how(host, **options)
    except OSError:
        return ""
    if response.status != 200:
        return ""
    return response.json()["name"] if response.body.startswith("{") else response.body.strip()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.requests += 1
        told = {"name": self.server.name, "path": self.path, "tls": self.server.tls,
                "headers": {name.lower(): value for name, value in self.headers.items()}}
        answer = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_) -> None:
        pass  # a client that went away is not our concern


class _Server6(_Server):
    address_family = socket.AF_INET6


class Backend:
    """An HTTP server in a thread that tells its name, and what it was asked, as JSON."""

    def __init__(self, name: str, port: int = 0, certificate: tuple | None = None, address: str = "127.0.0.1"):
        self.server = (_Server6 if ":" in address else _Server)((address, port), _Handler)
        self.server.name, self.server.requests, self.server.tls = name, 0, certificate is not None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def endpoint(self) -> tuple[str, int]:
        return self.server.server_address[:2]

    @property
    def requests(self) -> int:
        return self.server.requests

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class RequestLoop:
    """Requests hosts one after the other at a fixed pace, each over a connection of its own: by `fetch` or
    `fetch_tls`, and fails where another status is answered than the one that is wanted."""

    hosts: list[str]
    pace: float = 0.05  # seconds from one request to the next
    how: Callable[[str], Response] = fetch
    wanted: int = 200
    count: int = 0
    failures: list[tuple[float, str, str]] = field(default_factory=list)  # time, host, what happened

    def __enter__(self) -> "RequestLoop":
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for_more(self, count: int) -> None:
        """Until that many more requests have been answered or not."""
        enough = self.count + count
        eventually(lambda: self.count >= enough, what="requests go on")

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._request(self.hosts[self.count % len(self.hosts)])
            self.count += 1
            due = max(due + self.pace, time.monotonic())
            self._stop.wait(due - time.monotonic())

    def _request(self, host: str) -> None:
        try:
            answer = self.how(host).status
        except OSError as error:
            answer = repr(error)
        if answer != self.wanted:
            self.failures.append((time.monotonic(), host, str(answer)))
