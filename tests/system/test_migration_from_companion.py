"""docs/migrating-from-beachhead-companion.md and docs/migrating-from-confd.md, followed step by step; parts/host.py
says what stands in for what. In place of companion there is a script that publishes the page's container as companion does:
id, domain, http and https. Which confd it is, parts/confd.py says."""
import json
import re
import shutil
from pathlib import Path

import pytest

from parts.confd import CONFDS, OLD_STYLE
from parts.http import RequestLoop, fetch, served_by
from parts.pages import INSTALL, before_steps, files, steps, story, way_back
from parts.process import run
from parts.waiting import eventually

COMPANION = Path("/usr/local/bin/beachhead-companion")
CONFD = Path("/usr/local/bin/confd")
IMAGE = "example/app"
FOUR_FIELDS = ("id", "domain", "http", "https")
SCRIPT = """#!/bin/sh
for option; do
    case $option in
    --expire=*) expire=${option#*=} ;;
    --key-prefix=*) prefix=${option#*=} ;;
    esac
done
while :; do
    address=$(docker inspect -f '{{.NetworkSettings.IPAddress}}' app)
    redis-cli setex "${prefix}app" "$expire" '[
        {"id":"app_example_org","domain":"app.example.org","http":{"host":"'$address'","port":8080}},
        {"id":"admin_example_org","domain":"admin.example.org","https":{"host":"'$address'","port":443}}]'
    sleep 0.2
done
"""


def write_files(text: str) -> None:
    for path, content in files(text).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def follow(host, commands: list[str]) -> list[str]:
    return [host.run(command) for command in commands]


@pytest.fixture
def page_host(host, engine):
    """With Redis, and an image for the container of the page."""
    engine.make_image(IMAGE, 'ENV PORTS="80 8080"')
    host.run("apt-get install -y redis-server")
    return host


def test_what_reads_the_keys_of_companion_sees_no_difference(page_host):
    text = story("migrating-from-beachhead-companion")
    install, tell, see, switch, look, clean_up = steps(text)
    write_files(text)
    COMPANION.parent.mkdir(parents=True, exist_ok=True)
    COMPANION.write_text(SCRIPT)
    COMPANION.chmod(0o755)
    get, ttl, status = look

    def four_fields() -> list[dict]:
        routes = json.loads(page_host.run(get).strip() or "[]")
        return [{name: route[name] for name in FOUR_FIELDS if name in route} for route in routes]

    follow(page_host, [*before_steps(text), "systemctl enable --now beachhead-companion"])
    published = eventually(four_fields, within=60, what="companion publishes")
    follow(page_host, [*install, *tell])
    for domain in ("app.example.org", "admin.example.org"):
        assert domain in follow(page_host, see)[0]
    follow(page_host, switch)
    eventually(lambda: "machine" in page_host.run(get), within=60, what="the registrar publishes")
    assert sorted(four_fields(), key=str) == sorted(published, key=str)
    assert 0 < int(page_host.run(ttl)) <= 90
    eventually(lambda: "1 container" in page_host.run(status), within=60)

    follow(page_host, way_back(text))
    eventually(lambda: "machine" not in page_host.run(get), within=60, what="companion publishes again")
    assert four_fields() == published
    follow(page_host, [*switch, *clean_up])
    eventually(lambda: "machine" in page_host.run(get), within=60, what="the registrar publishes again")


@pytest.mark.parametrize("confd", [confd for confd in CONFDS if confd.style == OLD_STYLE], ids=str)
def test_the_consumer_takes_over_from_confd_and_every_request_is_answered(page_host, confd):
    text = story("migrating-from-confd")
    install, tell, see, switch, look, clean_up = steps(text)
    host_name = re.search(r"http://(\S+)/", look[0])[1]
    follow(page_host, INSTALL)
    write_files(text)
    shutil.copy(confd.program, CONFD)
    follow(page_host, ["systemctl restart nginx", *before_steps(text), "systemctl enable --now beachhead-registrar"])
    eventually(lambda: run(["redis-cli", "keys", "/beachhead/*"]).output, within=60,
               what="the container is registered")
    follow(page_host, ["systemctl enable --now confd"])

    def serves() -> bool:
        return served_by(host_name, port=80) != ""

    eventually(serves, within=60, what="confd has nginx serve")
    page_host.wait_for_old_workers()
    ours, theirs = Path("/etc/nginx/conf.d/beachhead.conf"), Path("/etc/nginx/conf.d/sites.conf")
    with RequestLoop([host_name], how=lambda name: fetch(name, port=80)) as visitors:
        follow(page_host, [*install, *tell])
        assert f"server_name {host_name};" in follow(page_host, see)[0]
        follow(page_host, switch)
        eventually(ours.exists, within=60, what="the consumer has written")
        assert not theirs.exists()
        code, explained, status = follow(page_host, look)
        assert code.strip() == "200" and "app" in explained and status
        assert "client_max_body_size 20m;" in ours.read_text()
        visitors.wait_for_more(10)

        follow(page_host, way_back(text))
        assert theirs.exists() and not ours.exists()
        visitors.wait_for_more(10)
        follow(page_host, [*switch, *clean_up])
        eventually(ours.exists, within=60, what="the consumer has written again")
        visitors.wait_for_more(10)
    assert visitors.failures == []
