"""What a process costs, from the kernel's accounting: of all its threads, and of its children that live."""
import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
import os

POLL_SECONDS = 0.0005


class Meter:
    def __init__(self, pid: int):
        self.proc = Path(f"/proc/{pid}")

    def _tasks(self) -> list[Path]:
        tasks = list(self.proc.glob("task/*"))
        for task in list(tasks):
            for child in (task / "children").read_text().split():
                tasks += Meter(int(child))._tasks()
        return tasks

    def cpu_ms(self) -> float:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in self._tasks()) / 1e6

    def wake_ups(self) -> int:
        found = (re.search(r"(?m)^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text()) for task in self._tasks())
        return sum(int(match[1]) for match in found)

    def dirty_mib(self) -> float:
        """Private and dirty: what nobody else shares and no file can give back."""
        rollup = (self.proc / "smaps_rollup").read_text()
        return sum(int(size) for size in re.findall(r"(?m)^Private_Dirty: +(\d+)", rollup)) / 1024


@dataclass
class Spent:
    wall_ms: float
    cpu_ms: float
    output: str


def spend(arguments: list, silent: bool = False) -> Spent:
    """Runs a program to its end, from before its start until it is gone."""
    began = time.perf_counter()
    child = Popen([str(argument) for argument in arguments], stdin=DEVNULL, stdout=DEVNULL if silent else PIPE)
    output = b"" if silent else child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    assert child.returncode == 0, f"{arguments} ended with {child.returncode}"
    return Spent(wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000, output.decode())


def now_ms() -> float:
    """The monotonic clock, which all programs on this machine share."""
    return time.monotonic_ns() / 1e6


def wait_until(condition, within: float = 120, what: str = "") -> float:
    """Asks often enough to measure by; returns when it was so."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(POLL_SECONDS)
    return now_ms()


def median_of(times: int, measure) -> float:
    return statistics.median(measure() for _ in range(times))


def median_run(times: int, measure) -> Spent:
    """The run whose time is the median."""
    return sorted((measure() for _ in range(times)), key=lambda spent: spent.wall_ms)[times // 2]
