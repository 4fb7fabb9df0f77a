"""Lengths of bars, as users write them."""

from __future__ import annotations

import re
from datetime import timedelta
from operator import index
from typing import Final, SupportsIndex

__all__ = ["Interval", "interval_name", "whole_seconds"]

Interval = str | int | timedelta
"""``"1min"``, ``"10s"``, ``"1h"``, a number of seconds or a Timedelta."""

_INTERVAL: Final = re.compile(r"(\d{1,9})?\s*(s|min|h)?", re.IGNORECASE)
_UNITS: Final = {"s": 1, "min": 60, "h": 3_600}


def whole_seconds(interval: object) -> int | None:
    """Return a length in seconds; None if it is none.

    Examples
    --------
    >>> whole_seconds("5min"), whole_seconds("h"), whole_seconds(90), whole_seconds("1 day")
    (300, 3600, 90, None)
    """
    if isinstance(interval, timedelta) and interval == interval:
        whole, rest = divmod(interval, timedelta(seconds=1))
        return None if rest else int(whole)
    if isinstance(interval, str):
        found = _INTERVAL.fullmatch(interval.strip())
        if found is None or not any(found.groups()):
            return None
        return int(found[1] or 1) * _UNITS[(found[2] or "s").lower()]
    if isinstance(interval, bool):
        return None
    return index(interval) if isinstance(interval, SupportsIndex) else None


def interval_name(length: int) -> str:
    """Return how a length in seconds is written.

    Examples
    --------
    >>> interval_name(90), interval_name(900), interval_name(3600)
    ('90s', '15min', '1h')
    """
    name, unit = next((n, u) for n, u in reversed(_UNITS.items()) if length % u == 0)
    return f"{length // unit}{name}"
