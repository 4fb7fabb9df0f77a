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

from kosdata.catalogue.ticks import UNIT, tick_tables
from kosdata.simulator.draws import Ints

__all__ = ["LADDERS", "Ladder", "bounds", "ladder_of", "limit_percent", "nearest", "number", "price", "tick"]


@dataclass(frozen=True, slots=True)
class Ladder:
    """One table of tick sizes.

    Attributes
    ----------
    family : str
        ``"kospi"``, ``"kosdaq"`` (KONEX too) or ``"fund"`` (ETF and ETN, wherever listed).
    since : date
        First day it held.
    bands : tuple of pairs of int
        Price from which a tick holds, and the tick, in won.
    top : int
        Highest price of the ladder.
    """

    family: str
    since: date
    bands: tuple[tuple[int, int], ...]
    top: int


_START: Final = date(2000, 1, 1)


def _ladders(family: str, market: str, top: int) -> list[Ladder]:
    """Return the tick tables of a market; the oldest that is known holds from the start."""
    first, *later = tick_tables(market)
    tables = [(_START, first), *((table.since, table) for table in later)]
    bands = [tuple((floor // UNIT, step // UNIT) for floor, step in table.bands) for _, table in tables]
    return [Ladder(family, since, each, top) for (since, _), each in zip(tables, bands, strict=True)]


LADDERS: Final = (
    *_ladders("kospi", "kospi", 6_000_000),
    *_ladders("kosdaq", "kosdaq", 3_000_000),
    *_ladders("fund", "etf", 500_000),
)

_WIDER_LIMITS: Final = date(2015, 6, 15)
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


def ladder_of(family: str, days: Ints) -> Ints:
    """Return the position in `LADDERS` that holds on each day; days count from 1970-01-01."""
    mine = [position for position, ladder in enumerate(LADDERS) if ladder.family == family]
    since = np.array([LADDERS[position].since for position in mine], dtype="datetime64[D]").astype(np.int64)
    return np.array(mine, dtype=np.int64)[np.searchsorted(since, days, side="right") - 1]


def number(prices: Ints, ladders: Ints) -> Ints:
    """Return the number of the highest rung that is not above each price."""
    rungs = _rungs()
    prices = np.minimum(np.maximum(prices, rungs.lowest[ladders]), rungs.highest[ladders])
    band = np.searchsorted(rungs.keys, prices + ladders * _APART, side="right") - 1
    return np.asarray(rungs.firsts[band] + (prices - rungs.floors[band]) // rungs.steps[band])


def tick(prices: Ints, ladders: Ints) -> Ints:
    """Return the tick size that holds at each price, in won."""
    rungs = _rungs()
    band = np.searchsorted(rungs.keys, np.maximum(prices, rungs.lowest[ladders]) + ladders * _APART, side="right") - 1
    return np.asarray(rungs.steps[band])


def nearest(prices: Ints, ladders: Ints) -> Ints:
    """Return the number of the rung nearest to each price; halfway goes up."""
    return number(prices + tick(prices, ladders) // 2, ladders)


def price(numbers: Ints) -> Ints:
    """Return the price of each number, in won."""
    return _rungs().prices.take(numbers)


def limit_percent(market: str, day: date) -> int:
    """Return how many per cent a price may move from its base on `day`."""
    return 30 if market != "konex" and day >= _WIDER_LIMITS else 15


def bounds(bases: Ints, percents: Ints, ladders: Ints) -> tuple[Ints, Ints]:
    """Return the numbers of the lowest and highest price of a day: the limits, rounded inwards."""
    floor = -(bases * (percents - 100) // 100)
    low = number(floor, ladders)
    high = number(bases * (100 + percents) // 100, ladders)
    return low + (price(low) < floor), high
