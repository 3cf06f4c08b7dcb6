"""A network and a /run of our own: ports never clash; bridges, rules and mounts vanish with the process."""
import ctypes
import os
import subprocess
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000

# Of the machine, as they were before isolate(): for what needs its network.
_outside: list[str] = []


def unmount_below(directory: Path) -> None:
    """What a server has mounted and left there."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for point in reversed(mounted):
        if point.startswith(f"{directory}/"):
            subprocess.run(["umount", "-l", point], check=True)


def outside() -> list[str]:
    """A prefix for a command that is to run where this machine has its network."""
    return ["nsenter", *_outside, "--"] if _outside else []


def _keep_outside() -> None:
    """Namespaces live as long as somebody has them open."""
    for kind in ("net", "mnt"):
        descriptor = os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
        _outside.append(f"--{'mount' if kind == 'mnt' else kind}=/proc/{os.getpid()}/fd/{descriptor}")


def isolate() -> None:
    """Moves the calling thread, and all it starts from now on, into new network and mount namespaces."""
    _keep_outside()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"cannot make namespaces for the tests: {os.strerror(error)}")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
