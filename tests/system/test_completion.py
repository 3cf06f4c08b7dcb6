"""What bash offers for the two programs: the options of every --help, without a list of its own."""
import pytest

from parts.process import run
from parts.programs import CONSUMER, REGISTRAR, SOURCE

OFFER = """source "$0"
compopt() { :; } # bash has it within a completion alone
COMP_LINE="program $2" COMP_POINT=$((${#2} + 8))
_beachhead "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(program, typed: str) -> list[str]:
    done = run(["bash", "-c", OFFER, SOURCE / "docs/completion/beachhead.bash", program, typed])
    assert done.status == 0, done.errors
    return done.output.split()


@pytest.mark.parametrize("program, typed, options", [
    (REGISTRAR, "--dr", ["--drain-max=", "--dry-run"]),
    (CONSUMER, "--acme-ca", ["--acme-ca=", "--acme-ca-roots="]),
    (CONSUMER, "--hsts", ["--hsts="]),
    (CONSUMER, "--nosuch", []),
])
def test_bash_completes_the_options_of_every_help(program, typed, options):
    assert sorted(offered(program, typed)) == sorted(options)


def test_bash_completes_a_file_after_the_equals_sign():
    assert "/etc/passwd" in offered(CONSUMER, "--config=/etc/pass")
