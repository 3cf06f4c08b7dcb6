"""The two programs under test."""
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from parts.http import HTTP_PORT, HTTPS_PORT
from parts.nginx import Nginx
from parts.process import Ended, Process, run
from parts.redis import Redis

SOURCE = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("BEACHHEAD_BUILD", SOURCE / "build"))
REGISTRAR = BUILD / "beachhead-registrar"
CONSUMER = BUILD / "beachhead-consumer"


@dataclass
class Notice:
    """One datagram of sd_notify."""

    time: float  # monotonic
    fields: dict[str, str]


class NotifySocket:
    """What systemd hears from a service."""

    def __init__(self, path: Path):
        self.path = path
        self.notices: list[Notice] = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        while True:
            try:
                text = self.socket.recv(65536).decode()
            except OSError:
                return
            self.notices.append(Notice(time.monotonic(), dict(
                line.split("=", 1) for line in text.splitlines() if "=" in line)))

    def has(self, name: str, text: str | None = None) -> bool:
        return any(name in n.fields and text in (None, n.fields[name]) for n in self.notices)

    def values(self, name: str) -> list[str]:
        return [n.fields[name] for n in self.notices if name in n.fields]

    @property
    def status(self) -> str:
        """What `systemctl status` shows now."""
        return (self.values("STATUS") or [""])[-1]

    def environment(self, watchdog_seconds: float = 0) -> dict[str, str]:
        given = {"NOTIFY_SOCKET": str(self.path)}
        if watchdog_seconds:
            given["WATCHDOG_USEC"] = str(int(watchdog_seconds * 1e6))
        return given

    def close(self) -> None:
        self.socket.close()


class Program:
    """A program with the options that a test gives it; it can be started, ended and started again."""

    def __init__(self, binary: Path, options: list):
        assert binary.exists(), f"{binary} is not built: run make"
        self.binary, self.options = binary, options
        self.process: Process | None = None

    def start(self, *more, env: dict | None = None) -> Process:
        self.process = Process([self.binary, *self.options, *more], env=env)
        return self.process

    def run(self, *more, env: dict | None = None, within: float = 30) -> Ended:
        """For what ends by itself."""
        return run([self.binary, *self.options, *more], env=env, within=within)

    def stop(self) -> int:
        return self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def restart(self) -> Process:
        self.stop()
        return self.start()

    def freeze(self) -> None:
        self.process.signal(signal.SIGSTOP)


class NoEngine:
    """In place of an Engine, on a host that has none."""

    url = "none"


class Registrar(Program):
    """Short leases, so that expiry can be waited for."""

    def __init__(self, redis: Redis, engine, *options, expire: int = 4):
        super().__init__(REGISTRAR, [
            f"--redis-url={redis.url_of('beachhead-registrar')}", f"--docker-url={engine.url}", "--services-dir=", f"--expire={expire}",
            *options])


class Consumer(Program):
    """With a private nginx; `interval` is that between full passes."""

    def __init__(self, redis: Redis, nginx: Nginx, state: Path, *options, interval: int = 1):
        super().__init__(CONSUMER, [
            f"--redis-url={redis.url_of('beachhead-certs')}", f"--interval={interval}", f"--state-dir={state}",
            f"--nginx-conf={nginx.conf}", f"--nginx-main={nginx.main}",
            f"--http-port=127.0.0.1:{HTTP_PORT}", f"--https-port=127.0.0.1:{HTTPS_PORT}",
            f"--cert-dir={nginx.certs}", f"--vhost-dir={nginx.vhosts}", f"--htpasswd-dir={nginx.passwords}",
            *options])
        self.state = state
