"""examples/consumers/: what they make of all sites, with the servers that they are for."""
import json
import re
import subprocess
import textwrap
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from parts.name_server import FOREIGN, NameServer, ask
from parts.process import Process, run
from parts.programs import CONSUMER, SOURCE, Program
from parts.registrations import hint, register, route
from parts.waiting import eventually

EXAMPLES = SOURCE / "examples/consumers"
EDGE, EDGE_V6 = "192.0.2.1", "2001:db8::1"


def site(domain: str, kind: str = "name", *locations: dict) -> dict:
    return {"domain": domain, "kind": kind, "locations": list(locations)}


def location(*endpoints: tuple, path: str = "/", proto: str = "http") -> dict:
    return {"path": path, "proto": proto,
            "endpoints": [{"host": host, "port": port, "tls": tls} for host, port, tls in endpoints]}


def give(example: str, *arguments, sites: list[dict] = (), version: int = 1) -> subprocess.CompletedProcess:
    """Runs an example as the output exec does."""
    document = json.dumps({"version": version, "sites": list(sites), "certificates": [], "set_aside": []})
    return subprocess.run([EXAMPLES / example, *map(str, arguments)], input=document, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture
def feeding(redis, place):
    """Starts a consumer that hands all sites to a command."""

    def start(command: str, *options) -> Process:
        return Program(CONSUMER, [f"--redis-url={redis.url}", f"--state-dir={place / 'state'}", "--interval=1",
                                  "--output=exec", f"--exec={command}", *options]).start()

    return start


@pytest.mark.parametrize("example, arguments", [
    ("dns", ["--zone=example.org", "--key=/nonexistent", "--address=192.0.2.1"]),
    ("hosts", ["--address=192.0.2.1", "/nonexistent/file"]), ("prometheus", ["/nonexistent/file"])])
def test_a_document_of_another_version_is_refused(example, arguments):
    refused = give(example, *arguments, version=2)
    assert refused.returncode == 1
    assert "version 2" in refused.stdout and len(refused.stdout.splitlines()) == 1


# dns

@pytest.fixture
def name_server(place):
    return NameServer(place / "named").start()


@pytest.fixture
def dns(name_server):
    """Runs the example for domains of the zone, which have this edge's address."""

    def converge(*domains: str, owner: str = "beachhead", addresses: list[str] = (EDGE,)) -> str:
        sites = [site(domain, "wildcard" if "*" in domain else "name") for domain in domains]
        done = give("dns", f"--server={name_server.address}", "--zone=example.org", f"--key={name_server.key}",
                    f"--owner={owner}", *(f"--address={address}" for address in addresses), sites=sites)
        assert done.returncode == 0, done.stdout
        return done.stdout

    return converge


def test_names_come_and_go_with_their_sites(name_server, dns):
    before = name_server.records()
    dns("a.example.org", "b.example.org", "*.c.example.org", "elsewhere.net", "notexample.org",
        addresses=[EDGE, EDGE_V6])
    for name in ["a.example.org", "b.example.org", "any.c.example.org"]:
        assert (ask(name), ask(name, "AAAA")) == ({EDGE}, {EDGE_V6})
    dns("b.example.org", "*.c.example.org", addresses=[EDGE])
    assert (ask("a.example.org"), ask("b.example.org"), ask("b.example.org", "AAAA")) == (set(), {EDGE}, set())
    dns()
    assert name_server.records() == before


def test_what_is_there_already_is_not_updated(name_server, dns):
    dns("a.example.org")
    serial = ask("example.org", "SOA")
    assert dns("a.example.org") == ""
    assert ask("example.org", "SOA") == serial


def test_a_foreign_record_is_never_touched(name_server, dns):
    before = name_server.records()
    said = dns("a.example.org", "www.example.org", "mail.example.org", "alias.example.org")
    for name in ["www.example.org", "mail.example.org", "alias.example.org"]:
        assert f"{name} has records that are not ours" in said
    assert {record for record in name_server.records() if "a.example.org." not in record.split()[0]} == {
        record for record in before}
    dns()
    assert name_server.records() == before


def test_a_record_that_somebody_adds_beside_ours_stays(name_server, dns):
    dns("a.example.org")
    added = run(["sh", "-c", f"printf 'server 127.0.0.1 5300\\nupdate add a.example.org 60 A 198.51.100.9\\nsend\\n'"
                             f" | nsupdate -k {name_server.key}"])
    assert added.status == 0, added.output
    dns("a.example.org")
    assert ask("a.example.org") == {EDGE, "198.51.100.9"}
    dns()
    assert ask("a.example.org") == {"198.51.100.9"}


def test_two_edges_share_a_name(name_server, dns):
    dns("a.example.org", owner="edge1")
    dns("a.example.org", owner="edge2", addresses=["192.0.2.2"])
    assert ask("a.example.org") == {EDGE, "192.0.2.2"}
    dns(owner="edge1")
    assert ask("a.example.org") == {"192.0.2.2"}


def test_an_edge_that_moves_takes_its_names_along(name_server, dns):
    dns("a.example.org")
    dns("a.example.org", addresses=["192.0.2.7"])
    assert ask("a.example.org") == {"192.0.2.7"}


def test_a_name_that_looks_like_a_mark_is_no_name(name_server, dns):
    before = name_server.records()
    dns("_beachhead.www.example.org", "_any.example.org", "_beachhead.example.org")
    assert name_server.records() == before


def test_a_server_that_is_away_or_refuses_is_a_failure(name_server):
    arguments = ["--zone=example.org", f"--key={name_server.key}", f"--address={EDGE}"]
    away = give("dns", "--server=127.0.0.1#5399", *arguments)
    assert away.returncode == 1 and "example.org" in away.stdout
    other_key = name_server.place / "other.key"
    other_key.write_text(run(["tsig-keygen", "other"]).output)
    refused = give("dns", f"--server={name_server.address}", "--zone=example.org", f"--key={other_key}",
                   f"--address={EDGE}", sites=[site("a.example.org")])
    assert refused.returncode == 1
    assert ask("a.example.org") == set()


@pytest.fixture
def dns_consumer(name_server, feeding):
    command = (f"{EXAMPLES}/dns --server={name_server.address} --zone=example.org --key={name_server.key} "
               f"--address={EDGE}")
    return lambda: feeding(command, "--linger=1", "--exec-time-limit=20")


def test_a_container_resolves_while_it_runs(engine, registrar, dns_consumer, record_property):
    registrar().start()
    dns_consumer().wait_for_log("has taken the sites")
    container = engine.serve("app", "app.example.org:http www.example.org:http")
    started = time.monotonic()
    eventually(lambda: ask("app.example.org") == {EDGE})
    record_property("figures", f"dns: BIND answers {time.monotonic() - started:.2f} s after the container's start")
    assert ask("www.example.org") == {FOREIGN["www.example.org"]}
    container.stop()
    eventually(lambda: ask("app.example.org") == set())
    assert ask("www.example.org") == {FOREIGN["www.example.org"]}


def test_what_a_name_server_missed_it_is_told_when_it_is_back(redis, name_server, dns_consumer):
    register(redis, "old", route("old.example.org", ("10.0.0.1", 80)))
    consumer = dns_consumer()
    eventually(lambda: ask("old.example.org") == {EDGE})
    name_server.stop()
    register(redis, "new", route("new.example.org", ("10.0.0.2", 80)))
    hint(redis, "new")
    consumer.wait_for_log("ended with status 1: .*example.org")
    name_server.start()
    eventually(lambda: ask("new.example.org") == {EDGE}, within=60)
    assert ask("old.example.org") == {EDGE}


# prometheus

class Metrics:
    """An application with metrics, whose addresses are of loopback."""

    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(b"orders_total 7\n")

            def log_message(self, *_) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = self.server.server_address
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def metrics():
    served = Metrics()
    yield served
    served.close()


PROMETHEUS = "127.0.0.1:9091"


@pytest.fixture
def prometheus(place):
    """A private Prometheus that reads the targets in a file; returns the file."""
    targets = place / "targets.json"
    configuration = place / "prometheus.yml"
    configuration.write_text(json.dumps({
        "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
        "scrape_configs": [{"job_name": "containers", "file_sd_configs": [{"files": [str(targets)]}]}]}))
    server = Process(["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={place / 'tsdb'}",
                      f"--web.listen-address={PROMETHEUS}"])
    server.wait_for_log("ready to receive web requests")
    return targets


def asked(path: str) -> dict:
    with urllib.request.urlopen(f"http://{PROMETHEUS}/api/v1/{path}", timeout=5) as reply:
        return json.load(reply)["data"]


def active_targets() -> dict[str, dict]:
    return {target["scrapeUrl"]: target for target in asked("targets")["activeTargets"]}


def test_prometheus_scrapes_what_has_a_domain(redis, prometheus, metrics, feeding):
    consumer = feeding(f"{EXAMPLES}/prometheus {prometheus}", "--linger=0")
    register(redis, "shop", route("shop.example.org", metrics.endpoint), lease=600)
    hint(redis, "shop")
    url = "http://{}:{}/metrics".format(*metrics.endpoint)
    eventually(lambda: active_targets()[url]["health"] == "up" if url in active_targets() else False)
    labels = active_targets()[url]["labels"]
    assert (labels["domain"], labels["path"], labels["job"]) == ("shop.example.org", "/", "containers")
    scraped = asked("query?query=orders_total")["result"]
    assert [(one["metric"]["domain"], one["value"][1]) for one in scraped] == [("shop.example.org", "7")]
    redis.call("SETEX", "/beachhead/shop", 600, "[]")
    hint(redis, "shop")
    eventually(lambda: active_targets() == {})
    assert consumer.is_running


def test_targets_are_what_can_be_scraped(place):
    targets = place / "targets.json"
    given = [site("a.example.org", "name", location(("10.0.0.1", 80, False), ("10.0.0.1", 443, True)),
                  location(("2001:db8::5", 81, False), path="/api")),
             site("~^b[0-9]$", "regex", location(("10.0.0.3", 80, True), ("10.0.0.4", 80, True), proto="https")),
             site("c.example.org", "name", location(("10.0.0.5", 9000, False), proto="fastcgi")),
             site("d.example.org", "name", location())]
    assert give("prometheus", targets, sites=given).returncode == 0
    assert json.loads(targets.read_text()) == [
        {"targets": ["10.0.0.1:80"], "labels": {"domain": "a.example.org", "path": "/", "__scheme__": "http"}},
        {"targets": ["10.0.0.1:443"], "labels": {"domain": "a.example.org", "path": "/", "__scheme__": "https"}},
        {"targets": ["[2001:db8::5]:81"], "labels": {"domain": "a.example.org", "path": "/api", "__scheme__": "http"}},
        {"targets": ["10.0.0.3:80", "10.0.0.4:80"], "labels": {"domain": "~^b[0-9]$", "path": "/",
                                                               "__scheme__": "https"}}]
    before = targets.stat().st_ino
    assert give("prometheus", targets, sites=given).returncode == 0
    assert targets.stat().st_ino == before, "what is there already is not written"


# hosts

DNSMASQ_PORT = 5301


def test_dnsmasq_knows_the_domains(redis, place, feeding):
    hosts, pid = place / "hosts", place / "dnsmasq.pid"
    hosts.write_text("")
    Process(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
             f"--addn-hosts={hosts}", f"--port={DNSMASQ_PORT}", "--listen-address=127.0.0.1", "--bind-interfaces",
             "--local=/example.org/", f"--pid-file={pid}"])
    eventually(lambda: pid.exists() and pid.read_text().strip())
    feeding(f"{EXAMPLES}/hosts --address={EDGE} --address={EDGE_V6} --signal={pid} {hosts}", "--linger=0")
    register(redis, "web", route("web.example.org", ("10.0.0.1", 80)),
             route("*.any.example.org", requires=["wildcard"], endpoint={"host": "10.0.0.1", "port": 80},
                   schemes=["http", "https"]))
    hint(redis, "web")
    eventually(lambda: ask("web.example.org", port=DNSMASQ_PORT) == {EDGE})
    assert ask("web.example.org", "AAAA", DNSMASQ_PORT) == {EDGE_V6}
    assert hosts.read_text() == f"{EDGE} web.example.org\n{EDGE_V6} web.example.org\n"
    redis.call("SETEX", "/beachhead/web", 600, "[]")
    hint(redis, "web")
    eventually(lambda: ask("web.example.org", port=DNSMASQ_PORT) == set())


# As they are installed

def test_an_instance_of_the_unit_runs_an_example(redis, host):
    host.run("make install")
    host.run("systemd-sysusers")
    example = (EXAMPLES / "hosts").read_text()
    configuration = textwrap.dedent(re.search(r"(?ms)^    output=exec\n.*?\n\n", example)[0])
    Path("/etc/beachhead/hosts.conf").write_text(configuration)
    host.run("systemctl enable --now beachhead-consumer@hosts")
    register(redis, "web", route("web.example.org", ("10.0.0.1", 80)))
    hint(redis, "web")
    made = Path("/var/lib/beachhead-hosts/hosts")
    eventually(lambda: made.exists() and made.read_text() == f"{EDGE} web.example.org\n")
    assert (made.owner(), made.stat().st_mode & 0o444) == ("beachhead-output", 0o444)
