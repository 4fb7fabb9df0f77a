"""What was traded in each contract: day by day, and trade by trade.

A month of a contract is worked out at once and kept; a day in it is the same whichever way it is asked for.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kosdata.catalogue.calendar import Calendar
from kosdata.simulator import draws
from kosdata.simulator.derivatives.contracts import Contract, Month
from kosdata.simulator.derivatives.prints import Prints, Trades, prints
from kosdata.simulator.derivatives.turnover import open_interest, volumes
from kosdata.simulator.derivatives.valuation import Marks, Valuation
from kosdata.simulator.draws import Ints

__all__ = ["Ledger", "Rows", "periods"]

_DAY: Final = timedelta(days=1)
_LONGEST_BREAK: Final = timedelta(days=14)


class Rows(NamedTuple):
    """Finished sessions of a contract, one element each; prices in hundredths, value in won."""

    days: Ints
    base: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    value: Ints
    open_interest: Ints

    def part(self, which: slice | NDArray[Any]) -> Rows:
        """Return some of the rows."""
        return Rows(*(column[which] for column in self))

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Return the rows of all parts, one after the other."""
        none = np.array([], dtype=np.int64)
        return cls(*map(np.concatenate, zip(*parts, strict=True))) if parts else cls(*(none,) * len(cls._fields))


def periods(rows: Rows, numbers: Ints) -> Rows:
    """Return one row for each run of rows of the same number, such as that of their week, dated by the last."""
    if not len(rows.days):
        return rows
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    ends = np.append(starts[1:], len(numbers)) - 1
    return Rows(
        days=rows.days[ends],
        base=rows.base[starts],
        open=rows.open[starts],
        high=np.maximum.reduceat(rows.high, starts),
        low=np.minimum.reduceat(rows.low, starts),
        close=rows.close[ends],
        volume=np.add.reduceat(rows.volume, starts),
        value=np.add.reduceat(rows.value, starts),
        open_interest=rows.open_interest[ends],
    )


class _Year(NamedTuple):
    """The sessions of a contract in one year: their marks, and what was traded and left open."""

    dates: list[date]
    eves: Marks
    closes: Marks
    volumes: Ints
    open_interest: Ints


class Ledger:
    """Every trade in every contract.

    Parameters
    ----------
    seed : int
        Seed of the simulated market.
    calendar : Calendar
        Trading days. Nothing is traded before the days it knows.
    valuation : Valuation
        Fair prices.
    """

    def __init__(self, seed: int, calendar: Calendar, valuation: Valuation) -> None:
        self._seed = seed
        self._calendar = calendar
        self._valuation = valuation
        self._year = lru_cache(maxsize=256)(self._worked_out)
        self._month_rows = lru_cache(maxsize=2048)(self._reduced)

    def eve(self, day: date) -> date:
        """Return the session before a day; the day itself where none is known."""
        before = self.sessions(day - _LONGEST_BREAK, day - _DAY)
        return before[-1] if before else day

    def sessions(self, start: date, end: date) -> list[date]:
        """Return the trading days of a span that the calendar knows the past of."""
        return self._calendar.sessions(max(start, self._calendar.valid_from), end)

    def rows(self, contract: Contract, start: date, end: date) -> Rows:
        """Return the sessions of a contract from `start` to `end`, both included."""
        start = max(start, contract.series.list_date, self._calendar.valid_from)
        end = min(end, contract.series.last_trade_date)
        month, parts = Month.of(start), []
        while month <= Month.of(end):
            parts.append(self._month_rows(contract, month, min(end, _last_day(month))))
            month = month.plus(1)
        rows = Rows.joined(parts)
        return rows.part(slice(bisect_left(rows.days, start.toordinal()), bisect_right(rows.days, end.toordinal())))

    def marks(self, contract: Contract, day: date) -> Marks:
        """Return the marks of the eve of a day: its base price, and what the limits follow from."""
        return self._valuation.marks(contract, [self.eve(day)])

    def trades(self, contract: Contract, day: date) -> Trades:
        """Return all trades of one day; none if the contract was not traded."""
        if not contract.series.list_date <= day <= contract.series.last_trade_date or not self.sessions(day, day):
            return Trades.none()
        marks = self._valuation.marks(contract, [self.eve(day), day])
        eves, closes = marks.part(slice(0, 1)), marks.part(slice(1, 2))
        traded = volumes(self._seed, contract, eves, closes)
        if not traded[0]:
            return Trades.none()
        return self._prints(contract, [day], eves, closes, traded).trades(self._valuation.session(day))

    def _worked_out(self, contract: Contract, end: date) -> _Year:
        """Return the year that `end` lies in, up to that day."""
        first = max(date(end.year, 1, 1), contract.series.list_date)
        dates = self.sessions(first, end)
        marks = self._valuation.marks(contract, [self.eve(dates[0] if dates else end), *dates])
        eves, closes = marks.part(slice(0, -1)), marks.part(slice(1, None))
        traded = volumes(self._seed, contract, eves, closes)
        held = open_interest(self._seed, contract, closes.days, traded, self._open_before(contract, end.year))
        return _Year(dates, eves, closes, traded, held)

    def _open_before(self, contract: Contract, year: int) -> int:
        if year <= max(contract.series.list_date, self._calendar.valid_from).year:
            return 0
        held = self._year(contract, date(year - 1, 12, 31)).open_interest
        return int(held[-1]) if len(held) else 0

    def _reduced(self, contract: Contract, month: Month, end: date) -> Rows:
        year = self._year(contract, end)
        part = slice(bisect_left(year.dates, date(month.year, month.month, 1)), None)
        dates, traded = year.dates[part], year.volumes[part]
        eves, closes = year.eves.part(part), year.closes.part(part)
        base = eves.settlements
        # A day without trades stays as it is here: flat at its base price.
        opened, high, low, close = (base.copy() for _ in range(4))
        value = np.zeros_like(traded)
        rules = [(self._valuation.session(day), contract.product.ladder(day)) for day in dates]
        for rule in set(rules):
            of = np.array([at for at, each in enumerate(rules) if each == rule and traded[at]], dtype=np.int64)
            if not len(of):
                continue
            found = self._prints(contract, [dates[at] for at in of], eves.part(of), closes.part(of), traded[of]).days()
            opened[of], high[of], low[of], close[of] = found.open, found.high, found.low, found.close
            value[of] = found.points * contract.product.multiplier // 100
        return Rows(closes.days, base, opened, high, low, close, traded, value, year.open_interest[part])

    def _prints(self, contract: Contract, days: Sequence[date], eves: Marks, closes: Marks, traded: Ints) -> Prints:
        """Return the prints of some sessions of equal hours and ticks."""
        product = contract.product
        ladder = product.ladder(days[0])
        return prints(
            draws.keys(draws.key(self._seed, "prints", product.market, contract.code), closes.days),
            self._valuation.paths(contract, days, eves, closes),
            closes.settlements,
            traded,
            self._valuation.limits(contract, eves, product.limits[-1], ladder),
            ladder,
        )


def _last_day(month: Month) -> date:
    after = month.plus(1)
    return date(after.year, after.month, 1) - _DAY
