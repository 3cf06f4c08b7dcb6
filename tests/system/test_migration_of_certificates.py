"""docs/migrating-from-acme-companion.md, followed step by step; parts/host.py says what stands in for what. What is
called acme-companion does nothing but lie there with its volumes: the files are laid out as it leaves them. The CA is
pebble, which the page's commands know nothing of: that is appended to the configuration."""
import os
import shutil
from pathlib import Path

import pytest
import yaml

from parts.http import RequestLoop, fetch_tls, served_over_tls_by
from parts.moved_clock import MovedClock
from parts.pages import INSTALL, block, project, steps, story, way_back
from parts.process import run
from parts.tls import make_certificate
from parts.waiting import eventually

STORY = story("migrating-from-acme-companion")
PROJECT = project(STORY)
SERVICES = yaml.safe_load(block(STORY, "yaml"))["services"]
FILES = block(STORY, "text").splitlines()
_, WWW, SHOP = (service["environment"].get("LETSENCRYPT_HOST") for service in SERVICES.values())
OWN = "own.example.org"
STOP, CHALLENGES, HAND_OVER, TELL, SEE, START, LOOK, CLEAN_UP = steps(STORY)
CERTS = Path("/etc/nginx/certs")
DAY = 86400
# As acme-companion writes it.
LOCATION = """## Start of configuration add by letsencrypt container
location ^~ /.well-known/acme-challenge/ {
    auth_basic off;
    allow all;
    root /usr/share/nginx/html;
    try_files $uri =404;
    break;
}
## End of configuration add by letsencrypt container
"""


class OldCa:
    """Signs with the certificates' own key, as long as acme-companion's. It takes long to make: all have the same."""

    def __init__(self, place: Path):
        self.clock, self.key = MovedClock(place / "clock"), place / "key.pem"
        assert run(["openssl", "genrsa", "-out", self.key, 4096], within=120).status == 0

    def issue(self, folder: Path, name: str, days_ago: int) -> None:
        """For 60 days from then on."""
        folder.mkdir(parents=True, exist_ok=True)
        self.clock.move_to(-days_ago * DAY)
        done = run(["openssl", "req", "-x509", "-key", self.key, "-days", 60, "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=DNS:{name}", "-out", folder / "fullchain.pem"], env=self.clock.environment)
        assert done.status == 0, done.errors
        shutil.copy(self.key, folder / "key.pem")


def write_files(ca: OldCa) -> None:
    for name, _, target in (line.partition(" -> ") for line in FILES):
        path = PROJECT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(target)
        elif path.name == "fullchain.pem":
            ca.issue(path.parent, path.parent.name, days_ago=1 if path.parent.name == WWW else 70)
        elif path.parent.name == "vhost.d":
            path.write_text(LOCATION)
        assert path.exists() or target, f"what is in {name}?"


def file_of(host_name: str) -> str:
    return (CERTS / host_name / "fullchain.pem").read_text()


def answers(host_name: str) -> bool:
    return served_over_tls_by(host_name, port=443) != ""


@pytest.fixture
def before(host, engine, place, make_pebble):
    """The host as nginx-proxy's page leaves it, with what is left of the project; the CA."""
    pebble = make_pebble(http_port=80)
    for service in SERVICES.values():
        engine.make_image(service["image"], 'ENV PORTS="80"')
    write_files(OldCa(place))
    (PROJECT / "compose.yaml").write_text(block(STORY, "yaml"))
    for command in INSTALL:
        host.run(command)
    for kind in ("certs", "vhost.d"):
        shutil.copytree(PROJECT / kind, f"/etc/nginx/{kind}", symlinks=True, dirs_exist_ok=True)
    host.run("docker-compose up -d", PROJECT)
    host.run("systemctl enable --now beachhead-registrar beachhead-consumer")
    host.run("systemctl restart nginx")
    eventually(lambda: answers(WWW) and answers(SHOP), within=60)
    host.wait_for_old_workers()
    return pebble


def tell_of(pebble) -> str:
    """Whose certificates are had; the roots are where the service's user can read them."""
    shutil.copy(pebble.roots, "/etc/beachhead/ca.pem")
    return f"acme-ca={pebble.url}\nacme-ca-roots=/etc/beachhead/ca.pem\nacme-retry=2\ninterval=1\n"


def verified(host_name: str, pebble) -> bool:
    return run(["curl", "-sS", "-o", "/dev/null", "--cacert", pebble.root_file, "--noproxy", "*", "--resolve",
                f"{host_name}:443:127.0.0.1", f"https://{host_name}/"]).status == 0


def test_the_good_one_is_kept_the_due_one_is_renewed_and_ones_own_is_left_alone(host, engine, before):
    pebble = before
    kept, due = file_of(WWW), file_of(SHOP)
    with RequestLoop([WWW, SHOP], how=lambda name: fetch_tls(name, port=443), pace=0.05) as visitors:
        for command in [*STOP, *CHALLENGES, *HAND_OVER, *TELL]:
            host.run(command)
        with open("/etc/beachhead/certs.conf", "a") as file:
            file.write(tell_of(pebble))
        www, shop = (host.run(command) for command in SEE)
        assert f"certificate for {WWW}: keep" in www and f"certificate for {SHOP}: renew" in shop
        for command in START:
            host.run(command)
        eventually(lambda: verified(SHOP, pebble), within=120)
        visitors.wait_for_more(5)
    assert visitors.failures == []
    assert (file_of(WWW), file_of(SHOP) != due) == (kept, True)
    assert pebble.issued == 1
    for name in (WWW, SHOP):
        assert os.readlink(CERTS / f"{name}.crt") == f"./{name}/fullchain.pem"
    for command in LOOK:
        host.run(command)

    # What is a file of one's own is not ordered until it is moved away.
    make_certificate(CERTS, OWN)
    engine.run("own", f"VIRTUAL_HOST={OWN}", f"LETSENCRYPT_HOST={OWN}", "LETSENCRYPT_KEYSIZE=ec-256")
    eventually(lambda: answers(OWN), within=60)
    assert not verified(OWN, pebble) and not (CERTS / OWN).exists()
    for suffix in ("crt", "key"):
        (CERTS / f"{OWN}.{suffix}").unlink()
    eventually(lambda: verified(OWN, pebble), within=120)

    for command in [*way_back(STORY), STOP[1], *START, *CLEAN_UP]:
        host.run(command)
    assert answers(WWW) and answers(SHOP)
