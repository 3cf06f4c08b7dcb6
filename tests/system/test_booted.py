"""The units as systemd itself runs them, in a Debian that has booted (parts/machine.py) with Debian's own Redis and
nginx, beside the containers of the tests' Engine. One machine for all; each test leaves it as it was. Redis has a password
that systemd alone hands over. Other than on a real host, the watchdog and the pause before a restart are short."""
import re
import subprocess
from pathlib import Path

import pytest

from parts import machine as machines
from parts.acme import Driver
from parts.http import RequestLoop, fetch, served_by, served_over_tls_by
from parts.machine import SERVERS, Machine
from parts.process import Ended, run
from parts.programs import CONSUMER, REGISTRAR, SOURCE
from parts.tls import make_certificate
from parts.waiting import always, eventually

pytestmark = pytest.mark.xdist_group("booted")

BOTH = ["beachhead-registrar", "beachhead-consumer"]
UNITS = [*BOTH, "beachhead-certs"]
PASSWORD = "sesame"
HOST = "web.example.org"
ETC = "/etc/beachhead"
SOON = "[Service]\nWatchdogSec=2s\nRestartSec=100ms\n"
# In the order of their bits: CAP_DAC_OVERRIDE, CAP_KILL, CAP_NET_BIND_SERVICE.
THREE_CAPABILITIES = 1 << 1 | 1 << 5 | 1 << 10
KILLS = 7  # systemd itself gives up at the sixth start within ten seconds


def libraries_of_programs() -> list[str]:
    """The packages that the linker names."""
    linked = run(["ldd", REGISTRAR, CONSUMER]).output
    files = sorted(set(re.findall(r"=> (?:/usr)?(/lib\S+) ", linked)))
    owners = run(["dpkg-query", "-S", *files, *(f"/usr{file}" for file in files)]).output
    return sorted(set(re.findall(r"(?m)^([^:]+):", owners)))


def install(machine: Machine, shared: Path) -> None:
    made = subprocess.run(["make", "--no-print-directory", "install", f"DESTDIR={shared}/tree"], cwd=SOURCE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert made.returncode == 0, made.stdout
    machine.install(*SERVERS, *libraries_of_programs())
    machine.run("cp -a /mnt/tree/. /; systemd-sysusers; systemd-tmpfiles --create beachhead.conf")
    machine.give_engine_to_group("docker")


def configure(machine: Machine) -> None:
    machine.run(f"echo 'requirepass {PASSWORD}' >>/etc/redis/redis.conf; systemctl restart redis-server nginx")
    machine.write("/etc/credstore/beachhead.redis-password", PASSWORD)
    machine.run("chmod 600 /etc/credstore/beachhead.redis-password")
    machine.append(f"{ETC}/certs.conf", "acme-client=/mnt/driver\nacme-email=admin@example.org\nacme-self-check=none\n"
                                        "acme-ca=https://ca.example.org/\nacme-ca-roots=/mnt/ca.example.org.crt\n")
    for unit in UNITS:
        machine.drop_in(f"{unit}.service", SOON)
    machine.run(f"systemctl enable --now {' '.join(UNITS)}")


def make_driver(shared: Path) -> None:
    """A CA and its client in one, which waits before it answers while the file "held" is there."""
    certificate, key = (path.name for path in make_certificate(shared, "ca.example.org"))
    (shared / key).chmod(0o644)
    Driver(shared / "driver", "while [ -e /mnt/held ]; do sleep 0.05; done\n"
           "exec openssl x509 -req -in \"$BEACHHEAD_CSR\" -copy_extensions copy "
           f"-CA /mnt/{certificate} -CAkey /mnt/{key} -set_serial \"0x$(openssl rand -hex 8)\" -days 30 "
           "-out \"$BEACHHEAD_OUT/chain.pem\"")


@pytest.fixture(scope="module")
def machine(_dockerd, workplace):
    shared = workplace / "booted"
    shared.mkdir(mode=0o755)
    image = machines.import_image(_dockerd, machines.this_suite())
    ours = Machine(_dockerd, "booted", image, shared)
    try:
        ours.boot()
        make_driver(shared)
        install(ours, shared)
        configure(ours)
        yield ours
    finally:
        ours.close()


@pytest.fixture
def containers(_dockerd, machine):
    """Starts containers that ask for domains."""
    started = []

    def serve(name: str, domains: str, *environment: str) -> None:
        started.append(_dockerd.serve(name, domains, *environment))

    yield serve
    for container in started:
        container.remove()


@pytest.fixture
def web(machine, containers):
    """A site that is served: a loop that asks for it all the time, to be entered by the test."""
    containers("web", f"{HOST}:http")
    # The last test's site may have been served at the same address, and its end may still be on its way to nginx.
    eventually(lambda: is_served_for_a_second(machine))
    return RequestLoop([HOST], how=lambda host: fetch(host, **where(machine)))


def is_served_for_a_second(machine: Machine) -> bool:
    always(lambda: served_by(HOST, **where(machine)) == "web", 1)
    return True


def where(machine: Machine) -> dict:
    return {"address": machine.address, "port": 80}


def server(machine: Machine) -> str:
    """What the site says that serves it."""
    return fetch(HOST, **where(machine)).headers["server"]


def redis(machine: Machine, *words: str) -> str:
    return machine.run(f"REDISCLI_AUTH={PASSWORD} redis-cli {' '.join(words)}").strip()


def test_systemd_starts_all_of_it_and_its_status_says_how_it_stands(machine, web):
    for unit in UNITS:
        assert machine.property(unit, "ActiveState") == "active"
        assert machine.property(unit, "NRestarts") == "0", "\n".join(machine.messages(unit))
    shown = eventually(lambda: re.findall(r"Status: \"(.+)\"", machine.run(f"systemctl status -n0 {' '.join(UNITS)}")))
    assert len(shown) == len(UNITS)
    eventually(lambda: "1 registration" in machine.status_of("beachhead-registrar"))
    eventually(lambda: "1 registration" in machine.status_of("beachhead-consumer"))


def test_what_hangs_is_killed_and_started_again_and_nginx_serves_on(machine, web):
    before = {unit: machine.pid(unit) for unit in BOTH}
    with web:
        machine.run(f"kill -STOP {' '.join(map(str, before.values()))}")
        for unit in BOTH:
            eventually(lambda: machine.pid(unit) not in (0, before[unit]) and machine.is_active(unit), 30)
            assert any("Watchdog timeout" in text for text in machine.messages(unit))
        web.wait_for_more(20)
    assert web.failures == []


def test_a_reload_takes_over_what_has_changed_and_ends_nothing(machine, web):
    before = [machine.pid(unit) for unit in BOTH]
    try:
        with web:
            assert server(machine) != "nginx"
            machine.append(f"{ETC}/consumer.conf", "server-tokens=off\n")
            machine.append(f"{ETC}/registrar.conf", "expire=1000\n")
            machine.run(f"systemctl reload {' '.join(BOTH)}")
            eventually(lambda: server(machine) == "nginx")
            eventually(lambda: int(redis(machine, "TTL", "/beachhead/web")) > 900)
        assert [machine.pid(unit) for unit in BOTH] == before
        assert web.failures == [] and web.count
    finally:
        machine.run(f"sed -i '/^server-tokens=/d; /^expire=/d' {ETC}/*.conf; systemctl reload {' '.join(BOTH)}")


def test_a_restart_is_noticed_by_no_visitor(machine, web):
    before = [machine.pid(unit) for unit in BOTH]
    with web:
        machine.run(f"systemctl restart {' '.join(BOTH)}")
        eventually(lambda: "1 registration" in machine.status_of("beachhead-consumer"))
        web.wait_for_more(20)
    assert not set(before) & {machine.pid(unit) for unit in BOTH}
    assert web.failures == []


def test_what_is_killed_again_and_again_comes_back_for_ever(machine, web):
    for unit in BOTH:
        restarts = int(machine.property(unit, "NRestarts"))
        machine.run(f"""for i in $(seq {KILLS}); do
            pid=$(systemctl show --value -p MainPID {unit})
            kill -KILL "$pid"
            until new=$(systemctl show --value -p MainPID {unit}) && [ "$new" != 0 ] && [ "$new" != "$pid" ]
            do sleep 0.02; done
        done""")
        eventually(lambda: machine.is_active(unit))
        assert int(machine.property(unit, "NRestarts")) == restarts + KILLS
    assert served_by(HOST, **where(machine)) == "web"


def test_the_password_of_redis_is_known_to_the_units_and_to_nobody_else(machine, web):
    assert "NOAUTH" in machine.run("redis-cli GET /beachhead/web")
    for unit in UNITS:
        credential = f"/run/credentials/{unit}.service/redis-password"
        assert machine.read(credential) == PASSWORD
        assert machine.ask(f"runuser -u beachhead-output -- cat {credential}").status != 0
        assert PASSWORD not in machine.read(f"/proc/{machine.pid(unit)}/environ")


def test_the_journal_knows_what_a_line_is_about(machine, containers):
    containers("odd", "odd.example.org:http=99999")
    containers("fine", "fine.example.org:http")
    of_registrar = eventually(lambda: [line for line in machine.journal(BOTH[0]) if line.get("CONTAINER") == "odd"])
    assert of_registrar[0]["PRIORITY"] in ("3", "4") and "99999" in of_registrar[0]["MESSAGE"]
    of_consumer = eventually(lambda: [line for line in machine.journal(BOTH[1])
                                      if line.get("DOMAIN") == "fine.example.org"])
    assert {line["_SYSTEMD_UNIT"] for line in of_consumer} == {"beachhead-consumer.service"}


def capabilities(process: dict[str, str]) -> set[int]:
    return {int(process[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}


def groups(machine: Machine, process: dict[str, str]) -> set[str]:
    """All it has."""
    numbers = {*process["Groups"].split(), *process["Gid"].split()}
    return set(machine.run(f"getent group {' '.join(numbers)} | cut -d: -f1").split())


@pytest.mark.parametrize("unit, having, of_groups", [
    ("beachhead-registrar", 0, {"beachhead-registrar", "docker"}),
    ("beachhead-consumer", THREE_CAPABILITIES, {"beachhead-consumer"}),
    ("beachhead-certs", 0, {"beachhead-certs"}),
])
def test_a_unit_may_what_it_must_and_no_more(machine, unit, having, of_groups):
    process = machine.process(machine.pid(unit))
    user = machine.run(f"id -u {unit}").strip()
    assert set(process["Uid"].split()) == {user}
    assert capabilities(process) == {having}
    assert groups(machine, process) == of_groups
    assert process["NoNewPrivs"] == "1"


def where_it_runs(machine: Machine, unit: str, command: str) -> Ended:
    """As root, who may more than the unit, with the files that the unit sees."""
    return machine.ask(f"nsenter -t {machine.pid(unit)} -m -- sh -c '{command}'")


def test_who_faces_the_world_reaches_no_socket_of_the_engine_even_as_root(machine):
    asks = "curl -sf --unix-socket /run/docker.sock http://engine/_ping"
    assert where_it_runs(machine, "beachhead-registrar", asks).status == 0
    for unit in ("beachhead-consumer", "beachhead-certs"):
        assert where_it_runs(machine, unit, asks).status != 0


@pytest.mark.parametrize("unit, writable", [("beachhead-registrar", []),
                                            ("beachhead-consumer", ["/etc/nginx", "/var/lib/beachhead"]),
                                            ("beachhead-certs", ["/etc/nginx/certs", "/var/lib/beachhead-certs"])])
def test_nothing_is_written_to_but_what_is_ones_own(machine, unit, writable):
    places = ["/etc", "/etc/nginx", "/etc/nginx/certs", "/etc/beachhead", "/usr/local/sbin", "/var/lib", "/home",
              "/var/lib/beachhead", "/var/lib/beachhead-certs"]
    could = set(where_it_runs(machine, unit, f"for place in {' '.join(places)}; do "
                              "touch $place/.touched 2>/dev/null && rm $place/.touched && echo $place; done; true"
                              ).output.split())
    assert set(writable) <= could
    assert could <= {*writable, "/etc/nginx/certs" if "/etc/nginx" in writable else ""}


def test_the_one_that_may_write_its_pid_files_directory_may_not_write_systemds(machine):
    assert where_it_runs(machine, "beachhead-consumer", "touch /run/.touched && rm /run/.touched").status == 0
    assert where_it_runs(machine, "beachhead-consumer", "touch /run/systemd/system/.touched").status != 0


def test_a_certificate_is_served_and_its_key_is_read_by_nobody_else(machine, containers):
    containers("safe", "safe.example.org", "LETSENCRYPT_HOST=safe.example.org")
    eventually(lambda: served_over_tls_by("safe.example.org", address=machine.address, port=443) == "safe", 30)
    keys = machine.run("find /etc/nginx/certs /var/lib/beachhead-certs -type f -name '*key*'").split()
    assert keys
    for key in keys:
        assert machine.ask(f"runuser -u beachhead-certs -- cat {key}").status == 0
        for user in ("beachhead-output", "beachhead-registrar", "www-data"):
            assert machine.ask(f"runuser -u {user} -- cat {key}").status != 0, f"{user} reads {key}"


def test_no_client_of_a_ca_outlives_the_program_that_ran_it(machine, containers):
    held = machine.shared / "held"
    held.touch()
    try:
        containers("late", "late.example.org", "LETSENCRYPT_HOST=late.example.org")
        client = eventually(lambda: clients(machine))
        machine.run(f"kill -KILL {machine.pid('beachhead-certs')}")
        eventually(lambda: not set(client) & set(clients(machine)))
        eventually(lambda: machine.is_active("beachhead-certs"))
    finally:
        held.unlink()


def clients(machine: Machine) -> list[str]:
    """The processes of the driver of the tests."""
    return machine.ask("grep -lz '^/mnt/driver$' /proc/[0-9]*/cmdline").output.split()


def test_systemd_rates_how_well_the_units_are_shut_in(machine, record_property):
    rated = {unit: machine.run(f"systemd-analyze security --no-pager {unit}") for unit in UNITS}
    levels = {unit: float(re.search(r"Overall exposure level for \S+: ([\d.]+)", text)[1])
              for unit, text in rated.items()}
    record_property("figures", "systemd-analyze security: " + ", ".join(f"{u} {n}" for u, n in levels.items()))
    assert max(levels.values()) < 2.5
