"""Days and times of the wire as numbers, however they are written."""

from __future__ import annotations

import re

__all__ = ["NONE", "digits"]

NONE = frozenset({"", "-"})
"""What stands where there is no value, blanks taken off."""


def digits(value: object, width: int) -> int | None:
    """Return the digits of a day or a time as one number: 0 where there is none, and None for what is neither.

    Parameters
    ----------
    value : object
        A number, or text with or without separators.
    width : int
        Digits at most; a time with colons is cut to it.

    Examples
    --------
    >>> digits("2024-01-02", 8), digits("09:00:01.5", 8), digits(" -", 8), digits("soon", 8)
    (20240102, 9000150, 0, None)
    """
    if value is None or value != value:
        return 0
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    if text in NONE:
        return 0
    if ":" in text:
        # Two tables print HH:MM:SS, with or without hundredths.
        whole, _, fraction = text.partition(".")
        text = "".join(part.zfill(2) for part in whole.split(":")).ljust(6, "0") + fraction[:2].ljust(2, "0")
        text = text[:width]
    text = re.sub(r"[-./ ]", "", text)
    return int(text) if text.isdecimal() and len(text.lstrip("0")) <= width else None
