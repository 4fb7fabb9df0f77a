"""What somebody may have meant who wrote something else."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["suggestion"]


def suggestion(word: object, known: Iterable[str], *, most: int = 2, cutoff: float = 0.6) -> str:
    """Return a sentence that names what is spelled much like a word, with a space before it; else nothing.

    Examples
    --------
    >>> suggestion("kosdak", ["kospi", "kosdaq", "konex"], most=1)
    ' Did you mean kosdaq?'
    >>> suggestion("moon", ["kospi", "kosdaq", "konex"])
    ''
    """
    by_spelling = {name.casefold(): name for name in known}
    near = get_close_matches(str(word).casefold(), list(by_spelling), n=most, cutoff=cutoff)
    return f" Did you mean {' or '.join(by_spelling[name] for name in near)}?" if near else ""
