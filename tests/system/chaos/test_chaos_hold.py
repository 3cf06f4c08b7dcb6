"""Three nodes, one Redis that forgets, nodes that die: what has a living endpoint is served, what is held is held no
longer than it must be, and each hold and each release is one line of the log. Leases last 4 s."""
import random
import signal
import subprocess
from functools import partial

import pytest

from parts.http import fetch, served_by, status
from parts.programs import Registrar
from parts.redis import Redis
from parts.registrations import NODES, PREFIX, instances, manifest
from parts.relay import Relay
from parts.scripted_engine import ScriptedEngine
from parts.status import LISTEN, ask, figure, routes
from parts.waiting import always, eventually

PATIENCE = 60
OWN = {1: "own1.example.org", 2: "own2.example.org", 3: "own3.example.org"}  # what only that node serves
ALL = "all.example.org"
HOSTS = [*OWN.values(), ALL]


class Node:
    """A registrar with a name, an Engine and two containers: one of its own domain, one of everybody's."""

    def __init__(self, number: int, redis, url: str, place, backend):
        self.number, self.name = number, f"n{number}"
        self.address = f"127.0.3.{number}"
        self.engine = ScriptedEngine(place / f"engine{number}.sock")
        self.backends = [backend(f"{kind}{number}", address=self.address) for kind in ("own", "all")]
        self.containers = [self.engine.serve("own", OWN[number], self.backends[0]),
                           self.engine.serve("all", ALL, self.backends[1])]
        self.registrar = Registrar(redis, self.engine, f"--node={self.name}", f"--machine-id=m{number}",
                                   f"--redis-url={url}")
        self.registrar.start()

    def freeze(self) -> None:
        self.registrar.freeze()

    def thaw(self) -> None:
        self.registrar.process.signal(signal.SIGCONT)

    def _rule(self, verb: str) -> None:
        subprocess.run(["iptables", verb, "INPUT", "-d", self.address, "-j", "DROP"], check=True)

    def switch_off(self) -> None:
        """As when the power fails: whatever is sent there vanishes."""
        self.registrar.kill()
        self._rule("-A")

    def switch_on(self) -> None:
        self._rule("-D")
        self.registrar.start()


class Cluster:
    def __init__(self, redis, place, backend, consumer, nginx, visitors):
        self.redis, self.make_visitors = redis, visitors
        self.relay = Relay(redis.path)
        self.nodes = [Node(number, redis, self.relay.url, place, backend) for number in (1, 2, 3)]
        self.edge = consumer(f"--redis-url={self.relay.url}", LISTEN)
        self.edge.start()
        eventually(lambda: self.states() == dict.fromkeys(HOSTS, "live") and
                   all(served_by(host) for host in HOSTS) and self.endpoints(ALL) == 3, PATIENCE)
        nginx.wait_until_quiet()
        self.begin = len(self.edge.process.lines)

    def visitors(self, *hosts: str):
        return self.make_visitors(*hosts, how=partial(fetch, timeout=20))

    @staticmethod
    def states() -> dict[str, str]:
        """As the status shows them."""
        return {row["domain"]: row["state"] for row in routes().values()}

    @staticmethod
    def endpoints(host: str) -> int:
        return routes()[f"{host}/"]["endpoints"]

    def told(self, host: str) -> list[str]:
        """What the log has said of a site since everything was well, each change of its state once."""
        found, last = [], ""
        for line in self.edge.process.lines[self.begin:]:
            if f"site {host} " not in line.text:
                continue
            said = line.text.partition("site ")[2]
            assert said != last, f"said twice: {said}"
            last = said
            state = next(word for word in ("held", "live", "503") if word in said)
            found += [state] if found[-1:] != [state] else []
        return found

    def wait_until_told(self, expected: dict[str, list[str]]) -> None:
        """Log, status and figures agree."""
        def agree() -> bool:
            now = {"held": "held", "live": "live", "503": "lingering"}
            assert {host: self.told(host) for host in expected} == expected
            states = self.states()
            assert all(states[host] == now[told[-1]] for host, told in expected.items() if told), states
            for state in ("held", "live"):
                assert figure(f'beachhead_sites{{state="{state}"}}') == list(states.values()).count(state)
            return True

        eventually(agree, PATIENCE, "log and status agree")

    def is_well(self) -> bool:
        return (self.states() == dict.fromkeys(HOSTS, "live") and self.endpoints(ALL) == 3 and
                ask("/status.json").json()["registrations"] == {"live": 6, "missing": 0})

    def close(self) -> None:
        self.relay.close()
        for node in self.nodes:
            node.engine.stop()


@pytest.fixture
def cluster(redis, place, backend, consumer, nginx, visitors):
    made = Cluster(redis, place, backend, consumer, nginx, visitors)
    yield made
    made.close()
    subprocess.run(["iptables", "-F", "INPUT"], check=True)


def test_flushed(cluster):
    with cluster.visitors(*HOSTS) as traffic:
        for node in cluster.nodes:
            node.freeze()
        cluster.redis.call("FLUSHALL")
        cluster.wait_until_told(dict.fromkeys(HOSTS, ["held"]))
        for node in cluster.nodes:
            node.thaw()
        traffic.converge(cluster.is_well, PATIENCE)
        cluster.wait_until_told(dict.fromkeys(HOSTS, ["held", "live"]))
    assert not traffic.failures


def test_flushed_while_a_node_is_dead(cluster):
    one, two, dead = cluster.nodes
    with cluster.visitors(OWN[1], OWN[2], ALL) as traffic:
        dead.switch_off()
        cluster.wait_until_told({OWN[3]: ["held"], OWN[1]: [], ALL: ["live"]})
        eventually(lambda: cluster.endpoints(ALL) == 2, PATIENCE)
        one.freeze()
        two.freeze()
        cluster.redis.call("FLUSHALL")
        cluster.wait_until_told({OWN[1]: ["held"], OWN[2]: ["held"], OWN[3]: ["held"], ALL: ["live", "held"]})
        one.thaw()
        two.thaw()
        eventually(lambda: cluster.endpoints(ALL) == 2, PATIENCE)
        cluster.wait_until_told({OWN[1]: ["held", "live"], OWN[2]: ["held", "live"], OWN[3]: ["held"],
                                 ALL: ["live", "held", "live"]})
        dead.switch_on()
        traffic.converge(cluster.is_well, PATIENCE)
        cluster.wait_until_told({OWN[3]: ["held", "live"]})
    assert not traffic.failures


def test_a_node_that_comes_back_without_its_containers_ends_the_hold_at_once(cluster):
    """What has endpoints elsewhere never notices."""
    dead = cluster.nodes[2]
    with cluster.visitors(OWN[1], OWN[2], ALL) as traffic:
        dead.switch_off()
        cluster.wait_until_told({OWN[1]: [], OWN[2]: [], OWN[3]: ["held"], ALL: ["live"]})
        for container in dead.containers:
            dead.engine.remove(container, quietly=True)
        dead.switch_on()
        cluster.wait_until_told({OWN[1]: [], OWN[2]: [], OWN[3]: ["held", "503"], ALL: ["live"]})
        traffic.converge(lambda: status(OWN[3]) == 503, PATIENCE)
        assert ask("/status.json").json()["registrations"]["missing"] == 0
    assert not traffic.failures


def test_registrars_come_back_one_after_the_other_to_an_empty_redis(cluster):
    with cluster.visitors(*HOSTS) as traffic:
        for node in cluster.nodes:
            node.registrar.kill()
        cluster.redis.kill()
        cluster.redis.start()
        cluster.wait_until_told(dict.fromkeys(HOSTS, ["held"]))
        for node in cluster.nodes:
            node.registrar.start()
            cluster.wait_until_told({OWN[n]: ["held", "live"] if n <= node.number else ["held"] for n in OWN})
            cluster.wait_until_told({ALL: ["held", "live"]})
            assert cluster.endpoints(ALL) <= node.number
        traffic.converge(cluster.is_well, PATIENCE)
    assert not traffic.failures


@pytest.mark.parametrize("seconds", [2, pytest.param(30, marks=pytest.mark.long)])
def test_keys_are_evicted_at_random(cluster, seconds):
    """Registrations, manifests, or either; what was a string becomes something else."""
    with cluster.visitors(*HOSTS) as traffic:
        def one_goes(pattern: str) -> bool:
            left = cluster.redis.keys(pattern)
            if left:
                key = random.choice(left)
                cluster.redis.pipeline([("MULTI",), ("DEL", key), *[("LPUSH", key, "x")] * random.randrange(2), ("EXEC",)])
            return not traffic.failures

        for pattern in (PREFIX + "*", NODES + "*", "*"):
            always(lambda: one_goes(pattern), seconds, "no request fails")
        traffic.converge(cluster.is_well, PATIENCE)
        for host in HOSTS:
            told = cluster.told(host)
            assert "503" not in told and told[-1:] in ([], ["live"]), told
    assert not traffic.failures


LIES = {
    "it lists what is not there": manifest("m1", "own@n1", "all@n1", "ghost@n1", "own@n2"),
    "it lists nothing": manifest("m1"),
    "it lists nothing and is another machine's": manifest("m9"),
    "it lists another node's": manifest("m1", "own@n2"),
    "it is garbage": b"{\"machine\":\"m1\",\"instances\":[[[\xff",
    "it is no object": "[]",
    "it is not even text": b"\x00\xff" * 1000,
}


def as_its_registrar_says(redis, node: str) -> bool:
    text = redis.get(NODES + node) or ""
    return '"event_to_publish":' in text and f'"own@{node}"' in text


def test_a_manifest_lies_while_its_node_lives(cluster):
    """What is registered is served, whatever the manifest says; the next refresh puts it right."""
    with cluster.visitors(*HOSTS) as traffic:
        for name, lie in LIES.items():
            cluster.redis.call("SETEX", NODES + "n1", 600, lie)
            eventually(lambda: as_its_registrar_says(cluster.redis, "n1"), PATIENCE, f"it is put right: {name}")
        traffic.converge(cluster.is_well, PATIENCE)
    assert cluster.told(OWN[1]) == cluster.told(ALL) == []
    assert not traffic.failures


def test_a_manifest_lies_while_its_node_is_dead(cluster):
    """What lists everything, or cannot be read, says of nothing that it has gone: all is held."""
    node = cluster.nodes[0]
    with cluster.visitors(*HOSTS) as traffic:
        node.registrar.kill()
        fences = cluster.redis.listen("/beachhead-fences")
        for name in ("it lists what is not there", "it is garbage", "it is no object", "it is not even text"):
            cluster.redis.call("SETEX", NODES + "n1", 600, LIES[name])
            cluster.wait_until_told({OWN[1]: ["held"], ALL: ["live"], OWN[2]: []})
            heard = len(fences.items)
            eventually(lambda: len(fences.items) > heard + 3, PATIENCE, "everything was read again")
            assert cluster.told(OWN[1]) == ["held"], name
        fences.close()
        cluster.redis.call("DEL", NODES + "n1")
        node.registrar.start()
        traffic.converge(cluster.is_well, PATIENCE)
        cluster.wait_until_told({OWN[1]: ["held", "live"], ALL: ["live"], OWN[2]: []})
    assert not traffic.failures


def test_a_replica_takes_over_while_a_node_is_dead(cluster, place):
    """Its registrars come late, and nobody notices; what was held stays so."""
    replica = Redis(place / "replica", 6380).start()
    cluster.redis.call("CONFIG", "SET", "repl-diskless-sync-delay", "0")
    replica.call("REPLICAOF", "127.0.0.1", cluster.redis.port)
    with cluster.visitors(OWN[1], OWN[2], ALL) as traffic:
        dead = cluster.nodes[2]
        dead.switch_off()
        cluster.wait_until_told({OWN[1]: [], OWN[2]: [], OWN[3]: ["held"], ALL: ["live"]})
        eventually(lambda: instances(replica) == instances(cluster.redis), PATIENCE)
        for node in cluster.nodes[:2]:
            node.freeze()
        cluster.relay.target = replica.path
        cluster.redis.kill()
        replica.call("REPLICAOF", "NO", "ONE")
        eventually(lambda: len(cluster.edge.process.log.split("connected to redis:")) == 3, PATIENCE)
        for node in cluster.nodes[:2]:
            node.thaw()
        dead.switch_on()
        traffic.converge(cluster.is_well, PATIENCE)
        assert cluster.told(OWN[3]) == ["held", "live"]
    assert not traffic.failures


def test_flushed_while_another_host_has_the_same_name(cluster, redis, place):
    """It has been told apart and publishes nothing; a Redis that forgets is no reason to begin."""
    engine = ScriptedEngine(place / "engine0.sock")
    other = Registrar(redis, engine, "--node=n1", "--machine-id=m0")
    other.start()
    other.process.wait_for_log("two hosts have the same --node", PATIENCE)
    with cluster.visitors(*HOSTS) as traffic:
        for _ in range(3):
            redis.call("FLUSHALL")
            eventually(lambda: as_its_registrar_says(redis, "n1"), PATIENCE)
            always(lambda: as_its_registrar_says(redis, "n1"), 2, "until the other one has looked")
        traffic.converge(cluster.is_well, PATIENCE)
    engine.stop()
    assert "503" not in cluster.told(OWN[1])
    assert not traffic.failures
