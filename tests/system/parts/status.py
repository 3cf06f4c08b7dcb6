"""The consumer's status over HTTP, as others ask for it."""
import re
import socket
from pathlib import Path

from parts.http import Response, _request, fetch

STATUS_PORT = 9110
LISTEN = f"--listen=127.0.0.1:{STATUS_PORT}"
PATHS = ["/", "/status.json", "/metrics", "/healthz"]


def ask(path: str, host: str = "127.0.0.1", **options) -> Response:
    return fetch(host, path, port=STATUS_PORT, **options)


def ask_socket(socket_path: Path, path: str) -> Response:
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(5)
    connected.connect(str(socket_path))
    return _request(connected, "anything", path, "GET", None)


def figures(text: str) -> dict[str, float]:
    """The samples of a text for Prometheus, by their names with labels."""
    return {name: float(value) for name, value in re.findall(r"(?m)^([^#\s].*) (\S+)$", text)}


def figure(name: str) -> float:
    """-1 without it."""
    return figures(ask("/metrics").body).get(name, -1)


def routes() -> dict[str, dict]:
    """The rows by domain and path."""
    return {row["domain"] + row["path"]: row for row in ask("/status.json").json()["routes"]}
