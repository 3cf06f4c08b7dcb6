"""A private redis-server with the users of docs/redis-users.acl, and a client for it."""
import re
import signal
import socket
import threading
from pathlib import Path
from typing import Sequence

from parts.process import Process
from parts.waiting import eventually


USERS = (Path(__file__).resolve().parents[3] / "docs/redis-users.acl").read_text()
USER_NAMES = set(re.findall(r"(?m)^user (\S+)", USERS)) - {"default"}
PASSWORD = "secret"


class RedisError(Exception):
    pass


def with_passwords(users: str) -> str:
    """What an administrator does to the file: everybody gets a password."""
    return re.sub(r"(?m)^(user \S+)", rf"\1 >{PASSWORD}", users)


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
    """redis-server on a unix socket and on a port of a loopback, or another, address; it forgets everything when it
    ends. `prefix` stands before its command, as that of a Machine. Without a password, the programs come as the users
    that the file gives them; the tests themselves, by `url` or the socket, may do everything."""

    def __init__(self, place: Path, port: int = 6379, *options: str, address: str = "127.0.0.1",
                 prefix: Sequence[str] = (), password: str = "", users: str | None = None):
        place.mkdir(exist_ok=True)
        open_default = re.sub(r"(?m)^user default .*$", "user default on nopass ~* &* +@all", USERS)
        self.users = place / "users.acl"
        self.users.write_text(with_passwords(users or open_default))
        self.place, self.port, self.options = place, port, options
        self.address, self.prefix, self.password = address, prefix, password
        self.path = place / "redis.sock"
        self.url = f"unix://{self.path}"
        self.environment: dict[str, str] = {}
        self.process: Process | None = None
        self._connection: Connection | None = None

    def start(self, *more: str) -> "Redis":
        """`more` counts for this start alone."""
        self.process = Process([*self.prefix, "redis-server", *self._settings(), *self.options, *more],
                               env=self.environment)
        eventually(self.answers, what="Redis answers")
        return self

    def _settings(self) -> list:
        users = [] if self.password else ["--aclfile", self.users]
        return ["--port", self.port, "--bind", self.address, "--unixsocket", self.path, "--dir", self.place,
                "--save", "", "--appendonly", "no", *users]

    def answers(self) -> bool:
        try:
            self.connect().close()
            return True
        except OSError:
            return False

    def url_of(self, user: str) -> str:
        return f"redis://{user}:{PASSWORD}@{self.address}:{self.port}"

    def refused(self) -> list[dict]:
        """What the users of the file wanted to do and may not."""
        entries = [dict(zip(told[::2], told[1::2])) for told in self.call("ACL", "LOG", 128)]
        return [entry for entry in entries if entry["username"] in USER_NAMES]

    def stop(self) -> None:
        self._disconnect()
        self.process.stop()

    def kill(self) -> None:
        self._disconnect()
        self.process.kill()

    def freeze(self) -> None:
        self.process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.signal(signal.SIGCONT)

    def connect(self) -> Connection:
        connection = Connection(self.path)
        if self.password:
            connection.call("AUTH", self.password)
        return connection

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
        try:
            return self.connection.call(*words)
        except ConnectionError:  # the next one has a connection of its own again
            self._disconnect()
            raise

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
