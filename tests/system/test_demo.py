"""`make demo` shows what it claims, with a private Engine and with one that runs, and leaves nothing behind."""
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from parts.process import Process, named_in_command_lines
from parts.programs import SOURCE
from parts.waiting import eventually

DEMO_SECONDS = 120
CERTIFICATE_MSEC_MAX = 60000
LIVE_MSEC_MAX = 5000  # generous: a machine that is busy with other tests


@pytest.fixture
def demo(place):
    """Starts the demo with its files below an empty directory."""
    def start(**environment) -> Process:
        return Process([SOURCE / "examples/demo/run"], env={"TMPDIR": str(place), "DOCKER_HOST": "", **environment})

    return start


def started_in(place: Path) -> list[str]:
    """The processes with that directory in their environment, as all have that the demo starts. (The numbers of
    namespaces say nothing once these are gone: they are given again.)"""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(place).encode() in (entry / "environ").read_bytes():
                found.append((entry / "comm").read_text().strip())
        except OSError:
            continue
    return found


def end(process: Process) -> int:
    return process.popen.wait(DEMO_SECONDS)


def check_no_process_is_left(place: Path) -> None:
    """A shim of the Engine may still be about to exit."""
    eventually(lambda: not started_in(place) and not named_in_command_lines(str(place)), 20, "every process has ended")


def check_nothing_is_left(place: Path, said: str) -> None:
    name = re.search(r"below \S*/(beachhead-demo\.\w+)", said)[1]
    assert list(place.iterdir()) == []
    check_no_process_is_left(place)
    assert str(place) not in Path("/proc/self/mounts").read_text()
    groups = Path("/sys/fs/cgroup")
    assert [*groups.glob(name), *groups.glob(f"*/{name}")] == []


def number(text: str, said: str) -> int:
    found = re.search(text, said)
    assert found, said
    return int(found[1])


def check_claims(said: str) -> None:
    assert number(r'answered by "one" (\d+) ms after the command', said) < LIVE_MSEC_MAX
    assert number(r"for another (\d+) s unless it is refreshed", said) in range(1, 61)
    shares = [number(rf'of 100 requests "{name}" answered (\d+)', said) for name in ("one", "two")]
    assert sum(shares) == 100 and min(shares) > 20
    assert "on its own address it still answers there" in said
    last_request = number(r"its last request (\d+) ms after the command", said)
    ended = number(r"and ended after (\d+) ms", said)
    assert last_request + 500 < ended
    assert number(r"requests sent: (\d+), failed: 0", said) > 5
    assert number(r"answers 503 (\d+) ms after the command", said) < LIVE_MSEC_MAX
    assert number(r'https://\S+ is answered by "three" (\d+) ms after the command', said) < CERTIFICATE_MSEC_MAX
    assert "redirects there" in said


def test_the_demo_with_an_engine_of_its_own(demo, place):
    process = demo()
    assert end(process) == 0, process.log
    check_claims(process.log)
    check_nothing_is_left(place, process.log)


def test_the_demo_with_an_engine_that_runs(demo, place, engine):
    process = demo(DOCKER_HOST=engine.url)
    assert end(process) == 0, process.log
    check_claims(process.log)
    check_nothing_is_left(place, process.log)
    assert engine.call("GET", "/containers/json", all="true") == []
    assert "beachhead-demo" not in str(engine.call("GET", "/images/json"))


@pytest.mark.parametrize("moment", ["starting a private one", "while requests go on"])
def test_ctrl_c_cleans_up(demo, place, moment):
    process = demo()
    process.wait_for_log(moment, 60)
    os.killpg(process.pid, signal.SIGINT)
    assert end(process) == 130, process.log
    check_nothing_is_left(place, process.log)


def commands_to_try(said: str) -> list[str]:
    told = re.search(r"(?s)Try, from another terminal.*?\n\n(.*?)\n\n", said)[1]
    return [line.strip() for line in told.splitlines()]


def test_with_keep_it_stays_and_what_it_tells_to_try_works(demo, place):
    process = demo(KEEP="1")
    process.wait_for_log("Ctrl-C ends it", DEMO_SECONDS)
    environment, *commands = commands_to_try(process.log)

    def tried(command: str) -> str:
        done = subprocess.run(f"{environment}; {command}", shell=True, text=True, capture_output=True)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    start, curl, registered, dry_run, explain, configuration, stop = commands
    container = tried(start)[:12]
    eventually(lambda: tried(curl) == f"{container}\n", 20, "the container that was tried is served")
    for command in registered, dry_run, explain, configuration:
        assert "mine.example.org" in tried(command), command
    tried(stop)
    eventually(lambda: "503" in tried(curl), 20, "it is served no more")
    process.signal(signal.SIGINT)
    assert end(process) == 130
    check_nothing_is_left(place, process.log)


def test_killed_it_leaves_no_process(demo, place):
    process = demo()
    process.wait_for_log("registrar and consumer run", 60)
    assert {"dockerd", "containerd", "beachhead-consu"} <= set(started_in(place))
    process.kill()
    check_no_process_is_left(place)
