"""A TCP port, with TLS or without, in front of a server's unix socket."""
import socket
import ssl
import threading
from pathlib import Path


class Relay:
    def __init__(self, target: Path, context: ssl.SSLContext | None = None):
        self.target, self.context = target, context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
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
        threading.Thread(target=_copy, args=(client, server), daemon=True).start()
        _copy(server, client)

    def close(self) -> None:
        self.listener.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
