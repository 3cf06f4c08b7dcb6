"""The units as `make install` puts them: systemd finds nothing to complain of, and they are shut in as promised."""
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from parts.programs import SOURCE

UNITS = ["beachhead-registrar.service", "beachhead-consumer.service", "beachhead-consumer@.service"]
WORST_RATING = {"beachhead-registrar.service": 15, "beachhead-consumer.service": 25,
                "beachhead-consumer@.service": 15}  # tenths


def systemd_analyze(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["systemd-analyze", "--no-pager", *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def verify(*units: Path) -> str:
    """What systemd says of units. Man pages are looked for in the system's own places alone, hence not here."""
    return systemd_analyze("verify", "--man=no", *units).stdout


@dataclass
class Installed:
    root: Path

    @property
    def units(self) -> Path:
        return self.root / "lib/systemd/system"


def make(*arguments) -> None:
    done = subprocess.run(["make", "--no-print-directory", *map(str, arguments)], cwd=SOURCE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def installed(place) -> Installed:
    """With programs where the units name them, so that systemd misses none."""
    make("install", f"PREFIX={place}", f"SYSCONFDIR={place}/etc")
    return Installed(place)


def test_systemd_finds_nothing_wrong_with_the_units(installed):
    assert verify(*(installed.units / unit for unit in UNITS)) == ""


@pytest.mark.parametrize("line, instead", [
    ("WatchdogSec=30s", "WatchdogSec=often"),
    ("ProtectHome=yes", "ProtectHomes=yes"),
    (r"ExecStart=\S+", "ExecStart=/nonexistent/program"),
    (r"\[Service\]", "[Servce]"),
])
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_would_say_what_is_wrong(installed, unit, line, instead):
    path = installed.units / unit
    text, count = re.subn(f"(?m)^{line}", instead, path.read_text())
    assert count == 1
    path.write_text(text)
    assert verify(path) != ""


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_shut_in_as_promised(installed, unit):
    rated = systemd_analyze("security", "--offline=true", f"--threshold={WORST_RATING[unit]}", installed.units / unit)
    assert rated.returncode == 0, rated.stdout
    assert "Overall exposure level" in rated.stdout


@pytest.mark.parametrize("unit, without", [("beachhead-registrar.service", "CapabilityBoundingSet="),
                                           ("beachhead-consumer.service", "CapabilityBoundingSet="),
                                           ("beachhead-consumer@.service", "CapabilityBoundingSet=")])
def test_the_rating_notices_what_is_taken_away(installed, unit, without):
    path = installed.units / unit
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith(without)))
    rated = systemd_analyze("security", "--offline=true", f"--threshold={WORST_RATING[unit]}", path)
    assert rated.returncode != 0


def values(unit: Path, name: str) -> list[str]:
    return re.findall(rf"(?m)^{name}=(.*)$", unit.read_text())


def test_only_the_consumer_with_nginx_has_capabilities_and_three():
    for unit in ["beachhead-registrar.service", "beachhead-consumer@.service"]:
        assert values(SOURCE / "systemd" / unit, "CapabilityBoundingSet") == [""]
        assert values(SOURCE / "systemd" / unit, "AmbientCapabilities") == []
    for name in ["CapabilityBoundingSet", "AmbientCapabilities"]:
        assert values(SOURCE / "systemd/beachhead-consumer.service", name) == [
            "CAP_DAC_OVERRIDE CAP_NET_BIND_SERVICE CAP_KILL"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_comes_back_for_ever(unit):
    path = SOURCE / "systemd" / unit
    assert values(path, "Restart") == ["always"]
    assert values(path, "StartLimitIntervalSec") == ["0"]
    assert values(path, "RestartPreventExitStatus") == []


@pytest.mark.parametrize("unit", UNITS)
def test_the_man_pages_that_a_unit_names_are_there(unit):
    named = re.findall(r"man:([a-z-]+)\((\d)\)", (SOURCE / "systemd" / unit).read_text())
    assert named
    assert [name for name, section in named if not (SOURCE / f"docs/{name}.{section}").exists()] == []


def test_the_users_of_the_units_are_made(place):
    (place / "etc").mkdir()
    made = subprocess.run(["systemd-sysusers", f"--root={place}", SOURCE / "systemd/beachhead.sysusers"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert made.returncode == 0, made.stdout
    users = {line.split(":")[0] for line in (place / "etc/passwd").read_text().splitlines()}
    groups = {line.split(":")[0] for line in (place / "etc/group").read_text().splitlines()}
    for unit in UNITS:
        path = SOURCE / "systemd" / unit
        assert set(values(path, "User")) <= users
        assert set(values(path, "SupplementaryGroups")) <= groups
