"""nginx's lexical syntax, read strictly: a text as statements, each with its words. Source: nginx's ngx_conf_file.c."""
from dataclasses import dataclass


@dataclass
class Word:
    text: str
    quoted: bool


@dataclass
class Statement:
    words: list[Word]
    depth: int  # blocks around it

    @property
    def name(self) -> str:
        return self.words[0].text


class SyntaxIsWrong(AssertionError):
    pass


def statements(text: str) -> list[Statement]:
    found, words, depth, at = [], [], 0, 0
    while at < len(text):
        c = text[at]
        if c in " \t\r\n":
            at += 1
        elif c == "#" and not words:
            at = text.find("\n", at) % (len(text) + 1)
        elif c in ";{":
            if not words:
                raise SyntaxIsWrong(f"{c} without a word: {text[max(0, at - 80):at + 1]!r}")
            found.append(Statement(words, depth))
            depth, words, at = depth + (c == "{"), [], at + 1
        elif c == "}":
            if words or depth == 0:
                raise SyntaxIsWrong(f"unexpected }}: {text[max(0, at - 80):at + 1]!r}")
            depth, at = depth - 1, at + 1
        else:
            word, at = _quoted(text, at) if c in "\"'" else _bare(text, at)
            words.append(word)
    if words or depth:
        raise SyntaxIsWrong("it ends in the middle")
    return found


def _quoted(text: str, at: int) -> tuple[Word, int]:
    quote, start, at = text[at], at, at + 1
    said = ""
    while text[at:at + 1] != quote:
        if at >= len(text):
            raise SyntaxIsWrong(f"no end of {text[start:start + 80]!r}")
        if text[at] == "\\" and text[at + 1:at + 2] in ('"', "'", "\\"):
            at += 1
        said += text[at]
        at += 1
    if text[at + 1:at + 2] not in (" ", "\t", "\r", "\n", ";", "{", ")"):
        raise SyntaxIsWrong(f"what follows a quoted word: {text[start:at + 20]!r}")
    return Word(said, True), at + 1


def _bare(text: str, at: int) -> tuple[Word, int]:
    start = at
    while at < len(text) and text[at] not in " \t\r\n;{":
        at += 2 if text[at] in "\\$" and text[at + 1:at + 2] in ("{", "\\") else 1
    return Word(text[start:at], False), at
