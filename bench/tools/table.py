"""Figures beside what they are compared with."""
from dataclasses import dataclass

OPEN = "open"  # nothing to compare with could be had


@dataclass
class Row:
    what: str
    target: str
    measured: str
    beside: str = ""
    ratio: str = ""
    verdict: str = ""

    def __str__(self) -> str:
        return "; ".join(text for text in (f"{self.what}: {self.measured}", self.beside, self.ratio, self.verdict) if text)


def digits(number: float) -> str:
    """Three that matter."""
    places = 0 if number >= 100 else 1 if number >= 10 else 2 if number >= 0.1 else 3
    return f"{number:,.{places}f}"


def ms(number: float) -> str:
    return f"{digits(number)} ms" if number < 10_000 else f"{digits(number / 1000)} s"


def mib(number: float) -> str:
    return f"{digits(number)} MiB"


def ratio(number: float) -> str:
    return digits(number) if number >= 0.5 else f"1/{digits(1 / number)}"


def judged(number: float, limit: float) -> str:
    return "met" if number <= limit else f"missed: {digits(number / limit)} times the limit"


def compared(what: str, target: str, ours: float, name: str, theirs: float, limit: float, unit=ms, more: str = "") -> Row:
    """Ours may be `limit` times theirs."""
    times = ours / theirs
    return Row(what, target, unit(ours) + more, f"{name}: {unit(theirs)}", ratio(times), judged(times, limit))


def bounded(what: str, target: str, ours: float, limit: float, unit=ms) -> Row:
    return Row(what, target, unit(ours), verdict=judged(ours, limit))


def not_had(what: str, target: str, measured: str, peer: str) -> Row:
    return Row(what, target, measured, f"{peer}: not measured: could not be had", verdict=OPEN)
