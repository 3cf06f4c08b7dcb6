"""Whatever a container or a key in Redis says of certificates: no file of it outside of the directories of state and
certificates, no argument of it that a client takes for an option, and no shell."""
import json
import os
import re

import pytest

from parts import hostile
from parts.acme import DRIVERS, Driver, DriverCa
from parts.registrations import PREFIX, register, route

COUNT = 300
GOOD = "0good.example.org"  # its account is the first: others use up how many there may be
TERMS = ["email", "key", "challenge", "test", "ca", "chain", "profile"]
# Addresses of mail as far as most can tell.
EMAILS = [f"{local}@{hostile.MARK}.example.org" for local in (
    "-x", "--help", "--server=https://evil", "$(touch x)", "`touch x`", "a;touch x", "a'b", 'a"b', "a b", "../../x", "a|x", "a&x", "a\\x",
    "a*", "~", "..", "a%s", "-", "a\nb")] + [f"a@{hostile.MARK}{tail}" for tail in ("", ".", "..", "/../x", ";", "$HOME", " -x")]


def wishes() -> dict[str, str]:
    """Registrations by instance."""
    values, made = hostile.values(COUNT), {}

    def add(instance: str, **certificate) -> None:
        made[instance] = json.dumps([route("h.example.org", ("192.0.2.1", 80), certificate=certificate)])

    for i, value in enumerate(values):
        add(f"name-{i}", names=[value])
        add(f"second-{i}", names=["h.example.org", value])
        add(f"label-{i}", names=[f"{value}.example.org"])
        add(f"typed-{i}", names={value: value})
        for term in TERMS:
            add(f"{term}-{i}", **{"names": [f"{term}{i % 5}.example.org"], term: value})
    for i, email in enumerate(EMAILS):
        add(f"address-{i}", names=[f"address{i}.example.org"], email=email)
    return made


def fill(redis) -> None:
    for instance, text in wishes().items():
        redis.call("SETEX", PREFIX + instance, 600, text)
    register(redis, "good", route(GOOD, ("192.0.2.1", 80), certificate={"names": [GOOD], "email": "good@example.org"}))


def files(place) -> set[str]:
    return {str(p.relative_to(place)) for p in place.rglob("*")}


def is_place_for_them(path: str) -> bool:
    return path.split("/")[0] in ("state", "ca", "redis", "tmp") or path.startswith("nginx/")


def test_300_values_reach_a_driver_as_what_they_may_be_or_not_at_all(redis, consumer, nginx, place):
    """The driver writes down its whole environment and its arguments."""
    ca, seen, temporary = DriverCa(place / "ca"), place / "ca" / "seen", place / "tmp"
    temporary.mkdir()
    seen.mkdir()
    ca.path.write_text(ca.path.read_text().replace("set -u\n", f"set -u\n(printf '%s\\0' \"$@\"; env -0) >{seen}/$$.$(date +%N)\n", 1))
    before, certs = files(place), files(nginx.certs)
    fill(redis)
    options = [o for o in ca.options() if not o.startswith("--acme-email")]
    ended = consumer(*options, interval=60).run("--once", env={"TMPDIR": str(temporary)}, within=280)
    assert ended.status in (0, 1), ended.errors[-2000:]
    assert GOOD in ca.orders
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", ended.errors), "nothing of it reaches a terminal"
    strays = [f for f in files(place) - before if not is_place_for_them(f)]
    assert not strays
    made = files(nginx.certs) - certs
    assert made and all(re.fullmatch(r"[a-z0-9_.-]+(/(fullchain|cert|chain|key)\.pem)?", f) for f in made), made
    calls = [p.read_bytes().split(b"\0") for p in seen.iterdir()]
    assert len(calls) > 5
    for words in calls:
        assert words[0] in (b"account", b"issue")
        given = dict(w.decode().split("=", 1) for w in words[1:] if b"=" in w)
        assert all(re.fullmatch(r"(\*\.)?[a-z0-9][a-z0-9.-]*", n) for n in given["BEACHHEAD_NAMES"].split())
        assert re.fullmatch(r"([^-\s/][^\s/]*@[^-\s][A-Za-z0-9.-]*)?", given["BEACHHEAD_EMAIL"]), given["BEACHHEAD_EMAIL"]
        assert given["BEACHHEAD_CA"].startswith("https://") and hostile.MARK not in given["BEACHHEAD_CA"]
        assert not re.search("[\x00-\x1f\x7f]", "".join(v for k, v in given.items() if k.startswith("BEACHHEAD_")))


FAKE = """#!/bin/sh
{ for word; do printf '%s\\0' "$word"; done; printf '\\n\\0'; } >>"$SEEN"
exit 1
"""


@pytest.mark.parametrize("client", ["lego", "certbot", "uacme"])
def test_no_value_is_an_option_of_a_client(redis, consumer, place, client):
    """Fake clients write down how they are called; the drivers are ours, and no account fails."""
    programs, seen, environment = place / "bin", place / "seen", place / "environment"
    programs.mkdir()
    fake = programs / client
    fake.write_text(FAKE)
    fake.chmod(0o755)
    environment.write_text(f"SEEN={seen}\n")
    fill(redis)
    driver = Driver(place / "driver", f"exec {DRIVERS / client} issue", f"{DRIVERS / client} account; exit 0")
    program = consumer("--output=certs", f"--acme-client={driver.path}", "--acme-self-check=none", "--acme-retry=600",
                       f"--acme-environment-file={environment}", interval=60)
    before = files(place)
    ended = program.run("--once", env={"PATH": f"{programs}:{os.environ['PATH']}"}, within=280)
    assert ended.status == 1, ended.errors[-2000:]
    words = seen.read_bytes().decode().split("\0")
    assert len(words) > 10
    marked = [w for w in words if hostile.MARK in w]
    assert all(re.fullmatch(r"--preferred-chain=.*|(--email=|mailto:)?[^-\s][^\s]*@[A-Za-z0-9.-]+", w) for w in marked), marked
    assert not [f for f in files(place) - before if f.split("/")[0] not in ("state", "redis", "seen", "nginx")]
