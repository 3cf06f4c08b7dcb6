"""Installed units started without systemd: their programs, as their users, with their capabilities and directories.
What shuts them in (ProtectSystem and the like) is not there."""
import os
import re
import shlex
import shutil
from pathlib import Path

from parts.process import Process, run
from parts.programs import NotifySocket
from parts.waiting import eventually

DIRECTORIES = [Path("/etc/systemd/system"), Path("/usr/local/lib/systemd/system"), Path("/lib/systemd/system")]
FOREGROUND = {"daemon on;": "daemon off;"}  # nginx: a daemon would outlive the test


class Unit:
    """By its name without ending; "template@instance" is one too."""

    def __init__(self, name: str):
        self.name = name
        template, at, instance = name.partition("@")
        files = (directory / f"{template}{at}.service" for directory in DIRECTORIES)
        self.text = next(file for file in files if file.exists()).read_text().replace("%i", instance)
        self.process: Process | None = None
        self.notices: NotifySocket | None = None

    def _values(self, key: str) -> list[str]:
        return [word for line in re.findall(rf"(?m)^{key}=(.*)$", self.text) for word in line.split()]

    def _value(self, key: str) -> str:
        return " ".join(self._values(key))

    def _identity(self) -> list[str]:
        """The command that becomes the unit's user."""
        user = self._value("User")
        if not user:
            return ["setpriv", "--pdeathsig=KILL"]
        kept = "".join(f",+{name.removeprefix('CAP_').lower()}" for name in self._values("AmbientCapabilities"))
        groups = self._value("SupplementaryGroups")
        return ["setpriv", "--pdeathsig=KILL", "--no-new-privs", f"--reuid={user}", f"--regid={user}",
                f"--groups={groups}" if groups else "--clear-groups",
                *(f"--{kind}=-all{kept}" for kind in ("inh-caps", "ambient-caps", "bounding-set"))]

    def _directory(self, key: str, parent: str) -> str:
        """Makes what RuntimeDirectory= or StateDirectory= names; "" where there is none."""
        if not self._value(key):
            return ""
        directory = Path(parent, self._value(key))
        directory.mkdir(exist_ok=True)
        shutil.chown(directory, self._value("User"), self._value("User"))
        return str(directory)

    def _command(self, key: str) -> list[str]:
        words = shlex.split(self._value(key))
        for theirs, ours in FOREGROUND.items():
            words = [word.replace(theirs, ours) for word in words]
        return words

    def start(self) -> None:
        """Returns when systemd would call it started."""
        if self._values("ExecStartPre"):
            checked = run(self._command("ExecStartPre"))
            assert checked.status == 0, checked.errors
        self._directory("RuntimeDirectory", "/run")
        environment = {"STATE_DIRECTORY": self._directory("StateDirectory", "/var/lib")}
        if self._value("Type") == "notify":
            self.notices = NotifySocket(Path(f"/run/{self.name}.notify"))
            self.notices.path.chmod(0o666)
            environment |= self.notices.environment()
        self.process = Process([*self._identity(), *self._command("ExecStart")], env=environment)
        eventually(self._is_started, what=f"{self.name} has started")

    def _is_started(self) -> bool:
        assert self.is_active, self.process.log
        if self.notices:
            return self.notices.has("READY", "1")
        if not self._value("PIDFile"):
            return True
        pid_file = Path(self._value("PIDFile"))
        return pid_file.exists() and pid_file.read_text().strip() == str(self.process.pid)

    @property
    def is_active(self) -> bool:
        return self.process is not None and self.process.is_running

    @property
    def status(self) -> str:
        """The line "Status:" of `systemctl status`."""
        return self.notices.status if self.notices else ""

    def enable(self, verb: str = "enable") -> None:
        """Really, in /etc/systemd/system."""
        done = run(["systemctl", "--root=/", verb, self.name])
        assert done.status == 0, done.errors

    def disable(self) -> None:
        self.enable("disable")

    def stop(self) -> None:
        if self.process:
            self.process.stop()
        if self.notices:
            self.notices.close()
            os.unlink(self.notices.path)
        self.process = self.notices = None
