"""The trades of a contract: one print every five seconds at most, and one at the closing auction.

A day's volume is shared out among its prints, and every bar, quote and total is a sum over the same prints.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.derivatives import pricing
from kosdata.simulator.derivatives.products import Ladder
from kosdata.simulator.derivatives.valuation import Session
from kosdata.simulator.draws import Ints, UInts
from kosdata.simulator.shares.bars import labels

__all__ = ["BOUGHT", "SOLD", "Bars", "Prints", "States", "Trades", "bars", "prints"]

SOLD: Final = 1
BOUGHT: Final = 2
"""Sides as the API numbers them."""

_PRINTS_A_MINUTE: Final = 12
_SPACING: Final = 500
# What the two auctions get, as parts of the trade between them.
_OPENING: Final = 50
_CLOSING: Final = 25

_NONE: Final = np.array([], dtype=np.int64)


class Bars(NamedTuple):
    """Open, high, low and close in hundredths, contracts traded, and price times contracts; one element a bar."""

    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    points: Ints


class Trades(NamedTuple):
    """Trades of one session in the order they happened.

    Attributes
    ----------
    times : Ints
        Hundredths of a second of the day.
    prices, sizes : Ints
        In hundredths, and in contracts.
    sides : Ints
        Who came last: `SOLD` or `BOUGHT`.
    """

    times: Ints
    prices: Ints
    sizes: Ints
    sides: Ints

    @classmethod
    def none(cls) -> Trades:
        """Return no trades."""
        return cls(*(_NONE,) * len(cls._fields))

    def until(self, moment: int) -> Trades:
        """Return the trades up to a time of the day, itself included."""
        count = np.searchsorted(self.times, moment, side="right")
        return Trades(*(column[:count] for column in self))

    def bar(self, base: int) -> Bars:
        """Return one bar of all the trades, flat at the base price if there are none."""
        prices = self.prices if len(self.prices) else np.array([base])
        points = (self.prices * self.sizes).sum()
        cells = (prices[0], prices.max(), prices.min(), prices[-1], self.sizes.sum(), points)
        return Bars(*(np.array([cell], dtype=np.int64) for cell in cells))

    def states(self, counts: Ints, base: int) -> States:
        """Return where the contract stands after so many of the trades each time."""

        def after(column: Ints, before: int) -> Ints:
            return np.concatenate([[before], column])[counts]

        prices = self.prices
        day = Bars(
            np.where(counts > 0, np.append(prices, base)[0], base),
            after(np.maximum.accumulate(prices), base),
            after(np.minimum.accumulate(prices), base),
            after(prices, base),
            after(self.sizes.cumsum(), 0),
            after((prices * self.sizes).cumsum(), 0),
        )
        return States(day, after(self.times, -1), after(self.sizes, 0), after(self.sides, 0))


class States(NamedTuple):
    """Where a contract stands after some of its trades, one element each.

    Attributes
    ----------
    day : Bars
        The session so far; flat at the base price before the first trade.
    times, sizes, sides : Ints
        The last trade; without one, the time is -1 and the others are 0.
    """

    day: Bars
    times: Ints
    sizes: Ints
    sides: Ints


class Prints(NamedTuple):
    """Where trades may have happened in some sessions of equal hours, one row each; those of size 0 did not.

    Attributes
    ----------
    prices, sizes : Ints
        In hundredths, and in contracts.
    drawn : UInts
        The draw behind each.
    """

    prices: Ints
    sizes: Ints
    drawn: UInts

    def days(self) -> Bars:
        """Return one bar a session; every session must have a trade."""
        traded = self.sizes > 0
        rows = np.arange(len(traded))
        first = traded.argmax(axis=1)
        last = traded.shape[1] - 1 - traded[:, ::-1].argmax(axis=1)
        return Bars(
            self.prices[rows, first],
            self.prices.max(axis=1, where=traded, initial=0),
            self.prices.min(axis=1, where=traded, initial=np.iinfo(np.int64).max),
            self.prices[rows, last],
            self.sizes.sum(axis=1),
            (self.prices * self.sizes).sum(axis=1),
        )

    def trades(self, session: Session) -> Trades:
        """Return the trades of the first row."""
        drawn = self.drawn[0]
        # No trade but the auction falls on a full second five: bars are the same whichever end they include.
        times = session.open + np.arange(len(drawn)) * _SPACING + 1 + draws.below(drawn << np.uint64(16), _SPACING - 1)
        times[-1] = session.close
        bounce = _bounce(drawn)
        sides = np.where(bounce, SOLD + (bounce > 0), SOLD + draws.below(drawn << np.uint64(48), 2))
        traded = self.sizes[0] > 0
        return Trades(times[traded], self.prices[0, traded], self.sizes[0, traded], sides[traded])


def prints(of: UInts, paths: Ints, closes: Ints, volumes: Ints, limits: tuple[Ints, Ints], ladder: Ladder) -> Prints:
    """Return the prints of some sessions of one contract; one row a session.

    Parameters
    ----------
    of : UInts
        One key a session.
    paths : Ints
        Fair prices at the open and at the end of each minute.
    closes : Ints
        Prices of the closing auctions.
    volumes : Ints
        Contracts traded.
    limits : tuple of Ints
        Lowest and highest prices.
    ladder : Ladder
        Tick sizes.
    """
    drawn = draws.draw(of, (paths.shape[1] - 1) * _PRINTS_A_MINUTE + 1)
    within = np.arange(1, _PRINTS_A_MINUTE + 1)
    fair = paths[:, :-1, np.newaxis] + np.diff(paths)[:, :, np.newaxis] * within // _PRINTS_A_MINUTE
    prices = pricing.to_tick(np.concatenate([fair.reshape(len(paths), -1), closes[:, np.newaxis]], axis=1), ladder)
    bounce = _bounce(drawn)
    prices += bounce * pricing.tick(prices - (bounce < 0), ladder)
    low, high = limits
    return Prints(np.clip(prices, low[:, np.newaxis], high[:, np.newaxis]), _sizes(drawn, volumes), drawn)


def bars(trades: Trades, session: Session, seconds: int, until: int) -> tuple[Ints, Bars]:
    """Return the bars of a session up to a time of the day, and where each ends.

    The first bar is the first with a trade; one without is flat at the last price. The bar that still runs is there
    once it has a trade, and ends with its last one.
    """
    trades = trades.until(until)
    if not len(trades.times):
        return _NONE, Bars(*(_NONE,) * len(Bars._fields))
    ends = labels(session.open, session.close, seconds)
    over = int(np.searchsorted(ends, until, side="right"))
    number = np.searchsorted(ends, trades.times)
    numbers, starts = np.unique(number, return_index=True)
    every = np.arange(numbers[0], max(over, numbers[-1] + 1))
    ends = ends[every]
    if numbers[-1] >= over:
        ends[-1] = trades.times[-1]

    at = np.searchsorted(numbers, every, side="right") - 1
    fresh = numbers[at] == every
    close = trades.prices[np.append(starts[1:], len(number)) - 1][at]
    return ends, Bars(
        np.where(fresh, trades.prices[starts][at], close),
        np.where(fresh, np.maximum.reduceat(trades.prices, starts)[at], close),
        np.where(fresh, np.minimum.reduceat(trades.prices, starts)[at], close),
        close,
        np.where(fresh, np.add.reduceat(trades.sizes, starts)[at], 0),
        np.where(fresh, np.add.reduceat(trades.prices * trades.sizes, starts)[at], 0),
    )


def _sizes(drawn: UInts, volumes: Ints) -> Ints:
    """Return each day's volume shared out in proportion to weights, with nothing lost to rounding."""
    count = drawn.shape[1]
    at = np.arange(count)
    # Trade is three times as lively at the ends of the day as in the middle.
    liveliness = 100 + 200 * (2 * at - count) ** 2 // count**2
    mood = (drawn & np.uint64(0xFF)).astype(np.int64)
    weights = ((mood * mood >> 8) + 1) * liveliness
    between = weights[:, 1:-1].sum(axis=1)
    weights[:, 0] += between // _OPENING
    weights[:, -1] = between // _CLOSING
    upto = weights.cumsum(axis=1)
    total = upto[:, -1:]
    shift = draws.below(drawn[:, :1], total)
    return np.asarray(np.diff((volumes[:, np.newaxis] * upto + shift) // total, prepend=0, axis=1))


def _bounce(drawn: UInts) -> Ints:
    """Return in ticks how far each print lies from the fair price: up when a buyer pays the spread, or down."""
    quarter = ((drawn >> np.uint64(8)) & np.uint64(3)).astype(np.int64)
    ticks = ((quarter + 1) >> 1) - 1
    # Auctions have no spread.
    ticks[..., [0, -1]] = 0
    return ticks
