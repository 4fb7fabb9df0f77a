"""The session of an issue from cell to cell: where its price is after every minute, and what has changed hands.

A price goes from the open to the close of its day as a bridge: a walk whose end is known. The market's own bridge is a
part of everyone's, so that indices move within the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Final

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.draws import Ints, UInts
from kosdata.simulator.shares import price_ladder
from kosdata.simulator.shares.funds import Basket, quoted
from kosdata.simulator.shares.paths import MILLION, Paths
from kosdata.simulator.shares.shapes import LEAST_VOLUME, VARIANTS, clock, shapes

__all__ = ["Cells", "Minutes"]

# Walks are made in 2**-24 of a tick.
_FINE: Final = 24
# Standard deviation of a number drawn evenly from 0 to 65,535.
_EVEN: Final = 18_918
_MARKET: Final = 7_000
# Cells worked on at once: what a processor keeps at hand.
_AT_ONCE: Final = 300_000


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Some sessions of some issues, one line each, one column a cell.

    Attributes
    ----------
    clock : array of int
        When each cell ends, in hundredths of a second.
    number : array of int
        Price at the end of each cell, as a number of `ticks`.
    count, volume : array of int
        Trades and shares in each cell.
    low, high : array of int
        Numbers of the limits of each line.
    """

    clock: Ints
    number: Ints
    count: Ints
    volume: Ints
    low: Ints
    high: Ints

    @property
    def price(self) -> Ints:
        """Price at the end of each cell, in won."""
        return price_ladder.price(self.number)


class Minutes:
    """Makes the sessions of a market.

    Parameters
    ----------
    paths : Paths
        Daily prices.
    baskets : mapping of int to Basket
        What the funds hold, by column.
    """

    def __init__(self, paths: Paths, baskets: Mapping[int, Basket]) -> None:
        self._paths = paths
        self._baskets = baskets
        self._follows = np.isin(np.arange(len(paths.issues)), list(baskets))
        self._liquidity = np.array([issue.liquidity for issue in paths.issues])
        self._turnover = np.array([issue.turnover for issue in paths.issues])
        self._noise = np.array([issue.noise for issue in paths.issues])
        self._beta = np.array([issue.beta for issue in paths.issues])
        self._day, self._walk = (
            np.array([draws.key(paths.seed, purpose, issue.code) for issue in paths.issues])
            for purpose in ("day", "walk")
        )
        self._market = draws.key(paths.seed, "minutes")

    def clock(self, rows: Ints) -> Ints:
        """Return when the cells of sessions of the same hours end."""
        return clock(self._paths.hours[rows[0] if len(rows) else 0])

    def same_hours(self, rows: Ints, width: int = 1) -> Iterator[Ints]:
        """Yield positions of `rows` whose sessions have the same hours, not too many at once for `width` issues."""
        hours = [self._paths.hours[row] for row in rows.tolist()]
        for each in dict.fromkeys(hours):
            alike = np.array([position for position, found in enumerate(hours) if found == each])
            step = max(1, _AT_ONCE // (width * len(clock(each))))
            for start in range(0, len(alike), step):
                yield alike[start : start + step]

    def volume(self, rows: Ints, columns: Ints) -> Ints:
        """Return the shares that change hands in the regular session."""
        paths = self._paths
        chance = draws.at(self._keys(rows, columns), 1)
        usual = paths.shares[rows, columns] * self._turnover[columns] // MILLION
        mood = np.maximum(1_000 + draws.bell(chance, 350), 300)
        news = 1_000 + np.minimum(np.abs(self._return(rows, columns)), 300_000) // 40
        volume = np.maximum(usual * mood // 1_000 * news // 1_000, LEAST_VOLUME[self._liquidity[columns]])
        return np.where(paths.trading[rows, columns], volume, 0)

    def cells(self, rows: Ints, columns: Ints) -> Cells:
        """Return sessions of the same hours, one for each pair of row and column."""
        ends = self.clock(rows)
        low, high = self._paths.bounds(rows, columns)
        number = self.numbers(rows, columns)
        shape = shapes(len(ends))
        line = self._variant(rows, columns)
        total = self.volume(rows, columns)
        count = np.where(total[:, np.newaxis] > 0, shape.count[line], 0)
        spread = np.maximum(total - count.sum(axis=1), 0)
        volume = count + (shape.share[line] * spread[:, np.newaxis] >> 16)
        volume[:, -1] += total - volume.sum(axis=1)
        return Cells(ends, number, count, volume, low, high)

    def numbers(self, rows: Ints, columns: Ints) -> Ints:
        """Return the price of each cell, as a number of `ticks`; a cell without a trade keeps the last price."""
        follows = self._follows[columns]
        number = np.empty((len(rows), len(self.clock(rows))), dtype=np.int64)
        if not follows.all():
            number[~follows] = self._bridge(rows[~follows], columns[~follows])
        for column in np.unique(columns[follows]).tolist():
            mine = columns == column
            number[mine] = self._follow(self._baskets[column], rows[mine])
        lines, cells = number.shape
        held = shapes(cells).held[self._variant(rows, columns)] + cells * np.arange(lines)[:, np.newaxis]
        return number.ravel().take(held)

    def worth(self, rows: Ints, columns: Ints, weights: Ints) -> Ints:
        """Return the worth of a portfolio at each cell of sessions of the same hours; weights by row and column."""
        width = len(columns)
        number = self.numbers(np.repeat(rows, width), np.tile(columns, len(rows)))
        price = price_ladder.price(number).reshape(len(rows), width, -1)
        return np.asarray(np.einsum("rm,rmc->rc", weights, price))

    def nav(self, basket: Basket, rows: Ints) -> Ints:
        """Return the net asset value of a fund at each cell, in hundredths of a won."""
        holdings = basket.holdings
        found = np.empty((len(rows), len(self.clock(rows))), dtype=np.int64)
        for part in self.same_hours(rows, len(holdings.members)):
            some = rows[part]
            worth = self.worth(some, holdings.members, holdings.quantity[some]) + holdings.cash[some, np.newaxis]
            found[part] = basket.nav_of(some, worth)
        return found

    def _bridge(self, rows: Ints, columns: Ints) -> Ints:
        """Return walks from the open to the close of each day, in numbers, inside the limits."""
        paths = self._paths
        steps = len(self.clock(rows)) - 1
        base, ladder = paths.base[rows, columns], paths.ladder(rows, columns)
        low, high = paths.bounds(rows, columns)
        close = price_ladder.number(paths.close[rows, columns], ladder)
        chance = draws.at(self._keys(rows, columns), 2)
        gap = self._return(rows, columns) * 35 // 100 + draws.bell(chance, self._noise[columns] // 5)
        start = np.clip(price_ladder.nearest(base + base * gap // MILLION, ladder), low, high)
        start = np.where(paths.trading[rows, columns], start, close)
        # The price in ticks, times a move in millionths, is the move in millionths of a tick.
        size = base * 1_678 // price_ladder.tick(base, ladder) * paths.trading[rows, columns]
        apart = _EVEN * isqrt(10_000 * steps)
        own = _wander(draws.keys(self._walk[columns], paths.days[rows]), steps)
        own *= (size * self._noise[columns] * 3 // 4 // apart)[:, np.newaxis]
        sessions, which = np.unique(rows, return_inverse=True)
        market = _wander(draws.keys(self._market, paths.days[sessions]), steps)[which]
        own += market * (size * _MARKET * self._beta[columns] // 100 // apart)[:, np.newaxis]
        slope = (((close - start) << _FINE) - own[:, -1]) // steps
        own += slope[:, np.newaxis] * np.arange(1, steps + 1)
        own += ((start << _FINE) + (1 << _FINE - 1))[:, np.newaxis]
        own >>= _FINE
        np.clip(own, low[:, np.newaxis], high[:, np.newaxis], out=own)
        own[:, -1] = close
        return np.concatenate([start[:, np.newaxis], own], axis=1)

    def _follow(self, basket: Basket, rows: Ints) -> Ints:
        """Return the prices of a fund: its net asset value and a small premium, that of the last close at first."""
        columns = np.full_like(rows, basket.column)
        nav = self.nav(basket, rows)
        cells = nav.shape[1]
        place = np.arange(cells)
        before, after = basket.premium[rows - 1, np.newaxis], basket.premium[rows, np.newaxis]
        ripple = draws.below(draws.draw(self._keys(rows, columns), cells + 8)[:, 8:], 600) - 300
        ripple[:, -1] = 0
        premium = before + (after - before) * place // (cells - 1) + ripple
        low, high = self._paths.bounds(rows, columns)
        number = quoted(nav, premium, self._paths.ladder(rows, columns)[:, np.newaxis])
        return np.clip(number, low[:, np.newaxis], high[:, np.newaxis])

    def _return(self, rows: Ints, columns: Ints) -> Ints:
        base, close = self._paths.base[rows, columns], self._paths.close[rows, columns]
        return (close - base) * MILLION // np.maximum(base, 1)

    def _variant(self, rows: Ints, columns: Ints) -> Ints:
        """Return the line of the ready-made day that each session takes."""
        chance = draws.at(self._keys(rows, columns), 0)
        return VARIANTS * self._liquidity[columns] + draws.below(chance, VARIANTS)

    def _keys(self, rows: Ints, columns: Ints) -> UInts:
        return draws.keys(self._day[columns], self._paths.days[rows])


def _wander(of: UInts, steps: int) -> Ints:
    """Return running sums of even 16-bit numbers; a bridge takes their trend out."""
    drawn = draws.draw(of, -(-steps // 4)).astype("<u8", copy=False)
    return np.cumsum(drawn.view("<u2")[:, :steps], axis=1, dtype=np.int64)
