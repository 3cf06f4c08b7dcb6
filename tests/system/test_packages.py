"""The packages of `make deb` on a Debian with nothing but its base (parts/machine.py): what is installed disturbs
nobody before it is configured, serves once it is, is upgraded under load, and goes without a trace.

The long form follows the README's section "On a real host", line by line, as root in the directory with the packages,
on both Debians. Every line is run as it stands, in a shell of its own. What is not as on a host of one's own:
- Docker runs there: its socket and the group of that come from the tests' Engine, and the client is this machine's.
- There is no network: apt has what these lines install in its cache, without what is but recommended.
- The image of the container that is started is the tests' own, under the name in the README."""
import re
import shlex
import shutil
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest

from parts import machine as machines
from parts.http import RequestLoop, fetch, served_by
from parts.machine import Machine
from parts.namespace import outside
from parts.process import run
from parts.programs import SOURCE
from parts.waiting import eventually

SUITES = ["bookworm", "trixie"]
REGISTRAR, CONSUMER = BOTH = ["beachhead-registrar", "beachhead-consumer"]
CERTS = "beachhead-certs"
USERS = [*BOTH, CERTS, "beachhead-output"]
HOME = "/root"
HEADING = "## On a real host"
NEXT_VERSION = "99"
REMARK = "# Of the next version.\n"


def blocks_of_commands() -> list[list[str]]:
    """Those of the section, indented or fenced."""
    section = (SOURCE / "README.md").read_text().split(f"\n{HEADING}\n")[1].split("\n## ")[0]
    found = re.findall(r"(?ms)^```\w*\n(.*?)^```$|((?:^    [^\n]+\n)+)", section)
    return [[line.strip() for line in (fenced or indented).splitlines()] for fenced, indented in found]


def domain_and_image(commands: list[str]) -> tuple[str, str]:
    """Of the container that they start."""
    words = shlex.split(next(line for line in commands if line.startswith("docker run ")))
    return next(word.partition("=")[2] for word in words if word.startswith("BEACHHEAD_DOMAINS=")), words[-1]


# Packages

def make_packages(*command) -> list[Path]:
    """What a command that makes them names."""
    made = subprocess.run(command, cwd=SOURCE, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert made.returncode == 0, made.stdout
    return [SOURCE / line for line in made.stdout.splitlines() if line.endswith(".deb")]


def make_packages_on(suite: str, place: Path) -> list[Path]:
    """By that Debian's compiler and libraries, as its lintian wants them."""
    script = f"""
        {{ apt-get update; apt-get install -y --no-install-recommends make; make deb; }} >&2
        tar c -C build $(cd build && ls *.deb)"""
    archive = place / "packages.tar"
    with open(archive, "wb") as file:
        made = subprocess.run([*outside(), SOURCE / "tests/in-debian", suite, "sh", "-euc", script],
                              stdout=file, stderr=subprocess.PIPE, text=True)
    assert made.returncode == 0, made.stderr
    return [place / name for name in run(["tar", "xvf", archive, "-C", place]).output.splitlines()]


def make_next(old: Path, new: Path) -> None:
    """What differs by a higher version, and a line more in its configuration."""
    tree = new.with_suffix("")
    control = tree / "DEBIAN/control"
    assert run(["dpkg-deb", "-R", old, tree]).status == 0
    control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {NEXT_VERSION}", control.read_text()))
    for file in tree.glob("etc/beachhead/*.conf"):
        file.write_text(file.read_text() + REMARK)
    assert run(["dpkg-deb", "--root-owner-group", "-b", tree, new]).status == 0
    shutil.rmtree(tree)


@pytest.fixture(scope="module")
def quick_packages(workplace) -> Path:
    """Of the programs that are built already."""
    place = workplace / "quick"
    place.mkdir()
    for file in make_packages(SOURCE / "tests/build-packages", "1", "--of-what-is-built"):
        shutil.copy(file, place)
    return place


@pytest.fixture(scope="module", params=SUITES)
def suite(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def packages(suite, workplace) -> Path:
    """A directory with both packages, and below "next" the next version of each."""
    place = workplace / f"packages-{suite}"
    (place / "next").mkdir(parents=True)
    if suite == machines.this_suite():
        made = [shutil.copy(file, place) for file in make_packages("make", "--no-print-directory", "deb")]
    else:
        made = make_packages_on(suite, place)
    for file in map(Path, made):
        make_next(file, place / "next" / file.name)
    shutil.copy(shutil.which("docker"), place / "docker")
    return place


# Machines

def machine_of(engine, suite: str, name: str, packages: Path) -> Machine:
    return Machine(engine, name, machines.import_image(engine, suite), packages)


@pytest.fixture
def empty(_dockerd, quick_packages):
    """A Debian that has not booted."""
    ours = machine_of(_dockerd, machines.this_suite(), "empty", quick_packages)
    yield ours.idle()
    ours.close()


@pytest.fixture
def machine(_dockerd, suite, packages):
    """A host with Docker and the packages, and else nothing."""
    ours = machine_of(_dockerd, suite, f"packaged-{suite}", packages)
    try:
        ours.boot()
        ours.run("groupadd --system docker && install /mnt/docker /usr/local/bin/")
        ours.give_engine_to_group("docker")
        ours.write("/etc/apt/apt.conf.d/without-network", 'APT::Install-Recommends "false";\n')
        ours.run(f"cp /mnt/*.deb {HOME}")
        yield ours
    finally:
        ours.close()
        _dockerd.remove_all()


def where(machine: Machine) -> dict:
    return {"address": machine.address, "port": 80}


def left_over(machine: Machine) -> list[str]:
    """Files, but for logs, and users, of ours."""
    files = machine.run("find / -xdev -iname '*beachhead*' -not -path '/proc/*' -not -path '/sys/*' "
                        "-not -path '/var/log/*'").split()
    return files + machine.run("cat /etc/passwd /etc/group | grep beachhead; true").splitlines()


def check_nothing_is_disturbed(machine: Machine) -> None:
    """Both are installed, and neither was configured."""
    assert not machine.exists("/etc/nginx/conf.d/beachhead.conf")
    machine.run("nginx -t")
    assert machine.run(f"dpkg --verify {' '.join(BOTH)}") == ""
    for name in [*BOTH, CERTS]:
        assert not machine.is_active(name)
        assert machine.property(name, "UnitFileState") == "disabled"


def follow(machine: Machine, commands: list[str]) -> dict[str, str]:
    """What each says."""
    return {line: machine.run(f"cd {HOME} && {line}") for line in commands}


@pytest.mark.long
@pytest.mark.xdist_group("packages")
def test_packages_put_all_that_is_needed_there_start_nothing_and_go_without_a_trace(empty):
    empty.install("nginx-light", "/mnt/*.deb")
    for user in USERS:
        empty.run(f"getent passwd {user} && getent group {user}")
    for program, name in zip(["registrar", "consumer"], BOTH):
        assert empty.run(f"{name} --version").split()[-1]
        assert empty.exists(f"/etc/beachhead/{program}.conf") and empty.exists(f"/usr/share/man/man8/{name}.8.gz")
    assert empty.exists("/usr/share/man/man5/beachhead.conf.5.gz"), "whichever package it is from"
    assert empty.run("find /etc/systemd/system -name '*beachhead*'") == "", "no unit is enabled"
    assert empty.run("nginx -t && ls /etc/nginx/conf.d") == ""
    assert empty.run(f"dpkg --verify {' '.join(BOTH)}") == ""
    empty.run(f"apt-get purge -y -q {REGISTRAR}")
    assert empty.exists("/usr/share/man/man5/beachhead.conf.5.gz"), "the other's"
    empty.run(f"apt-get purge -y -q {CONSUMER}")
    assert left_over(empty) == []
    empty.run("nginx -t")


@pytest.mark.long
@pytest.mark.xdist_group("packages")
def test_the_readme_leads_to_a_served_domain_the_next_version_fails_no_request_and_nothing_stays(_dockerd, machine):
    commands, *others = blocks_of_commands()
    assert len(commands) == 10
    domain, image = domain_and_image(commands)
    _dockerd.make_image(image)

    installation = list(takewhile(lambda line: not line.startswith("systemctl enable "), commands))
    follow(machine, installation)
    check_nothing_is_disturbed(machine)
    said = follow(machine, commands[len(installation):])
    container = said[next(line for line in commands if line.startswith("docker run "))].strip()[:12]
    assert said[next(line for line in commands if line.startswith("curl "))].strip() == container
    assert served_by(domain, **where(machine)) == container
    for block in others:
        follow(machine, block)
    assert machine.is_active(CERTS)

    units = [*BOTH, CERTS]
    before = [machine.pid(name) for name in units]
    with RequestLoop([domain], how=lambda host: fetch(host, **where(machine))) as visitors:
        machine.append("/etc/beachhead/consumer.conf", "interval=20\n")
        machine.install("-o", "Dpkg::Options::=--force-confold", "/mnt/next/*.deb")
        eventually(lambda: all(machine.is_active(name) for name in units))
        visitors.wait_for_more(20)
    assert visitors.failures == [] and visitors.count
    assert not set(before) & {machine.pid(name) for name in units}
    assert machine.run(f"dpkg-query -W -f '${{Version}} ' {' '.join(BOTH)}").split() == [NEXT_VERSION] * 2
    assert "interval=20" in machine.read("/etc/beachhead/consumer.conf").splitlines()
    assert machine.read("/etc/beachhead/registrar.conf").endswith(REMARK), "nobody had changed that one"

    machine.run(f"apt-get remove -y -q {' '.join(BOTH)}")
    assert not any(machine.is_active(name) for name in units)
    assert served_by(domain, **where(machine)) == container, "what was written last is served on"
    machine.run(f"apt-get purge -y -q {' '.join(BOTH)} && rm {HOME}/*.deb")
    assert left_over(machine) == []
    machine.run("nginx -t && systemctl restart nginx")
    assert served_by(domain, **where(machine)) != container
