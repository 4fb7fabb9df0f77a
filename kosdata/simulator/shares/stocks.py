"""The history and the sessions of shares and funds."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.draws import Ints
from kosdata.simulator.shares import price_ladder
from kosdata.simulator.shares.bars import Daily, Freq, whole
from kosdata.simulator.shares.issues import Issue
from kosdata.simulator.shares.minutes import Minutes
from kosdata.simulator.shares.paths import Paths
from kosdata.simulator.shares.quotes import Floor
from kosdata.simulator.shares.tape import TradeMaker

__all__ = ["Stocks", "rebased"]

_BLOCK: Final = 64
_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _VALUE = range(6)


class Stocks:
    """Looks up, and remembers for a while, what was made of single issues.

    Parameters
    ----------
    paths : Paths
        Daily prices.
    minutes : Minutes
        Sessions in cells.
    """

    def __init__(self, paths: Paths, minutes: Minutes) -> None:
        self._paths = paths
        self._minutes = minutes
        self._maker = TradeMaker(paths, minutes)
        self._books = np.array([draws.key(paths.seed, "book", issue.code) for issue in paths.issues])
        self._block = lru_cache(maxsize=2_048)(self._make_block)
        self.session = lru_cache(maxsize=512)(self._make_session)
        self.floor = lru_cache(maxsize=6)(self._make_floor)

    def daily(self, column: int, start: date, end: date, asof: date, freq: Freq = "D") -> Daily:
        """Return bars as history shows them: prices in shares of `asof`, volume and value as they were."""
        first, last = whole(start, end, freq)
        rows = self.rows(column, first, min(last, asof))
        return self.adjusted(column, rows, asof).by(freq).between(start, end)

    def day(self, column: int, row: int) -> Daily:
        """Return the bar of one session at its own prices."""
        return self.adjusted(column, np.array([row]), self._paths.dates[row])

    def rows(self, column: int, start: date, end: date) -> Ints:
        """Return the rows of the sessions in a span in which an issue is listed."""
        span = self._paths.rows(start, end)
        return np.flatnonzero(self._paths.listed[span.start : span.stop, column]) + span.start

    def turnover(self, column: int, rows: Ints) -> tuple[Ints, Ints]:
        """Return the shares and the won that changed hands in regular sessions."""
        bars = self._bars(column, rows)
        return bars[_VOLUME], bars[_VALUE]

    def listed(self, market: str | None, row: int) -> Ints:
        """Return the columns of the issues of a market, or of all markets, in a session."""
        issues = self._paths.issues
        columns = np.flatnonzero(self._paths.listed[row]).tolist()
        return np.array([each for each in columns if market in (None, issues[each].market)], dtype=np.int64)

    def adjusted(self, column: int, rows: Ints, asof: date) -> Daily:
        """Return the bars of sessions, with prices in shares of `asof`."""
        paths = self._paths
        bars = self._bars(column, rows)
        moved = bars[_CLOSE] - paths.base[rows, column]
        lower, upper = map(price_ladder.price, paths.bounds(rows, np.full_like(rows, column)))
        days = tuple(paths.dates[row] for row in rows.tolist())
        old, new = rebased(paths.issues[column], days, asof)

        def in_new(price: Ints) -> Ints:
            return (2 * price * old + new) // (2 * new)

        return Daily(
            day=days,
            open=in_new(bars[_OPEN]),
            high=in_new(bars[_HIGH]),
            low=in_new(bars[_LOW]),
            close=in_new(bars[_CLOSE]),
            change=np.sign(moved) * in_new(np.abs(moved)),
            volume=bars[_VOLUME],
            value=bars[_VALUE],
            upper=bars[_CLOSE] == upper,
            lower=bars[_CLOSE] == lower,
        )

    def _bars(self, column: int, rows: Ints) -> Ints:
        """Return open, high, low, close, volume and value of sessions, at their own prices."""
        if not len(rows):
            return np.zeros((6, 0), dtype=np.int64)
        first = int(rows[0]) // _BLOCK
        blocks = [self._block(column, block) for block in range(first, int(rows[-1]) // _BLOCK + 1)]
        return np.concatenate(blocks, axis=1)[:, rows - first * _BLOCK]

    def _make_block(self, column: int, block: int) -> Ints:
        rows = np.arange(block * _BLOCK, min((block + 1) * _BLOCK, len(self._paths.dates)))
        found = np.zeros((6, len(rows)), dtype=np.int64)
        found[_CLOSE] = self._paths.close[rows, column]
        live = np.flatnonzero(self._paths.trading[rows, column])
        for part in self._minutes.same_hours(rows[live]):
            some = live[part]
            bars = self._maker.regular(rows[some], np.full(len(some), column)).bars()
            found[:, some] = bars.open, bars.high, bars.low, bars.close, bars.volume, bars.value
        return found

    def _make_session(self, column: int, row: int) -> Floor:
        return self._on_floor(np.array([column]), row)

    def _make_floor(self, market: str | None, row: int) -> Floor:
        return self._on_floor(self.listed(market, row), row)

    def _on_floor(self, columns: Ints, row: int) -> Floor:
        paths = self._paths
        rows = np.full_like(columns, row)
        low, high = paths.bounds(rows, columns)
        return Floor(
            codes=[paths.issues[column].code for column in columns.tolist()],
            hours=paths.hours[row],
            regular=self._maker.regular(rows, columns),
            late=self._maker.after_hours(row, columns),
            base=paths.base[row, columns],
            low=low,
            high=high,
            ladders=paths.ladder(row, columns),
            shares=paths.shares[row, columns],
            volume=self._minutes.volume(rows, columns),
            keys=draws.keys(self._books[columns], paths.days[rows]),
        )


def rebased(issue: Issue, days: tuple[date, ...], asof: date) -> tuple[Ints, Ints]:
    """Return old and new shares of the splits between each day and `asof`."""
    old, new = np.ones((2, len(days)), dtype=np.int64)
    for split in issue.splits:
        if split.day <= asof:
            before = np.array([day < split.day for day in days], dtype=np.bool_)
            old[before] *= split.old
            new[before] *= split.new
    return old, new
