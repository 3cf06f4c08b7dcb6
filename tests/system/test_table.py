"""--output=table: what is served where, for a person at a terminal, beside a service that does not notice."""
import pytest

from parts.process import Process, run
from parts.programs import CONSUMER
from parts.registrations import hint, register, route
from parts.terminal import Terminal
from parts.waiting import eventually

HOST = "web.example.org"
TO_OTHER_SCREEN, FROM_OTHER_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture
def command(redis, place):
    """The command, with the state directory of nobody."""
    return [CONSUMER, f"--redis-url={redis.url}", f"--state-dir={place / 'nobody'}", "--output=table"]


def line_of(lines: list[str], domain: str) -> str:
    return next((line for line in lines if line.split()[:1] == [domain]), "")


def many(redis, count: int) -> None:
    for number in range(count):
        register(redis, f"web{number}", route(f"site{number:03}.example.org", ("10.0.0.1", 80)))


# Printed

def test_once_prints_the_table_and_exits(redis, command, place):
    register(redis, "web", route(HOST, ("10.0.0.1", 80), ("10.0.0.1", 443)), lease=3000)
    ended = run([*command, "--once"])
    assert ended.status == 0, ended.errors
    assert ended.output.splitlines()[0].startswith("1 site, 0 held, 0 set aside in ")
    assert line_of(ended.output.splitlines(), HOST).split() == [
        HOST, "/", "10.0.0.1:80", "https://10.0.0.1:443", "redirect", "49m", "live"]
    assert not (place / "nobody").exists()


def test_what_is_set_aside_stands_there_with_its_reason(redis, command):
    register(redis, "bad", route("bad.example.org", requires=["telepathy"]))
    ended = run([*command, "--once"])
    assert 'set aside, as published in /beachhead/bad: requires "telepathy"' in line_of(
        ended.output.splitlines(), "bad.example.org")


def test_a_dry_run_is_the_same_table(redis, command):
    register(redis, "web", route(HOST, ("10.0.0.1", 80)))
    assert line_of(run([*command, "--dry-run"]).output.splitlines(), HOST)


def test_beside_a_service_it_knows_what_that_holds(redis, backend, consumer):
    register(redis, "web", route(HOST, backend("web").endpoint))
    edge = consumer("--output=json")
    edge.start()
    memory = edge.state / "table.json"
    eventually(lambda: memory.exists() and HOST in memory.read_text())
    redis.call("FLUSHALL")
    edge.process.wait_for_log("is held")
    eventually(lambda: '"missing"' in memory.read_text())
    before = memory.read_bytes()
    ended = consumer("--output=table").run("--once")
    assert ended.status == 0, ended.errors
    assert " held for " in line_of(ended.output.splitlines(), HOST)
    assert edge.process.is_running
    assert memory.read_bytes() == before


def test_a_pipe_gets_a_table_at_each_change(redis, command):
    shown = Process([*command, "--interval=1"])
    shown.wait_for_log("0 sites")
    register(redis, "web", route(HOST, ("10.0.0.1", 80)))
    hint(redis, "web")
    shown.wait_for_log(HOST)
    redis.call("CONFIG", "RESETSTAT")
    eventually(lambda: redis.command_counts().get("scan", 0) >= 3, what="three passes without a change")
    assert len([line for line in shown.lines if line.text.startswith("DOMAIN")]) == 2
    assert shown.stop() == 0


def test_whoever_stops_reading_ends_it(command):
    ended = run(["sh", "-c", " ".join(f"'{word}'" for word in map(str, command)) + " | head -1; echo over"])
    assert ended.output.splitlines()[-1] == "over"


@pytest.mark.parametrize("options", [["--output=nginx"], ["--output=json"]])
def test_it_is_the_only_output(command, options):
    ended = run([*command, *options])
    assert (ended.status, len(ended.errors.splitlines())) == (2, 1)
    assert "--output=table" in ended.errors


# On a terminal

def test_the_screen_follows_what_is_registered(redis, command):
    terminal = Terminal(command)
    eventually(lambda: "0 sites" in terminal.screen[0])
    register(redis, "web", route(HOST, ("10.0.0.1", 80)))
    hint(redis, "web")
    eventually(lambda: line_of(terminal.screen, HOST).endswith(" live"))
    redis.call("DEL", "/beachhead/web")
    hint(redis, "web")
    eventually(lambda: "held for" in line_of(terminal.screen, HOST))
    terminal.type("q")
    assert terminal.wait() == 0


def test_leases_run_down_on_the_screen(redis, command):
    register(redis, "web", route(HOST, ("10.0.0.1", 80)), lease=60)
    terminal = Terminal([*command, "--interval=3600"])
    seen = set()

    def two_are_seen() -> bool:
        words = line_of(terminal.screen, HOST).split()
        seen.update(word for word in words if word.rstrip("s").isdigit())
        return len(seen) >= 2

    eventually(two_are_seen)
    terminal.type("q")
    assert terminal.wait() == 0


@pytest.mark.parametrize("end", ["q", "\x03"])
def test_the_terminal_is_as_it_was(redis, command, end):
    terminal = Terminal(command)
    eventually(lambda: "0 sites" in terminal.screen[0])
    assert terminal.settings != terminal.settings_before
    assert terminal.sent.count(TO_OTHER_SCREEN) == 1 and FROM_OTHER_SCREEN not in terminal.sent
    terminal.type(end)
    assert terminal.wait() == 0
    assert terminal.settings == terminal.settings_before
    eventually(lambda: terminal.sent.endswith(FROM_OTHER_SCREEN))


def test_a_window_that_is_closed_ends_it(command):
    terminal = Terminal(command)
    eventually(lambda: "0 sites" in terminal.screen[0])
    terminal.hang_up()
    assert terminal.wait() == 0


def test_the_screen_fits_its_window(redis, command):
    many(redis, 50)
    terminal = Terminal(command, rows=20, columns=100)
    eventually(lambda: len(terminal.screen) == 20)
    terminal.resize(10, 60)
    eventually(lambda: len(terminal.screen) == 10)
    assert max(map(len, terminal.screen)) <= 60


def test_keys_scroll(redis, command):
    many(redis, 50)
    terminal = Terminal(command, rows=12, columns=100)

    def shows(*numbers: int) -> bool:
        return [line.split()[0] for line in terminal.screen[2:]] == [f"site{n:03}.example.org" for n in numbers]

    eventually(lambda: shows(*range(0, 10)))
    for keys, first in [("j", 1), ("\x1b[6~", 11), ("k", 10), ("G", 40), ("jj", 40), ("\x1b[5~", 30), ("\x1b[H", 0),
                        ("k", 0)]:
        terminal.type(keys)
        eventually(lambda: shows(*range(first, first + 10)), what=f"{keys!r} shows site {first}")
    assert "DOMAIN" in terminal.screen[1]
    terminal.type("q")
    assert terminal.wait() == 0


def test_a_redis_that_is_away_is_said_on_the_screen(redis, command):
    terminal = Terminal(command)
    eventually(lambda: "0 sites" in terminal.screen[0])
    redis.stop()
    eventually(lambda: "away" in terminal.screen[0])
    terminal.type("q")
    assert terminal.wait() == 0


def test_hostile_names_are_text(redis, command):
    register(redis, "web", {"domain": r"~^\x1b[2J\.example\.org$", "endpoint": {"host": "10.0.0.1", "port": 80},
                            "schemes": ["http"], "requires": ["regex", "schemes"]},
             route("bad.example.org", requires=["\x1b[2Jcleared"]))
    terminal = Terminal(command, columns=200)
    eventually(lambda: r"\x1b[2Jcleared" in "\n".join(terminal.screen))
    assert b"\x1b[2J" not in terminal.sent
