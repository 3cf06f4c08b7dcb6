"""The containers of a domain are replaced one after the other, under load, and no request fails: neither with a new
connection a request, nor with kept ones and a client that asks once more where an idle connection was closed (RFC
9110, 9.2.2)."""
import http.client
import threading

import pytest

from parts.http import HTTP_PORT, RequestLoop, served_by
from parts.waiting import eventually

HOST = "web.example.org"


class KeptConnections:
    """A client that keeps its connection, as browsers and libraries do."""

    def __enter__(self) -> "KeptConnections":
        self.count, self.retried, self.failures, self._stop = 0, 0, [], threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", HTTP_PORT, timeout=5)
        while not self._stop.wait(0.005):
            was_idle = connection.sock is not None
            try:
                answer = self._ask(connection)
            except (OSError, http.client.HTTPException):
                connection.close()
                self.retried += was_idle
                try:
                    answer = self._ask(connection) if was_idle else "refused"
                except (OSError, http.client.HTTPException) as error:
                    connection.close()
                    answer = repr(error)
            self.count += 1
            if answer != 200:
                self.failures.append(answer)
        connection.close()

    @staticmethod
    def _ask(connection) -> int:
        connection.request("GET", "/", headers={"Host": HOST})
        reply = connection.getresponse()
        reply.read()
        return reply.status


def replace_them(engine, nginx, consumer, registrar, record_property, times: int) -> None:
    registrar("--refresh=1", expire=10).start()
    consumer().start()
    containers = [engine.serve(f"c{i}", f"{HOST}:http", "SLOW=1") for i in range(2)]
    eventually(lambda: {served_by(HOST) for _ in range(8)} == {"c0", "c1"})
    nginx.wait_until_quiet()
    with RequestLoop([HOST], pace=0.005) as fresh, KeptConnections() as kept:
        for i in range(2, 2 + times):
            containers.append(engine.serve(f"c{i}", f"{HOST}:http", "SLOW=1"))
            eventually(lambda: f"c{i}" in {served_by(HOST) for _ in range(8)})
            old = containers.pop(0)
            old.stop(10)
            old.remove()
    told = (f"{times} replacements: {fresh.count} requests over new connections, {len(fresh.failures)} failed; "
            f"{kept.count} over kept ones, {kept.retried} repeated, {len(kept.failures)} failed")
    record_property("figures", told)
    assert not fresh.failures, told
    assert not kept.failures, told


def test_replacing_containers_under_load_fails_no_request(engine, nginx, consumer, registrar, record_property):
    replace_them(engine, nginx, consumer, registrar, record_property, 5)


@pytest.mark.long
def test_replacing_100_containers_under_load_fails_no_request(engine, nginx, consumer, registrar, record_property):
    replace_them(engine, nginx, consumer, registrar, record_property, 100)
