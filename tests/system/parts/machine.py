"""A Debian that has booted: a container of the tests' Engine with systemd as its first process. Nothing is installed in
it but Debian's base; what tests install lies beside it, since there is no network but the Engine's."""
import fcntl
import json
import os
import subprocess
from pathlib import Path

from parts.engine import Container, Engine
from parts.namespace import outside
from parts.process import Ended, run
from parts.programs import SOURCE
from parts.waiting import eventually

IMAGES = SOURCE / "build/machines"
BASE = ["systemd", "systemd-sysv", "dbus"]
SOCKET = "/run/docker.sock"
SHARED = "/mnt"
BOOT_SECONDS = 60
COMMAND_SECONDS = 180
SERVERS = ["redis-server", "nginx-light", "curl", "ca-certificates"]
OTHERS = ["nginx", "lego"]  # that the README installs
# Mounts are shared, as on a real machine: without that, units see no credentials. And Debian 13's systemd wants to be
# told where this machine has its control groups as older ones have.
INIT = "mount --make-rshared / && exec /sbin/init SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"
# Debian's Redis wants to raise it, which it cannot where this machine itself may not.
OPEN_FILES = "[Service]\nLimitNOFILE=1024\n"


def this_suite() -> str:
    """The Debian that the programs in build/ are for."""
    release = Path("/etc/os-release").read_text()
    return next(line.partition("=")[2] for line in release.splitlines() if line.startswith("VERSION_CODENAME="))


def libraries() -> list[str]:
    """What a build needs depends on what the programs need, under whatever name this or that Debian has it."""
    listed = run([SOURCE / "tests/install-packages", "--list", "build"]).output.split()
    return [name for name in listed if name.endswith("-dev") and not name.startswith("libc6")]


def image_file(suite: str) -> Path:
    """Made once, whoever needs it first; the others wait. Removed by `make clean`."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    image, wanted = IMAGES / f"{suite}.tar", " ".join([*SERVERS, *OTHERS, *libraries()])
    made_of = IMAGES / f"{suite}.packages"
    with open(IMAGES / f"{suite}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.exists() or made_of.read_text() != wanted:
            _make_image(suite, wanted, image)
            made_of.write_text(wanted)
    return image


def _make_image(suite: str, packages: str, image: Path) -> None:
    unfinished = image.with_suffix(".new")
    with open(unfinished, "wb") as file:
        made = subprocess.run([*outside(), SOURCE / "tests/debian-image", suite, " ".join(BASE), packages],
                              stdout=file, stderr=subprocess.PIPE, text=True)
    assert made.returncode == 0, made.stderr
    unfinished.rename(image)


class Machine:
    """Runs beside the Engine's other containers, with its own address. `shared` is a directory of ours, at /mnt there
    for reading; with `has_engine`, the Engine's socket lies where Docker has it."""

    def __init__(self, engine: Engine, name: str, image: str, shared: Path, has_engine: bool = True):
        self.engine, self.name, self.image, self.shared = engine, name, image, shared
        self.binds = ["/sys/fs/cgroup:/sys/fs/cgroup", f"{shared}:{SHARED}:ro"]
        self.has_engine = has_engine
        self.group = engine.socket.stat().st_gid
        if has_engine:
            self.binds.append(f"{engine.socket}:{SOCKET}")
        self.container: Container | None = None

    def boot(self) -> "Machine":
        self._start(INIT)
        eventually(self._has_booted, BOOT_SECONDS, f"{self.name} has booted")
        self.drop_in("redis-server.service", OPEN_FILES)
        return self

    def idle(self) -> "Machine":
        """Nothing runs there, as in a chroot."""
        self._start("exec sleep infinity")
        return self

    def _start(self, command: str) -> None:
        self.container = self.engine.create(
            self.name, ["container=docker"], Image=self.image,
            Cmd=["sh", "-c", command], StopSignal="SIGRTMIN+3",
            # PrivateUsers= together with ProtectProc= takes SYS_PTRACE.
            HostConfig={"CapAdd": ["SYS_ADMIN", "SYS_PTRACE"], "SecurityOpt": ["seccomp=unconfined"],
                        "CgroupnsMode": "host", "Binds": self.binds, "Tmpfs": {"/run": "", "/tmp": ""}})
        self.container.start()

    def _has_booted(self) -> bool:
        return self.ask("systemctl is-system-running").output.strip() in ("running", "degraded")

    def close(self) -> None:
        if self.container:
            self.container.remove()
        os.chown(self.engine.socket, -1, self.group)

    def _inside(self, *command: str) -> list[str]:
        return ["docker", "-H", self.engine.url, "exec", "-e", "DEBIAN_FRONTEND=noninteractive", self.name, *command]

    def ask(self, command: str) -> Ended:
        """What a command of a shell says there, as root, and how it ends."""
        return run(self._inside("sh", "-c", command), within=COMMAND_SECONDS)

    def run(self, command: str) -> str:
        """A command that succeeds."""
        done = self.ask(command)
        assert done.status == 0, f"{command}: {done.output}{done.errors}"
        return done.output

    def install(self, *packages: str) -> str:
        """By apt, which knows what lies there: names, or files that begin with a slash."""
        return self.run(f"apt-get install -y -q --no-install-recommends {' '.join(packages)} 2>&1")

    def exists(self, path: str) -> bool:
        return self.ask(f"test -e {path}").status == 0

    def read(self, path: str) -> str:
        return self.run(f"cat {path}")

    def write(self, path: str, text: str, how: str = ">") -> None:
        """Its directory is made too."""
        done = run(["docker", "-H", self.engine.url, "exec", "-i", self.name, "sh", "-euc",
                    f"mkdir -p {os.path.dirname(path)}; cat {how}{path}"], text=text)
        assert done.status == 0, done.errors

    def append(self, path: str, text: str) -> None:
        self.write(path, text, ">>")

    def drop_in(self, unit: str, text: str) -> None:
        self.write(f"/etc/systemd/system/{unit}.d/test.conf", text)
        self.run("systemctl daemon-reload")

    def give_engine_to_group(self, name: str) -> None:
        """The socket's group has another number there than here, where close() restores it."""
        self.run(f"chgrp {name} {SOCKET}")

    @property
    def address(self) -> str:
        return self.container.address

    # systemd

    def property(self, unit: str, name: str) -> str:
        return self.run(f"systemctl show --value --property={name} {unit}").strip()

    def is_active(self, unit: str) -> bool:
        return self.property(unit, "ActiveState") == "active"

    def pid(self, unit: str) -> int:
        return int(self.property(unit, "MainPID"))

    def status_of(self, unit: str) -> str:
        """Its sentence in `systemctl status`."""
        return self.property(unit, "StatusText")

    def process(self, pid: int) -> dict[str, str]:
        """/proc/PID/status."""
        lines = self.read(f"/proc/{pid}/status").splitlines()
        return {name: text.strip() for name, _, text in (line.partition(":") for line in lines)}

    def journal(self, unit: str) -> list[dict]:
        """What a unit said, with all fields."""
        lines = self.run(f"journalctl --no-pager -o json -u {unit}").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def messages(self, unit: str) -> list[str]:
        return [str(entry.get("MESSAGE", "")) for entry in self.journal(unit)]


def import_image(engine: Engine, suite: str) -> str:
    """Its name in the Engine."""
    name = f"beachhead-{suite}"
    if not engine.has_image(name):
        file = image_file(suite)
        done = run(["docker", "-H", engine.url, "import", file, name], within=COMMAND_SECONDS)
        assert done.status == 0, done.errors
    return name
