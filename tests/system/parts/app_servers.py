"""Backends that speak something else than HTTP, each just enough to answer one request a connection."""
import socket
import struct
import threading

FCGI_STDIN, FCGI_STDOUT, FCGI_PARAMS, FCGI_END = 5, 6, 4, 3


class _Server:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.parameters: dict[str, str] = {}  # of the last request
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return self.listener.getsockname()[1]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self.answer(stream)

    def close(self) -> None:
        self.listener.close()


class Uwsgi(_Server):
    def answer(self, stream) -> None:
        _, size, _ = struct.unpack("<BHB", stream.read(4))
        data, self.parameters = stream.read(size), {}
        while data:
            name, data = _counted(data)
            text, data = _counted(data)
            self.parameters[name.decode()] = text.decode()
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuwsgi")


def _counted(data: bytes) -> tuple[bytes, bytes]:
    size, = struct.unpack("<H", data[:2])
    return data[2:2 + size], data[2 + size:]


class FastCgi(_Server):
    def answer(self, stream) -> None:
        parameters = b""
        while True:
            _, kind, request, size, padding, _ = struct.unpack(">BBHHBB", stream.read(8))
            content = stream.read(size)
            stream.read(padding)
            if kind == FCGI_PARAMS:
                parameters += content
            if kind == FCGI_STDIN and size == 0:
                break
        self.parameters = _pairs(parameters)
        answer = b"Content-Type: text/plain\r\n\r\nfastcgi"
        stream.write(struct.pack(">BBHHBB", 1, FCGI_STDOUT, request, len(answer), 0, 0) + answer)
        stream.write(struct.pack(">BBHHBB", 1, FCGI_END, request, 8, 0, 0) + bytes(8))


def _pairs(data: bytes) -> dict[str, str]:
    found = {}
    while data:
        name_size, data = _size(data)
        text_size, data = _size(data)
        found[data[:name_size].decode()] = data[name_size:name_size + text_size].decode()
        data = data[name_size + text_size:]
    return found


def _size(data: bytes) -> tuple[int, bytes]:
    if data[0] < 128:
        return data[0], data[1:]
    return struct.unpack(">I", data[:4])[0] & 0x7fffffff, data[4:]
