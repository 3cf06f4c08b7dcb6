"""A renewed certificate is served by itself, and until then the one before: no handshake fails on the way."""
import pytest

from parts.http import RequestLoop, fetch_tls, served_over_tls_by
from parts.registrations import register, route
from parts.tls import CompanionLayout
from parts.waiting import eventually

HOST, OTHER = "web.example.org", "www.example.org"
TIMES = 5


@pytest.fixture
def layout(nginx):
    """One certificate for two sites, as acme-companion and our own output lay it out."""
    return CompanionLayout(nginx.certs, HOST, OTHER)


@pytest.fixture
def edge(redis, nginx, consumer, backend, layout):
    for host in (HOST, OTHER):
        register(redis, host, route(host, backend("one").endpoint, implied=True))
    program = consumer()
    program.start()
    eventually(lambda: served_over_tls_by(HOST) == served_over_tls_by(OTHER) == "one")
    nginx.wait_until_quiet()
    return program


@pytest.fixture
def renews(edge, layout, record_property):
    """Lets a certificate be renewed TIMES times; each time it is served in the end, and all the time there is one."""
    def check(renew) -> None:
        with RequestLoop([HOST, OTHER], pace=0.01, how=fetch_tls) as secure, \
                RequestLoop([HOST, OTHER], pace=0.01, wanted=301) as plain:
            for _ in range(TIMES):
                renew()
                eventually(lambda: fetch_tls(HOST).certificate == fetch_tls(OTHER).certificate == layout.certificate)
        record_property("figures", f"{TIMES} renewals: {secure.count} requests over TLS, {len(secure.failures)} failed; "
                        f"{plain.count} in clear, {len(plain.failures)} not redirected")
        assert not secure.failures and not plain.failures
        assert not edge.process.find_log("cannot be used|is set aside")

    return check


def test_a_folder_that_is_exchanged(renews, layout):
    renews(layout.renew)


def test_a_folder_that_is_exchanged_while_nginx_reads_it(renews, layout, place):
    """Again and again within milliseconds, so that nginx gets to see a key that does not fit its certificate."""
    made = [layout.make(place / f"made{i}") for i in range(10)]

    def many_times() -> None:
        for i in range(150):
            layout.renew(made[i % len(made)])
        layout.renew()

    renews(many_times)
