"""Thousands of sites that nobody thought of: nginx takes them all, each answers as its own description says."""

import random
import socket

import pytest

from parts.http import HTTP_PORT, fetch, fetch_tls
from parts.registrations import register
from parts.tls import make_certificate
from parts.waiting import eventually

COUNT = 5000
ASKED = 200


def draw(random_: random.Random, i: int, where: tuple[str, int]) -> dict:
    """A valid route, as a registrar might write it."""
    name = f"s{i}.example.org"
    domain = random_.choices([name, f"*.w{i}.example.org", f"{name.replace('.org', '')}.*"], [8, 1, 1])[0]
    requires = ["wildcard"] if "*" in domain else []
    made = {
        "domain": domain, "schemes": ["http", "https"],
        "https_method": random_.choice(["redirect", "noredirect", "nohttp", "nohttps"]), "created": i,
        "container": f"c{i}",
    }
    if made["https_method"] == "nohttp":
        requires.append("schemes")
        made["schemes"] = ["https"]
    if made["https_method"] == "nohttps":
        requires.append("schemes")
        made["schemes"] = ["http"]
    if random_.random() < 0.1:
        requires.append("no-endpoint")
    if random_.random() < 0.3:
        requires.append("path")
        made["path"] = random_.choice(["/", "/api/", "/a-b/c_d/", "~^/(x|y)/"])
        if made["path"][0] == "/" and random_.random() < 0.5:
            made["dest"] = random_.choice(["/", "/v1/"])
    if random_.random() < 0.2:
        requires.append("proto")
        made["proto"] = random_.choice(["https", "grpc", "grpcs", "uwsgi", "fastcgi"])
    if random_.random() < 0.1:
        requires.append("internal")
    settings = {
        "hsts": ["off", "max-age=60", "max-age=31536000; includeSubDomains; preload"],
        "ssl_policy": [
            "Mozilla-Modern", "Mozilla-Intermediate", "Mozilla-Old", "AWS-TLS-1-2-2017-01", "AWS-2016-08",
        ],
        "server_tokens": ["on", "off"],
        "http2": ["true", "false"],
        "http3": ["true", "false"],
        "acme_http_challenge_location": ["true", "false", "legacy"],
        "trust_default_cert": ["true", "false"],
        "debug_endpoint": ["true", "false"],
        "non_get_redirect": ["301", "307", "308"],
        "loadbalance": [
            "round_robin", "least_conn", "ip_hash", "hash $request_uri consistent", "random two least_conn",
        ],
        "keepalive": ["auto", "disabled", "1", "100"],
        "client_max_body_size": ["0", "1k", "10m", "2g"],
        "proxy_read_timeout": ["1s", "250ms", "10m"],
        "proxy_connect_timeout": ["1s"],
        "proxy_send_timeout": ["1h"],
    }
    chosen = {name: random_.choice(texts) for name, texts in settings.items() if random_.random() < 0.15}
    if chosen:
        made["settings"] = chosen
    target = {"host": random_.choice([where[0], where[0], "192.0.2.1", "2001:db8::1"]), "port": where[1]}
    if requires:
        made["requires"] = requires
        if "no-endpoint" not in requires:
            made["endpoint"] = target
    else:
        del made["schemes"]
        made["http"] = target
    return made


def expected(made: dict) -> int | None:
    """The status in clear without a certificate; None where the backend of the tests does not speak that."""
    path = made.get("path", "/")
    if "internal" in made.get("requires", []):
        return 403 if path == "/" else None
    if path != "/":
        return 404
    if "no-endpoint" in made.get("requires", []):
        return 502
    target = made.get("http") or made["endpoint"]
    if "proto" in made or target["host"] != "127.0.0.1":
        return None
    return 200


def test_5000_random_sites_are_all_taken_and_a_sample_answers_as_it_says(nginx, redis, consumer, backend):
    where = backend("web").endpoint
    drawn = random.Random(20261122)
    routes = [draw(drawn, i, where) for i in range(COUNT)]
    for i, made in enumerate(routes):
        register(redis, f"c{i}", made)
    program = consumer("--internal-network=192.0.2.0/24", "--nginx-version=1.22.1", interval=600)
    program.start()
    program.process.wait_for_log(rf"nginx serves {COUNT} sites", 120)
    assert nginx.refusal() == ""
    sample = [
        m
        for m in drawn.sample(routes, 1000)
        if expected(m) is not None and "wildcard" not in m.get("requires", [])
    ]
    assert len(sample) >= ASKED
    for made in sample[:ASKED]:
        assert fetch(made["domain"]).status == expected(made), made
