"""The packages of `make deb` on a Debian with nothing but its base (parts/machine.py): what is installed disturbs
nobody before it is configured, serves once it is, is upgraded under load, and goes without a trace."""
import shutil
import subprocess
from pathlib import Path

import pytest

from parts import machine as machines
from parts.http import RequestLoop, fetch, served_by
from parts.machine import SERVERS, Machine
from parts.process import run
from parts.programs import SOURCE
from parts.waiting import eventually

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("packages")]

BOTH = ["beachhead-registrar", "beachhead-consumer"]
HOST = "web.example.org"
NEXT_VERSION = "99"


@pytest.fixture(scope="module")
def packages(workplace) -> Path:
    """A directory with both packages, and below "next" what differs by a higher version alone."""
    made = subprocess.run(["make", "--no-print-directory", "deb"], cwd=SOURCE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert made.returncode == 0, made.stdout
    place = workplace / "packages"
    (place / "next").mkdir(parents=True)
    for file in (Path(line) for line in made.stdout.splitlines() if line.endswith(".deb")):
        name = file.name.partition("_")[0]
        shutil.copy(SOURCE / file, place / f"{name}.deb")
        make_next(place / f"{name}.deb", place / "next" / f"{name}.deb")
    return place


def make_next(old: Path, new: Path) -> None:
    tree = new.with_suffix("")
    control = tree / "DEBIAN/control"
    assert run(["dpkg-deb", "-R", old, tree]).status == 0
    control.write_text("".join(f"Version: {NEXT_VERSION}\n" if line.startswith("Version:") else line
                               for line in control.read_text().splitlines(True)))
    assert run(["dpkg-deb", "--root-owner-group", "-b", tree, new]).status == 0


@pytest.fixture
def machine(_dockerd, packages):
    suite = machines.this_suite()
    image = machines.import_image(_dockerd, suite, [*SERVERS, *machines.libraries()])
    ours = Machine(_dockerd, "packaged", image, packages)
    try:
        yield ours.boot()
    finally:
        ours.close()
        _dockerd.remove_all()


def where(machine: Machine) -> dict:
    return {"address": machine.address, "port": 80}


def left_over(machine: Machine) -> list[str]:
    return machine.run("find / -xdev -iname '*beachhead*' -not -path '/proc/*' -not -path '/sys/*' "
                       "-not -path '/var/log/*'").split()


def test_from_an_empty_debian_to_a_served_domain_to_the_next_version_and_back(_dockerd, machine):
    machine.install(*SERVERS)
    machine.install(*(f"/mnt/{name}.deb" for name in BOTH))
    for name in BOTH:
        assert not machine.is_active(name)
        assert machine.property(name, "UnitFileState") == "disabled"
    assert not machine.exists("/etc/nginx/conf.d/beachhead.conf")
    machine.run("nginx -t")
    assert machine.run("dpkg --verify beachhead-registrar beachhead-consumer") == ""

    machine.give_engine_to_group("docker")
    machine.run(f"systemctl enable --now {' '.join(BOTH)}")
    _dockerd.serve("web", f"{HOST}:http")
    eventually(lambda: served_by(HOST, **where(machine)) == "web")

    before = [machine.pid(name) for name in BOTH]
    with RequestLoop([HOST], how=lambda host: fetch(host, **where(machine))) as visitors:
        machine.append("/etc/beachhead/consumer.conf", "interval=20\n")
        machine.install("-o", "Dpkg::Options::=--force-confold", *(f"/mnt/next/{name}.deb" for name in BOTH))
        eventually(lambda: all(machine.is_active(name) for name in BOTH))
        visitors.wait_for_more(20)
    assert visitors.failures == [] and visitors.count
    assert not set(before) & {machine.pid(name) for name in BOTH}
    assert "interval=20" in machine.read("/etc/beachhead/consumer.conf").splitlines()

    machine.run(f"apt-get remove -y -q {' '.join(BOTH)}")
    assert not any(machine.is_active(name) for name in BOTH)
    assert served_by(HOST, **where(machine)) == "web", "what was written last is served on"
    machine.run(f"apt-get purge -y -q {' '.join(BOTH)}")
    assert left_over(machine) == []
    machine.run("nginx -t && systemctl restart nginx")
    assert served_by(HOST, **where(machine)) != "web"
