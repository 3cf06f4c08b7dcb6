"""A private redis-server, and a client for it."""
import socket
import threading
from pathlib import Path

from parts.process import Process
from parts.waiting import eventually


class RedisError(Exception):
    pass


def encode(*words) -> bytes:
    out = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        out.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(out)


class Connection:
    """One connection that speaks RESP2; every string comes back as str."""

    def __init__(self, path: Path, timeout: float = 20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rb")

    def send(self, *words) -> None:
        self.socket.sendall(encode(*words))

    def read(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self._read_bytes(int(rest))
        if int(rest) < 0:
            return None
        return [self.read() for _ in range(int(rest))]

    def _read_bytes(self, size: int) -> str | None:
        if size < 0:
            return None
        return self.stream.read(size + 2)[:-2].decode(errors="surrogateescape")

    def call(self, *words):
        self.send(*words)
        reply = self.read()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def pipeline(self, commands: list[tuple]) -> list:
        self.socket.sendall(b"".join(encode(*command) for command in commands))
        return [self.read() for _ in commands]

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


class Listener:
    """Collects, in a thread, what a connection is sent: MONITOR's lines, or the messages of channels."""

    def __init__(self, path: Path, *command: str):
        self.items: list = []
        self.connection = Connection(path, timeout=None)
        self.connection.call(*command)
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        try:
            while True:
                self.items.append(self.connection.read())
        except (OSError, ValueError):
            pass

    def close(self) -> None:
        self.connection.socket.shutdown(socket.SHUT_RDWR)


class Redis:
    """redis-server on a unix socket and on a loopback port; it forgets everything when it ends."""

    def __init__(self, place: Path, port: int = 6379, *options: str):
        place.mkdir(exist_ok=True)
        self.place, self.port, self.options = place, port, options
        self.path = place / "redis.sock"
        self.url = f"unix://{self.path}"
        self.process: Process | None = None
        self._connection: Connection | None = None

    def start(self) -> "Redis":
        self.process = Process(["redis-server", "--port", self.port, "--bind", "127.0.0.1",
                                "--unixsocket", self.path, "--dir", self.place, "--save", "",
                                "--appendonly", "no", *self.options])
        eventually(self._answers, what="Redis answers")
        return self

    def _answers(self) -> bool:
        try:
            self.connect().close()
            return True
        except OSError:
            return False

    def stop(self) -> None:
        self._disconnect()
        self.process.stop()

    def kill(self) -> None:
        self._disconnect()
        self.process.kill()

    def connect(self) -> Connection:
        return Connection(self.path)

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    @property
    def connection(self) -> Connection:
        if not self._connection:
            self._connection = self.connect()
        return self._connection

    def call(self, *words):
        return self.connection.call(*words)

    def pipeline(self, commands: list[tuple]) -> list:
        return self.connection.pipeline(commands)

    def get(self, key: str) -> str | None:
        return self.call("GET", key)

    def keys(self, pattern: str = "*") -> list[str]:
        return sorted(self.call("KEYS", pattern))

    def listen(self, *channels: str) -> Listener:
        return Listener(self.path, "SUBSCRIBE", *channels)

    def monitor(self) -> Listener:
        return Listener(self.path, "MONITOR")

    def command_counts(self) -> dict[str, int]:
        """How often each command was called since the last `CONFIG RESETSTAT`, by its name in lower case."""
        counts = {}
        for line in self.call("INFO", "commandstats").splitlines():
            if line.startswith("cmdstat_"):
                name, _, figures = line.removeprefix("cmdstat_").partition(":calls=")
                counts[name] = int(figures.split(",")[0])
        return counts
