"""This machine as a host of the test's own, on which an administrator's commands are run as they stand: what they
write below /etc, /srv, /usr/local and /var is gone afterwards."""
import os
import shlex
import subprocess
from pathlib import Path

from parts.engine import Engine
from parts.process import run
from parts.programs import SOURCE
from parts.units import Unit
from parts.waiting import eventually

LAYERED = ["/etc", "/srv", "/usr/local", "/var"]
SOCKET = Path("/run/docker.sock")
ENVIRONMENT = ["PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]
COMMAND_SECONDS = 300  # `make` may have to build everything


class Host:
    """With Debian's nginx, its configuration as this machine has it, and the Engine of the tests at its usual place.
    systemd does not run: what stands in for `systemctl` and `apt-get` is said at their functions; a shell runs the
    rest."""

    def __init__(self, place: Path, engine: Engine):
        self.place, self.engine = place, engine
        self.units: dict[str, Unit] = {}
        self.stand_ins = {"apt-get": self._apt_get, "systemctl": self._systemctl}
        self.mounted: list[str] = []

    def open(self) -> None:
        self.place.mkdir()
        self._mount("-t", "tmpfs", "tmpfs", self.place)
        for directory in LAYERED:
            self._layer(directory)
        SOCKET.touch()
        self._mount("--bind", self.engine.socket, SOCKET)

    def _mount(self, *arguments) -> None:
        subprocess.run(["mount", *map(str, arguments)], check=True)
        self.mounted.append(str(arguments[-1]))

    def _layer(self, directory: str) -> None:
        upper, work = (self.place / kind / directory.strip("/") for kind in ("upper", "work"))
        for made in (upper, work):
            made.mkdir(parents=True)
        layers = f"lowerdir={directory},upperdir={upper},workdir={work}"
        self._mount("-t", "overlay", "-o", layers, "overlay", directory)

    def close(self) -> None:
        for unit in reversed(self.units.values()):
            unit.stop()
        for point in reversed(self.mounted):
            subprocess.run(["umount", "-l", point], check=True)
        SOCKET.unlink(missing_ok=True)

    def run(self, command: str, cwd: Path = SOURCE) -> str:
        """Runs one command of the page as root, and returns what it says."""
        program, *arguments = shlex.split(command)
        if program in self.stand_ins:
            return self.stand_ins[program](*arguments)
        done = run(["env", "-i", *ENVIRONMENT, "sh", "-euc", command], within=COMMAND_SECONDS, cwd=cwd)
        assert done.status == 0, f"{command}: {done.output}{done.errors}"
        return done.output

    @staticmethod
    def wait_for_old_workers() -> None:
        """Until what one answer of nginx has shown is true of the next one (parts/nginx.py). Debian's configuration has a
        worker for each processor."""
        master = Path("/run/nginx.pid").read_text().strip()
        children = Path(f"/proc/{master}/task/{master}/children")
        eventually(lambda: len(children.read_text().split()) == os.sysconf("SC_NPROCESSORS_ONLN"), within=60,
                   what="the old workers of nginx have ended")

    def _apt_get(self, install: str, yes: str, *packages: str) -> str:
        """The packages are there: that they have these names is what is checked. Debian starts Redis with its package;
        nginx's does not start it while somebody has port 80, and what runs already stays as it is."""
        assert (install, yes) == ("install", "-y")
        for package in packages:
            found = run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package])
            assert found.output == "installed", f"{package}: {found.output}{found.errors}"
        if "redis-server" in packages and not self._unit("redis-server").is_active:
            self._unit("redis-server").start()
        return ""

    def _unit(self, name: str) -> Unit:
        return self.units.setdefault(name, Unit(name))

    def _systemctl(self, verb: str, *arguments: str) -> str:
        """enable and disable: by systemctl itself, in our /etc; start and stop: parts/units.py; daemon-reload: nothing, no unit
        was read before; status: fails as systemctl does where a unit does not run."""
        units = [self._unit(name) for name in arguments if not name.startswith("--")]
        options = [name for name in arguments if name.startswith("--")]
        match verb, options:
            case "daemon-reload", []:
                assert not units
            case "enable", ["--now"]:
                for unit in units:
                    unit.enable()
                    unit.start()
            case "disable", ["--now"]:
                for unit in units:
                    unit.disable()
                    unit.stop()
            case "restart", []:
                for unit in units:
                    unit.stop()
                    unit.start()
            case "stop", []:
                for unit in units:
                    unit.stop()
            case "status", ["--no-pager"]:
                assert all(unit.is_active for unit in units)
                return "".join(f"{unit.name}: {unit.status}\n" for unit in units)
            case _:
                raise AssertionError(f"nothing stands in for systemctl {verb} {arguments}")
        return ""
