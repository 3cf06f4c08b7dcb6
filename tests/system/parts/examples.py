"""Examples that show Beachhead at work: each runs by one command, and leaves nothing behind."""
import json
import os
import re
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path

from parts.namespace import outside
from parts.process import Ended, Process, named_in_command_lines, run
from parts.programs import SOURCE
from parts.waiting import eventually

EXAMPLE_SECONDS = 300  # generous: a machine that is busy with other tests
DEBIAN_SECONDS = 600
VISIT_SECONDS = 20  # what takes long on a machine that has much to do is no failure
EDGE_ADDRESS = "192.0.2.1"  # for the visitors of examples/sites.sh


class Example(Process):
    """examples/NAME/run with its files below `place`, which is empty; `settings` are for its environment."""

    def __init__(self, name: str, place: Path, **settings):
        self.place = place
        super().__init__(["./run"], cwd=SOURCE / "examples" / name,
                         env={"TMPDIR": str(place), "DOCKER_HOST": "", **settings})

    @property
    def started(self) -> dict[str, int]:
        """The processes that it has started, by name: they have its directory in their environment. (The numbers of
        namespaces say nothing once these are gone: they are given again.)"""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if str(self.place).encode() in (entry / "environ").read_bytes():
                    found[(entry / "comm").read_text().strip()] = int(entry.name)
            except OSError:
                continue
        return found

    @property
    def directory(self) -> Path:
        return Path(re.search(rf"below ({self.place}/beachhead-[\w-]+\.\w+)", self.log)[1])

    def run_inside(self, *command) -> Ended:
        """Runs a command where its Engine runs."""
        return run(["nsenter", "-t", self.started["dockerd"], "-n", "-m", *command], within=EXAMPLE_SECONDS)

    def visit(self, *words: str) -> Ended:
        """As the visitor from elsewhere (examples/sites.sh): curl, which believes the example's CA alone."""
        visitor = (self.directory / "visitor.pid").read_text().strip()
        return run(["nsenter", "-t", visitor, "-n", "curl", "--http1.1", "-s", "-m", VISIT_SECONDS, "--connect-to",
                    f"::{EDGE_ADDRESS}:", "--cacert", self.directory / "root.pem", *words], within=2 * VISIT_SECONDS)

    def status(self, url: str) -> int:
        """Zero where no connection comes about."""
        return int(self.visit("-o", "/dev/null", "-w", "%{http_code}", url).output)

    def docker(self, *arguments) -> str:
        """What Docker's client says of its Engine."""
        done = run(["docker", "-H", f"unix://{self.directory}/docker.sock", *arguments], within=EXAMPLE_SECONDS)
        assert done.status == 0, done.errors
        return done.output

    def inspect(self, container: str) -> dict:
        return json.loads(self.docker("inspect", container))[0]

    def end(self) -> int:
        return self.wait(EXAMPLE_SECONDS)

    def interrupt(self) -> int:
        """Ctrl-C."""
        os.killpg(self.pid, signal.SIGINT)
        return self.end()

    def number(self, text: str) -> int:
        """What it said there."""
        found = re.search(text, self.log)
        assert found, self.log
        return int(found[1])

    def wait_for_commands(self) -> list[str]:
        """Those that it tells to try with KEEP=1."""
        self.wait_for_log("Ctrl-C ends it", EXAMPLE_SECONDS)
        told = re.search(r"(?s)Try, from another terminal.*?\n\n(.*?)\n\n", self.log)[1]
        return [line.strip() for line in told.splitlines()]

    def check_no_process_is_left(self) -> None:
        """A shim of the Engine may still be about to exit."""
        eventually(lambda: not self.started and not named_in_command_lines(str(self.place)), 20,
                   "every process has ended")

    def check_nothing_is_left(self) -> None:
        assert list(self.place.iterdir()) == []
        self.check_no_process_is_left()
        assert str(self.place) not in Path("/proc/self/mounts").read_text()
        groups = Path("/sys/fs/cgroup")
        assert [*groups.glob(self.directory.name), *groups.glob(f"*/{self.directory.name}")] == []


class Visits:
    """Somebody from elsewhere who asks for these pages in turn, as long as this is entered; counts what is answered."""

    def __init__(self, example: Example, *urls: str):
        self.answers, self.failures, self._stop = Counter(), [], threading.Event()
        self._example, self._urls = example, urls
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Visits":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            for url in self._urls:
                try:
                    seen = self._example.visit("-f", url)
                    assert seen.status == 0, f"{url}: curl ended with {seen.status}"
                    self.answers[seen.output] += 1
                except AssertionError as failure:
                    self.failures.append(str(failure))


def in_a_shell(command: str) -> str:
    """What it says, as from another terminal."""
    done = subprocess.run(command, shell=True, text=True, capture_output=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def make_example_debian() -> None:
    """What images of examples are made of, which comes by the machine's own network: here is none. Once for all tests."""
    made = run([*outside(), SOURCE / "tests/example-debian"], within=DEBIAN_SECONDS)
    assert made.status == 0, made.errors
