"""Whatever Redis refuses, the real programs say it once, with what to do: shown against a real Redis in that state."""
import re
import shutil
from dataclasses import dataclass, field
from typing import Callable

import pytest

from parts.process import Process
from parts.programs import Consumer, Registrar
from parts.redis import Redis
from parts.registrations import instances, register, route
from parts.sentinel import Sentinels
from parts.waiting import always, eventually

PORT = 6390
URL = f"redis://127.0.0.1:{PORT}"


def nothing(redis: Redis) -> None:
    pass


def fill(redis: Redis) -> None:
    redis.call("CONFIG", "SET", "maxmemory", "1")


def make_room(redis: Redis) -> None:
    redis.call("CONFIG", "SET", "maxmemory", "0")


def break_saving(redis: Redis) -> None:
    """A directory stands where the file should."""
    (redis.place / "dump.rdb").mkdir()
    redis.call("CONFIG", "SET", "save", "3600 1")
    redis.call("BGSAVE")
    eventually(lambda: "rdb_last_bgsave_status:err" in redis.call("INFO", "persistence"))


def mend_saving(redis: Redis) -> None:
    shutil.rmtree(redis.place / "dump.rdb")
    redis.call("BGSAVE")
    eventually(lambda: "rdb_last_bgsave_status:ok" in redis.call("INFO", "persistence"))


def load_slowly(redis: Redis) -> None:
    """Starts with a file whose every key takes a while."""
    for n in range(300):
        redis.call("SET", f"elsewhere{n}", "x" * 100)
    redis.call("SAVE")
    redis.stop()
    redis.options = ("--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024")
    redis.start()


def loaded(redis: Redis) -> None:
    eventually(lambda: "\nloading:0" in redis.call("INFO", "persistence"))


def want_a_password(redis: Redis) -> None:
    redis.call("CONFIG", "SET", "requirepass", "sesame")


def want_none(redis: Redis) -> None:
    redis.call("AUTH", "sesame")
    redis.call("CONFIG", "SET", "requirepass", "")


def forbid_the_command(redis: Redis) -> None:
    redis.call("ACL", "SETUSER", "default", "-mget", "-getrange")


def forbid_the_keys(redis: Redis) -> None:
    redis.call("ACL", "SETUSER", "default", "resetkeys", "~/others/*")


def forbid_the_channels(redis: Redis) -> None:
    redis.call("ACL", "SETUSER", "default", "resetchannels", "&others")


def allow(redis: Redis) -> None:
    redis.call("ACL", "SETUSER", "default", "+@all", "allkeys", "allchannels")


def demote(redis: Redis) -> None:
    redis.call("REPLICAOF", "127.0.0.1", "1")


def promote(redis: Redis) -> None:
    redis.call("REPLICAOF", "NO", "ONE")


def miss_replicas(redis: Redis) -> None:
    redis.call("CONFIG", "SET", "min-replicas-to-write", "1")


def need_no_replicas(redis: Redis) -> None:
    redis.call("CONFIG", "SET", "min-replicas-to-write", "0")


@dataclass
class Case:
    registrar: str  # what it says; "": nothing is refused that it needs
    consumer: str = ""
    spoil: Callable = nothing
    mend: Callable | None = None  # afterwards all is well; None: it cannot be mended there
    options: tuple = ()
    url: str = URL
    password: str = ""
    seen: list = field(default_factory=list)


CASES = {
    "full": Case("OOM .*Redis has reached its maxmemory: raise it", spoil=fill, mend=make_room),
    "loading": Case("LOADING .*Redis reads its file after a start", "LOADING .*Redis reads its file", spoil=load_slowly,
                    mend=loaded),
    "disk": Case("MISCONF .*Redis cannot save to its disk: see its log", spoil=break_saving, mend=mend_saving),
    "password missing": Case("NOAUTH .*--redis-password-file=FILE, or the credential",
                             "NOAUTH .*--redis-password-file=FILE, or the credential", spoil=want_a_password,
                             mend=want_none),
    "password wrong": Case("WRONGPASS .*look at --redis-password-file", "WRONGPASS .*look at --redis-password-file",
                           spoil=want_a_password, password="mistake"),
    "password needless": Case("this Redis has no password: leave out", "this Redis has no password: leave out",
                              password="needless"),
    "command": Case(r"NOPERM .*'getrange'.* ACL SETUSER default \+getrange",
                    r"NOPERM .*'mget'.* ACL SETUSER default \+mget",
                    spoil=forbid_the_command, mend=allow),
    "keys": Case("NOPERM .* /beachhead.*: ACL SETUSER default with a ~pattern",
                 "NOPERM .* /beachhead.*: ACL SETUSER default with a ~pattern", spoil=forbid_the_keys, mend=allow),
    "channels": Case("NOPERM .*publish wanted /beachhead-changes: ACL SETUSER default '&/beachhead-changes'",
                     "NOPERM .*subscribe wanted /beachhead-changes: ACL SETUSER default '&/beachhead-changes'",
                     spoil=forbid_the_channels, mend=allow),
    "replica": Case("READONLY .*that is a replica: name the primary, or sentinels", spoil=demote, mend=promote),
    "replicas missing": Case("NOREPLICAS .*min-replicas-to-write: start them, or lower it", spoil=miss_replicas,
                             mend=need_no_replicas),
    "cluster": Case("CLUSTERDOWN .*that is Redis Cluster", options=("--cluster-enabled", "yes")),
    "database": Case("ERR DB index .*a database that Redis does not have: see `databases`",
                     "ERR DB index .*a database that Redis does not have", url=f"{URL}/99"),
}


@dataclass
class Address:
    """Where the programs are sent, as nobody in particular."""

    url: str

    def url_of(self, user: str) -> str:
        return self.url


class Open(Redis):
    """The programs come as nobody in particular."""

    def url_of(self, user: str) -> str:
        return self.url


@pytest.fixture
def spoilt(place):
    """A Redis in the state of a case."""

    def make(case: Case) -> Open:
        server = Open(place / "redis", PORT, *case.options).start()
        register(server, "known", route("known.example.org", ("192.0.2.1", 80)))
        case.spoil(server)
        server.url = case.url
        return server

    def prepare(case: Case) -> Open:
        if "--cluster-enabled" not in case.options:
            return make(case)
        server = Open(place / "redis", PORT, *case.options).start()
        server.url = case.url
        return server

    return prepare


def told_once(process: Process, words: str) -> bool:
    """And not at each try, of which there are several a second at first."""
    process.wait_for_log(words)
    always(lambda: process.is_running, 0.7)
    return len([line for line in process.lines if re.search(words, line.text)]) == 1


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_once_with_what_to_do(name, spoilt, scripted, place, nginx):
    case = CASES[name]
    redis = spoilt(case)
    (place / "password").write_text(case.password)
    options = [f"--redis-password-file={place}/password"] if case.password else []
    scripted.add("web", "BEACHHEAD_DOMAINS=web.example.org")
    registrar = Registrar(redis, scripted, *options).start()
    consumer = Consumer(redis, nginx, place / "state", *options).start() if case.consumer else None
    assert told_once(registrar, case.registrar), registrar.log
    if consumer:
        assert told_once(consumer, case.consumer), consumer.log
    assert not case.password or case.password not in registrar.log
    if case.mend:
        case.mend(redis)
        eventually(lambda: "web" in instances(redis))
        if consumer:
            eventually(lambda: "web.example.org" in nginx.rendered)


def test_a_port_that_is_no_redis_is_said(backend, scripted):
    _, port = backend("web").endpoint
    server = Address(f"redis://127.0.0.1:{port}")
    assert told_once(Registrar(server, scripted).start(), "Protocol error.* what listens there is no Redis")


# Sentinels

def refused_by_sentinels(url: str, scripted, words: str, *options: str) -> None:
    process = Registrar(Address(url), scripted, *options).start()
    assert told_once(process, words), process.log


def test_sentinels_that_know_no_such_master_are_said(place, scripted):
    sentinels = Sentinels(place / "redis").start()
    refused_by_sentinels(f"{sentinels.url}x", scripted, "watches no master named beachheadx: compare the name")


def test_sentinels_that_want_a_password_are_said(place, scripted):
    sentinels = Sentinels(place / "redis", sentinel_password="sesame").start()
    refused_by_sentinels(sentinels.url, scripted, "NOAUTH .*--redis-sentinel-password-file=FILE, or the credential")
    (place / "password").write_text("mistake")
    refused_by_sentinels(sentinels.url, scripted, "WRONGPASS .*look at --redis-sentinel-password-file",
                         f"--redis-sentinel-password-file={place}/password")


def test_a_sentinel_taken_for_redis_and_the_reverse_are_said(place, scripted):
    sentinels = Sentinels(place / "redis").start()
    refused_by_sentinels("redis://127.0.0.1:26379", scripted, r"SELECT.*a sentinel \(then the URL begins with")
    refused_by_sentinels("redis-sentinel://127.0.0.1:6379/beachhead", scripted, "that is no sentinel: name the")
    assert sentinels.primary


def test_no_sentinel_at_all_is_said(scripted):
    refused_by_sentinels("redis-sentinel://127.0.0.1:1,127.0.0.1:2/beachhead", scripted,
                         "127.0.0.1:1: Connection refused; sentinel 127.0.0.1:2: Connection refused")


def test_a_key_that_is_no_string_is_named_and_its_neighbours_are_served(redis, consumer, nginx):
    redis.call("LPUSH", "/beachhead/list", "x")
    register(redis, "web", route("web.example.org", ("192.0.2.1", 80)))
    process = consumer().start()
    assert told_once(process, "/beachhead/list.*holds no string: something else has written there"), process.log
    eventually(lambda: "web.example.org" in nginx.rendered)
