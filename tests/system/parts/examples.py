"""Examples that show Beachhead at work: each runs by one command, and leaves nothing behind."""
import os
import re
import signal
import subprocess
from pathlib import Path

from parts.process import Ended, Process, named_in_command_lines, run
from parts.programs import SOURCE
from parts.waiting import eventually

EXAMPLE_SECONDS = 120


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


def in_a_shell(command: str) -> str:
    """What it says, as from another terminal."""
    done = subprocess.run(command, shell=True, text=True, capture_output=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
