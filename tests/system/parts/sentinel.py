"""Redis with Sentinel: one primary, its replicas, and sentinels that know each other from the start. All on this host,
or each at an address, and behind a prefix, of its own."""
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from parts.redis import PASSWORD, Redis, RedisError
from parts.waiting import eventually

MASTER = "beachhead"
REDIS_PORT = 6379
SENTINEL_PORT = 26379


@dataclass
class Seat:
    """Where one of them runs: `prefix` stands before its command, as that of an Edge."""

    address: str = "127.0.0.1"
    port: int = 0
    prefix: Sequence[str] = ()


def seats_here(count: int, first_port: int) -> list[Seat]:
    return [Seat(port=first_port + i) for i in range(count)]


class Sentinel(Redis):
    """One sentinel. It keeps its configuration when it is ended and started again."""

    def __init__(self, place: Path, seat: Seat, conf: list[str], password: str):
        super().__init__(place, seat.port, address=seat.address, prefix=seat.prefix, password=password)
        self.conf = place / "sentinel.conf"
        self.conf.write_text("".join(f"{line}\n" for line in conf))

    def _settings(self) -> list:
        return [self.conf, "--sentinel", "--port", self.port, "--bind", self.address, "--unixsocket", self.path,
                "--dir", self.place]

    def master(self) -> tuple[str, int]:
        address, port = self.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
        return address, int(port)


class Sentinels:
    """The whole of it. `nodes` are the Redis servers, the first of which begins as the primary; `sentinels` watch them.
    Its `url` is for the programs; commands go to whoever is the primary now."""

    def __init__(self, place: Path, nodes: list[Seat] | None = None, sentinels: list[Seat] | None = None, *,
                 options: Sequence[str] = (), down_after_msec: int = 300, password: str = "",
                 sentinel_password: str = ""):
        place.mkdir(exist_ok=True)
        node_seats = nodes or seats_here(2, REDIS_PORT)
        self.seats = sentinels or seats_here(3, SENTINEL_PORT)
        self.sentinel_password = sentinel_password
        self.nodes = [self._node(place / f"node{i}", seat, node_seats[0] if i else None, password, options)
                      for i, seat in enumerate(node_seats)]
        confs = [self._conf(i, node_seats, down_after_msec, password) for i in range(len(self.seats))]
        self.sentinels = [Sentinel(place / f"sentinel{i}", seat, conf, sentinel_password)
                          for i, (seat, conf) in enumerate(zip(self.seats, confs))]
        self.password = password
        self.url = self._url("")

    def _url(self, credentials: str) -> str:
        return f"redis-sentinel://{credentials}{','.join(f'{s.address}:{s.port}' for s in self.seats)}/{MASTER}"

    def url_of(self, user: str) -> str:
        """As that user of docs/redis-users.acl, where Redis has no password of its own."""
        return self.url if self.password else self._url(f"{user}:{PASSWORD}@")

    @staticmethod
    def _node(place: Path, seat: Seat, primary: Seat | None, password: str, options: Sequence[str]) -> Redis:
        of_primary = ["--replicaof", primary.address, str(primary.port)] if primary else []
        secret = ["--requirepass", password, "--masterauth", password] if password else []
        return Redis(place, seat.port, "--replica-announce-ip", seat.address, "--repl-diskless-sync-delay", "0",
                     "--protected-mode", "no", *of_primary, *secret, *options, address=seat.address,
                     prefix=seat.prefix, password=password)

    def _conf(self, number: int, nodes: list[Seat], down_after_msec: int, password: str) -> list[str]:
        """They need not find each other first, which takes seconds."""
        quorum = len(self.seats) // 2 + 1
        others = [(self._id(i), seat) for i, seat in enumerate(self.seats) if i != number]
        return [f"sentinel myid {self._id(number)}",
                f"sentinel monitor {MASTER} {nodes[0].address} {nodes[0].port} {quorum}",
                f"sentinel down-after-milliseconds {MASTER} {down_after_msec}",
                f"sentinel failover-timeout {MASTER} 2000",
                *([f"sentinel auth-pass {MASTER} {password}"] if password else []),
                *([f"requirepass {self.sentinel_password}"] if self.sentinel_password else []),
                *(f"sentinel known-replica {MASTER} {seat.address} {seat.port}" for seat in nodes[1:]),
                *(f"sentinel known-sentinel {MASTER} {seat.address} {seat.port} {name}" for name, seat in others)]

    @staticmethod
    def _id(number: int) -> str:
        return hashlib.sha1(f"sentinel {number}".encode()).hexdigest()

    def start(self) -> "Sentinels":
        for node in self.nodes:
            node.start()
        for node in self.nodes[1:]:
            eventually(lambda: node.call("ROLE")[3] == "connected", what="the replica follows the primary")
        for sentinel in self.sentinels:
            sentinel.start()
            self._quicken(sentinel)
        self.wait_until_whole()
        return self

    @staticmethod
    def _quicken(sentinel: Sentinel) -> None:
        """Where it can be told to look more often than every few seconds."""
        try:
            sentinel.call("SENTINEL", "DEBUG", "info-period", 200, "publish-period", 200, "ask-period", 200)
        except RedisError:
            pass

    def wait_until_whole(self, within: float = 30) -> None:
        """Until all nodes follow one primary, and every sentinel knows: another failover may begin."""
        eventually(self._is_whole, within, "the sentinels agree on what there is")

    def _is_whole(self) -> bool:
        self.master()
        for sentinel in self.sentinels:
            reply = sentinel.call("SENTINEL", "REPLICAS", MASTER)
            replicas = [dict(zip(fields[::2], fields[1::2])) for fields in reply]
            if any(r["master-link-status"] != "ok" or r["flags"] != "slave" for r in replicas):
                return False
            if isinstance(sentinel.pipeline([("SENTINEL", "CKQUORUM", MASTER)])[0], RedisError):
                return False
        return True

    def master(self) -> tuple[str, int]:
        """Where the sentinels that run say that it is; an AssertionError while they differ."""
        answers = {sentinel.master() for sentinel in self.sentinels if sentinel.process.is_running}
        assert len(answers) == 1, answers
        return answers.pop()

    @property
    def primary(self) -> Redis:
        place = eventually(self.master, what="the sentinels agree")
        return next(node for node in self.nodes if (node.address, node.port) == place)

    def wait_for_other_primary(self, old: Redis, within: float = 30) -> Redis:
        """Until they have elected another one."""
        eventually(lambda: self.master() != (old.address, old.port), within, "another one was elected")
        return self.primary

    def call(self, *words):
        return self.primary.call(*words)

    def pipeline(self, commands: list[tuple]) -> list:
        return self.primary.pipeline(commands)

    def get(self, key: str) -> str | None:
        return self.primary.get(key)

    def keys(self, pattern: str = "*") -> list[str]:
        return self.primary.keys(pattern)
