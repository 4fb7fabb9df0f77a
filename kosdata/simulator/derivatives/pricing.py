"""What a future and an option are worth: whole-number functions of level, strike and time, the same on every machine.

Prices are in hundredths, rates and volatilities in hundredths of a per cent.
"""

from __future__ import annotations

from math import isqrt
from typing import Final

import numpy as np

from kosdata.simulator.derivatives.contracts import Right
from kosdata.simulator.derivatives.products import Ladder
from kosdata.simulator.draws import Ints

__all__ = ["carry", "cd_rate", "ceil_to_tick", "deviation", "floor_to_tick", "premium", "skewed", "tick", "to_tick"]

_YEAR: Final = 365
_WHOLE: Final = 10_000

# The time value of an option is 0.4 s / (1 + 0.3125 x + 0.168 x²)⁴, with s the standard deviation of the level until
# expiry and x the distance to the strike in s. At the money it has the height and the slope of a normal law, it is
# convex, and it stays near that law in the wings, a little above it.
_ONE: Final = 1 << 14
_HEIGHT: Final = 4 * _ONE // 10
_LINEAR: Final = 5_120
_SQUARE: Final = 2_753
_FARTHEST: Final = 8 * _ONE


def cd_rate(days: Ints) -> Ints:
    """Return the rate of certificates of deposit: between 1.5 and 3.5 per cent, up and down in ten years."""
    return 150 + abs(days // 9 % 400 - 200)


def carry(levels: Ints, rates: Ints, days_left: Ints) -> Ints:
    """Return what a future is worth more than the level, for the interest until expiry."""
    return levels * rates * days_left // (_YEAR * _WHOLE)


def deviation(levels: Ints, volatilities: Ints, days_left: Ints) -> Ints:
    """Return the standard deviation of the level until expiry, with half a day of time left on the last one."""
    terms = zip(levels.tolist(), volatilities.tolist(), days_left.tolist(), strict=True)
    roots = [isqrt((level * share) ** 2 * (2 * days + 1) // (2 * _YEAR)) // _WHOLE for level, share, days in terms]
    return np.maximum(np.array(roots, dtype=np.int64), 1)


def skewed(volatilities: Ints, forwards: Ints, strike: int) -> Ints:
    """Return the volatility at a strike: lower strikes have more, one per cent for each per cent of distance."""
    weight = np.minimum(np.maximum(2 * forwards - strike, forwards // 2), 2 * forwards)
    return np.asarray(volatilities * weight // forwards)


def premium(right: Right, forwards: Ints, strike: int, deviations: Ints) -> Ints:
    """Return the price of an option; a call less a put is exactly the forward less the strike."""
    distance = forwards - strike
    intrinsic = np.maximum(distance if right is Right.CALL else -distance, 0)
    x = np.minimum(abs(distance) * _ONE // deviations, _FARTHEST)
    root = _ONE + (_LINEAR * x + _SQUARE * (x * x // _ONE)) // _ONE
    square = root * root // _ONE
    return np.asarray(intrinsic + deviations * _HEIGHT // (square * square // _ONE))


def tick(prices: Ints, ladder: Ladder) -> Ints:
    """Return the tick size at each price."""
    sizes = np.full_like(prices, ladder[0][1])
    for start, size in ladder[1:]:
        sizes[prices >= start] = size
    return sizes


def floor_to_tick(prices: Ints, ladder: Ladder) -> Ints:
    """Return the highest price of the ladder that is not above each price."""
    floors = prices // ladder[0][1] * ladder[0][1]
    for start, size in ladder[1:]:
        floors = np.where(prices >= start, prices // size * size, floors)
    return floors


def to_tick(prices: Ints, ladder: Ladder) -> Ints:
    """Return the price of the ladder nearest to each price, one tick at least; halfway goes up."""
    return np.maximum(floor_to_tick(prices + tick(prices, ladder) // 2, ladder), ladder[0][1])


def ceil_to_tick(prices: Ints, ladder: Ladder) -> Ints:
    """Return the lowest price of the ladder that is not below each price."""
    floors = floor_to_tick(prices, ladder)
    return floors + np.where(floors < prices, tick(floors, ladder), 0)
