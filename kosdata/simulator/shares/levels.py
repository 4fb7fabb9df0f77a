"""What contracts are written on: indices and shares of the market, as levels in hundredths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from kosdata.simulator.draws import Ints
from kosdata.simulator.shares.indices import Indices
from kosdata.simulator.shares.minutes import Minutes
from kosdata.simulator.shares.paths import Paths
from kosdata.simulator.shares.shapes import MINUTE, centiseconds
from kosdata.simulator.shares.stocks import rebased

__all__ = ["Level", "index_level", "share_level"]


@dataclass(frozen=True, slots=True)
class Level:
    """A level through time, in hundredths of a point or of a won.

    Attributes
    ----------
    paths : Paths
        Sessions and their hours.
    at_close : callable
        Level at the close of sessions, by row.
    within : callable
        Level at times of one session, from its row and hundredths of a second.
    """

    paths: Paths
    at_close: Callable[[Ints], Ints]
    within: Callable[[int, Ints], Ints]

    def closes(self, days: Sequence[date]) -> Ints:
        """Return the closing level of each day; without a session, that of the last one before."""
        return self.at_close(np.array([max(self.paths.row(day), 0) for day in days], dtype=np.int64))

    def minutes(self, day: date) -> Ints:
        """Return the level at the end of each minute of the stock session."""
        row = max(self.paths.row(day), 0)
        hours = self.paths.hours[row]
        first, last = centiseconds(hours.open), centiseconds(hours.close)
        return self.within(row, np.arange(first + MINUTE, last + 1, MINUTE, dtype=np.int64))


def index_level(paths: Paths, indices: Indices, code: str) -> Level:
    """Return the level of an index."""
    return Level(paths, lambda rows: indices.closes(code, rows), lambda row, times: indices.levels(code, row, times))


def share_level(paths: Paths, minutes: Minutes, column: int) -> Level:
    """Return the price of a share, in shares of the last day: no split makes it jump."""

    def of_last_day(prices: Ints, rows: Ints) -> Ints:
        old, new = rebased(paths.issues[column], tuple(paths.dates[row] for row in rows.tolist()), paths.dates[-1])
        return prices * 100 * old // new

    def within(row: int, times: Ints) -> Ints:
        rows = np.array([row])
        cells = minutes.cells(rows, np.array([column]))
        cell = np.searchsorted(cells.clock, times, side="right") - 1
        return of_last_day(cells.price[0, cell], rows)

    return Level(paths, lambda rows: of_last_day(paths.close[rows, column], rows), within)
