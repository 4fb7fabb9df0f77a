"""The order book of a future or an option: five prices a side, around the last trade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from kosdata.simulator import draws
from kosdata.simulator.derivatives import pricing
from kosdata.simulator.derivatives.products import Ladder

__all__ = ["LEVELS", "Side", "lonely", "next_price", "side"]

LEVELS: Final = 5

_VOLUME_A_QUOTE: Final = 2_000
_LONELY_SIZE: Final = 10


class Side(NamedTuple):
    """One side of a book: a price in hundredths, a size and a number of orders a level, best first, and the totals."""

    prices: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    size_total: int = 0
    count_total: int = 0


def side(of: np.uint64, best: int, limit: int, ladder: Ladder, volume: int, *, up: bool) -> Side:
    """Return one side of a book, from the best price on toward the price limit.

    Parameters
    ----------
    of : uint64
        Key of the side at this moment.
    best, limit : int
        First price and the last possible one, in hundredths.
    ladder : Ladder
        Tick sizes.
    volume : int
        Contracts traded on the day: the busier, the deeper.
    up : bool
        Whether prices rise from the best one, as those asked do.
    """
    prices = tuple(_outward(best, limit, ladder, up=up))
    drawn = draws.draw(of, 2 * LEVELS + 1)
    sizes = (1 + draws.below(drawn[:LEVELS], 2 * (volume // _VOLUME_A_QUOTE + 1)))[: len(prices)]
    counts = 1 + draws.below(drawn[LEVELS:-1][: len(prices)], (sizes + 1) // 2)
    # As many orders again, and more, wait beyond the fifth price.
    more = 8 + int(draws.below(drawn[-1:], 16)[0])
    return Side(
        prices,
        tuple(sizes.tolist()),
        tuple(counts.tolist()),
        size_total=int(sizes.sum()) * more,
        count_total=int(counts.sum()) * more * 3 // 4,
    )


def lonely(base: int, limit: int, ladder: Ladder, *, up: bool) -> Side:
    """Return the side of a contract that nobody trades: one order, two ticks short of the price limit."""
    price = limit
    for _ in range(2):
        price = next_price(price, ladder, up=not up)
    is_outside = price > base if up else price < base
    return Side((price,), (_LONELY_SIZE,), (1,), _LONELY_SIZE, 1) if is_outside else Side()


def next_price(price: int, ladder: Ladder, *, up: bool) -> int:
    """Return the price one tick above or below."""
    size = int(pricing.tick(np.array([price if up else price - 1]), ladder)[0])
    return price + size if up else price - size


def _outward(best: int, limit: int, ladder: Ladder, *, up: bool) -> Iterator[int]:
    price = best
    for _ in range(LEVELS):
        if price > limit if up else price < limit:
            return
        yield price
        price = next_price(price, ladder, up=up)
