"""Whenever the consumer is killed, and whatever fails under it: what is on disk starts nginx, and a restart
converges."""
import contextlib
import itertools
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from parts.http import served_by
from parts.process import Ended, Process, run
from parts.registrations import register, route
from parts.struck import struck
from parts.waiting import eventually

MOST_CALLS = 400
RENAMES, SYNCS, WRITES = "rename,renameat,renameat2", "fsync,fdatasync", "write,writev,pwrite64"


@pytest.fixture
def edge(redis, backend, consumer):
    """A consumer with one site live, and a way to change which other site there is."""
    one = backend("one")
    register(redis, "first", route("first.example.org", one.endpoint))
    edge = consumer("--linger=0", "--quiet")
    assert edge.run("--once").status == 0
    numbers = itertools.count()

    def change_site() -> str:
        domain = f"s{next(numbers)}.example.org"
        register(redis, "changing", route(domain, one.endpoint))
        return domain

    edge.change_site = change_site
    return edge


def run_with_fault(edge, calls: str, fault: str, number: int) -> Ended:
    """One pass in which the number-th of these system calls of the program itself fails that way."""
    return run([*struck(calls, fault, number), edge.binary, *edge.options, "--once"])


def converges(edge, nginx, domain: str, when: str) -> None:
    refusal = nginx.refusal()
    assert not refusal, f"killed at {when}: {refusal}"
    ended = edge.run("--once")
    assert ended.status == 0, f"killed at {when}, then: {ended.errors}"
    assert served_by(domain) == served_by("first.example.org") == "one", f"killed at {when}"


class Workers(BaseHTTPRequestHandler):
    """In place of nginx: they say that they serve what is live, but for an old one that gets the question `old`."""

    asked = old = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200)
        self.end_headers()
        said = "old" if self.asked == self.old else re.search(r"# generation (\w+)", self.server.nginx.rendered)[1]
        self.wfile.write(said.encode())

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def workers(nginx):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Workers)
    server.nginx = nginx
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"--nginx-confirm=http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def test_one_answer_of_what_is_live_already_is_not_believed(edge, workers):
    """Whoever told nginx to reload may have been killed since: old workers still answer beside the new ones."""
    assert edge.run("--once", workers).status == 0
    Workers.asked, Workers.old = 0, 2
    ended = edge.run("--once", workers)
    assert ended.status == 0, ended.errors
    assert Workers.asked > Workers.old


@pytest.mark.parametrize("calls", [RENAMES, SYNCS, WRITES])
def test_killed_at_every(edge, nginx, calls):
    for number in range(1, MOST_CALLS):
        domain = edge.change_site()
        ended = run_with_fault(edge, calls, "signal=KILL", number)
        converges(edge, nginx, domain, f"call {number} of {calls}")
        if ended.status == 0:
            break
    assert ended.status == 0, "there is an end of it"
    assert number > 2, "something was killed"


@pytest.mark.parametrize("calls, error", [(SYNCS, "EIO"), (RENAMES, "EACCES"), (RENAMES, "ENOSPC")])
def test_a_failing_disk_at_every(edge, nginx, calls, error):
    for number in range(1, MOST_CALLS):
        domain = edge.change_site()
        ended = run_with_fault(edge, calls, f"error={error}", number)
        assert ended.status in (0, 1), f"call {number}: {ended.errors}"
        converges(edge, nginx, domain, f"call {number} of {calls}")
        if ended.status == 0 and not re.search(r"error|cannot|fail", ended.errors, re.IGNORECASE):
            break
    assert number > 1, "something failed"


@pytest.fixture
def mount_small():
    """Puts a file system of 64 KiB over a directory; it vanishes with our mount namespace at the latest."""
    mounted = []

    def mount(directory) -> None:
        directory.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory], check=True)
        mounted.append(directory)

    yield mount
    for directory in mounted:
        subprocess.run(["umount", "-l", directory], check=True)


@pytest.mark.parametrize("which", ["configuration", "memory"])
def test_a_full_disk_leaves_what_is_served_and_is_said(redis, backend, nginx, consumer, mount_small, which):
    edge = consumer()
    full = nginx.conf_d if which == "configuration" else edge.state
    mount_small(full)
    one = backend("one")
    register(redis, "first", route("first.example.org", one.endpoint))
    edge.start()
    eventually(lambda: served_by("first.example.org") == "one")
    filler = full / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 1024):
            pass
    for n in range(30):
        register(redis, f"c{n}", route(f"c{n}.example.org", one.endpoint))
    edge.process.wait_for_log("No space left")
    assert not nginx.refusal()
    assert served_by("first.example.org") == "one"
    if which == "memory":
        eventually(lambda: served_by("c29.example.org") == "one", what="the sites are not held up")
    filler.unlink()
    eventually(lambda: served_by("c29.example.org") == "one", 60)
    assert edge.stop() == 0


def test_a_memory_that_is_damaged_is_said_and_does_not_stop_the_start(edge):
    edge.start()
    eventually(lambda: served_by("first.example.org") == "one")
    edge.stop()
    for path in [p for p in edge.state.iterdir() if p.is_file() and p.stat().st_size]:
        path.write_bytes(b"{\"damaged")
    domain = edge.change_site()
    edge.start()
    edge.process.wait_for_log(str(edge.state))
    eventually(lambda: served_by(domain) == "one")


def test_two_consumers_do_not_share_a_state_directory(edge):
    domain = edge.change_site()
    edge.start()
    eventually(lambda: served_by(domain) == "one")
    second = edge.run("--once", within=10)
    assert second.status != 0
    assert str(edge.state) in second.errors
    assert edge.process.is_running


def remembers(edge, domain: str) -> bool:
    """Whether the memory, not only what is to become it, knows the domain."""
    return any(domain in path.read_text() for path in edge.state.iterdir() if path.suffix != ".new")


@pytest.mark.long
@pytest.mark.parametrize("calls", [RENAMES, SYNCS, WRITES])
def test_killed_at_every_call_while_it_serves(edge, nginx, calls):
    """The same under the daemon: killed at the number-th call after its start, then started again."""
    for number in range(1, 120):
        domain = edge.change_site()
        process = Process([*struck(calls, "signal=KILL", number), edge.binary, *edge.options])
        eventually(lambda: not process.is_running or (served_by(domain) and remembers(edge, domain)), 30)
        survived = process.is_running
        process.kill()
        converges(edge, nginx, domain, f"call {number} of {calls}")
        if survived:
            break
    assert number > 2
