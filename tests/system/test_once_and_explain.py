"""The consumer by hand: one pass, a preview, the story of a domain; and the certificate requests."""
import json

import pytest

from parts.http import served_by
from parts.process import run
from parts.programs import CONSUMER, Registrar
from parts.registrations import register, route
from parts.waiting import eventually

HOST = "web.example.org"


def files(*directories) -> dict:
    return {str(path): path.read_bytes() for directory in directories if directory.exists()
            for path in directory.rglob("*") if path.is_file() and path.name not in ("error.log",)}


# --once

def test_once_exits_0_when_all_is_confirmed(redis, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint))
    ended = consumer().run("--once")
    assert ended.status == 0, ended.errors
    assert served_by(HOST) == "web"


def test_once_twice_changes_nothing_the_second_time(redis, nginx, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint))
    edge = consumer()
    assert edge.run("--once").status == 0
    before, reloads = nginx.conf.stat().st_mtime_ns, nginx.reloads
    assert edge.run("--once").status == 0
    assert (nginx.conf.stat().st_mtime_ns, nginx.reloads) == (before, reloads)


def test_once_with_nothing_registered_exits_0(consumer):
    assert consumer().run("--once").status == 0


def test_once_exits_1_when_a_site_was_set_aside(redis, nginx, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint))
    register(redis, "bad", route("bad.example.org", backend("bad").endpoint))
    (nginx.vhosts / "bad.example.org").write_text("nonsense on;\n")
    ended = consumer().run("--once")
    assert ended.status == 1
    assert "bad.example.org" in ended.errors and "nonsense" in ended.errors
    assert served_by(HOST) == "web"


def test_once_exits_1_when_redis_does_not_answer(redis, consumer):
    redis.stop()
    ended = consumer().run("--once")
    assert ended.status == 1
    assert "Redis" in ended.errors


def test_once_exits_1_when_nginx_refuses_its_own_configuration(redis, nginx, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint))
    nginx.main.write_text(nginx.main.read_text() + "nonsense;\n")
    ended = consumer().run("--once")
    assert ended.status == 1
    assert "nonsense" in ended.errors
    assert HOST not in nginx.rendered


@pytest.mark.parametrize("option", ["--nonsense", "--interval=0", "--interval=soon", "--output=apache",
                                    "--http-port=0", "--http-port=70000", "--state-dir=relative",
                                    "--config=/no/such/file", "word", "--redis-url=gopher://x",
                                    "--key-prefix=a*"])
def test_wrong_usage_exits_2_with_one_line_that_names_it(place, option):
    ended = run([CONSUMER, f"--state-dir={place / 'state'}", option, "--once"], within=10)
    assert ended.status == 2
    assert len(ended.errors.splitlines()) == 1
    name, _, value = option.lstrip("-").partition("=")
    assert name in ended.errors or value.split(":")[0] in ended.errors


def test_help_and_version():
    shown, more = run([CONSUMER, "--help"]), run([CONSUMER, "--help-nginx"])
    assert shown.status == more.status == 0
    assert shown.output.count("\n") <= 45, "it fits a screen"
    for name in ("redis-url key-prefix interval hold-max linger state-dir output nginx-conf nginx-main http-port "
                 "https-port cert-dir vhost-dir once dry-run explain config verbose quiet help version").split():
        assert f"--{name}" in shown.output
    for name in "nginx-check nginx-reload nginx-confirm reload-interval".split():
        assert f"--{name}" in more.output
    assert run([CONSUMER, "--version"]).output.startswith("beachhead-consumer ")


# --dry-run

def test_a_dry_run_prints_and_touches_nothing(redis, nginx, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint))
    edge = consumer("--output=nginx", "--output=requests")
    before, reloads = files(nginx.place, edge.state), nginx.reloads
    ended = edge.run("--dry-run")
    assert ended.status == 0
    assert f"server_name {HOST}" in ended.output
    assert (files(nginx.place, edge.state), nginx.reloads) == (before, reloads)
    assert not edge.state.exists() or not list(edge.state.iterdir())


def test_a_dry_run_beside_a_running_consumer_disturbs_nothing(redis, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint))
    edge = consumer()
    edge.start()
    eventually(lambda: served_by(HOST) == "web")
    assert edge.run("--dry-run").status == 0
    assert edge.process.is_running


# --explain

def explain(edge, domain: str) -> str:
    ended = edge.run(f"--explain={domain}")
    assert ended.status == 0, ended.errors
    return ended.output


def test_explain_names_the_publishers_and_the_endpoints(redis, scripted, backend, consumer):
    web = backend("web")
    scripted.serve("shop-1", HOST, web)
    scripted.serve("shop-2", HOST, web)
    Registrar(redis, scripted, "--node=host7", expire=30).start()
    eventually(lambda: redis.call("DBSIZE") == 3)
    said = explain(consumer(), HOST)
    for words in ("shop-1@host7", "shop-2@host7", "127.0.0.1", str(web.endpoint[1])):
        assert words in said, said


def test_explain_says_why_a_domain_is_not_served_over_https(redis, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint, implied=True))
    assert "certificate" in explain(consumer(), HOST)


def test_explain_says_what_was_wrong_with_a_route(redis, backend, consumer):
    register(redis, "web", route(HOST, requires=["telepathy"]),
             route("fine.example.org", backend("web").endpoint))
    said = explain(consumer(), HOST)
    assert "telepathy" in said and "/beachhead/web" in said


def test_explain_of_a_domain_that_nobody_asks_for_says_so(redis, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint))
    said = explain(consumer(), "nobody.example.org")
    assert "web" not in said.replace("nobody.example.org", "")
    assert len(said.splitlines()) >= 2


def test_explain_of_a_disagreement_names_both(redis, consumer):
    register(redis, "old", route(HOST, ("10.0.0.1", 80), https_method="nohttps", created=1))
    register(redis, "new", route(HOST, ("10.0.0.2", 80), https_method="redirect", created=2))
    said = explain(consumer(), HOST)
    assert "old" in said and "new" in said and "nohttps" in said


# --output=requests

def requests_in(edge) -> dict[str, dict]:
    directory = edge.state / "requests"
    return {path.stem: json.loads(path.read_text()) for path in directory.glob("*.json")}


def test_certificate_requests_say_names_email_and_why(redis, backend, consumer):
    where = backend("web").endpoint
    wish = {"names": [HOST, "www.example.org"], "email": "admin@example.org"}
    register(redis, "shop", route(HOST, where, https_method="redirect", container="shop", certificate=wish))
    register(redis, "plain", route("plain.example.org", where))
    edge = consumer("--output=requests")
    assert edge.run("--once").status == 0
    wanted = requests_in(edge)
    assert list(wanted) == [HOST]
    assert (wanted[HOST]["names"], wanted[HOST]["email"]) == ([HOST, "www.example.org"], "admin@example.org")
    assert "shop" in json.dumps(wanted[HOST])


def test_a_request_that_nobody_makes_any_more_goes(redis, backend, consumer):
    redis.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
    wished = route(HOST, backend("web").endpoint, https_method="redirect", certificate={"names": [HOST]})
    register(redis, "web", wished, lease=2)
    edge = consumer("--output=requests", "--linger=0")
    edge.start()
    eventually(lambda: HOST in requests_in(edge))
    eventually(lambda: requests_in(edge) == {}, 8)


def test_one_output_that_fails_does_not_hold_up_another(redis, nginx, backend, consumer):
    nginx.main.write_text(nginx.main.read_text() + "nonsense;\n")
    register(redis, "web", route(HOST, backend("web").endpoint, certificate={"names": [HOST]}))
    edge = consumer("--output=nginx", "--output=requests")
    assert edge.run("--once").status == 1
    assert HOST in requests_in(edge)
