"""A terminal with a person before it: a program's screen as lines, keys, another size."""
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading

from parts import process
from parts.process import die_with_parent


class Terminal:
    """Runs a program on a terminal of its own, which it controls."""

    def __init__(self, arguments: list, rows: int = 24, columns: int = 80):
        ours, theirs = os.openpty()
        self.ours, self.sent = ours, b""
        self.resize(rows, columns)
        self.settings_before = termios.tcgetattr(theirs)

        def prepare() -> None:
            die_with_parent(signal.SIGKILL)()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.popen = subprocess.Popen([str(a) for a in arguments], stdin=theirs, stdout=theirs, stderr=theirs,
                                      start_new_session=True, preexec_fn=prepare)
        self.theirs = theirs
        threading.Thread(target=self._read, daemon=True).start()
        process.running.append(self)

    def _read(self) -> None:
        while select.select([self.ours], [], []):
            try:
                self.sent += os.read(self.ours, 65536)
            except OSError:
                return

    @property
    def screen(self) -> list[str]:
        """What was painted last, whole."""
        painted = re.findall(rb"\x1b\[\?2026h(.*?)\x1b\[\?2026l", self.sent, re.S)
        text = painted[-1].decode() if painted else ""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).split("\r\n")

    @property
    def settings(self) -> list:
        return termios.tcgetattr(self.theirs)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def hang_up(self) -> None:
        """The window is closed."""
        os.close(self.theirs)
        os.close(self.ours)

    def wait(self, within: float = 20) -> int:
        status = self.popen.wait(within)
        process.running.remove(self)
        return status

    def kill(self) -> None:
        self.popen.kill()
        self.wait()
