"""confd-templates/: what confd makes of them, on a real Redis, in a real nginx and a real HAProxy. Which confds: a
stand-in of our own always, and the real ones where tests/install-confd has put them; see parts/confd.py."""
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from parts.confd import CONFDS, NEW_STYLE, OLD_STYLE, Confdir
from parts.http import fetch, fetch_tls, served_by, served_over_tls_by, status
from parts.nginx import Nginx
from parts.process import Process, run
from parts.registrations import register, route
from parts.tls import make_certificate
from parts.units import Unit
from parts.waiting import eventually

OURS, NGINX, HAPROXY = (8080, 8443), (80, 443), (8081, 8444)  # the ports of the three edges
EVENTS = "Kg$"  # what confd needs to watch
CONF = Path("/etc/nginx/conf.d/beachhead-confd.conf")


@pytest.fixture(params=CONFDS, ids=str)
def confd(request):
    return request.param


@pytest.fixture
def installed(host):
    """Configures a confd of its own for a resource, as confd-templates/README.md says; returns its directory."""
    host.run("make install")

    def configure(name: str, directory: Path) -> Path:
        shared = "/usr/local/share/beachhead/confd-templates"
        host.run(f"install -d {directory}/conf.d {directory}/templates;"
                 f"cp {shared}/conf.d/beachhead-{name}.toml {directory}/conf.d/;"
                 f"cp {shared}/templates/beachhead-{name}.tmpl {directory}/templates/")
        return directory

    return configure


@pytest.fixture
def debian_nginx(host):
    """Debian's, with Debian's configuration, but for its default site."""
    host.run("install -d /etc/nginx/certs; rm -f /etc/nginx/sites-enabled/default")
    return Unit("nginx")


@pytest.fixture
def debian_haproxy(host):
    """Debian's, as its unit starts it with EXTRAOPTS for a second file."""
    host.run("install -d /run/haproxy; touch /etc/haproxy/beachhead.cfg")

    def start() -> Process:
        process = Process(["haproxy", "-Ws", "-f", "/etc/haproxy/haproxy.cfg", "-p", "/run/haproxy.pid",
                           "-f", "/etc/haproxy/beachhead.cfg"])
        eventually(lambda: Path("/run/haproxy.pid").exists(), what="HAProxy has started")
        return process

    return start


# How an edge answers

NO_CONNECTION = ("no connection",)


def answer(how, domain: str, path: str, port: int) -> tuple:
    """Status, who answered, which path it was asked for, and where a redirect leads, without a port."""
    try:
        reply = how(domain, path, port=port)
    except OSError:
        return NO_CONNECTION
    location = re.sub(r":\d+", "", reply.headers.get("location", "").removeprefix("https:"))
    if reply.status != 200:
        return reply.status, location
    said = reply.json() if reply.body.startswith("{") else {"name": reply.body.strip(), "path": ""}
    return 200, said["name"], said["path"]


def answers(domain: str, path: str, ports: tuple[int, int]) -> tuple[set, set]:
    """Over HTTP and over HTTPS: all that are given; of two backends each answers one of a few requests."""
    requests = 6 if domain == SHARED else 1
    return tuple({answer(how, domain, path, port) for _ in range(requests)}
                 for how, port in ((fetch, ports[0]), (fetch_tls, ports[1])))


# What is registered: by containers, and by files of services for what shows IPv6 and TLS

ASKED_FOR = [("both.example.org", "/"), ("both.example.org", "/else/where?x=1"), ("plain.example.org", "/"),
             ("secure.example.org", "/"), ("bare.example.org", "/"), ("www.example.org", "/"),
             ("www.example.org", "/api/"), ("www.example.org", "/apix"), ("open.example.org", "/"),
             ("hidden.example.org", "/"), ("only.example.org", "/deep/index.html"), ("only.example.org", "/"),
             ("tls.example.org", "/"), ("six.example.org", "/"), ("nobody.example.org", "/")]
SHARED = "both.example.org"
WITH_CERTIFICATE = ["both", "secure", "open", "hidden", "tls"]
PASSED_THROUGH = ["tls.example.org"]


@pytest.fixture
def everything(engine, services, backend, place):
    encrypted = backend("encrypted", certificate=make_certificate(place / "backend", "backend.example.org"))
    six = backend("six", address="::1")
    services.write("tls", "address=127.0.0.1", f"domains=tls.example.org:https={encrypted.endpoint[1]}")
    services.serve("six", "six.example.org", six.endpoint)
    engine.serve("both-1", "both.example.org bare.example.org")
    engine.serve("both-2", "both.example.org")
    engine.serve("plain", "plain.example.org:http=8000", "PORTS=8000")
    engine.run("www", "VIRTUAL_HOST=www.example.org,open.example.org", "HTTPS_METHOD=noredirect")
    engine.run("api", "VIRTUAL_HOST=www.example.org", "VIRTUAL_PATH=/api/", "VIRTUAL_DEST=/",
               "HTTPS_METHOD=noredirect")
    engine.run("secure", "VIRTUAL_HOST=secure.example.org")
    engine.run("hidden", "VIRTUAL_HOST=hidden.example.org", "HTTPS_METHOD=nohttp")
    engine.run("only", "VIRTUAL_HOST=only.example.org", "VIRTUAL_PATH=/deep/", "VIRTUAL_DEST=/")
    engine.run("internal", "VIRTUAL_HOST=internal.example.org", "NETWORK_ACCESS=internal")
    return ["tls", "six", "both-1", "both-2", "plain", "www", "api", "secure", "hidden", "only", "internal"]


def check_same(asked: tuple[str, str], ports: tuple[int, int], wanted: tuple[set, set]) -> None:
    """Old workers may still answer otherwise."""
    seen = None

    def is_same() -> bool:
        nonlocal seen
        seen = answers(*asked, ports)
        return seen == wanted

    eventually(is_same, what=f"{asked} is answered as by ours")


HAPROXY_PORTS = {"BEACHHEAD_HTTP_PORT": str(HAPROXY[0]), "BEACHHEAD_HTTPS_PORT": str(HAPROXY[1])}


def test_both_edges_route_as_ours_does(installed, confd, redis, services, everything, registrar, consumer, nginx,
                                       debian_nginx, debian_haproxy, place, record_property):
    record_property("figures", f"confd: used was {confd}; {len(CONFDS) - 1} of the 2 real ones are there")
    for name in WITH_CERTIFICATE:
        pair = make_certificate(nginx.certs, f"{name}.example.org")
        for file in pair:
            shutil.copy(file, "/etc/nginx/certs")
    registrar(services.option).start()
    eventually(lambda: len(redis.keys("/beachhead/*")) == len(everything), what="all is registered")
    consumer().start()
    eventually(lambda: served_over_tls_by("secure.example.org") == "secure")
    debian_nginx.start()
    debian_haproxy()
    ours = {asked: answers(*asked, OURS) for asked in ASKED_FOR}

    for_nginx, for_haproxy = installed("nginx", place / "n"), installed("haproxy", place / "h")
    rendered = confd.once(redis, for_nginx)
    assert rendered.status == 0, rendered.output + rendered.errors
    rendered = confd.once(redis, for_haproxy, env=HAPROXY_PORTS)
    assert rendered.status == 0, rendered.output + rendered.errors
    for asked, wanted in ours.items():
        check_same(asked, NGINX, wanted)
        if asked[0] in PASSED_THROUGH:
            check_same(asked, HAPROXY, wanted)
        elif asked[0].split(".")[0] not in WITH_CERTIFICATE:
            check_same(asked, HAPROXY, (wanted[0], {NO_CONNECTION}))
    for ports in NGINX, HAPROXY:
        assert answers("internal.example.org", "/", ports)[0] == {(503, "")}, "what it must not serve, it leaves out"

    before = CONF.read_text()
    for suffix in ("crt", "key"):
        Path(f"/etc/nginx/certs/another.example.org.{suffix}").write_text("broken")
    register(redis, "another", route("another.example.org", ("192.0.2.1", 80), implied=True))
    refused = confd.once(redis, for_nginx)
    assert refused.status != 0 and "check" in refused.output + refused.errors
    assert CONF.read_text() == before, "what nginx refuses is not put in place"


def test_a_confd_that_watches_follows_containers(installed, confd, redis, engine, registrar, debian_nginx,
                                                 debian_haproxy, place):
    redis.call("CONFIG", "SET", "notify-keyspace-events", EVENTS)
    debian_nginx.start()
    debian_haproxy()
    confd.watch(redis, installed("nginx", place / "n"))
    confd.watch(redis, installed("haproxy", place / "h"), env=HAPROXY_PORTS)
    registrar().start()
    app = engine.serve("app", "app.example.org:http")
    engine.serve("stays", "stays.example.org:http")
    for port in NGINX[0], HAPROXY[0]:
        eventually(lambda: served_by("app.example.org", port=port) == "app", 30)
    app.stop()
    for port in NGINX[0], HAPROXY[0]:
        eventually(lambda: status("app.example.org", port=port) == 503, 30)
        eventually(lambda: served_by("stays.example.org", port=port) == "stays")


# What a template makes of single values

@pytest.fixture
def render(confd, redis, nginx, place):
    """Renders one of our templates, and returns what is then in place."""
    confdir = Confdir(place / "confd")

    def make(name: str) -> str:
        dest = confdir.add(name, nginx.conf if name == "nginx" else place / name)
        done = confd.once(redis, confdir.place, env={"BEACHHEAD_CERTS": str(nginx.certs)})
        assert done.status == 0, done.errors
        return dest.read_text()

    return make


def is_accepted(nginx: Nginx, haproxy: str) -> str:
    """What either server says against it."""
    file = nginx.place / "haproxy.cfg"
    file.write_text(f"defaults\n    timeout connect 5s\n    timeout client 5s\n    timeout server 5s\n\n{haproxy}")
    checked = run(["haproxy", "-c", "-q", "-f", file])
    return nginx.refusal() + checked.errors * (checked.status != 0)


WEB = {"host": "192.0.2.1", "port": 80}
LEFT_OUT = {
    "an unknown requirement": route("x.example.org", endpoint=WEB, schemes=["http"], requires=["path", "moon-phase"]),
    "internal": route("x.example.org", endpoint=WEB, schemes=["http"], requires=["internal"]),
    "neither http nor https": route("x.example.org"),
    "a protocol that is not required": route("x.example.org", ("192.0.2.1", 80), proto="fastcgi"),
    "a path that is not required": route("x.example.org", ("192.0.2.1", 80), path="/x"),
    "a line break in a domain": route("x.example.org;\n}", ("192.0.2.1", 80)),
    "a regular expression": route("~^x.example", ("192.0.2.1", 80)),
    "an empty label": route("x..example.org", ("192.0.2.1", 80)),
    "no domain": {"http": WEB},
    "a host that breaks out": route("x.example.org", ("192.0.2.1; }", 80)),
    "a host that is no address": route("x.example.org", ("192.0.2:80", 80)),
    "a port that breaks out": route("x.example.org", ("192.0.2.1", "80; }")),
    "a port of nobody": route("x.example.org", ("192.0.2.1", 65536)),
    "half a port": route("x.example.org", ("192.0.2.1", 80.5)),
    "a path that breaks out": route("x.example.org", endpoint=WEB, requires=["path"], path="/x /y {"),
    "a destination elsewhere": route("x.example.org", endpoint=WEB, requires=["path"], path="/x", dest=":81/"),
    "texts for objects": {"domain": "x.example.org", "http": "192.0.2.1", "https": ["192.0.2.1"]},
    "no object": ["x.example.org"],
}


def test_what_cannot_be_served_is_left_out_and_keeps_nothing_else_from_it(redis, render, nginx):
    good = route("good.example.org", ("192.0.2.1", 80), implied=True, colour="green", more={"deep": [1, None]})
    for number, bad in enumerate(LEFT_OUT.values()):
        register(redis, f"bad{number}", bad, good)
    ours, haproxy = render("nginx"), render("haproxy")
    for text in ours, haproxy:
        assert "good.example.org" in text and not re.search(r"\bx\b", text), text
    assert is_accepted(nginx, haproxy) == ""


def test_the_same_registrations_give_the_same_text(redis, render):
    routes = {"a": route("b.example.org", ("192.0.2.1", 80)), "b": route("a.example.org", ("2001:db8::1", 80)),
              "c": route("b.example.org", ("192.0.2.2", 80))}
    texts = []
    for order in (routes, reversed(routes)):
        redis.call("FLUSHALL")
        for name in order:
            register(redis, name, routes[name])
        texts.append((render("nginx"), render("haproxy"), render("domains")))
    assert texts[0] == texts[1]
    assert texts[0][2] == "a.example.org\nb.example.org\n"
    assert "server [2001:db8::1]:80;" in texts[0][0] and "server s1 [2001:db8::1]:80" in texts[0][1]


def test_a_value_that_is_no_json_leaves_the_file_as_it_was(redis, confd, place):
    confdir = Confdir(place / "confd")
    dest = confdir.add("domains", place / "domains")
    register(redis, "a", route("a.example.org", ("192.0.2.1", 80)))
    assert confd.once(redis, confdir.place).status == 0
    register(redis, "b", route("b.example.org", ("192.0.2.1", 80)))
    redis.call("SET", "/beachhead/c", "[{")
    assert confd.once(redis, confdir.place).status != 0
    assert dest.read_text() == "a.example.org\n"


# As people wrote them for beachhead-companion, which published id, domain, http and https alone.
COMPANION_STYLE = """{{range gets "/beachhead/*"}}{{range jsonArray .Value}}{{if .http}}
upstream {{.id}} {
    server {{.http.host}}:{{.http.port}};
}
server {
    listen 127.0.0.1:8080;
    server_name {{.domain}};
    location / {
        proxy_pass http://{{.id}};
    }
}
{{end}}{{end}}{{end}}
"""


@pytest.mark.parametrize("style", [OLD_STYLE, NEW_STYLE], ids=" ".join)
def test_a_template_for_companion_works(engine, redis, confd, registrar, nginx, place, style):
    """By both command lines, where it is the stand-in."""
    registrar().start()
    engine.serve("app", "app.example.org:http=80:https=443 only.example.org:https")
    engine.run("www", "VIRTUAL_HOST=www.example.org,*.any.example.org")
    eventually(lambda: len(redis.keys("/beachhead/*")) == 2)
    confdir = Confdir(place / "confd")
    confdir.add_template("companion", nginx.conf, COMPANION_STYLE)
    told = confd if confd.is_real else replace(confd, style=style)
    done = told.once(redis, confdir.place)
    assert done.status == 0, done.errors
    nginx.reload()
    eventually(lambda: served_by("app.example.org") == "app" and served_by("www.example.org") == "www")
    assert "any" not in nginx.rendered and "only" not in nginx.rendered
