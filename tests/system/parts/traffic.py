"""Requests at a fixed rate, whether the ones before have been answered or not, and what became of each."""
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable

from parts.http import Response, fetch
from parts.waiting import eventually

WAITING_MAX = 600  # requests without an answer yet
PATIENCE = 20  # seconds that a visitor waits: what takes long on a machine that has much to do is no failure …
PATIENT = f"--proxy-connect-timeout={PATIENCE}s"  # … neither to him nor to nginx


def visit(host: str) -> Response:
    return fetch(host, timeout=PATIENCE)


@dataclass
class Failure:
    time: float  # monotonic, when the request was sent
    host: str
    what: str
    ended: float = 0  # monotonic, when it had failed

    def __str__(self) -> str:
        return f"{self.host}: {self.what}"


@dataclass
class Traffic:
    """Visitors of these hosts, in turn, each with a connection of its own."""

    hosts: list[str]
    rate: int = 100  # requests a second
    how: Callable[[str], Response] = visit
    wanted: int = 200
    sent: int = 0
    failed: list[Failure] = field(default_factory=list)
    cuts: list[tuple[float, float]] = field(default_factory=list)
    converged: list[float] = field(default_factory=list)  # seconds from each change of what is at fault

    def __enter__(self) -> "Traffic":
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(WAITING_MAX)
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        """Every request that was sent is waited for."""
        self._stop.set()
        self._thread.join()
        self._pool.shutdown()

    def _send(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(max(0, due - time.monotonic())):
            self._pool.submit(self._request, self.hosts[self.sent % len(self.hosts)])
            self.sent += 1
            due += 1 / self.rate

    def _request(self, host: str) -> None:
        at = time.monotonic()
        try:
            answer = self.how(host).status
        except OSError as error:
            answer = repr(error)
        if answer != self.wanted:
            self.failed.append(Failure(at, host, str(answer), time.monotonic()))

    def converge(self, condition: Callable, within: float = 20, what: str = "it has converged") -> None:
        """The fault is over, or there: waits until everything is as it should be, and keeps how long that took."""
        begin = time.monotonic()
        eventually(condition, within, what)
        self.converged.append(time.monotonic() - begin)

    def failed_between(self, begin: float, end: float) -> list[Failure]:
        return [failure for failure in self.failed if begin <= failure.time <= end]

    def cut(self, begin: float, end: float) -> None:
        """The case itself cut the way then: what was sent in that time, or was under way, may have failed."""
        self.cuts.append((begin, end))

    @property
    def failures(self) -> list[Failure]:
        """What nothing excuses."""
        return [failure for failure in list(self.failed)
                if not any(failure.time <= end and begin <= failure.ended for begin, end in self.cuts)]
