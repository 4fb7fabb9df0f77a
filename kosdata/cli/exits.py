"""What a command can end with."""

from __future__ import annotations

import textwrap
from enum import IntEnum
from typing import Self

__all__ = ["Exit"]


class Exit(IntEnum):
    """An exit code, and when a command ends with it.

    Attributes
    ----------
    meaning : str
        A sentence of the help.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Make a code that knows what it means."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "Done, also where nothing was found; serve has been told to stop, by Ctrl-C or a signal."
    WRONG = 1, "doctor has found something wrong, or kosdata has a bug."
    WRONG_CALL = 2, "The call or a setting is wrong."
    REFUSED = (
        3,
        "The service refuses, network or stream fail, a file or the output cannot be written, or codes are missing "
        "with --on-error collect.",
    )
    INTERRUPTED = 130, "Ctrl-C."

    @classmethod
    def table(cls, width: int = 80) -> str:
        """Return what every code means, as lines of the help."""
        lines = (
            textwrap.fill(each.meaning, width, initial_indent=f"{each:>5}  ", subsequent_indent=" " * 7) for each in cls
        )
        return "\n".join(["exit codes:", *lines])
