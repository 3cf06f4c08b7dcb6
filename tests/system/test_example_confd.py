"""examples/confd/ shows what it claims: the registrar with confd, or its stand-in, and no consumer."""
import pytest

from parts.confd import CONFDS
from parts.examples import Example, in_a_shell
from parts.waiting import eventually


@pytest.mark.parametrize("confd", CONFDS, ids=str)
def test_confd_alone_serves_what_the_registrar_publishes(place, confd):
    example = Example("confd", place, KEEP="1", PATH="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin",
                      CONFD=str(confd.program) if confd.is_real else "")
    environment, start, curl, *others = example.wait_for_commands()
    assert ("There is no confd here" in example.log) == (not confd.is_real)
    for claim in ('www.example.org/ is answered by "www"', 'www.example.org/api/ is answered by "api"',
                  'shop.example.org/ is answered by "shop"', "answers 301, and https://www.example.org/ www",
                  "http://shop.example.org/ answers 503"):
        assert claim in example.log, claim
    assert not any("consumer" in name for name in example.started)

    def tried(command: str) -> str:
        return in_a_shell(f"{environment}; {command}")

    container = tried(start)[:12]
    eventually(lambda: tried(curl) == f"{container}\n", 30, "the container that was tried is served")
    for command in others:
        assert "mine.example.org" in tried(command), command
    assert example.interrupt() == 130
    example.check_nothing_is_left()
