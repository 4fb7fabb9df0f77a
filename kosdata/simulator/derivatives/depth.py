"""The order book of a future or an option: five prices a side, around the last trade; one row a moment."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.derivatives import pricing
from kosdata.simulator.derivatives.products import Ladder
from kosdata.simulator.draws import Ints, UInts

__all__ = ["LEVELS", "Side", "lonely", "next_price", "side"]

LEVELS: Final = 5

_VOLUME_A_QUOTE: Final = 2_000
_LONELY_SIZE: Final = 10


class Side(NamedTuple):
    """One side of a book, one row a moment: columns of levels, best first, and the totals; 0 is none.

    Attributes
    ----------
    prices, sizes, counts : Ints
        Prices in hundredths, contracts and orders, by moment and level.
    size_total, count_total : Ints
        Contracts and orders of the whole side, by moment.
    """

    prices: Ints
    sizes: Ints
    counts: Ints
    size_total: Ints
    count_total: Ints

    @classmethod
    def none(cls) -> Self:
        """Return one moment without an order."""
        return cls(*np.zeros((3, 1, LEVELS), dtype=np.int64), *np.zeros((2, 1), dtype=np.int64))

    def repeated(self, moments: int) -> Side:
        """Return a side of one moment as one of many."""
        return Side(*(np.repeat(column, moments, axis=0) for column in self))


def side(of: UInts, best: Ints, limit: int, ladder: Ladder, volume: int, *, up: bool) -> Side:
    """Return one side of a book, from the best price on toward the price limit.

    Parameters
    ----------
    of : UInts
        Keys of the side, one a moment.
    best : Ints
        First prices, in hundredths.
    limit : int
        The last possible price.
    ladder : Ladder
        Tick sizes.
    volume : int
        Contracts traded on the day: the busier, the deeper.
    up : bool
        Whether prices rise from the best one, as those asked do.
    """
    steps = [best]
    for _ in range(LEVELS - 1):
        steps.append(next_price(steps[-1], ladder, up=up))
    prices = np.stack(steps, axis=1)
    inside = prices <= limit if up else prices >= limit
    drawn = draws.draw(of, 2 * LEVELS + 1)
    sizes = 1 + draws.below(drawn[:, :LEVELS], 2 * (volume // _VOLUME_A_QUOTE + 1))
    counts = (1 + draws.below(drawn[:, LEVELS:-1], (sizes + 1) // 2)) * inside
    sizes *= inside
    # As many orders again, and more, wait beyond the fifth price.
    more = 8 + draws.below(drawn[:, -1], 16)
    return Side(prices * inside, sizes, counts, sizes.sum(axis=1) * more, counts.sum(axis=1) * more * 3 // 4)


def lonely(base: int, limit: int, ladder: Ladder, *, up: bool) -> Side:
    """Return the side of a contract that nobody trades: one order, two ticks short of the price limit."""
    price = np.array([limit])
    for _ in range(2):
        price = next_price(price, ladder, up=not up)
    found = Side.none()
    if price[0] > base if up else price[0] < base:
        for column, value in zip(found, (int(price[0]), _LONELY_SIZE, 1, _LONELY_SIZE, 1), strict=True):
            column[..., :1] = value
    return found


def next_price(prices: Ints, ladder: Ladder, *, up: bool) -> Ints:
    """Return the prices one tick above or below."""
    size = pricing.tick(prices if up else prices - 1, ladder)
    return np.asarray(prices + size if up else prices - size)
