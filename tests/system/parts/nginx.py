"""A private nginx: everything it owns lies below one directory; it listens on unprivileged loopback ports."""
import os
import signal
import time
from pathlib import Path

from parts.process import Process, run
from parts.waiting import eventually

MAIN = """user root root;
worker_processes 1;
pid {place}/nginx.pid;
error_log {place}/error.log notice;
events {{
    worker_connections 4096;
}}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    include conf.d/*.conf;
}}
"""


class Nginx:
    def __init__(self, place: Path, prefix: list[str] = ()):
        """`prefix` stands before the command."""
        self.place, self.prefix = place, list(prefix)
        self.conf_d, self.certs, self.vhosts = place / "conf.d", place / "certs", place / "vhost.d"
        self.passwords = place / "htpasswd"
        for directory in (place, self.conf_d, self.certs, self.vhosts, self.passwords):
            directory.mkdir(exist_ok=True)
        self.main = place / "nginx.conf"
        self.main.write_text(MAIN.format(place=place))
        self.conf = self.conf_d / "beachhead.conf"
        self.process: Process | None = None

    def start(self) -> "Nginx":
        self.process = Process([*self.prefix, "nginx", "-c", self.main, "-g", "daemon off;"])
        eventually(self._is_up, what="nginx wrote its pid")
        return self

    def _is_up(self) -> bool:
        assert self.process.is_running, self.process.log + self.error_log
        return self.pid == self.process.pid

    @property
    def pid(self) -> int:
        try:
            return int((self.place / "nginx.pid").read_text())
        except (OSError, ValueError):
            return 0

    def reload(self) -> None:
        os.kill(self.process.pid, signal.SIGHUP)

    def stop(self) -> None:
        self.process.kill()

    @property
    def error_log(self) -> str:
        path = self.place / "error.log"
        return path.read_text() if path.exists() else ""

    @property
    def reloads(self) -> int:
        """How often it was told to read its configuration again."""
        return self.error_log.count("(SIGHUP) received")

    @property
    def workers(self) -> list[int]:
        """Their process ids: one for each generation that is still served."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def wait_for_old_workers(self) -> None:
        """For some 100 ms they accept connections beside the new ones: only then is what one answer has shown
        true of the next one."""
        eventually(lambda: len(self.workers) == 1, what="the old workers of nginx have ended")

    def wait_until_quiet(self, seconds: float = 1) -> None:
        """Until it was not told to reload for that long: no old worker answers any more, and the next change
        is a first one."""
        def last_reload_is_old() -> bool:
            return time.time() - (self.place / "error.log").stat().st_mtime > seconds

        eventually(last_reload_is_old, what="nginx has nothing to do")
        self.wait_for_old_workers()

    @property
    def rendered(self) -> str:
        """What the consumer has put in place; empty without."""
        return self.conf.read_text() if self.conf.exists() else ""

    def refusal(self) -> str:
        """What nginx says against what is on disk; empty where it would start with it."""
        checked = run(["nginx", "-t", "-q", "-c", self.main])
        return "" if checked.status == 0 else checked.errors or "refused without a word"
