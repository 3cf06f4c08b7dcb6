"""Disks fill up, are read-only or vanish; descriptors and processes run out. What lives is served on, what is wrong and
what to do stands in the log, and afterwards everything is as it should be by itself."""
import contextlib
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

from parts.http import served_by, served_over_tls_by, status
from parts.process import Process
from parts.programs import Consumer, Registrar
from parts.registrations import instances
from parts.tls import make_certificate
from parts.traffic import PATIENT
from parts.waiting import always, eventually

STAYS, HOST = "stays", "stays.example.org"


class Volume:
    """A file system of 64 KiB of its own over a directory."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", directory)

    def fill(self) -> None:
        with (self.directory / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 512):
                pass

    def empty(self) -> None:
        (self.directory / "filler").unlink()



def mount(*options) -> None:
    subprocess.run(["mount", *options], check=True)


def unmount(directory) -> None:
    subprocess.run(["umount", "-l", directory], check=True)


@contextlib.contextmanager
def read_only(directory):
    mount("--bind", directory, directory)
    mount("-o", "remount,bind,ro", directory)
    try:
        yield
    finally:
        unmount(directory)


@pytest.fixture
def volume():
    """Puts a small file system over a directory; it vanishes with our mount namespace at the latest."""
    made = []

    def make(directory) -> Volume:
        made.append(Volume(directory))
        return made[-1]

    yield make
    for volume in made:
        unmount(volume.directory)


class Edge:
    """Both programs on a scripted Engine, and one container that stays."""

    def __init__(self, redis, scripted, backend, place, nginx):
        self.redis, self.scripted, self.backend, self.nginx = redis, scripted, backend("one"), nginx
        self.state, self.metrics = place / "state", place / "metrics"
        self.metrics.mkdir()
        self.registrar = Registrar(redis, scripted, f"--metrics-file={self.metrics}/registrar.prom")
        self.consumer = Consumer(redis, nginx, self.state, "--linger=0", PATIENT)

    def start(self, *more: str) -> None:
        self.serve(STAYS)
        self.registrar.start()
        self.consumer.start()
        eventually(lambda: self.all_is_well(*more))
        self.nginx.wait_until_quiet()

    def serve(self, name: str) -> None:
        self.scripted.serve(name, f"{name}.example.org", self.backend)

    def is_served(self, name: str) -> bool:
        return served_by(f"{name}.example.org") == "one"

    def is_live(self, name: str) -> bool:
        return status(f"{name}.example.org") in (200, 301)

    def state_knows(self, name: str) -> bool:
        table = self.state / "table.json"
        return table.exists() and f"{name}.example.org" in table.read_text()

    def metrics_say(self, registrations: int) -> bool:
        file = self.metrics / "registrar.prom"
        return file.exists() and f"beachhead_registrar_registrations {registrations}\n" in file.read_text()

    def all_is_well(self, *names: str) -> bool:
        """Everything is served and written down."""
        known = [STAYS, *names]
        return (instances(self.redis) == sorted(known) and all(map(self.is_live, known)) and
                all(map(self.state_knows, known)) and self.metrics_say(len(known)))


@pytest.fixture
def edge(redis, scripted, backend, place, nginx):
    return Edge(redis, scripted, backend, place, nginx)


PLACES = {  # directory, program that says what is wrong there, what that names
    "live": (lambda e: e.nginx.conf_d, "consumer", r"conf\.d/[^ ]*beachhead"),
    "state": (lambda e: e.state, "consumer", "/state"),
    "metrics": (lambda e: e.metrics, "registrar", r"/metrics/registrar\.prom"),
    "certificates": (lambda e: e.nginx.certs, None, ""),
}


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("which", PLACES)
def test_a_disk_is_full_and_then_is_not(edge, volume, visitors, which, times):
    where, who, named = PLACES[which]
    disk = volume(where(edge))
    edge.start()
    names = [f"n{n}" for n in range(times)]
    with visitors(HOST) as traffic:
        for n, name in enumerate(names):
            disk.fill()
            edge.serve(name)
            if who:
                program = getattr(edge, who).process
                since = len(program.lines) if n else 0
                program.wait_for_log(rf"{named}.*No space left on device; make room there", since=since)
            if which != "live":
                eventually(lambda: edge.is_served(name), what="what does not need that disk goes on")
            assert not edge.nginx.refusal()
            disk.empty()
            traffic.converge(lambda: edge.all_is_well(*names[:n + 1]), 60)
    assert not traffic.failures


@pytest.mark.parametrize("which", ["live", pytest.param("state", marks=pytest.mark.long),
                                   pytest.param("metrics", marks=pytest.mark.long)])
def test_a_disk_is_read_only_and_then_is_not(edge, visitors, which):
    where, who, named = PLACES[which]
    edge.start()
    with visitors(HOST) as traffic:
        with read_only(where(edge)):
            edge.serve("new")
            getattr(edge, who).process.wait_for_log(rf"{named}.*Read-only file system; mount it for writing")
        traffic.converge(lambda: edge.all_is_well("new"), 60)
    assert not traffic.failures


@pytest.mark.parametrize("which", ["live", pytest.param("state", marks=pytest.mark.long),
                                   pytest.param("metrics", marks=pytest.mark.long)])
def test_a_directory_vanishes_and_comes_back(edge, visitors, which):
    """Nobody moves a site while the directory of the live file is away: nginx has it."""
    where, who, named = PLACES[which]
    edge.start()
    directory = where(edge)
    with visitors(HOST) as traffic:
        away = directory.rename(f"{directory}-away")
        edge.serve("new")
        getattr(edge, who).process.wait_for_log(rf"{named}.*No such file or directory; make the directory")
        away.rename(directory)
        traffic.converge(lambda: edge.all_is_well("new"), 60)
    assert not traffic.failures


def test_the_memory_is_removed_and_its_directory_made_anew(edge, visitors):
    edge.start()
    with visitors(HOST) as traffic:
        shutil.rmtree(edge.state)
        edge.serve("new")
        edge.consumer.process.wait_for_log("/state cannot be saved: No such file or directory; make the directory")
        edge.state.mkdir()
        traffic.converge(lambda: edge.all_is_well("new"), 60)
    assert not traffic.failures


TLS_HOST = "tls.example.org"


@pytest.fixture
def over_tls(edge):
    """The edge with a site that has a certificate."""
    make_certificate(edge.nginx.certs, TLS_HOST)
    host, port = edge.backend.endpoint
    edge.scripted.add("tls", f"VIRTUAL_HOST={TLS_HOST}", f"VIRTUAL_PORT={port}", address=host)
    edge.start("tls")
    eventually(lambda: served_over_tls_by(TLS_HOST) == "one")
    edge.nginx.wait_until_quiet()
    return edge


def test_the_directory_of_certificates_is_away_for_a_while(over_tls, visitors, nginx):
    """What was there until now may be in the middle of a move: nginx has it, and its site stays on TLS."""
    with visitors(HOST) as traffic:
        away = nginx.certs.rename(f"{nginx.certs}-away")
        over_tls.serve("new")
        always(lambda: not traffic.failures and served_over_tls_by(TLS_HOST) == "one", 2)
        away.rename(nginx.certs)
        traffic.converge(lambda: over_tls.is_served("new"), 60)
    assert not traffic.failures


# Descriptors and processes

@contextlib.contextmanager
def limited(program, which: int, number: int):
    usual = resource.prlimit(program.process.pid, which)
    resource.prlimit(program.process.pid, which, (number, usual[1]))
    yield
    resource.prlimit(program.process.pid, which, usual)


def highest_descriptor(program) -> int:
    return max(int(entry.name) for entry in Path(f"/proc/{program.process.pid}/fd").iterdir())


def renew_certificate(nginx) -> None:
    """Both files at once, however long it takes to make them."""
    made = nginx.place / "renewed"
    made.mkdir(exist_ok=True)
    for path in make_certificate(made, TLS_HOST):
        path.replace(nginx.certs / path.name)


@pytest.mark.parametrize("spare", [[0], pytest.param([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15], marks=pytest.mark.long)])
@pytest.mark.parametrize("who", ["registrar", "consumer"])
def test_descriptors_run_out(over_tls, visitors, redis, notify, who, spare):
    """But for so many none is left for anything new, while Redis and the Engine close what there is and a certificate is
    renewed."""
    edge, names = over_tls, ["tls"]
    program = getattr(edge, who)
    program.stop()
    process = program.start(env=notify.environment(watchdog_seconds=2))
    eventually(lambda: notify.has("READY"))
    edge.nginx.wait_until_quiet()
    with visitors(HOST) as traffic:
        for number in spare:
            names.append(f"n{number}")
            with limited(program, resource.RLIMIT_NOFILE, highest_descriptor(program) + 1 + number):
                redis.call("CLIENT", "KILL", "SKIPME", "yes")
                edge.scripted.cut_streams()
                renew_certificate(edge.nginx)
                edge.serve(names[-1])
                if number == 0:
                    process.wait_for_log("Too many open files|cannot|does not answer", 40)
                always(lambda: served_over_tls_by(TLS_HOST) == "one" and process.is_running, 2, "nobody notices")
            traffic.converge(lambda: edge.all_is_well(*names), 60)
    assert not traffic.failures
    assert not edge.consumer.process.find_log("served without HTTPS"), "what cannot be read now is not gone"


@contextlib.contextmanager
def no_more_processes(program):
    """As at the TasksMax of a service: neither child nor thread can be begun."""
    calls = "clone,clone3,fork,vfork"
    strace = Process(["strace", "-f", "-o", "/dev/null", "-p", program.process.pid, "-e", f"trace={calls}",
                      "-e", f"inject={calls}:error=EAGAIN"])
    status_file = Path(f"/proc/{program.process.pid}/status")
    eventually(lambda: f"TracerPid:\t{strace.pid}\n" in status_file.read_text())
    yield
    strace.stop()


@pytest.mark.parametrize("who, says", [
    ("consumer", "cannot run nginx .*: Resource temporarily unavailable; give this service a higher TasksMax"),
    ("registrar", "Redis is not available: the resolver could not be started")], ids=["consumer", "registrar"])
def test_processes_and_threads_run_out(edge, visitors, redis, who, says):
    edge.registrar.options.append(f"--redis-url=redis://localhost:{redis.port}")
    edge.start()
    program = getattr(edge, who)
    with visitors(HOST) as traffic:
        with no_more_processes(program):
            redis.call("CLIENT", "KILL", "SKIPME", "yes")
            edge.serve("new")
            program.process.wait_for_log(says)
            always(lambda: not traffic.failures, 2)
        traffic.converge(lambda: edge.all_is_well("new"), 60)
    assert not traffic.failures
