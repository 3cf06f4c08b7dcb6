"""Processes of the tests: each dies with us, and what it writes is kept with the time of each line."""
import ctypes
import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from parts.waiting import PATIENCE, eventually

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)

running: list["Process"] = []  # in the order of their start; conftest.py ends what a test leaves here
on_start = None  # told of each process that is started


@dataclass
class Line:
    time: float  # monotonic
    text: str


def die_with_parent(death_signal: int):
    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the tests run in the background of a shell

    return prepare


class Process:
    """One program that runs until it is stopped. Start it from the main thread: it dies with the thread."""

    def __init__(self, arguments: list, env: dict | None = None, cwd: Path | None = None,
                 death_signal: int = signal.SIGKILL):
        self.arguments = [str(a) for a in arguments]
        self.name = os.path.basename(self.arguments[0])
        self.lines: list[Line] = []
        self.popen = subprocess.Popen(
            self.arguments, env={**os.environ, **(env or {})}, cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent(death_signal))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        running.append(self)
        if on_start:
            on_start(self)

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    @property
    def log(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def _read(self) -> None:
        for line in self.popen.stdout:
            self.lines.append(Line(time.monotonic(), line.decode(errors="replace").rstrip("\n")))

    def find_log(self, pattern: str, since: int = 0) -> Line | None:
        """The first line that matches, from the line with that number on."""
        found = (line for line in self.lines[since:] if re.search(pattern, line.text))
        return next(found, None)

    def wait_for_log(self, pattern: str, within: float = 20, since: int = 0) -> Line:
        return eventually(lambda: self.find_log(pattern, since), within,
                          f"{self.name} logs /{pattern}/, but it said:\n{self.log}\n")

    def signal(self, number: int) -> None:
        self.popen.send_signal(number)

    def stop(self, within: float = 20) -> int:
        """Asks it to end, and returns its exit status."""
        if self.is_running:
            self.popen.terminate()
        return self.wait(within)

    def wait(self, within: float = 20) -> int:
        try:
            status = self.popen.wait(within * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {within} s; it said:\n{self.log}") from None
        self._forget()
        return status

    def kill(self) -> None:
        """Ends it and all it started without asking."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()
        self._forget()

    def _forget(self) -> None:
        self._reader.join(1)
        if self in running:
            running.remove(self)


@dataclass
class Ended:
    status: int
    output: str
    errors: str


def run(arguments: list, env: dict | None = None, within: float = 30, cwd: Path | None = None,
        text: str = "") -> Ended:
    """Runs a program to its end, with the text on its standard input."""
    arguments = [str(a) for a in arguments]
    try:
        done = subprocess.run(arguments, env={**os.environ, **(env or {})}, cwd=cwd, input=text.encode(),
                              capture_output=True, timeout=within * PATIENCE, preexec_fn=die_with_parent(signal.SIGKILL))
    except subprocess.TimeoutExpired as error:
        said, command = (error.stderr or b"").decode(errors="replace"), " ".join(arguments)
        raise AssertionError(f"{command} did not end within {within} s; it said:\n{said}") from None
    return Ended(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def named_in_command_lines(text: str) -> dict[int, str]:
    """The command lines of all processes but this one in which the text stands, by process id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if text in command and entry.parent.name != str(os.getpid()):
            found[int(entry.parent.name)] = command
    return found
