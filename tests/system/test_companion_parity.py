"""Everything that users of beachhead-companion rely on: one table a row of docs on parity."""
import json
import re

import pytest

from parts.process import Ended, run
from parts.programs import REGISTRAR, Registrar
from parts.redis import Redis
from parts.registrations import instances, refresh_times, routes_of
from parts.waiting import always, eventually

# BEACHHEAD_DOMAINS → domain: (port of http, port of https, whether nobody wrote the https)
GRAMMAR = {
    "neither is given: both": ("a.org", {"a.org": (80, 443, True)}),
    "http alone": ("a.org:http", {"a.org": (80, None, False)}),
    "https alone": ("a.org:https", {"a.org": (None, 443, False)}),
    "both": ("a.org:http:https", {"a.org": (80, 443, False)}),
    "the other way round": ("a.org:https:http", {"a.org": (80, 443, False)}),
    "http with a port": ("a.org:http=8080", {"a.org": (8080, None, False)}),
    "https with a port": ("a.org:https=8043", {"a.org": (None, 8043, False)}),
    "both with ports": ("a.org:http=8080:https=8043", {"a.org": (8080, 8043, False)}),
    "the lowest port": ("a.org:http=1", {"a.org": (1, None, False)}),
    "the highest port": ("a.org:http=65535", {"a.org": (65535, None, False)}),
    "a trailing dot is dropped": ("a.org.", {"a.org": (80, 443, True)}),
    "a trailing dot before parameters": ("a.org.:http", {"a.org": (80, None, False)}),
    "parameters in capitals": ("a.org:HTTP=81:HttpS=444", {"a.org": (81, 444, False)}),
    "several, separated by a blank": ("a.org b.org:http",
                                      {"a.org": (80, 443, True), "b.org": (80, None, False)}),
    "several, separated by tabs and lines": ("\ta.org\n\n b.org:https\t",
                                             {"a.org": (80, 443, True), "b.org": (None, 443, False)}),
    "an unknown parameter is a warning": ("a.org:ftp=21:http", {"a.org": (80, None, False)}),
    "an unknown parameter alone counts as none": ("a.org:ftp", {"a.org": (80, 443, True)}),
    "a name without a dot": ("intranet", {"intranet": (80, 443, True)}),
}

ERRORS = {
    "port 0": "a.org:http=0",
    "port 65536": "a.org:http=65536",
    "a negative port": "a.org:http=-1",
    "a port that is no number": "a.org:https=https",
    "a port with something behind it": "a.org:http=80x",
    "a port in hexadecimal": "a.org:http=0x50",
    "an empty port": "a.org:http=",
    "a number too large for any type": "a.org:http=18446744073709551696",
    "a bad port beside a good domain": "good.org a.org:http=0",
    "no domain": ":http",
}


def ports(routes: dict[str, dict]) -> dict[str, tuple]:
    return {domain: (route.get("http", {}).get("port"), route.get("https", {}).get("port"),
                     route.get("https", {}).get("implied", False)) for domain, route in routes.items()}


def would_publish(ended: Ended) -> dict[str, dict]:
    """instance → domain → route, from what a dry run prints."""
    found = re.findall(r"(/beachhead/\S+): (\[.*\])$", ended.output, re.MULTILINE)
    return {key.removeprefix("/beachhead/"): {route["domain"]: route for route in json.loads(text)}
            for key, text in found}


@pytest.fixture
def program(redis, scripted):
    return Registrar(redis, scripted)


@pytest.mark.parametrize("case", GRAMMAR)
def test_grammar(redis, scripted, program, case):
    """Published, and printed by a dry run, the same."""
    text, expected = GRAMMAR[case]
    scripted.add("web", f"BEACHHEAD_DOMAINS={text}")
    dry = program.run("--dry-run")
    assert dry.status == 0
    assert redis.keys() == []
    assert program.run("--refresh=0").status == 0
    assert ports(routes_of(redis, "web")) == ports(would_publish(dry)["web"]) == expected


@pytest.mark.parametrize("case", ERRORS)
def test_a_bad_value_is_an_error_for_that_container_and_no_other(redis, scripted, program, case):
    scripted.add("bad", f"BEACHHEAD_DOMAINS={ERRORS[case]}")
    scripted.add("good", "BEACHHEAD_DOMAINS=other.org")
    ended = program.run("--refresh=0")
    assert ended.status == 1
    assert instances(redis) == ["good"]
    assert "bad" in ended.errors
    dry = program.run("--dry-run")
    assert dry.status == 1
    assert list(would_publish(dry)) == ["good"]
    assert re.search(r"^bad: ", dry.output, re.MULTILINE)


def test_an_unknown_parameter_is_named_in_a_warning(scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org:ftp=21")
    ended = program.run("--refresh=0")
    assert ended.status == 0
    assert re.search(r"web.*ftp", ended.errors)


# Options

def test_redis_host_and_port(redis, scripted):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    ended = run([REGISTRAR, f"--docker-url={scripted.url}", "--redis-host=127.0.0.1",
                 f"--redis-port={redis.port}", "--refresh=0"])
    assert ended.status == 0, ended.errors
    assert instances(redis) == ["web"]


def test_redis_on_localhost_is_the_default(redis, scripted):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    assert run([REGISTRAR, f"--docker-url={scripted.url}", "--refresh=0"]).status == 0
    assert instances(redis) == ["web"]


@pytest.mark.parametrize("url", ["unix://{path}", "unix:/{path}"])
def test_docker_url_with_two_slashes_or_three(redis, scripted, url):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    docker_url = url.format(path=scripted.path)
    ended = run([REGISTRAR, f"--redis-url={redis.url}", f"--docker-url={docker_url}", "--refresh=0"])
    assert ended.status == 0, ended.errors
    assert instances(redis) == ["web"]


def test_expire_is_the_lease(redis, scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    program.run("--expire=100", "--refresh=0")
    assert redis.call("TTL", "/beachhead/web") in (99, 100)


def test_expire_0_means_no_expiry(redis, scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    program.run("--expire=0", "--refresh=0")
    assert redis.call("TTL", "/beachhead/web") == -1


@pytest.mark.long
def test_without_expiry_it_is_refreshed_every_10_seconds(redis, scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    program.start("--expire=0")
    eventually(lambda: instances(redis) == ["web"])
    redis.call("DEL", "/beachhead/web")
    always(lambda: instances(redis) == [], 8)
    eventually(lambda: instances(redis) == ["web"], 4)


@pytest.mark.parametrize("refresh, latest", [("--refresh=60", 4.7), ("--refresh=2", 2.2)])
def test_refresh_is_never_later_than_45_percent_of_the_expiry(redis, scripted, program, refresh, latest):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    monitor = redis.monitor()
    program.start("--expire=10", refresh)
    times = eventually(lambda: (t := refresh_times(monitor, "/beachhead/web")) and len(t) > 1 and t)
    assert 1.5 < times[1] - times[0] < latest


def test_refresh_0_publishes_once_and_exits(redis, scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    assert program.run("--refresh=0").status == 0
    assert instances(redis) == ["web"]


@pytest.mark.parametrize("prefix", ["/other", "/other/"])
def test_key_prefix_with_or_without_its_last_slash(redis, scripted, program, prefix):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    program.run(f"--redis-url={redis.url}", f"--key-prefix={prefix}", "--refresh=0")
    assert "/other/web" in redis.keys()


def test_docker_network_publishes_names(redis, scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    program.run("--docker-network", "--refresh=0")
    assert routes_of(redis, "web")["a.org"]["http"]["host"] == "web"


def test_envvar_names_another_variable(redis, scripted, program):
    scripted.add("web", "SITES=a.org", "BEACHHEAD_DOMAINS=b.org")
    program.run("--envvar=SITES", "--refresh=0")
    assert list(routes_of(redis, "web")) == ["a.org"]


def test_several_variables_of_that_name_add_up(redis, scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org", "BEACHHEAD_DOMAINS=b.org:http")
    program.run("--refresh=0")
    assert ports(routes_of(redis, "web")) == {"a.org": (80, 443, True), "b.org": (80, None, False)}


def test_systemd_marks_each_line_with_its_priority(scripted, program):
    scripted.add("bad", "BEACHHEAD_DOMAINS=a.org:http=0")
    scripted.add("odd", "BEACHHEAD_DOMAINS=b.org:ftp")
    lines = program.run("--systemd", "--refresh=0").errors.splitlines()
    assert lines and all(re.match(r"<[0-7]>", line) for line in lines)
    assert any(line.startswith("<3>") and "bad" in line for line in lines)
    assert any(line.startswith("<4>") and "odd" in line for line in lines)


def test_no_timestamp_leaves_out_the_time(scripted, program):
    scripted.add("bad", "BEACHHEAD_DOMAINS=a.org:http=0")
    time = re.compile(r"\d\d:\d\d:\d\d")
    assert time.search(program.run("--refresh=0").errors)
    assert not time.search(program.run("--no-timestamp", "--refresh=0").errors)


def count_lines(program, *options: str) -> int:
    return len(program.run("--refresh=0", *options).errors.splitlines())


def test_quiet_says_less_verbose_more_and_both_cancel_out(scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org:ftp")
    scripted.add("idle")
    usual = count_lines(program)
    assert count_lines(program, "--quiet") < usual < count_lines(program, "--verbose")
    assert count_lines(program, "--quiet", "--verbose") == usual
    assert "ftp" in program.run("--refresh=0", "--quiet").errors, "warnings stay"


@pytest.mark.parametrize("option", ["-n", "--dry-run"])
def test_a_dry_run_publishes_nothing_and_is_never_quiet(redis, scripted, program, option):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    scripted.add("idle")
    ended = program.run(option, "--quiet")
    assert ended.status == 0
    assert list(would_publish(ended)) == ["web"]
    assert re.search(r"^idle: ", ended.output, re.MULTILINE), "the reason why nothing is published"
    assert redis.keys() == []


def test_a_dry_run_needs_no_redis(redis, scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    redis.stop()
    assert list(would_publish(program.run("--dry-run", within=5))) == ["web"]


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_option(option):
    ended = run([REGISTRAR, option])
    assert ended.status == 0
    for name in ("redis-host redis-port expire refresh key-prefix docker-url docker-network envvar enumerate "
                 "systemd error-missing-envvar ignore-missing-envvar error-missing-container dry-run verbose "
                 "quiet no-timestamp help version").split():
        assert f"--{name}" in ended.output


def test_version():
    ended = run([REGISTRAR, "--version"])
    assert ended.status == 0
    assert re.fullmatch(r"beachhead-registrar \d+\.\d+\.\d+\n", ended.output)


@pytest.mark.parametrize("option", ["--no-such-option", "--expire=soon", "--expire", "--expire=-1",
                                    "--key-prefix=a b", "--docker-url=gopher://x", "--redis-port=70000",
                                    "--config=/no/such/file", "--node=a@b"])
def test_a_wrong_option_is_refused_with_a_line_that_names_it(option):
    ended = run([REGISTRAR, option], within=5)
    assert ended.status == 2
    assert len(ended.errors.splitlines()) == 1
    name, _, value = option.lstrip("-").partition("=")
    assert name in ended.errors or (value and value in ended.errors)


def test_options_come_from_a_file_and_the_command_line_wins(redis, scripted, place):
    (place / "conf").write_text(f"# a comment\n[docker]\ndocker-url = {scripted.url}\n[redis]\n"
                                f"redis-url = {redis.url}\nexpire = 100\nrefresh = 0\n")
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    assert run([REGISTRAR, f"--config={place / 'conf'}"]).status == 0
    assert redis.call("TTL", "/beachhead/web") in (99, 100)
    assert run([REGISTRAR, f"--config={place / 'conf'}", "--expire=50"]).status == 0
    assert redis.call("TTL", "/beachhead/web") in (49, 50)


def test_an_unknown_key_in_the_file_is_refused(place):
    (place / "conf").write_text("[a]\nexpiry = 3\n")
    ended = run([REGISTRAR, f"--config={place / 'conf'}"])
    assert ended.status == 2
    assert "expiry" in ended.errors


def test_a_password_comes_from_a_file_and_is_never_said(scripted, place):
    guarded = Redis(place / "guarded", 6380).start()
    guarded.call("CONFIG", "SET", "requirepass", "open sesame")
    (place / "password").write_text("open sesame\n")
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    ended = Registrar(guarded, scripted).run(f"--redis-url={guarded.url}", "--refresh=0", "--verbose",
                                             f"--redis-password-file={place / 'password'}")
    guarded.call("AUTH", "open sesame")
    assert (ended.status, instances(guarded)) == (0, ["web"])
    assert "sesame" not in ended.errors + ended.output


# Which containers

# containers that run, options and names → exit status, what is published
SELECTION = {
    "all without a name": ({"a": "a.org", "b": "b.org", "c": None}, [], 0, ["a", "b"]),
    "all with --enumerate": ({"a": "a.org", "c": None}, ["--enumerate"], 0, ["a"]),
    "a named one alone": ({"a": "a.org", "b": "b.org"}, ["a"], 0, ["a"]),
    "several named ones": ({"a": "a.org", "b": "b.org", "c": "c.org"}, ["a", "c"], 0, ["a", "c"]),
    "names beside --enumerate": ({"a": "a.org", "b": "b.org"}, ["--enumerate", "a"], 0, ["a", "b"]),
    "a named one without the variable is an error": ({"a": "a.org", "c": None}, ["a", "c"], 1, ["a"]),
    "but not with --ignore-missing-envvar":
        ({"a": "a.org", "c": None}, ["--ignore-missing-envvar", "a", "c"], 0, ["a"]),
    "an enumerated one without the variable is none": ({"a": "a.org", "c": None}, ["--enumerate"], 0, ["a"]),
    "but with --error-missing-envvar": ({"a": "a.org", "c": None}, ["--error-missing-envvar"], 1, ["a"]),
    "a named one that is missing is none": ({"a": "a.org"}, ["a", "ghost"], 0, ["a"]),
    "but with --error-missing-container":
        ({"a": "a.org"}, ["--error-missing-container", "a", "ghost"], 1, ["a"]),
}


@pytest.mark.parametrize("case", SELECTION)
@pytest.mark.parametrize("how", ["published", "dry"])
def test_selection(redis, scripted, program, case, how):
    running, arguments, status, published = SELECTION[case]
    for name, domains in running.items():
        scripted.add(name, *([f"BEACHHEAD_DOMAINS={domains}"] if domains else []))
    ended = program.run("--dry-run" if how == "dry" else "--refresh=0", *arguments)
    found = list(would_publish(ended)) if how == "dry" else instances(redis)
    assert (ended.status, sorted(found)) == (status, published), ended.errors


def test_a_named_container_is_published_without_manifest_and_machine(redis, scripted, program):
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    program.run("--refresh=0", "web")
    assert redis.keys() == ["/beachhead/web"]
    assert "machine" not in routes_of(redis, "web")["a.org"]


def test_a_named_container_is_published_when_it_starts_later(redis, scripted, program):
    program.start("web")
    program.process.wait_for_log("connected to the Engine")
    scripted.add("other", "BEACHHEAD_DOMAINS=b.org")
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    eventually(lambda: instances(redis) == ["web"])


def test_one_pass_without_an_engine_fails(scripted, program):
    scripted.stop()
    assert program.run("--refresh=0").status == 1
    assert program.run("--dry-run").status == 1


@pytest.mark.long
def test_one_pass_without_a_redis_fails_after_a_minute(redis, scripted, program):
    redis.stop()
    scripted.add("web", "BEACHHEAD_DOMAINS=a.org")
    assert program.run("--refresh=0", within=90).status == 1
