"""Several hosts and edges, each a machine of its own in one network, with a Redis that survives any of them."""
import json
from pathlib import Path

from parts.engine import Engine
from parts.http import HTTP_PORT
from parts.lan import Lan, Machine
from parts.nginx import Nginx
from parts.programs import Consumer, Program, Registrar
from parts.redis import Redis
from parts.sentinel import REDIS_PORT, SENTINEL_PORT, Seat, Sentinels
from parts.traffic import PATIENT
from parts.waiting import eventually

HOSTS, EDGES, NODES = 3, 2, 2
LEASE = 6  # seconds
ROUTED = 3  # this host's containers have addresses that the edges reach; those of the others publish their ports


def place_on(machine: Machine, program: Program, place: Path) -> Program:
    program.binary = machine.wrapped(program.binary, place)
    return program


class DockerHost:
    """With an Engine, a registrar, a sentinel, and perhaps a node of Redis. Two containers: one of the site that all
    hosts have together, one of a site of its own."""

    def __init__(self, number: int, machine: Machine, place: Path):
        self.number, self.machine, self.place = number, machine, place
        self.own_site = f"only{number}.example.org"
        self.engine = Engine(place / machine.name, machine.prefix)
        self.servers: list[Redis] = []
        self.registrar: Registrar | None = None

    def start_engine(self, shared: str) -> None:
        routed = {"bip": f"10.88.{self.number}.1/24", "iptables": False}
        self.engine.settings.write_text(json.dumps(routed if self.number == ROUTED else {}))
        self.machine.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.engine.start()
        self.engine.make_image()
        for port, (name, site) in enumerate([("shared", shared), ("own", self.own_site)], 8001):
            published = {} if self.number == ROUTED else {80: port}
            self.engine.serve(name, f"{site}:http", published=published)

    def start_registrar(self, redis, place: Path) -> None:
        how = [] if self.number == ROUTED else ["--advertise=published", f"--node-address={self.machine.address}"]
        self.registrar = place_on(self.machine, Registrar(redis, self.engine, f"--node=web{self.number}", *how,
                                                          expire=LEASE), place)
        self.registrar.start()

    def endpoint_of_shared(self) -> str:
        """Where the edges reach it."""
        if self.number != ROUTED:
            return f"{self.machine.address}:8001"
        [listed] = [c for c in self.engine.call("GET", "/containers/json") if c["Names"] == ["/shared"]]
        return f"{listed['NetworkSettings']['Networks']['bridge']['IPAddress']}:80"

    def lose(self) -> None:
        """Switched off, as the others see it."""
        self.machine.cut_off()
        for server in self.servers:
            server.kill()
        self.registrar.kill()

    def bring_back(self) -> None:
        self.machine.reconnect()
        for server in self.servers:
            server.start()
        self.registrar.start()


class EdgeHost:
    """With nginx and a consumer, which keeps what it knows in a file as well."""

    def __init__(self, machine: Machine, redis, place: Path):
        self.machine = machine
        self.sites_file = place / f"{machine.name}.json"
        self.nginx = Nginx(place / f"nginx-{machine.name}", machine.prefix)
        self.consumer = place_on(machine, Consumer(
            redis, self.nginx, place / f"state-{machine.name}", f"--http-port={HTTP_PORT}", "--https-port=8443",
            "--output=nginx", "--output=json", f"--json-file={self.sites_file}", PATIENT), place)

    def start(self) -> None:
        self.nginx.start()
        self.consumer.start()

    def lose(self) -> None:
        self.machine.cut_off()
        self.consumer.kill()
        self.nginx.stop()

    def bring_back(self) -> None:
        self.machine.reconnect()
        self.start()

    def site(self, domain: str) -> dict:
        sites = json.loads(self.sites_file.read_text())["sites"] if self.sites_file.exists() else []
        return next((site for site in sites if site["domain"] == domain), {})

    def endpoints(self, domain: str) -> list[str]:
        return sorted(f"{e['host']}:{e['port']}" for location in self.site(domain).get("locations", [])
                      for e in location["endpoints"])


class Hosts:
    shared = "shared.example.org"

    def __init__(self, place: Path):
        names = [*(f"web{n}" for n in range(1, HOSTS + 1)), *(f"edge{n}" for n in range(1, EDGES + 1))]
        self.place, self.lan = place, Lan(*names)
        self.docker = [DockerHost(n, machine, place) for n, machine in enumerate(self.lan.machines[:HOSTS], 1)]
        seats = [Seat(m.address, REDIS_PORT, m.prefix) for m in self.lan.machines[:NODES]]
        watches = [Seat(m.address, SENTINEL_PORT, m.prefix) for m in self.lan.machines[:HOSTS]]
        self.redis = Sentinels(place / "redis", seats, watches, down_after_msec=1000)
        self.edges = [EdgeHost(machine, self.redis, place) for machine in self.lan.machines[HOSTS:]]
        self.all = {host.machine.name: host for host in [*self.docker, *self.edges]}

    def start(self) -> "Hosts":
        self.redis.start()
        for number, host in enumerate(self.docker):
            host.servers = [*self.redis.nodes[number:number + 1], self.redis.sentinels[number]]
            host.start_engine(self.shared)
            host.start_registrar(self.redis, self.place)
        for edge in self.edges:
            edge.machine.run("ip", "route", "add", f"10.88.{ROUTED}.0/24", "via", self.docker[ROUTED - 1].machine.address)
            edge.start()
        return self

    def stop(self) -> None:
        for host in self.docker:
            host.engine.stop()
        self.lan.remove()
