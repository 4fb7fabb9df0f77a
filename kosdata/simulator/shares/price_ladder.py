"""The prices that exist: tick sizes by market and date, and how far a price may move in one day.

A ladder is one dated table of tick sizes. The rungs of all ladders stand in one array, so that a single whole number
says both the ladder and the price, and a walk from number to number only meets prices that can be traded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from kosdata.catalogue.codes import table
from kosdata.catalogue.price_rules import UNIT, PriceLimit, price_limits, tick_tables
from kosdata.simulator.draws import Ints

__all__ = ["LADDERS", "Ladder", "bounds", "ladder_of", "nearest", "number", "percents_of", "price", "tick"]


@dataclass(frozen=True, slots=True)
class Ladder:
    """One table of tick sizes.

    Attributes
    ----------
    market : str
        Whose rule it is, as `Issue.rules` says.
    since : date
        First day it held.
    bands : tuple of pairs of int
        Price from which a tick holds, and the tick, in won.
    top : int
        Highest price of the ladder.
    """

    market: str
    since: date
    bands: tuple[tuple[int, int], ...]
    top: int


# Whose rules there are, and up to which price.
_TOPS: Final = {"kospi": 6_000_000, "kosdaq": 3_000_000, "konex": 3_000_000, "etf": 500_000, "etn": 500_000}

LADDERS: Final = tuple(
    Ladder(market, rule.since, tuple((floor // UNIT, step // UNIT) for floor, step in rule.bands), top)
    for market, top in _TOPS.items()
    for rule in tick_tables(market)
)

_FIRST_DAYS: Final = {row["market"] for row in table("price_limits") if row["day"] == "first"}
_APART: Final = 1 << 40


class _Rungs(NamedTuple):
    prices: Ints  # of every rung of every ladder
    lowest: Ints  # by ladder
    highest: Ints
    keys: Ints  # by band: its lowest price, set apart by ladder
    floors: Ints
    steps: Ints
    firsts: Ints  # number of the rung at the floor


@cache
def _rungs() -> _Rungs:
    prices: list[Ints] = []
    bands: list[tuple[int, int, int, int]] = []
    count = 0
    for position, ladder in enumerate(LADDERS):
        ends = [*(floor for floor, _ in ladder.bands[1:]), ladder.top + 1]
        for (floor, step), end in zip(ladder.bands, ends, strict=True):
            rungs = np.arange(max(floor, step), end, step, dtype=np.int64)
            bands.append((position * _APART + int(rungs[0]), int(rungs[0]), step, count))
            prices.append(rungs)
            count += len(rungs)
    keys, floors, steps, firsts = np.array(bands, dtype=np.int64).T
    lowest = np.array([ladder.bands[0][1] for ladder in LADDERS], dtype=np.int64)
    highest = np.array([ladder.top for ladder in LADDERS], dtype=np.int64)
    return _Rungs(np.concatenate(prices), lowest, highest, keys, floors, steps, firsts)


def ladder_of(market: str, days: Ints) -> Ints:
    """Return the position in `LADDERS` that holds on each day; days count from 1970-01-01."""
    mine = [position for position, ladder in enumerate(LADDERS) if ladder.market == market]
    return np.array(mine, dtype=np.int64)[_holding([LADDERS[position].since for position in mine], days)]


def percents_of(market: str, days: Ints, *, first_day: bool = False) -> Ints:
    """Return how many per cent a price may fall from its base on each day, and rise: one row each."""
    found = _percents(price_limits(market), days)
    if first_day and market in _FIRST_DAYS:
        limits = price_limits(market, first_day=True)
        since = np.datetime64(limits[0].since).astype(np.int64)
        found = np.where(days >= since, _percents(limits, days), found)
    return found


def _percents(limits: tuple[PriceLimit, ...], days: Ints) -> Ints:
    percents = np.array([(each.down, each.up) for each in limits], dtype=np.int64)
    return percents[_holding([each.since for each in limits], days)].T


def _holding(since: list[date], days: Ints) -> Ints:
    """Return which rule holds on each day; the oldest that is known holds before it too."""
    first = np.array(since, dtype="datetime64[D]").astype(np.int64)
    return np.asarray(np.maximum(np.searchsorted(first, days, side="right") - 1, 0))


def number(prices: Ints, ladders: Ints) -> Ints:
    """Return the number of the highest rung that is not above each price."""
    rungs = _rungs()
    prices = np.minimum(np.maximum(prices, rungs.lowest[ladders]), rungs.highest[ladders])
    band = rungs.keys.searchsorted(prices + ladders * _APART, side="right") - 1
    return np.asarray(rungs.firsts[band] + (prices - rungs.floors[band]) // rungs.steps[band])


def tick(prices: Ints, ladders: Ints) -> Ints:
    """Return the tick size that holds at each price, in won."""
    rungs = _rungs()
    band = rungs.keys.searchsorted(np.maximum(prices, rungs.lowest[ladders]) + ladders * _APART, side="right") - 1
    return np.asarray(rungs.steps[band])


def nearest(prices: Ints, ladders: Ints) -> Ints:
    """Return the number of the rung nearest to each price; halfway goes up."""
    return number(prices + tick(prices, ladders) // 2, ladders)


def price(numbers: Ints) -> Ints:
    """Return the price of each number, in won."""
    return _rungs().prices.take(numbers)


def bounds(bases: Ints, percents: Ints | tuple[int, int], ladders: Ints) -> tuple[Ints, Ints]:
    """Return the numbers of the lowest and highest price of a day, so many per cent of the base below and above it.

    The percentages are cut to whole ticks of the base; limits off the grid of their own height go inside.
    """
    down, up = percents
    size = tick(bases, ladders)
    floor = bases - bases * down // (100 * size) * size
    low = number(floor, ladders)
    return low + (price(low) < floor), number(bases + bases * up // (100 * size) * size, ladders)
