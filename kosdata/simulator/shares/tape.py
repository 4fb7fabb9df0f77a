"""Every single trade: the cells of a session filled in, and what follows after hours.

Trades of a minute lie on both sides of its price in pairs of one size, and the last is at the price itself. So a minute
turns over its volume at its price, to the won, and an index need not look at single trades.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from kosdata.catalogue.calendar import Span
from kosdata.simulator import draws
from kosdata.simulator.draws import Bools, Ints, UInts
from kosdata.simulator.shares import price_ladder
from kosdata.simulator.shares.minutes import Cells, Minutes
from kosdata.simulator.shares.paths import Paths
from kosdata.simulator.shares.shapes import MINUTE, SECOND, centiseconds

__all__ = ["Bars", "Tape", "TradeMaker", "no_trades"]

# No trade but an auction falls on a full ten seconds, so that bars are the same whichever end they include.
_GAP: Final = 10 * SECOND
_PLACES: Final = (MINUTE // _GAP) * (_GAP - 1)

_AT_CLOSE: Final = 8
_ROUND: Final = 10 * MINUTE
_HAPPENS: Final = 70
# Per cent that a price may fall and rise from the close after hours.
_AFTER_HOURS_LIMITS: Final = (10, 10)


_U8, _U16, _U32 = np.uint64(8), np.uint64(16), np.uint64(32)


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """One bar for each line of a tape; zeros where there is no trade."""

    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    value: Ints
    count: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Trades of some sessions, line after line, in order of time.

    Attributes
    ----------
    start : array of int
        Where each line begins; one more than there are lines.
    time : array of int
        Hundredths of a second since midnight.
    price, size : array of int
        Won and shares.
    auction : array of bool
        Whether the trade is of an auction.
    """

    start: Ints
    time: Ints
    price: Ints
    size: Ints
    auction: Bools

    def until(self, moment: int) -> Tape:
        """Return the trades up to a time of day, included."""
        return self.where(self.time <= moment)

    def where(self, keep: Bools) -> Tape:
        """Return the trades that are marked."""
        kept = np.concatenate(([0], np.cumsum(keep)))
        return Tape(kept[self.start], self.time[keep], self.price[keep], self.size[keep], self.auction[keep])

    def line(self, position: int) -> Tape:
        """Return one line as a tape of its own."""
        first, end = self.start[position : position + 2].tolist()
        part = slice(first, end)
        start = np.array([0, end - first])
        return Tape(start, self.time[part], self.price[part], self.size[part], self.auction[part])

    def bars(self) -> Bars:
        """Return what each line comes to."""
        count = np.diff(self.start)
        some = np.flatnonzero(count)
        first, last = self.start[some], self.start[some + 1] - 1
        opened, high, low, close, volume, value = np.zeros((6, len(count)), dtype=np.int64)
        if len(some):
            opened[some], close[some] = self.price[first], self.price[last]
            high[some], low[some] = np.maximum.reduceat(self.price, first), np.minimum.reduceat(self.price, first)
            volume[some], value[some] = _sums(self.size, first), _sums(self.size * self.price, first)
        return Bars(opened, high, low, close, volume, value, count)


def no_trades() -> Tape:
    """Return one line without a trade."""
    nothing = np.zeros(0, dtype=np.int64)
    return Tape(np.array([0, 0]), nothing, nothing, nothing, nothing > 0)


class TradeMaker:
    """Makes the trades of a market.

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
        self._trades, self._late = (
            np.array([draws.key(paths.seed, purpose, issue.code) for issue in paths.issues])
            for purpose in ("trades", "after hours")
        )

    def regular(self, rows: Ints, columns: Ints) -> Tape:
        """Return the trades of sessions of the same hours, one line for each pair of row and column."""
        cells = self._minutes.cells(rows, columns)
        return _filled(cells, draws.keys(self._trades[columns], self._paths.days[rows]))

    def after_hours(self, row: int, columns: Ints) -> Tape:
        """Return the trades after the close of one session: at its price, then in an auction every ten minutes."""
        paths, hours = self._paths, self._paths.hours[row]
        rows = np.full_like(columns, row)
        at_close = _AT_CLOSE if hours.post_close else 0
        rounds = _rounds(hours.single_price)
        chance = draws.draw(draws.keys(self._late[columns], paths.days[rows]), at_close + len(rounds))
        time = np.tile(np.concatenate([np.zeros(at_close, dtype=np.int64), rounds]), (len(columns), 1))
        if hours.post_close:
            begin, end = map(centiseconds, hours.post_close)
            time[:, :at_close] = np.sort(begin + draws.below(chance[:, :at_close] << _U16, end - begin), axis=1)
        auction = np.tile(np.arange(time.shape[1]) >= at_close, (len(columns), 1))
        usual = self._minutes.volume(rows, columns)[:, np.newaxis] // 4_000
        size = 1 + (usual * (1 + draws.below(chance, 256)) >> 7)
        price = price_ladder.price(self._late_numbers(rows, columns, chance, auction))
        happens = (draws.below(chance << _U8, 100) < _HAPPENS) & paths.trading[rows, columns, np.newaxis]
        start = np.concatenate(([0], np.cumsum(happens.sum(axis=1))))
        return Tape(start, time[happens], price[happens], size[happens], auction[happens])

    def _late_numbers(self, rows: Ints, columns: Ints, chance: UInts, auction: Bools) -> Ints:
        paths = self._paths
        base, ladder = paths.close[rows, columns], paths.ladder(rows, columns)
        close = price_ladder.number(base, ladder)[:, np.newaxis]
        steps = (draws.below(chance << _U32, 5) - 2) * auction
        low, high = paths.bounds(rows, columns)
        near, far = price_ladder.bounds(base, _AFTER_HOURS_LIMITS, ladder)
        lowest = np.minimum(np.maximum(low, near)[:, np.newaxis], close)
        highest = np.maximum(np.minimum(high, far)[:, np.newaxis], close)
        return np.clip(close + np.cumsum(steps, axis=1), lowest, highest)


def _rounds(span: Span | None) -> Ints:
    """Return when the auctions after hours are."""
    if span is None:
        return np.zeros(0, dtype=np.int64)
    return np.arange(centiseconds(span.start) + _ROUND, centiseconds(span.end) + 1, _ROUND, dtype=np.int64)


def _filled(cells: Cells, of: UInts) -> Tape:
    """Return the trades that fill cells, with one key for each line."""
    lines, width = cells.count.shape
    count, volume = cells.count.ravel(), cells.volume.ravel()
    first = np.cumsum(count) - count
    cell = np.repeat(np.arange(lines * width), count)
    line = cell // width
    start = np.concatenate(([0], np.cumsum(cells.count.sum(axis=1))))
    place = np.arange(len(cell)) - first[cell]

    # Within a cell, the first and the second half of the pairs mirror each other: same sizes, opposite sides.
    mirror = ((count - 1) // 2 * 2)[cell] - 1 - place
    twin = np.where(mirror >= 0, np.minimum(place, mirror), place)
    chance = draws.at(of[line], first[cell] + twin - start[line])

    filled = count > 0
    weight = 1 + draws.below(chance, 256) * draws.below(chance << _U8, 256)
    whole = np.repeat(_sums(weight, first[filled]), count[filled])
    size = 1 + (volume - count)[cell] * weight // whole
    size[(first + count - 1)[filled]] += volume[filled] - _sums(size, first[filled])

    number = cells.number.ravel()[cell]
    price = price_ladder.price(number)
    up, down = price_ladder.price(number + 1), price_ladder.price(number - 1)
    side = np.where(chance & np.uint64(1), 1, -1) * np.where(place < mirror, 1, -1)
    even = (up - price == price - down) & (number > cells.low[line]) & (number < cells.high[line])
    price = price + (up - price) * side * (even & (mirror >= 0))

    auction = (cell % width == 0) | (cell % width == width - 1)
    spot = draws.below(chance << _U32, _PLACES)
    spot = np.where(auction, MINUTE, spot + spot // (_GAP - 1) + 1)
    spot = np.sort(cell * (MINUTE + 1) + spot) - cell * (MINUTE + 1)
    return Tape(start, cells.clock[cell % width] - MINUTE + spot, price, size, auction)


def _sums(values: Ints, starts: Ints) -> Ints:
    """Return the sums of stretches that begin at `starts`."""
    return np.add.reduceat(values, starts) if len(starts) else values[:0]
