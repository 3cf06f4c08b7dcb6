"""What is written down is true: example configuration, man pages and README against the programs themselves."""
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from parts.process import run
from parts.programs import CONSUMER, REGISTRAR, SOURCE
from parts.texts import PAGES, called

PROGRAMS = {"registrar": REGISTRAR, "consumer": CONSUMER}
EXIT_USAGE = 2
COMMAND_LINE_ONLY = "this option is for the command line only"
# Options that name files which are not here, and what makes no sense without them.
SECRETS = ["redis-password-file", "redis-sentinel-password-file", "certs-key-file", "acme-environment-file",
           "acme-eab-hmac-file", "acme-eab-kid"]


@dataclass(frozen=True)
class Option:
    name: str
    argument: str  # "" for a flag
    default: str  # "" where there is none

    @property
    def as_in_the_file(self) -> str:
        return f"{self.name}={self.default if self.argument else 'no'}"


@cache
def options(side: str) -> list[Option]:
    """As --help tells them, and every other help that it names: an option, its help, wrapped, and its default in brackets
    at the end."""
    first = run([PROGRAMS[side], "--help"]).output
    more = [run([PROGRAMS[side], how]).output for how in re.findall(r"(?m)^ +(--help-\w+)", first)]
    text = re.sub(r"\n {9,}", " ", "".join([first, *more]))
    found = re.findall(r"(?m)^ +(?:-\w, )?--([a-z0-9-]+)(?:=(\S+))?(.*)$", text)
    assert found
    return [Option(name, argument, "".join(re.findall(r" \[([^\[\]]*)\]$", rest))) for name, argument, rest in found]


def read_file(side: str, path: Path, text: str):
    """Has the program read a file, and do nothing else."""
    path.write_text(text)
    return run([PROGRAMS[side], f"--config={path}", "--version"])


def dry_run(side: str, path: Path, text: str, redis):
    """Has the program act on a file, with a Redis that is here and without what else is not."""
    path.write_text(text)
    absent = [f"--{name}=" for name in SECRETS if re.search(rf"(?m)^{name} *=", text)]
    here = [f"--redis-url={redis.url}", *absent, *["--docker-url=none"] * (side == "registrar")]
    return run([PROGRAMS[side], f"--config={path}", *here, "--dry-run"])


@pytest.fixture(params=PROGRAMS)
def side(request) -> str:
    return request.param


@cache
def options_of_a_file(side: str, workplace: Path) -> list[Option]:
    return [option for option in options(side)
            if COMMAND_LINE_ONLY not in read_file(side, workplace / "probe.conf", option.as_in_the_file).errors]


@pytest.fixture
def may_stand_in_a_file(side, workplace) -> list[Option]:
    return options_of_a_file(side, workplace)


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


# Arguments of which a value needs no example.
PLAIN = ["FILE", "DIR", "NAME", "HOW", "on|off"]
UNITS = {"SECONDS": "seconds", "MSEC": "milliseconds"}


def test_the_man_page_says_the_default_and_the_unit_of_whatever_may_stand_in_a_file(side, may_stand_in_a_file):
    items = man_page_items(SOURCE / f"docs/beachhead-{side}.8")
    for option in may_stand_in_a_file:
        assert "Default:" in items[option.name], option
        if option.argument in UNITS:
            assert items[option.name].splitlines()[0].endswith(f"Ar {UNITS[option.argument]}"), option


def test_the_examples_of_the_man_page_are_accepted(side, redis, place, may_stand_in_a_file):
    """Every option has one whose value is of a form that neither its default nor its argument shows."""
    items = man_page_items(SOURCE / f"docs/beachhead-{side}.8")
    lines = []
    for option in may_stand_in_a_file:
        found = re.findall(r"(?m)^Example[^\n]*:\n\.Li (.*?)(?: [.;])?$", items[option.name])
        assert all(line.startswith(f"{option.name}=") for line in found), found
        assert found or option.default or not option.argument or option.argument in PLAIN, option
        lines += found
    accepted = dry_run(side, place / "examples.conf", "".join(f"{line}\n" for line in lines), redis)
    assert accepted.status == 0, accepted.errors


# beachhead.conf(5)

CONF_PAGE = (SOURCE / "docs/beachhead.conf.5").read_text()
CONF_EXAMPLES = re.findall(r"(?ms)^\.Pa /etc/beachhead/(\w+)\.conf :\n\.Bd [^\n]*\n(.*?)^\.Ed", CONF_PAGE)


@pytest.mark.parametrize("number, name", enumerate(name for name, _ in CONF_EXAMPLES))
def test_every_example_of_a_configuration_file_is_accepted(redis, place, number, name):
    side = "registrar" if name == "registrar" else "consumer"
    done = dry_run(side, place / "example.conf", CONF_EXAMPLES[number][1], redis)
    assert done.status == 0, done.errors


def test_the_page_on_configuration_shows_a_file_of_every_kind():
    assert {name for name, _ in CONF_EXAMPLES} > {"registrar", "consumer", "certs"}
    assert len(CONF_EXAMPLES) == CONF_PAGE.count(".Bd -literal -offset indent")


def test_the_page_on_configuration_names_the_file_and_the_user_of_every_unit():
    plain = CONF_PAGE.replace(" Ns Ar ", "").replace(" Ns Pa ", "").replace(".It Cm ", ".It ").replace("Pa ", "")
    listed = {tuple(row.split(" Ta ")) for row in re.findall(r"(?m)^\.It (\S+ Ta /.*)$", plain)}
    units = set()
    for unit in (SOURCE / "systemd").glob("*.service"):
        text = unit.read_text().replace("%i", "name")
        [file] = re.findall(r"(?m)^ExecStart=.* --config=(\S+)$", text)
        [user] = re.findall(r"(?m)^User=(.*)$", text)
        units.add((unit.stem + "name" * unit.stem.endswith("@"), file, user))
    assert listed == units


def test_a_line_may_be_as_long_as_the_page_says(place):
    longest = int(re.search(r"A line has at most (\d+) bytes", CONF_PAGE)[1])
    fits = "state-dir=/".ljust(longest, "x")
    assert read_file("consumer", place / "fits.conf", fits + "\n").status == 0
    assert read_file("consumer", place / "long.conf", f"{fits}x\n").status == EXIT_USAGE


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


def test_every_link_and_every_manual_that_is_named_leads_somewhere():
    followed = run([SOURCE / "tests/check-links"])
    assert followed.status == 0, followed.output


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_what_a_page_names_is_there(page):
    written = page.read_text()
    for test in re.findall(r"\btest_\w+\.py", written):
        assert list((SOURCE / "tests").rglob(test)), test
    known = {option.name for side in PROGRAMS for option in options(side)}
    for ours in re.findall(r"`(--[^`]*)`", written):
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


OF_ACME_COMPANION_AS_A_WHOLE = """
DEFAULT_EMAIL DEFAULT_KEY_SIZE DEFAULT_RENEW CA_BUNDLE CERTS_UPDATE_INTERVAL RENEW_PRIVATE_KEYS DHPARAM_BITS DHPARAM_SKIP FILES_UID
FILES_GID FILES_PERMS NGINX_PROXY_CONTAINER NGINX_DOCKER_GEN_CONTAINER RELOAD_NGINX_ONLY_ONCE ACMESH_DNS_API_CONFIG
ZEROSSL_API_KEY DEBUG
""".split()

OF_BEACHHEAD_COMPANION = """
BEACHHEAD_DOMAINS --redis-host --redis-port --expire --refresh --key-prefix --docker-url --docker-network --envvar --enumerate
--systemd --error-missing-envvar --ignore-missing-envvar --error-missing-container --dry-run --verbose --quiet --no-timestamp
--help --version
""".split()

OF_CONFD = """
-backend redis|-node|-client-key|-prefix|-watch|-interval|-onetime|-noop|-log-level|dest|mode|keys|check_cmd|reload_cmd|getenv
""".strip().split("|")

READERS = {
    "nginx-proxy": OF_NGINX_PROXY + OF_ACME_COMPANION,
    "acme-companion": OF_ACME_COMPANION + OF_ACME_COMPANION_AS_A_WHOLE,
    "beachhead-companion": OF_BEACHHEAD_COMPANION,
    "confd": OF_CONFD,
}


@pytest.mark.parametrize("system", READERS)
def test_whoever_moves_from_another_system_finds_each_name_with_ours_beside(system):
    page = (SOURCE / f"docs/migrating-from-{system}.md").read_text()
    rows = re.findall(r"(?m)^\| (.*?) \| (.+?) \| .*\|$", page)
    theirs = {name.removeprefix("com.github.nginx-proxy.nginx-proxy.")
              for cell, ours in rows for name in re.findall(r"`([^`]+)`", cell)}
    assert [name for name in READERS[system] if name not in theirs] == []


@pytest.mark.parametrize("page", sorted((SOURCE / "docs").glob("migrating-from-*.md")), ids=lambda page: page.stem)
def test_a_page_on_moving_has_steps_a_look_a_way_back_and_a_table(page):
    text = page.read_text()
    for part in [r"^## .+, step by step$", r"^\*\*\d\. Look\.\*\*", r"^The way back", r"^\| .+ \| Beachhead \| remark \|$"]:
        assert re.search(part, text, re.M), part
