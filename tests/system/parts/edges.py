"""Edges as machines of their own."""
from parts.lan import HERE, Lan, Machine


def forward(edge: Machine, ports: list[int]) -> None:
    """What connects there to 127.0.0.1 at one of the ports is connected to HERE."""
    edge.run("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
    for port in ports:
        edge.run("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-d", "127.0.0.1", "--dport", str(port), "-j",
                 "DNAT", "--to-destination", HERE)
    edge.run("iptables", "-t", "nat", "-A", "POSTROUTING", "-d", HERE, "-j", "MASQUERADE")


class Edges(Lan):
    def __init__(self, count: int, ports: list[int]):
        super().__init__(*(f"edge{number}" for number in range(1, count + 1)))
        for edge in self.machines:
            forward(edge, ports)
