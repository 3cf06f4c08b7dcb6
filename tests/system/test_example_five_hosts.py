"""examples/five-hosts/: shows what it claims; then its primary is killed once more, with requests from outside."""
import re
from concurrent.futures import ThreadPoolExecutor

from parts.examples import EXAMPLE_SECONDS, Example, in_a_shell
from parts.waiting import eventually

EDGES = {"edge1": "10.0.0.21", "edge2": "10.0.0.22"}
DOMAINS = {"www.example.org": {"web1", "web2", "web3"}, "shop.example.org": {"web3"}, "blog.example.org": {"web1"}}
VISITS = 300


def curl(domain: str, address: str, options: str = "") -> str:
    return f"curl -s -m 20 {options} -H 'Host: {domain}' http://{address}/"


def answers(example: Example, domain: str, address: str) -> set[str]:
    """Of as many requests as there are hosts, from one of the other machines."""
    asked = example.run_inside("sh", "-c", "; ".join([curl(domain, address)] * 3))
    assert asked.status == 0, asked.errors
    return set(asked.output.split())


def visits(example: Example) -> list[str]:
    """What became of many requests to either edge, one after the other."""
    one = "; ".join(curl("www.example.org", address, r"-o /dev/null -w '%{http_code}\n'") for address in EDGES.values())
    return example.run_inside("sh", "-c", f"for n in $(seq {VISITS}); do {one}; sleep 0.02; done").output.split()


def check_claims(example: Example) -> None:
    assert "is answered by web1, web2 and web3, through either edge" in example.log
    assert len(re.findall(r"converged [\d.]+ s (?:later|after)", example.log)) == 5
    requests = re.findall(r"requests sent meanwhile: (\d+), failed: (\d+)", example.log)
    assert len(requests) == 3
    for sent, failed in requests:
        assert int(sent) > 20 and int(failed) == 0


def test_five_hosts_lose_each_of_them_and_no_request(place):
    example = Example("five-hosts", place, KEEP="1")
    example.wait_for_log("3. A host is lost", EXAMPLE_SECONDS)
    start, from_outside, master, explain, configuration, kill = example.wait_for_commands()
    check_claims(example)
    for address in EDGES.values():
        for domain, hosts in DOMAINS.items():
            eventually(lambda: answers(example, domain, address) == hosts, 60)
    old = in_a_shell(master)
    with ThreadPoolExecutor() as pool:
        visitors = pool.submit(visits, example)
        in_a_shell(kill)
        eventually(lambda: in_a_shell(master) != old, 60, "another primary is elected")
        container = in_a_shell(start)[:12]
        eventually(lambda: in_a_shell(from_outside).split() == [container] * 2, 60, "both edges serve what began since")
        assert visitors.result() == ["200"] * VISITS * 2
    assert "www.example.org" in in_a_shell(explain)
    assert "mine.example.org" in in_a_shell(configuration)
    assert example.interrupt() == 130
    example.check_nothing_is_left()
