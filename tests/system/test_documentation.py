"""What is written down is true: example configuration, man pages and README against the programs themselves."""
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from parts.process import run
from parts.programs import CONSUMER, REGISTRAR, SOURCE

PROGRAMS = {"registrar": REGISTRAR, "consumer": CONSUMER}
EXIT_USAGE = 2
COMMAND_LINE_ONLY = "this option is for the command line only"


@dataclass(frozen=True)
class Option:
    name: str
    argument: str  # "" for a flag
    default: str  # "" where there is none

    @property
    def as_in_the_file(self) -> str:
        return f"{self.name}={self.default if self.argument else 'no'}"


HELP = {"registrar": ["--help"], "consumer": ["--help", "--help-nginx", "--help-certs", "--help-outputs", "--help-policy"]}


@cache
def options(side: str) -> list[Option]:
    """As the help tells them: an option, its help, wrapped, and its default in brackets at the end."""
    text = "".join(re.sub(r"\n {9,}", " ", run([PROGRAMS[side], how]).output) for how in HELP[side])
    found = re.findall(r"(?m)^ +(?:-\w, )?--([a-z0-9-]+)(?:=(\S+))?(.*)$", text)
    assert found
    return [Option(name, argument, "".join(re.findall(r" \[([^\[\]]*)\]$", rest))) for name, argument, rest in found]


def read_file(side: str, path: Path, text: str):
    """Has the program read a file, and do nothing else."""
    path.write_text(text)
    return run([PROGRAMS[side], f"--config={path}", "--version"])


@pytest.fixture(params=PROGRAMS)
def side(request) -> str:
    return request.param


@pytest.fixture
def may_stand_in_a_file(side, place) -> list[Option]:
    return [option for option in options(side)
            if COMMAND_LINE_ONLY not in read_file(side, place / "probe.conf", option.as_in_the_file).errors]


def example(side: str) -> str:
    return (SOURCE / f"systemd/{side}.conf").read_text()


def test_the_example_holds_every_option_that_may_stand_in_a_file_with_its_default(side, may_stand_in_a_file):
    assert len(may_stand_in_a_file) > 10
    in_the_example = re.findall(r"(?m)^#([a-z].*)$", example(side))
    assert sorted(in_the_example) == sorted(option.as_in_the_file for option in may_stand_in_a_file)


def test_every_option_of_the_example_has_one_line_of_comment(side):
    lines = example(side).splitlines()
    for before, line in zip(lines, lines[1:]):
        if re.match(r"#[a-z]", line):
            assert re.match(r"# .*\.$", before), line


def test_the_example_as_it_stands_changes_nothing(side):
    assert [line for line in example(side).splitlines() if line and line[0] not in "#["] == []


def test_the_example_is_accepted_with_every_comment_taken_off(side, place):
    text = re.sub(r"(?m)^#(?=[a-z])", "", example(side))
    accepted = read_file(side, place / "all.conf", text)
    assert accepted.status == 0, accepted.errors


def test_a_key_that_is_none_is_refused(side, place):
    refused = read_file(side, place / "bad.conf", example(side) + "no-such-option=1\n")
    assert refused.status == EXIT_USAGE
    assert "no-such-option" in refused.errors


def man_page_items(page: Path) -> dict[str, str]:
    """The text of each option of a page, by the option's name."""
    parts = re.split(r"(?m)^\.It Fl (?:\w , )?-([a-z0-9-]+)", page.read_text())
    return {name: re.split(r"(?m)^\.(?:It|El)\b", text)[0] for name, text in zip(parts[1::2], parts[2::2])}


def test_the_man_page_describes_every_option_with_its_default(side):
    items = man_page_items(SOURCE / f"docs/beachhead-{side}.8")
    assert sorted(items) == sorted(option.name for option in options(side))
    for option in options(side):
        if option.default:
            assert option.default in items[option.name].split("Default:")[-1], option


def without_writer(value: list) -> list:
    return [{k: v for k, v in route.items() if k not in ("created", "container", "machine")} for route in value]


def test_the_man_page_of_the_registration_shows_every_golden_value():
    page = (SOURCE / "docs/beachhead-registration.5").read_text()
    shown = [without_writer(json.loads(text.replace(r"\e", "\\")))
             for text in re.findall(r"(?ms)^\.Bd -literal\n(\[.*?)^\.Ed", page)]
    golden = {path.name: without_writer(json.loads(path.read_text()))
              for path in (SOURCE / "tests/golden").glob("*.json")}
    assert golden
    assert [name for name, value in golden.items() if value not in shown] == []
    assert [value for value in shown if value not in golden.values()] == []


def test_the_man_page_of_the_registration_shows_a_golden_manifest():
    page = (SOURCE / "docs/beachhead-registration.5").read_text()
    shown = json.loads(re.search(r"(?ms)^\.Sh MANIFESTS$.*?^\.Bd -literal\n(.*?)^\.Ed", page)[1])
    assert shown == json.loads((SOURCE / "tests/golden/manifests/figures.json").read_text())


def items_of_the_registration(section: str) -> list[str]:
    page = (SOURCE / "docs/beachhead-registration.5").read_text()
    items = re.findall(r"(?m)^\.It Cm (.*)$", page.split(f".Sh {section}\n")[1].split(".Sh ")[0])
    return [name for item in items for name in item.split(" , ")]


def test_the_man_page_of_the_registration_lists_every_requirement():
    source = (SOURCE / "common/registration.c").read_text()
    names = re.findall(r'"([a-z-]+)"', re.search(r"requirement_names\[.*?\{(.*?)\}", source, re.S)[1])
    assert items_of_the_registration("REQUIREMENTS") == names


def test_the_man_page_of_the_registration_lists_every_setting():
    names = re.findall(r'\{ "([a-z0-9_]+)", AT\(', (SOURCE / "common/edge-settings.c").read_text())
    assert len(names) > 20
    assert sorted(items_of_the_registration("SETTINGS")) == sorted(names)


def test_the_man_page_of_the_registration_lists_every_term_of_a_certificate():
    names = re.findall(r'\[TERM_[A-Z]+\] = \{ "([a-z]+)"', (SOURCE / "common/certificate-terms.c").read_text())
    assert len(names) == 7
    assert [item.split(" ")[0] for item in items_of_the_registration("CERTIFICATES")] == ["names", *names]


def test_the_man_page_of_drivers_lists_every_variable_that_one_is_told():
    page = (SOURCE / "docs/beachhead-acme-driver.7").read_text()
    source = (SOURCE / "consumer/certs/driver.c").read_text()
    told = re.findall(r'\{ "([A-Z_]+)",', re.search(r"contract\[\] = \{(.*?)\};", source, re.S)[1])
    listed = [name for item in re.findall(r"(?m)^\.It Ev (.*)$", page) for name in item.split(" , ")]
    assert len(told) > 10
    assert sorted(listed) == sorted(f"BEACHHEAD_{name}" for name in [*told, "CLIENT_OPTIONS"])


def test_the_readme_shows_the_example_that_the_tests_prove():
    assert "example.org admin.example.org:https app.example.org:http=8080:https=8043" in (
        SOURCE / "README.md").read_text()


TEXTS = sorted(str(path.relative_to(SOURCE)) for pattern in ["*.md", "docs/*.md", "examples/*/*.md", "confd-templates/*.md"]
               for path in SOURCE.glob(pattern))


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_text_names_is_there(text):
    written = (SOURCE / text).read_text()
    for test in re.findall(r"\btest_\w+\.py", written):
        assert list((SOURCE / "tests").rglob(test)), test
    for path in re.findall(r"\]\(([^)#:]+)\)", written):
        assert ((SOURCE / text).parent / path).exists(), path
    targets = set(re.findall(r"(?m)^([a-z-]+):", (SOURCE / "Makefile").read_text()))
    for target in re.findall(r"(?m)(?:`|^    |^)make ([a-z-]+)(?=`| *$| +#)", written):
        assert target in targets, target
    known = {option.name for side in PROGRAMS for option in options(side)}
    for ours in re.findall(r"`((?:beachhead-|--)[^`]*)`", written):
        for name in re.findall(r"(?<![\w-])--([a-z0-9-]+)", ours):
            assert name in known, name


# What users of nginx-proxy say to it: on a container, to the whole proxy, in files.
OF_NGINX_PROXY = """
VIRTUAL_HOST VIRTUAL_PORT VIRTUAL_PATH VIRTUAL_DEST VIRTUAL_PROTO VIRTUAL_ROOT VIRTUAL_HOST_MULTIPORTS EXTERNAL_HTTP_PORT
EXTERNAL_HTTPS_PORT HTTPS_METHOD CERT_NAME SSL_POLICY HSTS SERVER_TOKENS NETWORK_ACCESS ACME_HTTP_CHALLENGE_LOCATION
ENABLE_HTTP_ON_MISSING_CERT
loadbalance keepalive http2.enable http3.enable trust-default-cert debug-endpoint non-get-redirect ssl_verify_client nginx
DEFAULT_HOST DEFAULT_ROOT HTTP_PORT HTTPS_PORT NON_GET_REDIRECT TRUST_DEFAULT_CERT ENABLE_HTTP2 ENABLE_HTTP3 ENABLE_IPV6
PREFER_IPV6_NETWORK ENABLE_PROXY_PROTOCOL RESOLVERS TRUST_DOWNSTREAM_PROXY ACME_HTTP_CHALLENGE_ACCEPT_UNKNOWN_HOST
SHA1_UPSTREAM_NAME DEBUG_ENDPOINT LOG_FORMAT LOG_FORMAT_ESCAPE LOG_JSON DISABLE_ACCESS_LOGS
vhost.d/default vhost.d/HOST vhost.d/default_location vhost.d/HOST_location vhost.d/HOST_SHA1_location
vhost.d/HOST_location_override vhost.d/HOST_SHA1_location_override htpasswd/HOST htpasswd/HOST_SHA1 certs/X.crt certs/X.key
certs/X.chain.pem certs/X.dhparam.pem certs/HOST.ca.crt certs/HOST.crl.pem proxy.conf
""".split()


OF_ACME_COMPANION = """
ACME_HOST ACME_EMAIL ACME_SINGLE_DOMAIN_CERTS ACME_KEYSIZE LETSENCRYPT_TEST ACME_CA_URI ACME_CHALLENGE ACME_PREFERRED_CHAIN
ACME_CERT_PROFILE ACME_EAB_KID ACME_EAB_HMAC_KEY ACME_PRE_HOOK ACME_POST_HOOK LETSENCRYPT_RESTART_CONTAINER
""".split()


def test_whoever_moves_from_nginx_proxy_finds_each_name_with_ours_beside():
    page = (SOURCE / "docs/migrating-from-nginx-proxy.md").read_text()
    rows = re.findall(r"(?m)^\| (.*?) \| (.+?) \| .*\|$", page)
    theirs = {name.removeprefix("com.github.nginx-proxy.nginx-proxy.")
              for cell, ours in rows for name in re.findall(r"`([^`]+)`", cell)}
    assert [name for name in OF_NGINX_PROXY + OF_ACME_COMPANION if name not in theirs] == []
