"""A network of machines: network namespaces on a bridge, with what runs here at its first address."""
import subprocess
from pathlib import Path

HERE = "10.77.0.1"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Machine:
    """One of them. Its files and processes are among ours; its addresses, routes and rules are its own."""

    def __init__(self, name: str, number: int):
        self.name, self.address = name, f"10.77.0.{number + 1}"
        _ip("netns", "add", name)
        _ip("link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("link", "set", f"to-{name}", "master", "lan", "up")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")

    @property
    def prefix(self) -> list[str]:
        """Before the command that is to run there."""
        return ["nsenter", f"--net=/run/netns/{self.name}"]

    def run(self, *command: str) -> None:
        subprocess.run([*self.prefix, *command], check=True, capture_output=True)

    def wrapped(self, program: Path, place: Path) -> Path:
        """A program that runs there."""
        script = place / f"{self.name}-{program.name}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.prefix)} {program} "$@"\n')
        script.chmod(0o755)
        return script

    def cut_off(self) -> None:
        _ip("link", "set", f"to-{self.name}", "down")

    def reconnect(self) -> None:
        _ip("link", "set", f"to-{self.name}", "up")


class Lan:
    def __init__(self, *names: str):
        _ip("link", "add", "lan", "type", "bridge")
        _ip("address", "add", f"{HERE}/24", "dev", "lan")
        _ip("link", "set", "lan", "up")
        self.machines = [Machine(name, number) for number, name in enumerate(names, 1)]

    def remove(self) -> None:
        for machine in self.machines:  # the namespace itself lives until the last process in it has ended
            _ip("link", "delete", f"to-{machine.name}")
            _ip("netns", "delete", machine.name)
        _ip("link", "delete", "lan")
