"""Waiting for a state instead of for a time."""
import os
import time
from typing import Callable, TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02
PATIENCE = float(os.environ.get("BEACHHEAD_PATIENCE", "1"))  # times as long where programs are slower than they are


def eventually(condition: Callable[[], T], within: float = 20, what: str = "") -> T:
    """Asks until the answer is truthy and returns it; an AssertionError counts as no, and so does a
    connection that nobody takes yet."""
    within *= PATIENCE
    deadline = time.monotonic() + within
    while True:
        failure = None
        try:
            answer = condition()
            if answer:
                return answer
        except (AssertionError, ConnectionError) as error:
            failure = error
        if time.monotonic() > deadline:
            name = what or getattr(condition, "__name__", "condition")
            raise AssertionError(f"not within {within} s: {name}{f': {failure}' if failure else ''}")
        time.sleep(POLL_SECONDS)


def always(condition: Callable[[], bool], during: float, what: str = "") -> None:
    """For what must not happen: asks all that time, and fails at the first no."""
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        name = what or getattr(condition, "__name__", "condition")
        assert condition(), f"no longer so: {name}"
        time.sleep(POLL_SECONDS)
