"""A TCP port, with TLS or without, in front of a server's unix socket."""
import socket
import ssl
import threading
import time
from pathlib import Path
from queue import SimpleQueue


class Relay:
    """`delay`: seconds that every byte takes, in either direction. Another `target` counts for new connections."""

    def __init__(self, target: Path, context: ssl.SSLContext | None = None, delay: float = 0):
        self.target, self.context, self.delay = target, context, delay
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self.target))
        except OSError:
            client.close()
            return
        copy = _copy_late if self.delay else _copy
        threading.Thread(target=copy, args=(client, server, self.delay), daemon=True).start()
        copy(server, client, self.delay)

    def close(self) -> None:
        self.listener.close()


def _copy(source: socket.socket, target: socket.socket, _: float = 0) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    _end(source, target)


def _copy_late(source: socket.socket, target: socket.socket, delay: float) -> None:
    """Each piece that long after it came, however many are on their way."""
    under_way: SimpleQueue = SimpleQueue()
    threading.Thread(target=_deliver, args=(under_way, source, target), daemon=True).start()
    try:
        while data := source.recv(65536):
            under_way.put((time.monotonic() + delay, data))
    except OSError:
        pass
    under_way.put((time.monotonic() + delay, b""))


def _deliver(under_way: SimpleQueue, source: socket.socket, target: socket.socket) -> None:
    try:
        while True:
            due, data = under_way.get()
            time.sleep(max(0, due - time.monotonic()))
            if not data:
                break
            target.sendall(data)
    except OSError:
        pass
    _end(source, target)


def _end(*sockets: socket.socket) -> None:
    for end in sockets:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
