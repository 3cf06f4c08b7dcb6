"""The drivers of lego, certbot and uacme against a real CA: each does one thing, and says what became of it."""
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parts.acme_driver import (DNS_HOOK, DONE, FAILED, REFUSED, RETRY_AFTER, AcmeDriver, StatelessChallenge,
                               make_account_key, make_request, names_of, run_on, thumbprint)
from parts.hostile import MARK
from parts.pebble import ChallengeDns, Pebble, SystemTrust
from parts.troubled_ca import TroubledCa

CLIENTS = ["lego", "certbot", "uacme"]
LEGO_DNS = "--dns.resolvers=127.0.0.1:8053 --dns.disable-cp"


@pytest.fixture(params=CLIENTS)
def client(request) -> str:
    return request.param


@pytest.fixture
def driver(client, place, account_key, trust):
    """Makes a driver of the client for a CA."""

    def make(ca, **terms) -> AcmeDriver:
        roots = "" if client == "uacme" else ca.roots  # uacme believes the system alone
        trust(ca)
        directory = place / f"driver-{ca.url.rsplit(':', 1)[1][:5]}"
        return AcmeDriver(client, directory, **{"account_key": account_key, "CA": ca.url, "CA_ROOTS": roots, **terms})

    return make


@pytest.fixture
def account_key(place) -> Path:
    return make_account_key(place / "account.pem")


@pytest.fixture
def trust(client, place):
    """Has the system believe a CA where the client knows no other way."""
    trusted: list[SystemTrust] = []

    def believe(ca) -> None:
        if client == "uacme" and not trusted:
            trusted.append(SystemTrust(place, ca.roots).__enter__())

    yield believe
    for one in trusted:
        one.__exit__()


@pytest.fixture
def edge(account_key):
    answering = StatelessChallenge(thumbprint(account_key))
    yield answering
    answering.close()


@pytest.fixture
def troubled(pebble):
    ca = TroubledCa(pebble)
    yield ca
    ca.close()


def assert_issued(called, pebble, *names) -> None:
    """The chain, and nothing else, for our key and these names, up to a root of the CA."""
    assert called.status == DONE, called.said
    assert names_of(called.chain) == sorted(names)
    key = (called.out.parent / "key.pem").read_text()
    assert run_on(called.chain, "x509", "-noout", "-pubkey") == run_on(key, "pkey", "-pubout")
    assert re.sub(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*", "", called.chain) == ""
    assert called.chain.count("BEGIN") == 2
    root = called.out / "root.pem"
    root.write_text(pebble.root())
    run_on(called.chain, "verify", "-CAfile", str(root), "-untrusted", str(called.out / "chain.pem"))


def test_an_account_and_a_certificate_of_two_names(client, driver, pebble, edge, record_property):
    mine = driver(pebble)
    account = mine.make_account()
    issued = mine.call("issue", "a.example.org", "b.example.org")
    assert_issued(issued, pebble, "a.example.org", "b.example.org")
    record_property("figures", f"{client}: account {account.seconds:.2f} s, two names {issued.seconds:.2f} s")


@pytest.mark.long
def test_an_account_is_made_once_however_often_it_is_asked_for(driver, pebble, edge):
    mine = driver(pebble)
    for _ in range(2):
        mine.make_account()
    assert pebble.accounts == 1


@pytest.mark.long
def test_a_ca_that_has_forgotten_the_account_is_told_again(driver, pebble, edge):
    mine = driver(pebble)
    mine.make_account()
    pebble.restart()
    mine.make_account()
    assert_issued(mine.call("issue", "a.example.org"), pebble, "a.example.org")


@pytest.mark.long
def test_an_account_may_have_an_rsa_key(driver, pebble, place):
    driver(pebble, account_key=make_account_key(place / "rsa.pem", "RSA")).make_account()
    assert pebble.accounts == 1


@pytest.mark.long
def test_two_certificates_of_one_account_are_had_at_the_same_time(driver, pebble, edge):
    mine = driver(pebble)
    mine.make_account()
    with ThreadPoolExecutor() as pool:
        names = ["a.example.org", "b.example.org"]
        for name, called in zip(names, pool.map(lambda name: mine.call("issue", name), names)):
            assert_issued(called, pebble, name)


def test_the_name_that_fails_is_named_with_the_words_of_the_ca(driver, pebble, edge):
    mine = driver(pebble)
    mine.make_account()
    pebble.dns.fail("b.example.org")
    called = mine.call("issue", "a.example.org", "b.example.org", "c.example.org")
    assert called.status == FAILED, called.said
    assert called.failed_names == ["b.example.org"]
    assert re.match(r"b\.example\.org: connection: .*could not resolve", called.reason), called.reason
    assert called.chain is None


@pytest.mark.long
def test_a_name_that_the_ca_does_not_certify_is_named(driver, place, edge):
    pebble = Pebble(place / "pebble", domainBlocklist=["b.example.org"]).start()
    mine = driver(pebble)
    mine.make_account()
    called = mine.call("issue", "a.example.org", "b.example.org", "xb.example.org")
    assert called.status == FAILED, called.said
    assert called.failed_names == ["b.example.org"]
    assert called.reason.startswith("rejectedIdentifier: "), called.reason


def dns_of(client: str) -> dict:
    options = {"BEACHHEAD_CLIENT_OPTIONS": LEGO_DNS, "EXEC_PATH": str(DNS_HOOK),
               "EXEC_SEQUENCE_INTERVAL": "1"} if client == "lego" else {}
    return {"DNS": "exec" if client == "lego" else DNS_HOOK, "env": {"DNS_MANAGEMENT": ChallengeDns.url, **options}}


def test_a_wildcard_by_dns(client, driver, pebble, record_property):
    mine = driver(pebble, CHALLENGE="dns-01")
    mine.make_account(**dns_of(client))
    issued = mine.call("issue", "*.example.org", "example.org", **dns_of(client))
    assert_issued(issued, pebble, "*.example.org", "example.org")
    record_property("figures", f"{client}: wildcard by DNS-01 {issued.seconds:.2f} s")


@pytest.mark.long
def test_a_wildcard_that_fails_is_named(client, driver, pebble):
    mine = driver(pebble, CHALLENGE="dns-01")
    mine.make_account(**dns_of(client))
    pebble.dns.fail("_acme-challenge.b.example.org")
    called = mine.call("issue", "a.example.org", "*.b.example.org", **dns_of(client))
    assert called.status == FAILED, called.said
    assert called.failed_names == ["*.b.example.org"]


def test_a_profile_that_the_client_does_not_know_is_refused_by_name(driver, pebble):
    called = driver(pebble).call("issue", "a.example.org", PROFILE="shortlived")
    assert called.status == REFUSED
    assert '"shortlived"' in called.reason
    assert pebble.orders == 0


@pytest.mark.parametrize("client,help_command,option", [
    ("lego", "run --help", "--profile=shortlived"),
    ("certbot", "--help all", "--required-profile=shortlived")])
def test_a_newer_client_is_told_the_profile(client, help_command, option, driver, pebble, place):
    newer = place / "bin" / client
    newer.parent.mkdir()
    newer.write_text(f"""#!/bin/sh
        [ "$*" != "{help_command}" ] || exec echo " {option.split('=')[0]} value"
        for option; do echo "told: $option"; done
        exit 1""")
    newer.chmod(0o755)
    mine = driver(pebble)
    called = mine.call("issue", "a.example.org", PROFILE="shortlived", env={"PATH": f"{newer.parent}:/usr/bin:/bin"})
    assert f"told: {option}\n" in called.said


@pytest.mark.long
def test_a_preferred_chain(client, driver, place, edge):
    pebble = Pebble(place / "pebble", environment={"PEBBLE_ALTERNATE_ROOTS": "2"}).start()
    mine = driver(pebble)
    mine.make_account()
    root = pebble.root(2)
    name = run_on(root, "x509", "-noout", "-subject", "-nameopt", "multiline").split(" = ")[1].strip()
    called = mine.call("issue", "a.example.org", PREFERRED_CHAIN=name)
    if client == "uacme":
        assert called.status == REFUSED
        assert name in called.reason
        return
    assert called.status == DONE, called.said
    (place / "root.pem").write_text(root)
    run_on(called.chain, "verify", "-CAfile", str(place / "root.pem"), "-untrusted", str(called.out / "chain.pem"))


@pytest.mark.long
def test_an_external_account_is_bound(driver, place, edge):
    secret = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    pebble = Pebble(place / "pebble", externalAccountBindingRequired=True, externalAccountMACKeys={"kid-1": secret})
    mine = driver(pebble.start())
    without = mine.call("account")
    assert without.status == REFUSED
    assert "acme-eab-kid=" in without.reason
    (place / "hmac").write_text(secret + "\n")
    binding = {"EAB_KID": "kid-1", "EAB_HMAC_FILE": place / "hmac"}
    mine.make_account(**binding)
    assert_issued(mine.call("issue", "a.example.org", **binding), pebble, "a.example.org")


@pytest.mark.long
def test_a_ca_that_is_down(driver, pebble):
    mine = driver(pebble)
    mine.make_account()
    pebble.stop()
    called = mine.call("issue", "localhost")
    assert called.status == FAILED
    assert called.chain is None
    assert called.failed_names == []  # though its name is the CA's
    assert "localhost" in called.reason


def test_a_ca_whose_limit_is_reached_says_when_to_come_back(driver, pebble, troubled):
    mine = driver(troubled)
    mine.make_account()
    troubled.trouble("/order-plz", 429, "rateLimited", "Error creating new order :: too many certificates (5) already "
                     "issued for this exact set of domains in the last 168h: [a.example.org b.example.org], retry "
                     "after 2099-01-01T10:00:00Z: see https://example.org/limits", Retry_After=77)
    called = mine.call("issue", "a.example.org", "b.example.org")
    assert called.status == RETRY_AFTER, called.said
    assert called.failed_names == []
    assert called.reason.startswith("rateLimited: ")
    assert called.retry_after > 365 * 86400


@pytest.mark.long
def test_a_limit_of_one_name_is_that_names_fault(driver, pebble, troubled):
    mine = driver(troubled)
    mine.make_account()
    troubled.trouble("/order-plz", 429, "rateLimited", 'too many failed authorizations (5) for "b.example.org" in the '
                     "last 1h0m0s, retry after 2099-01-01 10:00:00 UTC: see https://example.org/limits")
    called = mine.call("issue", "a.example.org", "b.example.org")
    assert called.status == RETRY_AFTER, called.said
    assert called.failed_names == ["b.example.org"]
    assert called.retry_after > 365 * 86400


@pytest.mark.long
def test_a_limit_that_is_told_in_a_header_alone(client, driver, pebble, troubled):
    mine = driver(troubled)
    mine.make_account()
    troubled.trouble("/order-plz", 503, "rateLimited", "Service busy; retry later.", Retry_After=77)
    called = mine.call("issue", "a.example.org")
    assert called.status == RETRY_AFTER, called.said
    assert called.retry_after == (77 if client == "certbot" else None)  # no other shows it


def test_a_ca_that_answers_500(driver, pebble, troubled):
    mine = driver(troubled)
    mine.make_account()
    for kind, reason in (("serverInternal", "serverInternal: .*the database is on holiday"), ("", ".")):
        troubled.troubles.clear()
        troubled.trouble("/order-plz", 500, kind, "the database is on holiday")
        called = mine.call("issue", "a.example.org")
        assert called.status == FAILED
        assert re.match(reason, called.reason), called.reason
        assert called.failed_names == []


@pytest.mark.long
def test_a_nonce_that_is_refused_once_is_no_failure(driver, pebble, troubled, edge):
    mine = driver(troubled)
    mine.make_account()
    troubled.trouble("/order-plz", 400, "badNonce", "JWS has an invalid anti-replay nonce", times=1)
    assert_issued(mine.call("issue", "a.example.org"), pebble, "a.example.org")


@pytest.mark.long
def test_a_ca_that_refuses_every_nonce(driver, pebble, troubled):
    mine = driver(troubled)
    mine.make_account()
    troubled.trouble("/order-plz", 400, "badNonce", "JWS has an invalid anti-replay nonce")
    called = mine.call("issue", "a.example.org")
    assert called.status == FAILED
    assert called.reason.startswith("badNonce: "), called.reason


@pytest.mark.parametrize("client", ["certbot", "uacme"])
def test_an_account_needs_no_email(client, driver, pebble, edge):
    mine = driver(pebble, EMAIL="")
    mine.make_account()
    assert_issued(mine.call("issue", "a.example.org"), pebble, "a.example.org")


@pytest.mark.parametrize("client", ["lego"])
def test_lego_says_where_to_set_the_email_that_it_needs(client, driver, pebble):
    called = driver(pebble, EMAIL="").call("account")
    assert called.status == REFUSED
    assert "acme-email=" in called.reason and "LETSENCRYPT_EMAIL" in called.reason


def test_a_client_that_is_not_installed_may_be_later(client, driver, pebble, place):
    for needed in ("sh", "tr", "awk", "mkdir", "cat", "ln", "sed"):
        (place / "bin").mkdir(exist_ok=True)
        (place / "bin" / needed).symlink_to(shutil.which(needed))
    called = driver(pebble).call("account", env={"PATH": str(place / "bin")})
    assert called.status == FAILED
    assert called.reason == f"{client} is not installed: apt-get install {client}"


EMAILS = [f"-h@{MARK}.example.org", f"--help@{MARK}", f"--server=https://localhost/@{MARK}", f"--config-dir=/{MARK}@x",
          f"../../../../{MARK}@example.org", f"$(touch$IFS/{MARK})@x", f"`touch$IFS/{MARK}`@x",
          f"a;touch$IFS/{MARK};@x", f"a'\"{MARK}\\@x", f"*{MARK}@x", f"%s{MARK}%n@x", f"a|{MARK}&@x", f"#{MARK}@x"]


def files_elsewhere(mine: AcmeDriver, place: Path) -> list[str]:
    """What lies around, but not where a driver may leave things."""
    own = re.compile(f"{mine.place}/(account|call-[0-9]+)(/|$)")
    return sorted(str(path) for path in [*place.rglob("*"), *Path("/").glob("*")] if not own.match(str(path)))


def test_hostile_emails_are_emails_or_nothing(driver, pebble, place):
    mine = driver(pebble)
    before = files_elsewhere(mine, place)
    for email in EMAILS:
        called = mine.call("account", EMAIL=email)
        assert called.status in (DONE, FAILED, REFUSED), (email, called.said)
        assert called.status == DONE or called.reason, (email, called.said)
        assert "usage" not in called.said.lower(), (email, called.said)
    assert files_elsewhere(mine, place) == before


def test_hostile_names_are_nothing_to_a_client(driver, pebble, edge, place):
    """What a certificate is for stands in the request alone; these are told to the driver beside it."""
    mine = driver(pebble)
    mine.make_account()
    hostile = ["--help", "-h", f"$(touch$IFS/{MARK})", f"`touch$IFS/{MARK}`", f";touch$IFS/{MARK};", "*", "../*",
               "[a-z]", f"/{MARK}", "%s%n", "'", '"', "\\", "#", "|", "&", ">x", "b.example.org"]
    requests = {}
    for name in ("a.example.org", "b.example.org"):
        (place / name).mkdir()
        requests[name] = make_request(place / name, name)
    before = files_elsewhere(mine, place)
    called = mine.call("issue", *hostile, csr=requests["a.example.org"])
    assert called.status == DONE, called.said
    pebble.dns.fail("b.example.org")
    called = mine.call("issue", *hostile, csr=requests["b.example.org"])
    assert called.status == FAILED, called.said
    assert called.failed_names == ["b.example.org"]
    assert files_elsewhere(mine, place) == before


def test_a_verb_that_is_none_is_refused(driver, pebble):
    assert driver(pebble).call("revoke").status == REFUSED


@pytest.mark.parametrize("client", ["certbot"])
def test_certbot_is_given_no_hook_that_is_more_than_a_path_to_its_shell(client, driver, pebble):
    called = driver(pebble, CHALLENGE="dns-01", DNS="/bin/true;id").call("issue", "a.example.org")
    assert called.status == REFUSED
    assert "/bin/true;id" in called.reason

