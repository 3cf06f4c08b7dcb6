"""Every command in the pages and manuals is one that can be given: its program is there, ours take its options and values,
units, targets of make, packages, variables and files of ours have these names.

Whole passages are run as they stand by other tests: README.md, "On a real host" by test_packages.py;
docs/migrating-from-nginx-proxy.md by test_migration.py; docs/writing-a-consumer.md by test_example_readers.py; the examples by
their own tests."""
import re
import shlex
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from parts.process import run
from parts.programs import CONSUMER, REGISTRAR, SOURCE
from parts.texts import MANUALS, PAGES, called

# In the midst of a text only these are taken for commands; in a block all is.
IN_A_SENTENCE = r"(?:make|systemctl|journalctl|apt-get|redis-cli|beachhead-registrar|beachhead-consumer)(?: [^`]*)?"
ELSEWHERE = {"confd", "ssh"}  # is not installed for the tests
BUILT_IN = {"set", "umask"}
OTHER_UNITS = {"beachhead-companion", "confd", "docker", "nginx", "redis-server"}
VERBS = {"daemon-reload", "disable", "edit", "enable", "reload", "restart", "start", "status", "stop"}
DOCKER_VERBS = {"build", "cp", "exec", "inspect", "kill", "login", "logs", "ps", "rm", "run", "start", "stop", "unpause"}
MADE_THERE = {"NAME.conf", "hosts.conf"}  # by who follows the text


def without_documents(block: str) -> str:
    """Here-documents are not commands."""
    return re.sub(r"(?ms)(<<'(\w+)'[^\n]*\n).*?^\2$", r"\1", block)


def commands_of_page(text: str) -> Iterator[str]:
    fenced = r"(?ms)^( *)```(\w*)\n(.*?)^\1```$"
    for _, language, block in re.findall(fenced, text):
        if language == "sh":
            yield from re.sub(r"\\\n\s*", "", without_documents(block)).splitlines()
    text = re.sub(fenced, "", text)
    yield from re.findall(r"(?m)^    (\S.*)$", text)
    yield from re.findall(rf"`({IN_A_SENTENCE})`", re.sub(r"(?m)^    .*$", "", text))


def commands_of_manual(text: str) -> Iterator[str]:
    """Lines that begin with a prompt."""
    text = re.sub(r"\\e\n(?:\.Dl )?(?:\\ |\s)*", "", text)
    yield from (line.replace(r"\(aq", "'").replace(r"\e", "\\") for line in re.findall(r"(?m)^(?:\.Dl )?[#$] (.*)$", text))


def simple_commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a line, without variables before it and redirections behind it."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    words: list[str] = []
    tokens = iter([*lexer, ";"])
    for token in tokens:
        if token[0] in "<>":
            next(tokens)
        elif token[0] in "();|&":
            yield words
            words = []
        elif words or not re.match(r"\w+=", token):
            words.append(token)


# Each says of the arguments of its program whether they can be right.


def check_ours(program: Path, arguments: list[str]) -> None:
    """The program reads them, and does nothing."""
    here = [argument.replace("--config=/etc/beachhead/", f"--config={SOURCE}/systemd/") for argument in arguments]
    read = run([program, *here, "--version"])
    assert read.status == 0, read.errors


def check_make(arguments: list[str]) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (SOURCE / "Makefile").read_text()))
    for argument in arguments:
        assert argument in targets or "=" in argument or argument.startswith("build/"), argument


def check_unit(name: str) -> None:
    ours = {path.stem for path in (SOURCE / "systemd").glob("*.service")}
    assert re.sub("@.*", "@", name) in ours | OTHER_UNITS or name == "beachhead-*", name


def check_systemctl(arguments: list[str]) -> None:
    options = {argument for argument in arguments if argument.startswith("-")}
    verb, *units = [argument for argument in arguments if argument not in options]
    assert options <= {"--now", "--no-pager"} and verb in VERBS
    for unit in units:
        check_unit(unit)


def check_journalctl(arguments: list[str]) -> None:
    fields = re.findall(r'\{ "([A-Z]+)", f->', (SOURCE / "common/log.c").read_text())
    rest = iter(arguments)
    for argument in rest:
        if argument == "-u":
            check_unit(next(rest))
        elif argument in ("-n", "-p", "--since"):
            next(rest)
        else:
            assert argument == "--no-pager" or argument.partition("=")[0] in fields, argument


def check_apt_get(arguments: list[str]) -> None:
    ours = re.findall(r"(?m)^Package: (.*)$", (SOURCE / "debian/control").read_text())
    verb, *packages = [argument for argument in arguments if not argument.startswith("-")]
    assert verb in ("install", "purge", "remove", "update")
    for package in packages:
        name = package.removeprefix("./").removesuffix("_*.deb")
        assert name in ours or name == "…" or run(["dpkg-query", "-W", name]).status == 0, name


@cache
def variables() -> set[str]:
    items = re.findall(r"(?m)^\.It Ev (.*)$", (SOURCE / "docs/beachhead-registrar.8").read_text())
    return {name for item in items for name in item.split(" , ")}


def check_docker(arguments: list[str]) -> None:
    assert arguments[0] in DOCKER_VERBS
    for option, value in zip(arguments, arguments[1:]):
        assert option != "-e" or value.partition("=")[0] in variables(), value


def check_files(arguments: list[str]) -> None:
    """Those of ours are where they are installed from."""
    for argument in arguments:
        if found := re.search(r"/etc/beachhead/([^/ ]+\.conf)$", argument):
            assert found[1] in MADE_THERE or (SOURCE / "systemd" / found[1]).exists(), argument
        if found := re.search("/usr/local/share/beachhead/(.+)$", argument):
            assert any((SOURCE / place / found[1]).exists() for place in (".", "docs", "examples")), argument


CHECKS = {
    "make": check_make,
    "systemctl": check_systemctl,
    "journalctl": check_journalctl,
    "apt-get": check_apt_get,
    "docker": check_docker,
    "beachhead-registrar": lambda arguments: check_ours(REGISTRAR, arguments),
    "beachhead-consumer": lambda arguments: check_ours(CONSUMER, arguments),
}


def check(words: list[str]) -> None:
    program, *arguments = words
    check_files(arguments)
    if program in CHECKS:
        CHECKS[program](arguments)
    elif program.startswith("build/"):
        assert (SOURCE / program.removeprefix("build/")).with_suffix(".c").exists(), program
    elif "/" in program:
        assert (SOURCE / program).exists(), program
    else:
        assert program in ELSEWHERE | BUILT_IN or shutil.which(program), program


COMMANDS = [(path, command) for path in PAGES for command in commands_of_page(path.read_text())] + [
    (path, command) for path in MANUALS for command in commands_of_manual(path.read_text())]


@pytest.mark.parametrize("path", dict.fromkeys(path for path, _ in COMMANDS), ids=called)
def test_every_command_of_a_text_can_be_given(path):
    for command in dict.fromkeys(command for of, command in COMMANDS if of == path):
        for words in filter(None, simple_commands(command)):
            try:
                check(words)
            except Exception as e:
                raise AssertionError(f"{command}: {e}") from e


def test_there_are_commands_to_check():
    assert len(COMMANDS) > 100
