"""The course of a day: every moment when a price, an order book or a session changes, in order.

A course is columns: those of a quote and of an order book, and beside them `moment`, the time of day in hundredths of a
second, and `event`: `TRADE`, `ORDERS` or `SIGNAL`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from kosdata.simulator.columns import Columns
from kosdata.simulator.draws import Ints

__all__ = [
    "AFTER_HOURS_CLOSE",
    "ORDERS",
    "REGULAR_CLOSE",
    "SIGNAL",
    "SINGLE_PRICE_CLOSE",
    "TRADE",
    "signalled",
    "timeline",
]

TRADE: Final = 0
ORDERS: Final = 1
"""Orders changed without a trade."""
SIGNAL: Final = 2
"""A session ended."""

REGULAR_CLOSE: Final = "31000000"
AFTER_HOURS_CLOSE: Final = "41000000"
SINGLE_PRICE_CLOSE: Final = "81000000"


def timeline(trades: Ints, orders: Sequence[int] | Ints, ends: Sequence[int] | Ints) -> tuple[Ints, Ints, Ints]:
    """Return the moments of a day, what happens at each, and how many trades there have been by then.

    At one moment, trades come first and ends last.
    """
    parts = [np.asarray(part, dtype=np.int64) for part in (trades, orders, ends)]
    moments = np.concatenate(parts)
    events = np.repeat([TRADE, ORDERS, SIGNAL], [len(part) for part in parts])
    order = np.lexsort((events, moments))
    return moments[order], events[order], np.cumsum(events[order] == TRADE)


def signalled(course: Columns, signals: Mapping[int, str]) -> Columns:
    """Return a course in which the end of a session has its signal in place of a time, and trades nothing."""
    ends = course["event"] == SIGNAL
    told = [
        signals[moment] if end else None for moment, end in zip(course["moment"].tolist(), ends.tolist(), strict=True)
    ]
    time = np.where(ends, np.timedelta64("NaT", "us"), course["time"])
    return course | {"time": time, "size": np.where(ends, 0, course["size"]), "signal": told}
