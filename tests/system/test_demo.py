"""`make demo` shows what it claims, with a private Engine and with one that runs, and leaves nothing behind."""
import pytest

from parts.examples import Example, in_a_shell
from parts.waiting import eventually

CERTIFICATE_MSEC_MAX = 60000
LIVE_MSEC_MAX = 5000  # generous: a machine that is busy with other tests


@pytest.fixture
def demo(place):
    """Starts the demo with its files below an empty directory."""
    return lambda **environment: Example("demo", place, **environment)


def check_claims(demo: Example) -> None:
    assert demo.number(r'answered by "one" (\d+) ms after the command') < LIVE_MSEC_MAX
    assert demo.number(r"for another (\d+) s unless it is refreshed") in range(1, 61)
    shares = [demo.number(rf'of 100 requests "{name}" answered (\d+)') for name in ("one", "two")]
    assert sum(shares) == 100 and min(shares) > 20
    assert "on its own address it still answers there" in demo.log
    last_request = demo.number(r"its last request (\d+) ms after the command")
    ended = demo.number(r"and ended after (\d+) ms")
    assert last_request + 500 < ended
    assert demo.number(r"requests sent: (\d+), failed: 0") > 5
    assert demo.number(r"answers 503 (\d+) ms after the command") < LIVE_MSEC_MAX
    assert demo.number(r'https://\S+ is answered by "three" (\d+) ms after the command') < CERTIFICATE_MSEC_MAX
    assert "redirects there" in demo.log


def test_the_demo_with_an_engine_of_its_own(demo):
    process = demo()
    assert process.end() == 0, process.log
    check_claims(process)
    process.check_nothing_is_left()


def test_the_demo_with_an_engine_that_runs(demo, engine):
    process = demo(DOCKER_HOST=engine.url)
    assert process.end() == 0, process.log
    check_claims(process)
    process.check_nothing_is_left()
    assert engine.call("GET", "/containers/json", all="true") == []
    assert "beachhead-demo" not in str(engine.call("GET", "/images/json"))


@pytest.mark.parametrize("moment", ["Starting a private", "while requests go on"])
def test_ctrl_c_cleans_up(demo, moment):
    process = demo()
    process.wait_for_log(moment, 60)
    assert process.interrupt() == 130, process.log
    process.check_nothing_is_left()


def test_with_keep_it_stays_and_what_it_tells_to_try_works(demo):
    process = demo(KEEP="1")
    environment, *commands = process.wait_for_commands()

    def tried(command: str) -> str:
        return in_a_shell(f"{environment}; {command}")

    start, curl, registered, dry_run, explain, configuration, stop = commands
    container = tried(start)[:12]
    eventually(lambda: tried(curl) == f"{container}\n", 20, "the container that was tried is served")
    for command in registered, dry_run, explain, configuration:
        assert "mine.example.org" in tried(command), command
    tried(stop)
    eventually(lambda: "503" in tried(curl), 20, "it is served no more")
    assert process.interrupt() == 130
    process.check_nothing_is_left()


def test_killed_it_leaves_no_process(demo):
    process = demo()
    process.wait_for_log("a CA of our own run", 60)
    assert {"dockerd", "containerd", "beachhead-consu"} <= set(process.started)
    process.kill()
    process.check_no_process_is_left()
