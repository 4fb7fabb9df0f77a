"""Bars: the trades of a session cut into equal stretches, and days joined to weeks and months."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

import numpy as np

from kosdata.simulator.columns import Columns, change_codes, dates, times
from kosdata.simulator.draws import Bools, Ints
from kosdata.simulator.shares.shapes import SECOND
from kosdata.simulator.shares.tape import Tape

__all__ = ["Daily", "Freq", "Intraday", "cut", "labels", "last_of_each", "whole"]

Freq: TypeAlias = Literal["D", "W", "M"]

_HIGH: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Daily:
    """Bars of days or longer, oldest first, in won or hundredths of a point; 0 is none.

    Attributes
    ----------
    day : tuple of date
        Last session of each bar.
    open, high, low, close : array of int
        Prices.
    change : array of int
        From the close before to the close.
    volume, value : array of int
        Shares and won.
    upper, lower : array of bool
        Whether the close is at a limit.
    """

    day: tuple[date, ...]
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    change: Ints
    volume: Ints
    value: Ints
    upper: Bools
    lower: Bools

    def columns(self, unit: int = 1) -> Columns:
        """Return the bars as columns; prices are counted in the `unit`-th part of theirs."""
        opened, high, low, close = (
            np.where(price > 0, price / unit, np.nan) for price in (self.open, self.high, self.low, self.close)
        )
        return {
            "date": dates(self.day),
            "close": close,
            "change_code": change_codes(self.change, self.volume, self.upper, self.lower),
            "open": opened,
            "high": high,
            "low": low,
            "volume": self.volume,
            "value": self.value,
            "change": self.change / unit,
        }

    def between(self, start: date, end: date) -> Daily:
        """Return the bars dated from `start` to `end`, both included."""
        part = slice(bisect_left(self.day, start), bisect_right(self.day, end))
        return Daily(*(getattr(self, each.name)[part] for each in fields(self)))

    def by(self, freq: Freq) -> Daily:
        """Return bars of whole weeks or months, dated on their last session."""
        if freq == "D" or not self.day:
            return self
        last = last_of_each(self.day, freq)
        first = np.append(0, last[:-1] + 1)
        # A day without trades has no open, high or low: it must not lower the low, nor open the period.
        traded = self.open > 0
        opened = np.minimum.reduceat(np.where(traded, np.arange(len(traded)), len(traded)), first)
        low = np.minimum.reduceat(np.where(traded, self.low, _HIGH), first)
        nowhere = np.zeros(len(first), dtype=np.bool_)
        return Daily(
            day=tuple(self.day[place] for place in last.tolist()),
            open=np.append(self.open, 0)[opened],
            high=np.maximum.reduceat(self.high, first),
            low=np.where(low < _HIGH, low, 0),
            close=self.close[last],
            change=self.close[last] - (self.close - self.change)[first],
            volume=np.add.reduceat(self.volume, first),
            value=np.add.reduceat(self.value, first),
            upper=nowhere,
            lower=nowhere,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Intraday:
    """Bars of one session, labelled by their ends in hundredths of a second."""

    label: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    value: Ints

    def columns(self, start: int, end: int, unit: int = 1) -> Columns:
        """Return the bars with a label after `start` and up to `end` as columns."""
        keep = (self.label > start) & (self.label <= end)
        return {
            "time": times(self.label[keep]),
            "open": self.open[keep] / unit,
            "high": self.high[keep] / unit,
            "low": self.low[keep] / unit,
            "close": self.close[keep] / unit,
            "volume": self.volume[keep],
            "value": self.value[keep],
            "volume_cum": np.cumsum(self.volume)[keep],
            "value_cum": np.cumsum(self.value)[keep],
        }


def whole(start: date, end: date, freq: Freq) -> tuple[date, date]:
    """Return the first and the last day of the periods that a span touches."""
    if freq == "W":
        return start - timedelta(days=start.weekday()), end + timedelta(days=6 - end.weekday())
    if freq == "M":
        return start.replace(day=1), end.replace(day=monthrange(end.year, end.month)[1])
    return start, end


def last_of_each(days: Sequence[date], freq: Freq) -> Ints:
    """Return the positions of the last session of each period."""
    ends = [whole(day, day, freq)[1] for day in days]
    return np.array([place for place, end in enumerate(ends) if end not in ends[place + 1 : place + 2]], dtype=np.int64)


def labels(first: int, last: int, seconds: int) -> Ints:
    """Return the ends of the bars of a session that opens at `first` and closes at `last`."""
    step = seconds * SECOND
    return np.append(np.arange(first + step, last, step, dtype=np.int64), last)


def cut(tape: Tape, ends: Ints, until: int) -> Intraday:
    """Return the bars of one line of trades; what trades at an end belongs to the bar before it.

    A bar without a trade repeats the last price. The bar that is running at `until` is labelled by its last trade, and
    not there before it has one.
    """
    tape = tape.until(until)
    over = int(np.searchsorted(ends, until, side="right"))
    place = np.searchsorted(ends, tape.time, side="left")
    bars = min(len(ends), over + bool(len(place) and place[-1] == over))
    if not len(place):
        bars = 0
    count = np.bincount(place, minlength=bars)[:bars]
    sliced = Tape(np.concatenate(([0], np.cumsum(count))), tape.time, tape.price, tape.size, tape.auction).bars()
    # The opening auction is in the first bar, so that there is always a price to repeat.
    last = sliced.close[np.maximum.accumulate(np.where(count > 0, np.arange(bars), 0))]
    opened, high, low = (np.where(count > 0, price, last) for price in (sliced.open, sliced.high, sliced.low))
    label = ends[:bars].copy()
    if bars > over:
        label[-1] = tape.time[-1]
    return Intraday(label, opened, high, low, last, sliced.volume, sliced.value)
