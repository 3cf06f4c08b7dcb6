"""examples/single-host/: shows what it claims; somebody from elsewhere sees how it is scaled, and reaches the edge
alone."""
import re

from parts.examples import Example, Visits, in_a_shell
from parts.waiting import eventually

COUNTER = "https://count.example.org/"


def check_claims(example: Example) -> None:
    shares = [int(share) for share in re.findall(r"of 90 requests \w+ answered (\d+)", example.log)]
    assert len(shares) == 3 and sum(shares) == 90 and min(shares) > 15
    counts = [int(count) for count in re.findall(r"requests meanwhile: (\d+), failed: 0", example.log)]
    assert len(counts) == 2 and min(counts) > 5, example.log
    assert "ports that containers publish: none\n" in example.log
    assert "this host: nginx at 0.0.0.0:443, nginx at 0.0.0.0:80\n" in example.log


def counters(example: Example) -> set[str]:
    """The names of the containers that answer."""
    return {example.visit("-f", COUNTER).output.rpartition(" ")[2] for _ in range(15)}


def check_scaling(example: Example, scale) -> None:
    with Visits(example, COUNTER, "https://example.org/") as visits:
        for number in 5, 1:
            scale(number)
            eventually(lambda: len(counters(example)) == number, 60, f"{number} answer")
    assert visits.answers and not visits.failures
    counted = [answer for answer in visits.answers if answer.startswith("visit ")]
    assert all(visits.answers[answer] == 1 for answer in counted), "no visit is counted twice"


def test_a_service_is_scaled_and_only_the_edge_is_reached(place):
    example = Example("single-host", place, KEEP="1")
    environment, curl, scale, *others = example.wait_for_commands()
    check_claims(example)
    for domain in "example.org", "www.example.org":
        assert "Visits" in example.visit("-f", f"https://{domain}/").output
        redirect = example.visit("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", f"http://{domain}/")
        assert redirect.output == f"301 https://{domain}/"
    check_scaling(example, lambda number: in_a_shell(f"{environment}; {scale}".replace("counter=5", f"counter={number}")))
    assert in_a_shell(curl).startswith("visit ")
    for command in others:
        assert "count.example.org" in in_a_shell(command), command
    assert example.interrupt() == 130
    example.check_nothing_is_left()
