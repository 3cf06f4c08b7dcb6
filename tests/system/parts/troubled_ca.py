"""A CA in trouble: stands in front of a pebble, and gives the answers that a test wants to certain requests."""
import http.client
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from parts.pebble import PORT as PEBBLE_PORT, Pebble

PORT = 14001
PREFIX = "urn:ietf:params:acme:error:"
HOP_BY_HOP = ("connection", "transfer-encoding", "content-length")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        trouble = self.server.trouble_with(self.path)
        if trouble:
            status, headers, answer = trouble
            headers = {**headers, "Replay-Nonce": self._forward("HEAD", "/nonce-plz", b"")[1]["Replay-Nonce"]}
        else:
            status, headers, answer = self._forward(self.command, self.path, body)
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = _answer

    def _forward(self, method: str, path: str, body: bytes) -> tuple:
        """The host stays as it was asked for, and so pebble's links lead here."""
        onward = http.client.HTTPSConnection("localhost", PEBBLE_PORT, context=self.server.trust, timeout=10)
        kind = {"Content-Type": self.headers["Content-Type"]} if body else {}
        onward.request(method, path, body or None, {"Host": self.headers["Host"], **kind})
        reply = onward.getresponse()
        answer = reply.read()
        onward.close()
        return reply.status, dict(reply.getheaders()), answer

    def log_message(self, *_) -> None:
        pass


class TroubledCa(ThreadingHTTPServer):
    daemon_threads = True
    url = f"https://localhost:{PORT}/dir"

    def __init__(self, pebble: Pebble):
        super().__init__(("127.0.0.1", PORT), _Handler)
        self.roots = pebble.roots
        self.trust = ssl.create_default_context(cafile=pebble.roots)
        self.troubles: list[dict] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pebble.certificate, pebble.key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def trouble(self, path: str, status: int, kind: str = "", detail: str = "", times: int = 1_000_000,
                **headers) -> None:
        """What begins with `path` gets this problem so many times; without a kind it is no problem document but a page
        of HTML, as from a broken balancer."""
        problem = {"type": PREFIX + kind, "detail": detail, "status": status}
        answer = json.dumps(problem).encode() if kind else b"<html><h1>Oh</h1></html>"
        content = "application/problem+json" if kind else "text/html"
        given = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        self.troubles.append({"path": path, "times": times,
                              "answer": (status, {"Content-Type": content, **given}, answer)})

    def trouble_with(self, path: str) -> tuple | None:
        for trouble in self.troubles:
            if path.startswith(trouble["path"]) and trouble["times"] > 0:
                trouble["times"] -= 1
                return trouble["answer"]
        return None

    def handle_error(self, *_) -> None:
        pass  # a client that went away is not our concern

    def close(self) -> None:
        self.shutdown()
        self.server_close()
