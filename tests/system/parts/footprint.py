"""What a process takes up."""
import os
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Footprint:
    memory: int  # KiB, private and dirty
    descriptors: int
    timers: int  # descriptors that are timers
    threads: int
    children: int

    def __str__(self) -> str:
        return (f"{self.memory} KiB, {self.descriptors} descriptors ({self.timers} timers), {self.threads} threads, "
                f"{self.children} children")


def footprint(pid: int) -> Footprint:
    proc = Path(f"/proc/{pid}")
    open_files = [os.readlink(fd) for fd in proc.glob("fd/*") if fd.is_symlink()]
    return Footprint(
        memory=sum(int(size) for size in re.findall(r"Private_Dirty: +(\d+)", (proc / "smaps_rollup").read_text())),
        descriptors=len(open_files),
        timers=sum("timerfd" in target for target in open_files),
        threads=len(list(proc.glob("task/*"))),
        children=sum(len(task.read_text().split()) for task in proc.glob("task/*/children")))


def next_timer(pid: int) -> float:
    """Seconds until a timer wakes the process; infinite where none is set."""
    files = (file.read_text() for file in Path(f"/proc/{pid}/fdinfo").iterdir())
    set_to = [float(f"{match[1]}.{int(match[2]):09}") for text in files
              if (match := re.search(r"it_value: \((\d+), (\d+)\)", text))]
    return min((seconds for seconds in set_to if seconds), default=float("inf"))
