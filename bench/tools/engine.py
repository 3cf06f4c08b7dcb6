"""The scripted Engine and its least client: bench/scripted-engine.c, bench/engine-client.c."""
import http.client
import json
import socket
from dataclasses import dataclass

from parts.process import Process
from tools.ground import PROGRAMS, TOP, Ground
from tools.meter import Meter, Spent, spend, wait_until

PARALLEL = 8  # inspects at once, as the registrar has them (DOCKER_INSPECTS_AT_ONCE)


@dataclass
class Started:
    name: str
    ms: float  # monotonic, when its event went out


class ScriptedEngine:
    """With so many containers; an inspect keeps a core busy for `inspect_usec`, a list is held back for `list_usec`."""

    def __init__(self, ground: Ground, containers: int, inspect_usec: int = 0, list_usec: int = 0):
        self.path = ground.directory() / "engine.sock"
        self.url = f"unix://{self.path}"
        self.containers = containers
        self.process = Process([PROGRAMS / "scripted-engine", self.path, TOP / "bench/replies", containers, inspect_usec,
                                list_usec])
        wait_until(self._answers, what="the scripted Engine answers")
        self.meter = Meter(self.process.pid)

    def _answers(self) -> bool:
        try:
            return self._get("/info") == {}
        except OSError:
            return False

    def _get(self, path: str) -> dict:
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.path))
        connection.request("GET", path)
        told = json.loads(connection.getresponse().read())
        connection.close()
        return told

    def start_one(self) -> Started:
        told = self._get("/bench/start")
        self.containers += 1
        return Started(f"c{told['number']}", told["usec"] / 1000)

    def stop(self) -> None:
        self.process.kill()


def _client(engine, parallel: int, *inspects: int) -> Spent:
    return spend([PROGRAMS / "engine-client", engine.url.removeprefix("unix://"), parallel, *inspects])


def read_everything(engine) -> float:
    """What the least client takes in ms for a list and one inspect each, from before its start until it is gone."""
    return _client(engine, PARALLEL).wall_ms


def inspect_ms(engine, inspects: int) -> float:
    """What the Engine takes for each of so many inspects."""
    return int(_client(engine, PARALLEL, inspects).output) / 1000 / inspects
