"""Three hosts, two edges and a Redis with Sentinel, each a machine in one network: any one of them is lost, and comes
back. What stood on it alone cannot answer meanwhile: it is held, and not asked for here. All else does not notice."""
from functools import partial

import pytest

from parts.hosts import LEASE, EdgeHost, Hosts
from parts.http import fetch, status
from parts.traffic import PATIENCE
from parts.waiting import always, eventually

PROMISED = LEASE + 2  # seconds until the others have converged; the machine of the tests has much to do: twice that
ALL = ["web1", "web2", "web3", "edge1", "edge2"]


@pytest.fixture
def hosts(place):
    ours = Hosts(place)
    try:
        yield ours.start()
    finally:
        ours.stop()


def knows(edge: EdgeHost, hosts: Hosts, living: list) -> bool:
    """Of the site that all hosts share, just the endpoints of those that live; what is alone on one is held without."""
    states = {host.own_site: "live" if host in living else "held" for host in hosts.docker}
    return (edge.endpoints(hosts.shared) == sorted(host.endpoint_of_shared() for host in living) and
            {domain: edge.site(domain).get("state") for domain in states} == states)


def serves(edge: EdgeHost, domain: str) -> bool:
    return status(domain, address=edge.machine.address) == 200


def wait_until_whole(hosts: Hosts) -> None:
    for edge in hosts.edges:
        eventually(lambda: knows(edge, hosts, hosts.docker), within=60)
        for domain in [hosts.shared, *(host.own_site for host in hosts.docker)]:
            eventually(lambda: serves(edge, domain), within=60)
        edge.nginx.wait_until_quiet()


@pytest.mark.parametrize("victims", [["web1", "edge1"], pytest.param(ALL, marks=pytest.mark.long)], ids=len)
def test_any_machine_is_lost_and_the_others_converge_and_again_when_it_is_back(hosts, victims, visitors):
    wait_until_whole(hosts)
    for name in victims:
        lost = hosts.all[name]
        living = [host for host in hosts.docker if host is not lost]
        edges = [edge for edge in hosts.edges if edge is not lost]
        domains = [hosts.shared, *(host.own_site for host in living)]
        crowds = [visitors(*domains, rate=100 // len(edges), how=partial(fetch, address=edge.machine.address, timeout=PATIENCE),
                           what=f"{name} lost, seen at {edge.machine.name}") for edge in edges]
        for crowd in crowds:
            crowd.__enter__()
        lost.lose()
        crowds[0].converge(lambda: all(knows(edge, hosts, living) for edge in edges), 2 * PROMISED, f"without {name}")
        always(lambda: not any(crowd.failures for crowd in crowds), 2)
        lost.bring_back()
        crowds[0].converge(lambda: all(knows(edge, hosts, hosts.docker) for edge in hosts.edges), 2 * PROMISED,
                           f"with {name} again")
        for crowd in crowds:
            crowd.__exit__()
        assert [str(failure) for crowd in crowds for failure in crowd.failures] == []
        wait_until_whole(hosts)
        hosts.redis.wait_until_whole(within=60)
