"""Bars of bars: rows put together, counted from the open of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.frame.phases import AUCTION_DELAY

__all__ = ["Cut", "aggregated", "cut"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_ADDED: Final = ("volume", "value", "count")


class Cut(NamedTuple):
    """Which rows make which bar.

    Attributes
    ----------
    starts : array of int
        Position of the first row of each bar.
    begin, end : array of int
        When each bar begins and ends, in the unit of the times that were cut.
    """

    starts: Ints
    begin: Ints
    end: Ints


def cut(ends: Ints, opens: Ints, closes: Ints, length: int) -> Cut:
    """Return the bars of one length that shorter bars make, each session cut from its open.

    The last bar of a session ends with it. What ends up to a minute after the close, or before the open, is an auction
    and belongs to the last bar, or the first; beyond that the bars go on, for then the hours are not what was thought.

    Parameters
    ----------
    ends : array of int
        When each of the shorter bars ends, in microseconds, ascending.
    opens, closes : array of int
        When the session of each of them opens and closes.
    length : int
        Length of the bars that are wanted, in microseconds.

    Examples
    --------
    >>> minutes = 60_000_000 * np.arange(1, 6)
    >>> cut(minutes, np.zeros(5, dtype=int), np.full(5, minutes[-1]), 2 * minutes[0]).starts
    array([0, 2, 4])
    """
    inside = np.where((ends > closes) & (ends <= closes + AUCTION_DELAY), closes, ends)
    inside = np.where((ends <= opens) & (ends > opens - AUCTION_DELAY), opens + 1, inside)
    # A bar holds its end and not its start.
    begins = opens - ((opens - inside) // length + 1) * length
    starts = np.flatnonzero(np.diff(begins, prepend=begins[:1] - 1))
    begin, close = begins[starts], closes[starts]
    end = begin + length
    return Cut(starts, begin, np.where((begin < close) & (end > close), close, end))


def aggregated(columns: Mapping[str, Any], starts: Ints) -> dict[str, Any]:
    """Return columns of bars with runs of rows put together: first open, highest, lowest, last close, counts added.

    A row without a trade only repeats the last price; it has no say where another of its run has traded. A count that
    is missing in a row is missing in their sum. A run is ``final`` if all of its rows are; of other columns it has the
    last value.

    Parameters
    ----------
    columns : mapping of str to array
        ``open high low close volume value``, and others; a ``count`` is added as well.
    starts : array of int
        Position of the first row of each run.

    Examples
    --------
    >>> prices = dict.fromkeys(["open", "high", "low", "close"], np.array([5.0, 7.0, 6.0]))
    >>> aggregated({**prices, "volume": np.array([0, 2, 3]), "value": np.array([0, 14, 18])}, np.array([0]))["open"]
    array([7.])
    """
    if len(starts) == len(columns["close"]):
        return {name: column.copy() for name, column in columns.items()}
    opened, high, low, close = (np.asarray(columns[name]) for name in ("open", "high", "low", "close"))
    lengths = np.diff(starts, append=len(close))
    idle = (_numbers(columns["volume"]) == 0) & ~(high > low)
    silent = idle & np.repeat(np.logical_or.reduceat(~idle, starts), lengths)
    if silent.any():
        opened, high, low = (np.where(silent, np.nan, prices) for prices in (opened, high, low))
    made = {
        "open": _first(opened, starts),
        "high": np.fmax.reduceat(high, starts),
        "low": np.fmin.reduceat(low, starts),
        "close": _first(close[::-1], len(close) - (starts + lengths)[::-1])[::-1],
        **{name: _sums(columns[name], starts) for name in _ADDED if name in columns},
    }
    if "final" in columns:
        made["final"] = np.logical_and.reduceat(np.asarray(columns["final"]), starts)
    lasts = starts + lengths - 1
    return {name: made[name] if name in made else column.take(lasts) for name, column in columns.items()}


def _first(prices: Floats, starts: Ints) -> Floats:
    """Return the first price of each run that is one."""
    places = np.where(np.isnan(prices), len(prices), np.arange(len(prices)))
    first: Ints = np.minimum.reduceat(places, starts)
    found = prices[np.minimum(first, len(prices) - 1)]
    return np.where(first < len(prices), found, np.nan)


def _sums(counts: Any, starts: Ints) -> Any:
    sums = np.add.reduceat(_numbers(counts, 0), starts)
    if not isinstance(counts, pd.arrays.IntegerArray):
        return sums
    return pd.arrays.IntegerArray(sums, np.logical_or.reduceat(counts.isna(), starts))


def _numbers(counts: Any, missing: int = -1) -> Ints:
    if isinstance(counts, pd.arrays.IntegerArray):
        return counts.to_numpy(np.int64, na_value=missing)
    return np.asarray(counts)
