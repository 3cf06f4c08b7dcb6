"""An Engine out of a script: any number of containers, every request counted, misbehaviour on command."""
import json
import re
import socket
import threading
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write

    def do_GET(self) -> None:
        path = re.sub(r"^/v1\.\d+", "", urllib.parse.urlparse(self.path).path)
        engine = self.server.engine
        if path == "/events":
            engine.count("events")
            self._events(engine)
        elif path == "/containers/json":
            engine.count("list")
            self._answer(engine, "list", engine.listed())
        elif match := re.fullmatch(r"/containers/([^/]+)/json", path):
            engine.count("inspect")
            self._answer(engine, "inspect", engine.inspected(match[1]))
        else:
            engine.count("other")
            self._reply(200, b"OK")

    def _answer(self, engine: "ScriptedEngine", kind: str, found) -> None:
        fault = engine.faults.get(kind)
        if fault == "hang":
            engine.stopped.wait()
            self.close_connection = True
        elif fault == "error":
            self._reply(500, b'{"message":"out of order"}')
        elif fault == "garbage":
            self._reply(200, b'{"Id": [[[ \xff\x00')
        elif fault == "cut":
            self._reply(200, json.dumps(found).encode()[:-20], missing=20)
        elif found is None:
            self._reply(404, b'{"message":"No such container"}')
        else:
            self._reply(200, json.dumps(found).encode())

    def _reply(self, status: int, body: bytes, missing: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = missing > 0

    def _events(self, engine: "ScriptedEngine") -> None:
        self.close_connection = True
        if engine.faults.get("events") == "error":
            self._reply(500, b'{"message":"out of order"}')
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        engine.streams.append(self.connection)
        engine.stopped.wait()

    def log_message(self, *_) -> None:
        pass


class _Server(ThreadingHTTPServer):
    address_family = socket.AF_UNIX
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        self.socket.bind(self.server_address)

    def get_request(self):
        connection, _ = self.socket.accept()
        self.engine.connections.append(connection)
        return connection, ("unix", 0)

    def handle_error(self, *_) -> None:
        pass  # a client that went away is not our concern


class ScriptedEngine:
    """Start and stop containers by calls; set `faults["list"]` (or "inspect", "events") to "error", "hang",
    "garbage" or "cut" to misbehave."""

    def __init__(self, path: Path):
        self.path = path
        self.url = f"unix://{path}"
        self.containers: dict[str, dict] = {}  # inspect replies by id
        self.faults: dict[str, str] = {}
        self.streams: list[socket.socket] = []
        self.connections: list[socket.socket] = []
        self.requests: Counter = Counter()
        self._lock = threading.Lock()
        self._made = 0
        self.start()

    def start(self) -> None:
        self.stopped = threading.Event()
        self.path.unlink(missing_ok=True)
        self.server = _Server(str(self.path), _Handler)
        self.server.engine = self
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """As when dockerd ends: every connection is closed, and the socket answers no more."""
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        self.path.unlink(missing_ok=True)
        self.cut_streams()
        connections, self.connections = self.connections, []
        for connection in connections:
            _close(connection)

    def count(self, kind: str) -> None:
        with self._lock:
            self.requests[kind] += 1

    def counted(self) -> dict[str, int]:
        """The requests since the last call, by kind."""
        with self._lock:
            counted, self.requests = dict(self.requests), Counter()
        return counted

    # Containers

    def add(self, name: str, *environment: str, quietly: bool = False, health: str = "",
            address: str = "") -> str:
        """Starts one and returns its id; `quietly`: without events. By default nobody is at its address."""
        self._made += 1
        identifier = f"{self._made:064x}"
        state = {"Status": "running", "Running": True, "Paused": False}
        if health:
            state["Health"] = {"Status": health}
        address = address or f"10.{self._made >> 16 & 255}.{self._made >> 8 & 255}.{self._made & 255}"
        self.containers[identifier] = {
            "Id": identifier, "Name": f"/{name}", "Created": "2026-01-02T03:04:05.678901234Z", "State": state,
            "Config": {"Env": list(environment), "Labels": {}, "ExposedPorts": {"80/tcp": {}}},
            "HostConfig": {"NetworkMode": "default"},
            "NetworkSettings": {"Ports": {"80/tcp": None}, "IPAddress": address, "Networks": {
                "bridge": {"IPAddress": address, "GlobalIPv6Address": "", "NetworkID": "b"}}}}
        if not quietly:
            self.emit(identifier, "create")
            self.emit(identifier, "start")
        return identifier

    def serve(self, name: str, domain: str, backend, **options) -> str:
        """A container with one plain HTTP domain, served by a Backend of the tests."""
        host, port = backend.endpoint
        return self.add(name, f"BEACHHEAD_DOMAINS={domain}:http={port}", address=host, **options)

    def set_state(self, identifier: str, action: str, **state) -> None:
        self.containers[identifier]["State"].update(state)
        self.emit(identifier, action)

    def remove(self, identifier: str, quietly: bool = False) -> None:
        container = self.containers.pop(identifier)
        if not quietly:
            for action in ("die", "destroy"):
                self.send(self.event(container, action))

    def listed(self) -> list[dict]:
        return [{"Id": c["Id"], "Names": [c["Name"]], "Image": "app", "Labels": {}, "Created": 1767322445,
                 "State": "paused" if c["State"]["Paused"] else "running",
                 "Status": "Up 2 minutes" + _health_words(c) + (" (Paused)" if c["State"]["Paused"] else ""),
                 "Ports": [], "HostConfig": {"NetworkMode": "default"},
                 "NetworkSettings": {"Networks": c["NetworkSettings"]["Networks"]}}
                for c in list(self.containers.values()) if c["State"]["Running"]]

    def inspected(self, identifier: str) -> dict | None:
        by_name = (c for c in list(self.containers.values()) if c["Name"] == f"/{identifier}")
        return self.containers.get(identifier) or next(by_name, None)

    # Events

    @staticmethod
    def event(container: dict, action: str, **attributes) -> bytes:
        told = {"Type": "container", "Action": action, "status": action, "id": container["Id"],
                "Actor": {"ID": container["Id"], "Attributes": {"name": container["Name"][1:], **attributes}},
                "scope": "local", "time": 1767322445, "timeNano": 1767322445000000000}
        return json.dumps(told).encode() + b"\n"

    def emit(self, identifier: str, action: str, **attributes) -> None:
        self.send(self.event(self.containers[identifier], action, **attributes))

    def send(self, data: bytes) -> None:
        """Bytes to everybody who listens, as one chunk."""
        for stream in list(self.streams):
            try:
                stream.sendall(b"%x\r\n%s\r\n" % (len(data), data))
            except OSError:
                self.streams.remove(stream)

    def cut_streams(self) -> None:
        """Ends the event streams in the middle of whatever they were saying."""
        streams, self.streams = self.streams, []
        for stream in streams:
            _close(stream)


def _health_words(container: dict) -> str:
    health = container["State"].get("Health")
    words = {"healthy": " (healthy)", "unhealthy": " (unhealthy)", "starting": " (health: starting)"}
    return words[health["Status"]] if health else ""


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
