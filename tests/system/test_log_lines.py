"""docs/operations.md says of every warning and error that the two programs log what it means and what to do. Here its table is
held against the calls in the sources, both ways: no line without a row, no row without a line. What varies in a line is "…"
on both sides; a row may stop anywhere before the line does, and has names in CAPITALS for what varies."""
import re
from dataclasses import dataclass
from functools import cache

import pytest

from parts.programs import SOURCE

ROOMS = ["common", "registrar", "consumer"]
PAGE = "docs/operations.md"
SECTION = "What each line of the log asks you to do"
SYMPTOMS = "docs/troubleshooting.md"
# The macros of common/log.h that write an error or a warning, or may: where the level is among their arguments, and the format.
FORMAT_AT = {"log_error": 0, "log_warning": 0, "log_error_about": 1, "log_warning_about": 1, "log_write": 2,
             "write_about_lines": 0}
LEVEL_AT = {"log_write": 0}
STRING = r'"(?:\\.|[^"\\])*"'  # of C

# Lines whose words come, all or some, from elsewhere: the rows that stand for them.
WORDS_FROM_ELSEWHERE = {
    "consumer/certs/accounts.c: …": ["Cannot WRITE FILE: REASON"],
    "consumer/certs/certs.c: …": [],  # why the program does not start
    "consumer/certs/exchange.c: …": ["what EDGE shares is sealed with another key than ours"],
    "consumer/certs/histories.c: …": ["Cannot WRITE FILE: REASON"],
    "consumer/certs/issuance.c: …": ["FILE cannot be written: REASON"],
    "consumer/certs/managed.c: …; after a restart a … may be asked too soon":
        ["Cannot WRITE FILE: REASON; after a restart a CA may be asked too soon"],
    "consumer/certs/roster.c: …": ["Cannot WRITE FILE: REASON"],
    "consumer/certs/unused.c: …": ["Cannot WRITE FILE: REASON"],
    "consumer/exec/exec.c: exec: …; it is run again": ["exec: PROGRAM ended with status STATUS: WORDS; it is run again"],
    "consumer/nginx/site-notes.c: …": ["FILE cannot be used: REASON"],
    "consumer/site-log.c: site … (…) …":
        ["site DOMAIN (CONTAINERS) is held: all its registrations are missing from Redis"],
    "consumer/site-log.c: site … …": ["site DOMAIN at PATHS is held"],
    "registrar/reporter.c: … … is not published: …": ["container NAME is not published: REASON"],
    "registrar/reporter.c: … … …": ["service NAME is not published: a CONTAINER has that name"],
    "registrar/reporter.c: … …: …": ["container NAME: REASON"],
}


@dataclass(frozen=True, order=True)
class Logged:
    file: str
    line: str  # as a row has it

    def __str__(self) -> str:
        return f"{self.file}: {self.line}"


def with_gaps(text: str) -> str:
    """What varies as "…": conversions of printf, and names in capitals; CA or HTTP too, which is as good on both sides."""
    text = re.sub(r"%[-.*0-9]*(?:ll|[lzju])?[a-z]", "…", text)
    return re.sub(r"…+", "…", re.sub(r"\b[A-Z]{2,}[A-Z0-9_-]*\b", "…", text))


def arguments(text: str, at: int) -> list[str]:
    """Of the call whose opening parenthesis is before `at`."""
    found, begin, depth = [], at, 0
    for token in re.finditer(rf"{STRING}|'(?:\\.|[^'\\])'|[(){{}},]", text[at:]):
        where = at + token.start()
        if token[0] in "({":
            depth += 1
        elif token[0] in ")}":
            depth -= 1
        if depth < 0 or (token[0] == "," and depth == 0):
            found.append(text[begin:where].strip())
            begin = where + 1
        if depth < 0:
            return found
    raise AssertionError("a call without an end")


def literal(expression: str) -> str:
    """Of strings that stand beside each other, with macros of inttypes.h between them."""
    expression = re.sub(r"\bPRIu64\b", '"u"', expression)
    assert re.fullmatch(rf"(?:{STRING}\s*)+", expression), f"no literal format: {expression}"
    return "".join(found[1:-1] for found in re.findall(STRING, expression)).replace('\\"', '"')


def is_important(level: str) -> bool:
    return "LOG_INFO" not in level and level != "LOG_DEBUG"


@cache
def logged() -> list[Logged]:
    found = set()
    for path in (path for room in ROOMS for path in sorted((SOURCE / room).rglob("*.c"))):
        text = path.read_text()
        for call in re.finditer(rf"^[ \t].*?\b({'|'.join(FORMAT_AT)})\(", text, re.M):
            given = arguments(text, call.end())
            if call[1] not in LEVEL_AT or is_important(given[LEVEL_AT[call[1]]]):
                found.add(Logged(str(path.relative_to(SOURCE)), with_gaps(literal(given[FORMAT_AT[call[1]]]))))
    return sorted(found)


def rows() -> list[str]:
    """What the table says that the programs say."""
    section = (SOURCE / PAGE).read_text().split(f"\n## {SECTION}\n")[1].split("\n## ")[0]
    found = re.findall(r"(?m)^\| `([^`]+)` \|", section)
    assert len(found) > 50
    return found


def stands_for(row: str, line: Logged) -> bool:
    """Whether the line begins as the row does; without words of its own it is no longer than the row."""
    row = with_gaps(row)
    return line.line.startswith(row) if re.search("[a-z]", row) else line.line == row


def test_of_every_warning_and_error_the_table_says_what_to_do():
    assert [str(line) for line in logged() if str(line) not in WORDS_FROM_ELSEWHERE
            and not any(stands_for(row, line) for row in rows())] == []


def test_no_row_of_the_table_is_about_a_line_that_is_not_there():
    handed_on = {row for named in WORDS_FROM_ELSEWHERE.values() for row in named}
    assert [row for row in rows() if row not in handed_on and not any(stands_for(row, line) for line in logged())] == []


def test_no_line_has_two_rows():
    assert sorted(set(rows())) == sorted(rows())


@cache
def strings() -> str:
    """All that the sources may say, one string a line."""
    texts = [path.read_text() for room in ROOMS for path in (SOURCE / room).rglob("*.c")]
    drivers = [path.read_text() for path in (SOURCE / "consumer/certs/drivers").iterdir()]
    return "\n".join(with_gaps(literal(found)) for text in texts + drivers
                     for found in re.findall(rf"{STRING}(?:\s*{STRING})*", text))


def words_from_elsewhere(line: str) -> list[str]:
    """Those pieces of a line that are in no string of the sources."""
    return [words for words in re.split("[…:;()]", with_gaps(line)) if words.strip() not in strings()]


@pytest.mark.parametrize("line", WORDS_FROM_ELSEWHERE)
def test_a_line_with_words_from_elsewhere_has_rows_with_words_of_the_sources(line):
    its_format, = [found.line for found in logged() if str(found) == line]
    pattern = ".+".join(re.escape(words) for words in its_format.split("…"))
    for row in WORDS_FROM_ELSEWHERE[line]:
        assert row in rows() and re.match(pattern, row), row
        assert words_from_elsewhere(row) == []


def test_what_a_program_says_of_a_symptom_it_does_say():
    said = re.findall(r"(?ms)^\| it says \|.*?\n(.*?)^$", (SOURCE / SYMPTOMS).read_text())
    lines = [line for table in said for cell in re.findall(r"(?m)^\| (.*?) \|", table) for line in re.findall("`([^`]+)`", cell)]
    assert len(lines) > 20
    assert [line for line in lines if words_from_elsewhere(line)] == []
