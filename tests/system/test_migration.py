"""docs/migrating-from-nginx-proxy.md, followed step by step: the compose file, the names of the files beside it and
the commands are read out of the page, so that it cannot promise what does not happen. Of the commands, `apt-get` and
`systemctl` are stood in for (parts/host.py says by what); all others are run as they stand. No image can be pulled
here: the names in the compose file are given to images of our own. Two of them serve sites; what is called
nginx-proxy has its ports, and answers every request with its own name."""
import base64
import itertools
import re
import ssl
from pathlib import Path

import pytest
import yaml

from parts.host import Host
from parts.http import fetch, fetch_tls, served_by, served_over_tls_by
from parts.pages import block, project, steps, story, way_back
from parts.process import run
from parts.programs import SOURCE
from parts.tls import make_certificate
from parts.waiting import eventually

PAGE = (SOURCE / "docs/migrating-from-nginx-proxy.md").read_text()
STORY = story("migrating-from-nginx-proxy")
PROJECT = project(STORY)
COMPOSE = block(STORY, "yaml")
SERVICES = yaml.safe_load(COMPOSE)["services"]
PROXY, WWW, SHOP = SERVICES
WWW_HOST, SHOP_HOST = (SERVICES[name]["environment"]["VIRTUAL_HOST"] for name in (WWW, SHOP))
# Where the program of each listens.
PORTS = {PROXY: "80 443", WWW: "80", SHOP: SERVICES[SHOP]["environment"]["VIRTUAL_PORT"]}
FILES = block(STORY, "text").splitlines()
PASSWORD = "sesame"
SNIPPET = "add_header X-Mine yes always;\n"
ADDRESSES = ["127.0.0.1", "::1"]
*PREPARE, SWITCH, LOOK, CLEAN_UP = steps(STORY)
WAY_BACK = way_back(STORY)


def authorization(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'ali:{password}'.encode()).decode()}"}


class Project:
    """The compose project of the page, and who it is that answers."""

    def __init__(self, host: Host, engine):
        self.host, self.engine = host, engine
        self.started: dict[str, dict] = {}

    def start(self) -> None:
        for name, ports in PORTS.items():
            self.engine.make_image(SERVICES[name]["image"], f'ENV PORTS="{ports}"')
        PROJECT.mkdir(parents=True)
        self.write_compose_file(COMPOSE)
        for line in FILES:
            self._write(*line.split(" -> "))
        self.host.run("docker-compose up -d", PROJECT)
        self.started = {name: self.inspect(name) for name in SERVICES}
        eventually(self.proxy_serves, what="nginx-proxy has started")

    @staticmethod
    def write_compose_file(text: str) -> None:
        (PROJECT / "compose.yaml").write_text(text)

    @staticmethod
    def _write(name: str, target: str = "") -> None:
        path = PROJECT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(target)
        elif path.name == "fullchain.pem":
            certificate, key = make_certificate(PROJECT / "made", WWW_HOST)
            certificate.rename(path)
            key.rename(path.with_name("key.pem"))
        elif path.parent.name == "htpasswd":
            hashed = run(["openssl", "passwd", "-apr1", PASSWORD]).output
            path.write_text(f"ali:{hashed}")
        elif path.parent.name == "vhost.d":
            path.write_text(SNIPPET)
        assert path.exists() or target, f"what is in {name}?"

    def inspect(self, name: str) -> dict:
        label = f'{{"label": ["com.docker.compose.service={name}"]}}'
        [listed] = self.engine.call("GET", "/containers/json", all="true", filters=label)
        return self.engine.call("GET", f"/containers/{listed['Id']}/json")

    def name(self, service: str) -> str:
        """What its program answers."""
        return self.started[service]["Config"]["Hostname"]

    def proxy_serves(self) -> bool:
        """Whether it is nginx-proxy that answers on this host."""
        return all(served_by(WWW_HOST, port=80, address=address) == self.name(PROXY) for address in ADDRESSES)

    def sites_answer(self) -> bool:
        return (served_over_tls_by(WWW_HOST, port=443) == self.name(WWW)
                and served_by(SHOP_HOST, port=80, headers=authorization(PASSWORD)) == self.name(SHOP))

    def changed_sites(self) -> list[str]:
        """Those whose containers are not as at first: id, process, time of start and all that the Engine tells."""
        return [name for name in (WWW, SHOP) if self.inspect(name) != self.started[name]]

    def follow(self, step: list[str]) -> None:
        for command in step:
            self.host.run(command)

    def switch(self) -> None:
        self.follow(SWITCH)
        eventually(self.sites_answer, what="both sites answer")


@pytest.fixture
def moved(host, engine):
    """The project of the page after the commands of steps 1 to 5."""
    project = Project(host, engine)
    project.start()
    for command in itertools.chain(*PREPARE):
        host.run(command)
        assert project.proxy_serves(), f"after {command}"
    project.switch()
    return project


def check_sites(project: Project) -> None:
    certificate = ssl.PEM_cert_to_DER_cert((PROJECT / f"certs/{WWW_HOST}.crt").read_text())
    for address in ADDRESSES:
        answer = fetch_tls(WWW_HOST, port=443, address=address)
        assert (answer.status, answer.body.strip()) == (200, project.name(WWW))
        assert answer.certificate == certificate
        assert answer.headers["x-mine"] == "yes"
        assert "strict-transport-security" not in answer.headers
    assert fetch(WWW_HOST, port=80).headers["location"] == f"https://{WWW_HOST}/"
    assert project.sites_answer()
    wrong = fetch(SHOP_HOST, port=80, headers=authorization("wrong"))
    assert wrong.status == 401 and "x-mine" not in wrong.headers


def test_both_sites_move_over_and_their_containers_do_not_notice(moved):
    check_sites(moved)
    assert moved.changed_sites() == []
    moved.follow(CLEAN_UP)
    moved.write_compose_file(re.sub(rf"(?m)^  {PROXY}:\n(    .*\n)+", "", COMPOSE))
    moved.host.run("docker-compose up -d", PROJECT)
    check_sites(moved)
    assert moved.changed_sites() == []


def test_an_unknown_host_is_answered_by_the_default_host(moved):
    assert SERVICES[PROXY]["environment"]["DEFAULT_HOST"] == WWW_HOST
    assert fetch_tls("unknown.example.net", port=443).body.strip() == moved.name(WWW)


def test_a_look_shows_what_the_page_says(moved):
    https, http, explain, status = LOOK
    trusting = f"export CURL_CA_BUNDLE={PROJECT}/certs/{WWW_HOST}.crt\n"
    codes = [moved.host.run(trusting + command).strip() for command in (https, http)]
    text = " ".join(STORY.split())
    assert f"`www` answers {codes[0]} with its certificate" in text
    assert f"`shop`, which has none, answers {codes[1]} over HTTP" in text
    assert moved.inspect(SHOP)["Name"].removeprefix("/") in moved.host.run(explain)
    assert "2 registrations" in moved.host.run(status)


def test_the_way_back_is_open_and_forward_again(moved):
    moved.follow(WAY_BACK)
    eventually(moved.proxy_serves, what="nginx-proxy serves again")
    moved.switch()
    check_sites(moved)
    assert moved.changed_sites() == []


def test_the_page_says_to_the_consumer_what_the_proxy_was_told():
    """By its own table: variable → option."""
    [told] = [command for command in itertools.chain(*PREPARE) if "consumer.conf <<" in command]
    for variable, value in SERVICES[PROXY]["environment"].items():
        option = re.search(rf"(?m)^\| `{variable}` \| `--([a-z0-9-]+)` \|", PAGE)[1]
        assert f"\n{option}={value}\n" in told
