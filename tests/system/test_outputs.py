"""Several outputs of one process: each works by itself, and what fails of one is nobody else's concern."""
import json
import subprocess
from pathlib import Path

import pytest

from parts.http import served_by
from parts.process import run
from parts.programs import CONSUMER, SOURCE
from parts.registrations import hint, register, route
from parts.units import Unit
from parts.waiting import always, eventually

OUTPUTS = ["--output=nginx", "--output=json", "--output=exec"]


def host(number: int) -> str:
    return f"site{number}.example.org"


class Listing:
    """A program for exec: it appends the domains that it is given, a line a run, and fails or hangs when told to."""

    def __init__(self, place: Path):
        place.mkdir()
        self.place, self.runs_path, self.program = place, place / "runs", place / "program"
        self.program.write_text(f"""#!/bin/sh
[ ! -e {place}/hang ] || sleep 300
[ ! -e {place}/fail ] || {{ echo out of order; exit 7; }}
grep -o '"domain":"[^"]*"' | cut -d '"' -f 4 | tr '\\n' ' ' >>{place}/runs
echo >>{place}/runs
""")
        self.program.chmod(0o755)

    def be(self, how: str) -> None:
        """ "fail", "hang", or "well"."""
        for name in ("fail", "hang"):
            (self.place / name).unlink(missing_ok=True)
        if how != "well":
            (self.place / how).touch()

    @property
    def runs(self) -> list[list[str]]:
        return [line.split() for line in self.runs_path.read_text().splitlines()] if self.runs_path.exists() else []

    @property
    def known(self) -> list[str]:
        return self.runs[-1] if self.runs else []


@pytest.fixture
def listing(place):
    return Listing(place / "listing")


class Sealable:
    """A directory that can be made read-only, for root too."""

    def __init__(self, path: Path):
        path.mkdir()
        self.path = path
        self._mount("-t", "tmpfs", "tmpfs")

    def _mount(self, *options: str) -> None:
        subprocess.run(["mount", *options, str(self.path)], check=True)

    def seal(self) -> None:
        self._mount("-o", "remount,ro")

    def unseal(self) -> None:
        self._mount("-o", "remount,rw")

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.path)], check=True)


@pytest.fixture
def sealable(place):
    directory = Sealable(place / "sealable")
    yield directory
    directory.close()


def domains_in(file: Path) -> list[str]:
    return [site["domain"] for site in json.loads(file.read_text())["sites"]] if file.exists() else []


@pytest.fixture
def world(redis, backend, consumer, listing, sealable):
    """A consumer with the three outputs; returns what registers a site more and waits until nginx serves it."""
    file = sealable.path / "sites.json"
    edge = consumer(*OUTPUTS, f"--json-file={file}", f"--exec={listing.program}", "--exec-time-limit=2")
    edge.start()
    web = backend("web")

    def serve(number: int) -> None:
        register(redis, f"web{number}", route(host(number), web.endpoint))
        hint(redis, f"web{number}")
        eventually(lambda: served_by(host(number)) == "web")

    serve.edge, serve.file = edge, file
    return serve


def test_all_outputs_follow_the_same_sites(world, listing):
    world(1)
    eventually(lambda: domains_in(world.file) == listing.known == [host(1)])
    world(2)
    eventually(lambda: domains_in(world.file) == listing.known == [host(1), host(2)])


def test_a_file_that_cannot_be_written_holds_up_nobody_and_catches_up(world, listing, sealable):
    world(1)
    eventually(lambda: domains_in(world.file) == [host(1)])
    sealable.seal()
    for number in (2, 3, 4):
        world(number)
        eventually(lambda: listing.known[-1] == host(number))
    world.edge.process.wait_for_log("sites.json cannot be written: Read-only file system")
    assert domains_in(world.file) == [host(1)]
    sealable.unseal()
    eventually(lambda: domains_in(world.file) == [host(n) for n in (1, 2, 3, 4)], within=90)
    said = [line.text for line in world.edge.process.lines if "cannot be written" in line.text]
    assert len(said) == 1


@pytest.mark.parametrize("how", ["fail", "hang"])
def test_a_program_that_fails_holds_up_nobody_and_catches_up(world, listing, how):
    world(1)
    eventually(lambda: listing.known == [host(1)])
    listing.be(how)
    for number in (2, 3, 4):
        world(number)
        eventually(lambda: domains_in(world.file)[-1] == host(number))
    world.edge.process.wait_for_log(
        "ended with status 7: out of order" if how == "fail" else r"was killed after 2 s")
    assert listing.known == [host(1)]
    listing.be("well")
    eventually(lambda: listing.known == [host(n) for n in (1, 2, 3, 4)], within=60)


def test_an_nginx_that_refuses_its_configuration_holds_up_nobody(redis, nginx, backend, consumer, listing):
    nginx.main.write_text(nginx.main.read_text() + "nonsense;\n")
    edge = consumer(*OUTPUTS, f"--exec={listing.program}")
    edge.start()
    register(redis, "web", route(host(1), backend("web").endpoint))
    hint(redis, "web")
    eventually(lambda: listing.known == [host(1)])
    eventually(lambda: domains_in(edge.state / "sites.json") == [host(1)])


def test_many_changes_at_once_are_few_runs(redis, consumer, listing):
    edge = consumer("--output=exec", f"--exec={listing.program}", "--exec-interval=500")
    edge.start()
    eventually(lambda: listing.runs)
    for number in range(200):
        register(redis, f"web{number:03}", route(f"site{number:03}.example.org", ("10.0.0.1", 80)))
        hint(redis, f"web{number:03}")
    eventually(lambda: len(listing.known) == 200)
    assert len(listing.runs) < 50


def test_a_refresh_is_no_run(redis, consumer, listing):
    register(redis, "web", route(host(1), ("10.0.0.1", 80)))
    consumer("--output=exec", f"--exec={listing.program}").start()
    eventually(lambda: listing.known == [host(1)])

    def refresh() -> bool:
        register(redis, "web", route(host(1), ("10.0.0.1", 80)))
        hint(redis, "web")
        return len(listing.runs) == 1

    always(refresh, during=2, what="it was run once")


def test_once_runs_the_program_once_and_says_how_it_ended(redis, consumer, listing):
    register(redis, "web", route(host(1), ("10.0.0.1", 80)))
    edge = consumer("--output=json", "--output=exec", f"--exec={listing.program}")
    assert edge.run("--once").status == 0
    assert (listing.runs, domains_in(edge.state / "sites.json")) == ([[host(1)]], [host(1)])
    listing.be("fail")
    failed = edge.run("--once")
    assert failed.status == 1
    assert "out of order" in failed.errors


@pytest.mark.parametrize("options, named", [
    (["--output=exec"], "--exec"), (["--output=exec", "--exec='"], "--exec"),
    (["--output=json", "--json-file=relative"], "--json-file"),
    (["--output=exec", "--exec=true", "--exec-time-limit=0"], "--exec-time-limit")])
def test_what_cannot_be_meant_is_refused_in_one_line(place, options, named):
    ended = run([CONSUMER, f"--state-dir={place / 'state'}", *options, "--once"], within=10)
    assert (ended.status, len(ended.errors.splitlines())) == (2, 1)
    assert named in ended.errors
