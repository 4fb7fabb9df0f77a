"""What is said beside the data: one line a thing, to standard error, and never a key."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

__all__ = ["counted", "each_once", "masked", "say", "warnings_told"]

# KOSCOM's keys have 32 digits; one that was copied badly is a secret as well.
_KEY: Final = re.compile(r"(l7xx)[0-9a-f]{8,}", re.IGNORECASE)


def masked(text: str) -> str:
    """Return a text without what looks like an API key.

    Examples
    --------
    >>> masked("--token " + "l7xx" + "0123456789abcdef" * 2)
    '--token l7xx***'
    """
    return _KEY.sub(r"\1***", text)


def say(text: object) -> None:
    """Say something that is no data, in one line."""
    with suppress(OSError):  # where nobody listens
        print("kosdata:", masked(" ".join(str(text).split())), file=sys.stderr, flush=True)


def counted(number: int, noun: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "row"), counted(1_200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def each_once() -> Callable[[object], None]:
    """Return what says each text once."""
    said: set[str] = set()

    def say_once(text: object) -> None:
        if str(text) not in said:
            said.add(str(text))
            say(text)

    return say_once


@contextmanager
def warnings_told(tell: Callable[[object], None]) -> Iterator[None]:
    """Have warnings told in one line each."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: tell(message)
        yield
