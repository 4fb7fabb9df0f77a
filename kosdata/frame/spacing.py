"""How long bars are and which of their ends they are labelled by, where nothing says it: pandas drops attrs easily."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.calendar import Product
from kosdata.catalogue.seoul import DAY
from kosdata.frame.phases import DAY_BEGINS, hours_of, micros
from kosdata.frame.rows import NAT, Rows

__all__ = ["Spacing", "is_of_sessions", "spacing"]

Ints = NDArray[np.int64]

_SECOND: Final = 1_000_000
# Fewer gaps than these may be those of anything.
_LEAST: Final = 12
_WORKING_WEEK: Final = 5


class Spacing(NamedTuple):
    """What the moments of bars tell.

    Attributes
    ----------
    seconds : int, optional
        The longest length that all of them are multiples of; None if they are too few, or none of bars.
    is_right : bool
        Whether they are labelled by their ends: one is at a close, and none at an open.
    """

    seconds: int | None = None
    is_right: bool = False


def spacing(rows: Rows, products: Sequence[Product]) -> Spacing:
    """Return what the moments of bars within sessions tell.

    Examples
    --------
    >>> ends = pd.date_range("2024-01-05 09:10", "2024-01-05 15:30", freq="10min", name="time")
    >>> spacing(Rows.of(pd.DataFrame(index=ends)), ["stock"])
    Spacing(seconds=600, is_right=True)
    """
    local: Ints = np.unique(rows.times[rows.times != NAT]) + rows.utc_offset
    days = (local - DAY_BEGINS) // DAY
    gaps = np.diff(local)[np.diff(days) == 0]
    if len(gaps) < _LEAST:
        return Spacing()
    length, rest = divmod(int(np.gcd.reduce(gaps)), _SECOND)
    if rest:
        return Spacing()
    edges = {(day, product) for day in np.unique(days).tolist() for product in products}
    hours = [(day * DAY, hours_of(day, product)) for day, product in edges]
    at_open, at_close = (
        np.isin([midnight + micros(getattr(each, edge)) for midnight, each in hours], local).any()
        for edge in ("open", "close")
    )
    return Spacing(length, bool(at_close and not at_open))


def is_of_sessions(frame: pd.DataFrame, rows: Rows) -> bool:
    """Return whether daily rows can be those of sessions: weeks and months never have two within five days."""
    if (freq := frame.attrs.get("kosdata", {}).get("freq")) is not None:
        return bool(freq == "D")
    days = np.unique(rows.times[rows.times != NAT]) // DAY
    return len(days) < _LEAST or bool((np.diff(days) < _WORKING_WEEK).any())
