"""Words that a user writes: those that are known, and what was meant by others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from kosdata.errors import ArgumentError

__all__ = ["choice", "suggestion"]


def choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Refuse what is none of the choices.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    # Arrays and missing values compare in ways of their own.
    if not isinstance(value, str | bool | None) or value not in choices:
        names = [str(each) for each in choices]
        raise ArgumentError(f"{name}={value!r} is not one of {', '.join(names)}.{suggestion(value, names)}")


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
