"""examples/spaceport/: shows what it claims; somebody from elsewhere finds its sites, and one that comes later."""
import re

from parts.examples import EXAMPLE_SECONDS, Example, Visits, in_a_shell
from parts.waiting import eventually

PAGES = {"shop.example.org": "The shop", "www.shop.example.org": "The shop", "wiki.example.org": "The wiki",
         "blog.example.org": "The blog"}
CURL_CANNOT_TRUST = 60


def check_claims(example: Example) -> None:
    counts = [int(count) for count in re.findall(r"requests meanwhile: (\d+), failed: 0", example.log)]
    assert len(counts) == 4 and counts == sorted(counts) and counts[-1] > 50, example.log
    assert re.search(r"certs says: .*goes on without old\.example\.org", example.log)
    assert re.search(r"registrar says: .*bad\.example\.org.*is no domain", example.log)
    assert re.search(r"consumer says: wiki\.example\.org .*client_max_body_size", example.log)
    assert re.search(r"40 changes in \d+ ms, and 6 streams: \d+ reloads", example.log)
    assert "the streams go on\n" in example.log
    assert "who is connected to the Engine: beachhead-registrar\n" in example.log
    assert "this host: nginx at 0.0.0.0:443, nginx at 0.0.0.0:80\n" in example.log


def check_sites(example: Example) -> None:
    for domain, page in PAGES.items():
        secure = example.visit("-f", f"https://{domain}/")
        assert secure.status == 0 and page in secure.output, (domain, secure)
        redirect = example.visit("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", f"http://{domain}/")
        assert redirect.output == f"301 https://{domain}/"
    stranger = example.visit("--cacert", "/etc/ssl/certs/ca-certificates.crt", "https://wiki.example.org/")
    assert stranger.status == CURL_CANNOT_TRUST
    assert [example.status(f"{scheme}://old.example.org/") for scheme in ("http", "https")] == [200, 0]
    assert [example.status(f"{scheme}://bad.example.org/") for scheme in ("http", "https")] == [503, 0]


def test_a_stack_written_for_nginx_proxy_runs_without_its_troubles(place):
    example = Example("spaceport", place, KEEP="1")
    example.wait_for_log("5. A container that is not well", EXAMPLE_SECONDS)
    environment, start, curl, *others = example.wait_for_commands()
    check_claims(example)
    check_sites(example)
    with Visits(example, *(f"https://{domain}/" for domain in PAGES)) as visits:
        in_a_shell(f"{environment}; {start}")
        eventually(lambda: example.status("https://mine.example.org/") == 200, 60, "the new site is served over TLS")
    assert visits.answers and not visits.failures
    assert "The wiki" in in_a_shell(curl)
    for command in others:
        assert "mine.example.org" in in_a_shell(command), command
    assert example.interrupt() == 130
    example.check_nothing_is_left()
