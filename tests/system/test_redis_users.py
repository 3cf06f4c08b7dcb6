"""The users of docs/redis-users.acl, on a Redis with that very file: the programs do all their work as they, and they can
do nothing else; tried command by command, key by key, channel by channel. (All other tests run the programs as these
users, too, and look at the end whether Redis refused them something.)"""
import json

import pytest

from parts.http import served_by
from parts.process import Process
from parts.programs import SOURCE, Consumer, Registrar
from parts.redis import PASSWORD, USERS, Connection, Redis, RedisError, with_passwords
from parts.registrations import instances, manifests, route, value
from parts.status import LISTEN, ask
from parts.waiting import eventually

WEB1 = {"/beachhead/app@web1", "/beachhead-nodes/web1"}
REGISTRATIONS = {"/beachhead/app", "/beachhead/app@web1", "/beachhead/app@web2"}
MANIFESTS = {"/beachhead-nodes/web1", "/beachhead-nodes/web2", "/beachhead-nodes/4f2a9c"}
LOCK, CERTIFICATES = {"/beachhead-locks/certs"}, {"/beachhead-certs/4f2a", "/beachhead-certs/revision"}
FOREIGN = {"/", "/beachhead", "/beachheads/app", "/beachhead-locks/other", "/other/app@web1", "app", "*"}
HINTS, FENCES, EVENTS = {"/beachhead-changes"}, {"/beachhead-fences"}, {"__keyspace@0__:/beachhead/*"}
OTHER_CHANNELS = {"__keyspace@0__:*", "__keyevent@0__:set", "__sentinel__:hello", "+switch-master"}
WORDS = REGISTRATIONS | MANIFESTS | LOCK | CERTIFICATES | FOREIGN | HINTS | FENCES | EVENTS | OTHER_CHANNELS

KEYLESS = {"select", "role", "scan"}
TRANSACTION = {"unwatch", "multi", "exec"}
KNOWN_TO_ALL = {"auth", "hello", "quit", "reset"}  # no user can be kept from them


def each(commands: str, words: set[str]) -> dict[str, set[str]]:
    return {command: words for command in commands.split()}


def registrar(keys: set[str]) -> dict[str, set[str]]:
    return {**each(" ".join(KEYLESS | TRANSACTION), WORDS), **each("watch getrange set setex del", keys),
            **each("publish", HINTS)}


READER = {**each(" ".join(KEYLESS), WORDS), **each("mget pttl strlen getrange", REGISTRATIONS | MANIFESTS),
          **each("subscribe", HINTS | FENCES | EVENTS), **each("psubscribe", HINTS | FENCES | EVENTS),
          **each("publish", FENCES)}
ISSUER = {**READER, **each("eval type set exists", LOCK | CERTIFICATES),
          **each("getrange pttl", REGISTRATIONS | MANIFESTS | LOCK | CERTIFICATES)}
# Each user → the commands it may send, and the words of WORDS that each may be about.
RIGHTS = {
    "beachhead-registrar-web1": registrar(WEB1),
    "beachhead-registrar-web2": registrar({"/beachhead/app@web2", "/beachhead-nodes/web2"}),
    "beachhead-registrar": registrar(REGISTRATIONS | MANIFESTS),
    "beachhead-consumer": READER,
    "beachhead-certs": ISSUER,
    "default": {**each("ping select scan", WORDS), **each("type get", REGISTRATIONS), **each("psubscribe", EVENTS)},
    "beachhead-monitor": each("ping info", WORDS),
}
NOT_OURS = {"redis-replica", "redis-sentinel", "admin"}


class Guarded(Redis):
    """The file as it is installed, with passwords; the tests come as admin."""

    def connect(self) -> Connection:
        return self.connect_as("admin")

    def connect_as(self, user: str) -> Connection:
        connection = super().connect()
        connection.call("AUTH", user, PASSWORD)
        return connection


@pytest.fixture
def redis(place):
    server = Guarded(place / "redis", users=USERS).start()
    server.call("CONFIG", "SET", "notify-keyspace-events", "Kg$")
    yield server
    if server.process.is_running:
        assert server.refused() == []


@pytest.fixture
def hosts(redis, scripted, place):
    """Makes registrars of the scripted Engine as a user."""
    def make(user: str, *options: str, **more) -> Registrar:
        return Registrar(redis, scripted, *options, f"--redis-url={redis.url_of(user)}", **more)

    return make


# what they must be able to do


def test_a_registrar_of_a_node_does_all_its_work(redis, scripted, hosts):
    admin = redis.connection
    admin.call("SETEX", "/beachhead/stale@web1", 600, value(route("stale.example.org", ("192.0.2.1", 80))))
    admin.call("SETEX", "/beachhead/app@web2", 600, value(route("other.example.org", ("192.0.2.1", 80))))
    admin.call("SETEX", "/beachhead-nodes/web1", 1, json.dumps({"machine": "m0", "instances": []}))
    first = scripted.add("app", "BEACHHEAD_DOMAINS=app.example.org")
    program = hosts("beachhead-registrar-web1", "--node=web1", "--machine-id=m1", "--deregister-on-stop", expire=2)
    program.start().wait_for_log("two hosts have the same --node")
    eventually(lambda: instances(redis) == ["app@web1", "app@web2"], what="it has published, and swept what was left")
    assert list(manifests(redis)) == ["web1"]
    refreshes = redis.command_counts()["exec"]
    eventually(lambda: redis.command_counts()["exec"] > refreshes, what="a refresh")
    scripted.emit(first, "kill", signal="15")
    eventually(lambda: instances(redis) == ["app@web2"], what="it drains")
    scripted.add("late", "BEACHHEAD_DOMAINS=late.example.org")
    eventually(lambda: "late@web1" in instances(redis))
    program.stop()
    assert instances(redis) == ["app@web2"]


@pytest.mark.parametrize("options", [("--expire=0",), ("--machine-id=m1",), ("--refresh=0",), ("app",)])
def test_a_registrar_without_a_node_does_all_its_work(redis, scripted, hosts, options):
    scripted.add("app", "BEACHHEAD_DOMAINS=app.example.org")
    hosts("beachhead-registrar", *options).start()
    eventually(lambda: instances(redis) == ["app"])


def test_a_consumer_reads_fences_and_tells_of_nodes(redis, scripted, hosts, backend, nginx, place):
    scripted.serve("app", "app.example.org", backend("app"))
    hosts("beachhead-registrar-web1", "--node=web1").start()
    edge = Consumer(redis, nginx, place / "state", LISTEN, f"--redis-url={redis.url_of('beachhead-consumer')}", interval=300)
    edge.start()
    eventually(lambda: served_by("app.example.org") == "app")
    eventually(lambda: [node["name"] for node in ask("/status.json").json()["nodes"]] == ["web1"])
    redis.call("SET", "/beachhead/handmade", value(route("made.example.org", backend("made").endpoint)))
    eventually(lambda: served_by("made.example.org") == "made", 5, "what was written without a hint is heard of")
    scripted.remove(next(iter(scripted.containers)))
    eventually(lambda: "app.example.org is gone" in edge.process.log or served_by("app.example.org") != "app")


def test_the_file_lets_nobody_in_before_it_has_passwords(place):
    server = Redis(place / "redis", users=USERS)
    server.users.write_text(USERS)
    server.start()
    for user in [*RIGHTS, *NOT_OURS]:
        for password in ("", PASSWORD, user):
            with pytest.raises(RedisError, match="WRONGPASS"):
                server.connect().call("AUTH", user, password)
    with pytest.raises(RedisError, match="NOAUTH"):
        server.connect().call("GET", "/beachhead/app")


# what they cannot do


def test_the_table_names_every_user_of_the_file(redis):
    assert set(redis.call("ACL", "USERS")) == set(RIGHTS) | NOT_OURS


@pytest.fixture
def commands(redis) -> dict[str, int]:
    """All that this Redis knows, and of how many words each is; negative: at least so many."""
    names = redis.call("COMMAND", "LIST")
    told = redis.pipeline([("COMMAND", "INFO", name) for name in names])
    assert len(names) > 300
    return {name: info[0][1] for name, info in zip(names, told)}


def call_of(command: str, words: int, about: str) -> list[str]:
    """A call of which every argument is that word, but for where a script and a count must stand."""
    if command == "eval":
        return ["eval", "return 1", "1", about]
    named = command.split("|")
    return named + [about] * (words - len(named) if words > 0 else max(1, -words - len(named)))


@pytest.mark.parametrize("user", RIGHTS)
def test_a_user_may_send_the_commands_it_needs_and_no_other_about_no_other_key_or_channel(redis, commands, user):
    asked = [(command, about) for command in commands for about in sorted(WORDS)]
    told = redis.pipeline([("ACL", "DRYRUN", user, *call_of(command, commands[command], about))
                           for command, about in asked])
    allowed: dict[str, set[str]] = {}
    for (command, about), answer in zip(asked, told):
        if answer == "OK" and command not in KNOWN_TO_ALL:
            allowed.setdefault(command, set()).add(about)
    assert allowed == RIGHTS[user]


def test_one_node_cannot_touch_another_ones_keys_nor_certificates(redis):
    web1 = redis.connect_as("beachhead-registrar-web1")
    redis.call("SET", "/beachhead/app@web2", "theirs")
    for command in [("SETEX", "/beachhead/app@web2", 60, "[]"), ("DEL", "/beachhead/app@web2"),
                    ("SETEX", "/beachhead-nodes/web2", 60, "{}"), ("SET", "/beachhead/app", "[]"),
                    ("SET", "/beachhead-certs/4f2a", "x"), ("SET", "/beachhead-locks/certs", "x"),
                    ("PUBLISH", "/beachhead-fences", "x"), ("MGET", "/beachhead/app@web1", "/beachhead/app@web2"),
                    ("CONFIG", "GET", "*"), ("FLUSHALL",), ("KEYS", "*"), ("EVAL", "return 1", 0)]:
        with pytest.raises(RedisError, match="NOPERM"):
            web1.call(*command)
    assert redis.get("/beachhead/app@web2") == "theirs"
    redis.call("ACL", "LOG", "RESET")


def test_no_script_of_an_edge_reaches_beyond_certificates(redis):
    edge = redis.connect_as("beachhead-certs")
    assert edge.call("EVAL", "return redis.call('SET', KEYS[1], 'x')", 1, "/beachhead-certs/4f2a") == "OK"
    for script in ("return redis.call('SET', '/beachhead/app', 'x')", "return redis.call('DEL', KEYS[1])",
                   "return redis.call('PUBLISH', '/beachhead-changes', 'x')", "return redis.call('GET', KEYS[1])"):
        with pytest.raises(RedisError, match="executing the script"):
            edge.call("EVAL", script, 1, "/beachhead-certs/4f2a")
    assert redis.get("/beachhead/app") is None
    redis.call("ACL", "LOG", "RESET")


# beside the programs: replicas and Sentinels


@pytest.fixture
def sentinel(redis, place):
    """Watches `redis` and a replica of it, with the users of both files."""
    for server in (redis, replica := Guarded(place / "replica", 6390, users=USERS).start()):
        for name, text in {"masteruser": "redis-replica", "masterauth": PASSWORD}.items():
            server.call("CONFIG", "SET", name, text)
    replica.call("REPLICAOF", "127.0.0.1", redis.port)
    eventually(lambda: "master_link_status:up" in replica.call("INFO", "replication"))
    users, config = place / "sentinel.acl", place / "sentinel.conf"
    users.write_text(with_passwords((SOURCE / "docs/redis-sentinel-users.acl").read_text()))
    config.write_text(f"""port 26379
dir {place}
unixsocket {place}/sentinel.sock
aclfile {users}
sentinel monitor main 127.0.0.1 {redis.port} 1
sentinel auth-user main redis-sentinel
sentinel auth-pass main {PASSWORD}
sentinel down-after-milliseconds main 500
""")
    Process(["redis-server", config, "--sentinel"])
    client = eventually(lambda: Connection(place / "sentinel.sock") if (place / "sentinel.sock").exists() else None)
    client.call("AUTH", "beachhead", PASSWORD)
    client.replica = replica
    return client


def test_sentinel_fails_over_and_tells_the_programs_and_nothing_else(redis, sentinel):
    asked = "SENTINEL", "get-master-addr-by-name", "main"
    eventually(lambda: "slave0" in redis.call("INFO", "replication"))
    assert sentinel.call(*asked) == ["127.0.0.1", str(redis.port)]
    for command in [("SENTINEL", "masters"), ("SENTINEL", "failover", "main"), ("CONFIG", "GET", "*"), ("INFO",),
                    ("SUBSCRIBE", "*"), ("PUBLISH", "+switch-master", "x"), ("SHUTDOWN",)]:
        with pytest.raises(RedisError, match="NOPERM|unknown command"):
            sentinel.call(*command)
    assert redis.refused() == []
    redis.kill()
    eventually(lambda: sentinel.call(*asked) == ["127.0.0.1", "6390"], 30)
    promoted = sentinel.replica.connect()  # a failover ends the connections from before
    assert promoted.call("ROLE")[0] == "master"
    assert promoted.call("ACL", "LOG") == []
    assert sentinel.call("SUBSCRIBE", "+switch-master")[0] == "subscribe"
