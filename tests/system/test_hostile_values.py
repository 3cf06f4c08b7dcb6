"""Whatever a container, a label or a key in Redis says: never a byte of it becomes nginx's syntax, no other site is
harmed, and the log names who said what."""

import json
import re

import pytest

from parts import hostile
from parts.http import RequestLoop, served_by
from parts.nginx_syntax import statements
from parts.programs import NoEngine, Registrar
from parts.registrations import PREFIX, register, route
from parts.waiting import eventually

GOOD = "good.example.org"
COUNT = 300

VARIABLES = [
    "BEACHHEAD_DOMAINS", "VIRTUAL_HOST", "VIRTUAL_PORT", "VIRTUAL_PATH", "VIRTUAL_DEST", "VIRTUAL_PROTO",
    "VIRTUAL_ROOT", "VIRTUAL_HOST_MULTIPORTS", "EXTERNAL_HTTP_PORT", "EXTERNAL_HTTPS_PORT", "HTTPS_METHOD",
    "CERT_NAME", "SSL_POLICY", "HSTS", "SERVER_TOKENS", "NETWORK_ACCESS", "ACME_HTTP_CHALLENGE_LOCATION",
    "ENABLE_HTTP_ON_MISSING_CERT", "CLIENT_MAX_BODY_SIZE", "PROXY_CONNECT_TIMEOUT", "PROXY_READ_TIMEOUT",
    "PROXY_SEND_TIMEOUT", "ACME_HOST", "LETSENCRYPT_HOST", "ACME_EMAIL", "LETSENCRYPT_EMAIL",
    "ACME_SINGLE_DOMAIN_CERTS", "ACME_KEYSIZE", "LETSENCRYPT_KEYSIZE", "ACME_TEST", "LETSENCRYPT_TEST", "ACME_CA_URI",
    "ACME_CHALLENGE", "ACME_PREFERRED_CHAIN", "ACME_CERT_PROFILE",
]
OF_CERTIFICATES = VARIABLES[VARIABLES.index("ACME_EMAIL"):]
LABELS = ["beachhead.domains", "beachhead.virtual_host", "beachhead.hsts"] + [
    "com.github.nginx-proxy.nginx-proxy." + name
    for name in (
        "loadbalance", "keepalive", "http2.enable", "http3.enable", "trust-default-cert", "debug-endpoint",
        "non-get-redirect", "ssl_verify_client",
    )
]
FIELDS = [
    "id", "domain", "http", "https", "endpoint", "schemes", "requires", "https_method", "path", "dest",
    "proto", "settings", "certificate", "created", "container", "machine",
]
SETTINGS = [
    "cert_name", "ssl_policy", "hsts", "server_tokens", "acme_http_challenge_location", "http2", "http3",
    "trust_default_cert", "enable_http_on_missing_cert", "debug_endpoint", "non_get_redirect",
    "ssl_verify_client", "external_http_port", "external_https_port", "loadbalance", "keepalive",
    "virtual_root", "client_max_body_size", "proxy_connect_timeout", "proxy_read_timeout",
    "proxy_send_timeout",
]
TERMS = ["email", "key", "challenge", "test", "ca", "chain", "profile"]


@pytest.fixture
def edge(nginx, consumer, redis, backend):
    """A consumer that may render whatever a container can ask for, and a site that is to stay served."""
    register(redis, "good", route(GOOD, backend("good").endpoint))
    program = consumer(
        "--regex-hosts", "--external-ports=8100-8199", "--output=nginx", "--output=requests", "--verbose"
    )
    program.start()
    eventually(lambda: served_by(GOOD) == "good")
    return program


# Where a name, a path or a regular expression of a container may stand; nothing of theirs names a directive.
OURS_TO_NAME = {
    "server_name", "upstream", "location", "proxy_pass", "grpc_pass", "uwsgi_pass", "fastcgi_pass",
    "proxy_ssl_name", "grpc_ssl_name", "return", "set", "alias", "root", "fastcgi_param", "hash",
    "auth_basic_user_file",
}


def harmless(statement) -> bool:
    """A word that holds the mark is one word: of harmless characters, or a quoted regular expression."""
    marked = [word for word in statement.words if hostile.MARK in word.text]
    return (
        not marked
        or statement.name in OURS_TO_NAME
        and all(
            word.quoted or re.fullmatch(r"[A-Za-z0-9$._:/*@~!&()+,=\[\]-]*", word.text) for word in marked
        )
    )


def unharmed(nginx) -> None:
    rendered = statements(nginx.rendered)
    assert [s for s in rendered if not harmless(s)] == []
    assert all(
        re.fullmatch("[a-z0-9_]+", s.name) for s in rendered if s.depth != 1 or s.name in ("server", "listen")
    )
    assert nginx.refusal() == ""
    assert served_by(GOOD) == "good"


def is_settled(edge, nginx, last: str) -> None:
    eventually(lambda: served_by(last) == "good", 60, "everything that was registered before is applied")
    unharmed(nginx)


def is_settled_and_costs_no_request(edge, nginx, last: str) -> None:
    with RequestLoop([GOOD], pace=0.02) as loop:
        is_settled(edge, nginx, last)
    assert loop.count > 10 and not loop.failures


def test_300_values_in_every_variable_and_label(edge, nginx, redis, scripted, consumer, backend):
    """One container a variable and value, through a scripted Engine."""
    values = [v for v in hostile.values(COUNT + 20) if hostile.encodable(v)][:COUNT]
    assert len(values) == COUNT
    names = []
    for variable in VARIABLES + LABELS:
        for i, value in enumerate(values):
            name = f"{variable.replace('.', '-').lower()}-{i}"
            given = {"VIRTUAL_HOST": f"h{i}.example.org", variable: value}
            if variable in OF_CERTIFICATES:
                given["ACME_HOST"] = f"h{i}.example.org"
            if variable == "VIRTUAL_HOST_MULTIPORTS":
                value = f"{value}" if i % 2 else f'h{i}.example.org:\n  "/":\n    port: {value!r}\n'
                given[variable] = value
            labels = {variable: given.pop(variable)} if variable in LABELS else {}
            identifier = scripted.add(name, *(f"{k}={v}" for k, v in given.items()), quietly=True)
            scripted.containers[identifier]["Config"]["Labels"] = labels
            names.append((name, variable))
    last = backend("good").endpoint
    scripted.add("last", f"BEACHHEAD_DOMAINS=last.example.org:http={last[1]}", address=last[0], quietly=True)
    registrar = Registrar(redis, scripted, expire=600)
    registrar.start()
    is_settled_and_costs_no_request(edge, nginx, "last.example.org")
    said = registrar.process.log
    named = set(re.findall(r"[\w.-]+", said))
    unnamed = [name for name, variable in names if name not in named]
    assert not unnamed, unnamed[:20]
    for variable in VARIABLES:
        assert re.search(rf"{variable}\b", said), f"no message names {variable}"
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", said), "nothing of it reaches a terminal"


KEYS = [
    "address", "check", "check-interval", "check-fall", "domains", "virtual_host", "virtual_port", "virtual_path",
    "virtual_dest", "virtual_proto", "virtual_host_multiports", "https_method", "hsts", "network_access",
    "letsencrypt_host", "loadbalance",
]


def test_values_in_every_key_of_a_service_and_in_its_name(edge, nginx, redis, services, backend):
    values = hostile.values(60)
    for key in KEYS:
        for i, value in enumerate(values):
            given = {"address": "192.0.2.1", "virtual_host": f"h{i}.example.org", key: value}
            text = "".join(f"{name}={said}\n" for name, said in given.items())
            services.path(f"{key}-{i}").write_bytes(text.encode(errors="surrogatepass"))
    for i, value in enumerate(v for v in values if hostile.encodable(v) and "/" not in v and len(v.encode()) < 200):
        services.serve(f"{value}-{i}", "named.example.org", ("192.0.2.1", 80))
    services.serve("last", "last.example.org", backend("good").endpoint)
    registrar = Registrar(redis, NoEngine, services.option, expire=600)
    registrar.start()
    is_settled_and_costs_no_request(edge, nginx, "last.example.org")
    said = registrar.process.log
    named = set(re.findall(r"service ([a-z_-]+-\d+)\b", said))
    assert {f"{key}-{i}" for key in KEYS for i in range(len(values))} <= named
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", said), "nothing of it reaches a terminal"


def _routes(field: str, value) -> list:
    """Hostile values of all types in one field."""
    plain = route("h.example.org", ("192.0.2.1", 80))
    return [
        {**plain, field: value},
        {**plain, field: {"host": value, "port": value, "names": [value], value[:50]: value}},
        {**plain, field: [value]},
        {
            "domain": "h.example.org", "endpoint": {"host": "192.0.2.1", "port": 80},
            "schemes": ["http", "https"], "requires": ["path", "proto"], "path": "/", field: value,
        },
    ]


def is_no_option_and_no_shell(request: dict) -> bool:
    """What an ACME client is to be told is harmless; the name of an issuer may hold anything that can be printed."""
    chain = request.pop("chain", "x")
    return hostile.MARK not in json.dumps(request) and re.fullmatch("[ -,.-~][ -~]{,127}", chain)


def _setting(setting: str, value: str) -> str:
    return json.dumps([route("h.example.org", ("192.0.2.1", 80), settings={setting: value}),
                       route("h2.example.org", ("192.0.2.1", 80), settings={setting: [value]})])


def _term(term: str, value: str, number: int) -> str:
    wish = {"names": [f"h{number}.example.org"], term: value}
    return json.dumps([route("h.example.org", ("192.0.2.1", 80), certificate=wish)])


def test_300_values_in_every_field_of_a_registration(edge, nginx, redis, backend):
    for i, value in enumerate(hostile.values(COUNT)):
        values = {field: json.dumps(_routes(field, value)) for field in FIELDS}
        values |= {setting: _setting(setting, value) for setting in SETTINGS}
        values |= {term: _term(term, value, i) for term in TERMS}
        redis.pipeline([("SETEX", f"{PREFIX}{name}-{i}", 600, text) for name, text in values.items()])
    register(redis, "zlast", route("last.example.org", backend("good").endpoint))
    is_settled(edge, nginx, "last.example.org")
    requests = [json.loads(path.read_text()) for path in (edge.state / "requests").glob("*.json")]
    assert len(requests) > COUNT / 2 and all(map(is_no_option_and_no_shell, requests))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", edge.process.log), "nothing of it reaches a terminal"


def test_what_is_wrong_with_a_setting_is_said_with_its_name(edge, redis):
    value = hostile.values(COUNT)[0]
    redis.pipeline([*(("SETEX", f"{PREFIX}{setting}-0", 600, _setting(setting, value)) for setting in SETTINGS),
                    *(("SETEX", f"{PREFIX}{term}-0", 600, _term(term, value, 0)) for term in TERMS)])
    for setting in SETTINGS:
        edge.process.wait_for_log(rf"{PREFIX}{setting}-0\b.*{setting}")
    for term in TERMS:
        edge.process.wait_for_log(rf"{PREFIX}{term}-0\b.*\"{term}\"")


def test_values_that_are_no_json_or_too_deep_or_too_large(edge, nginx, redis, backend):
    raw = [
        b"", b"\x00", b"\xff\xfe[", b"[" * 100000, b'{"a":' * 50000, b'[{"domain":"\\ud800"}]',
        b"[" + b"{}," * 90000 + b"{}]", b"A" * (3 << 20), b"[1e999]",
        b'[{"domain":"a.example.org","domain":"b.example.org"}]',
    ]
    for i, value in enumerate(raw):
        redis.call("SETEX", f"{PREFIX}raw-{i}", 600, value)
    redis.call("LPUSH", f"{PREFIX}list", "x")
    register(redis, "zlast", route("last.example.org", backend("good").endpoint))
    is_settled(edge, nginx, "last.example.org")


def test_a_sample_through_real_containers(edge, nginx, redis, registrar, engine):
    program = registrar()
    program.start()
    values = [v for v in hostile.values(COUNT) if hostile.encodable(v)]
    for i, variable in enumerate(
        ["VIRTUAL_HOST", "VIRTUAL_PATH", "HSTS", "VIRTUAL_HOST_MULTIPORTS", "LETSENCRYPT_HOST"]
    ):
        value = values[i * 17 % len(values)]
        engine.run(f"c{i}", "VIRTUAL_HOST=x.example.org", f"{variable}={value}", Cmd=["sleep", "600"])
        program.process.wait_for_log(rf"(?s)c{i}\b.*{variable}")
    engine.run(
        "labelled",
        "VIRTUAL_HOST=y.example.org",
        Cmd=["sleep", "600"],
        labels={"com.github.nginx-proxy.nginx-proxy.loadbalance": f"least_conn; {hostile.MARK} on;"},
    )
    program.process.wait_for_log(r"labelled.*loadbalance")
    engine.serve("last", "last.example.org:http")
    eventually(lambda: served_by("last.example.org") == "last")
    unharmed(nginx)
