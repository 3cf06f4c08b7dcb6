"""Edges as hosts of their own: network namespaces on a bridge, with what runs here at its address."""
import subprocess
from pathlib import Path

HERE = "10.77.0.1"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Edge:
    """One of them. What connects there to 127.0.0.1 at one of `ports` is connected to HERE."""

    def __init__(self, number: int, ports: list[int]):
        self.name, self.address = f"edge{number}", f"10.77.0.{number + 1}"
        _ip("netns", "add", self.name)
        _ip("link", "add", f"to-{self.name}", "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("link", "set", f"to-{self.name}", "master", "edges", "up")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        self.run("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
        for port in ports:
            self.run("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-d", "127.0.0.1", "--dport", str(port), "-j",
                     "DNAT", "--to-destination", HERE)
        self.run("iptables", "-t", "nat", "-A", "POSTROUTING", "-d", HERE, "-j", "MASQUERADE")

    @property
    def prefix(self) -> list[str]:
        """Before the command that is to run there."""
        return ["ip", "netns", "exec", self.name]

    def run(self, *command: str) -> None:
        subprocess.run([*self.prefix, *command], check=True, capture_output=True)

    def wrapped(self, program: Path, place: Path) -> Path:
        """A program that runs there."""
        script = place / f"{self.name}-{program.name}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.prefix)} {program} "$@"\n')
        script.chmod(0o755)
        return script


class Edges:
    def __init__(self, count: int, ports: list[int]):
        _ip("link", "add", "edges", "type", "bridge")
        _ip("address", "add", f"{HERE}/24", "dev", "edges")
        _ip("link", "set", "edges", "up")
        self.all = [Edge(i + 1, ports) for i in range(count)]

    def remove(self) -> None:
        for edge in self.all:
            _ip("netns", "delete", edge.name)
        _ip("link", "delete", "edges")
