"""What a day of trading looks like: when trades come and how the volume spreads over the session.

A day is cut into cells: the opening auction, every minute of continuous trading, the closing auction. A few dozen
ready-made days for each class of liquidity are enough; which one an issue has on a day is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from typing import Final

import numpy as np

from kosdata.catalogue.calendar import Hours
from kosdata.simulator import draws
from kosdata.simulator.draws import Ints

__all__ = ["LEAST_VOLUME", "MINUTE", "SECOND", "VARIANTS", "Shapes", "centiseconds", "clock", "shapes"]

SECOND: Final = 100
"""Times of day are counted in hundredths of a second."""
MINUTE: Final = 60 * SECOND
VARIANTS: Final = 64
"""Ready-made days of each class of liquidity."""

_TRADES: Final = np.array((64, 120, 240, 420, 700), dtype=np.int64)
LEAST_VOLUME: Final = 4 * _TRADES
"""Shares that change hands at least on a day, by class of liquidity: enough for every trade to have one."""


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Ready-made days of one number of cells; line ``VARIANTS * liquidity + variant``.

    Attributes
    ----------
    count : array of int
        Trades in each cell; each auction is one trade.
    held : array of int
        Last cell with a trade, up to and with each cell.
    share : array of int
        Part of the day's volume in each cell, in 65,536ths; the closing auction takes the rest.
    """

    count: Ints
    held: Ints
    share: Ints


def centiseconds(moment: time) -> int:
    """Return a time of day in hundredths of a second; what is finer is cut off."""
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * SECOND + moment.microsecond // 10_000


@lru_cache(maxsize=64)
def clock(hours: Hours) -> Ints:
    """Return when each cell of a session ends: the open, every minute traded, the close."""
    first, last = centiseconds(hours.open), centiseconds(hours.closing_auction.start)
    ends = np.arange(first + MINUTE, last + 1, MINUTE, dtype=np.int64)
    for pause in hours.breaks:
        ends = ends[(ends <= centiseconds(pause.start)) | (ends > centiseconds(pause.end))]
    return np.concatenate(([first], ends, [centiseconds(hours.close)]))


@lru_cache(maxsize=16)
def shapes(cells: int) -> Shapes:
    """Return the ready-made days of so many cells."""
    lines = len(_TRADES) * VARIANTS
    chance = draws.below(draws.draw(draws.keys(draws.key("shape", cells), np.arange(lines)), 3 * cells), 1 << 16)
    often, tie, weight = chance.reshape(lines, 3, cells).transpose(1, 0, 2)
    busy = _busy(cells)
    trades = np.repeat(_TRADES, VARIANTS)[:, np.newaxis]
    expected = (trades * busy << 16) // busy.sum()
    count = ((2 * expected * often >> 16) + tie) >> 16
    count[:, [0, -1]] = 1
    held = np.maximum.accumulate(np.where(count > 0, np.arange(cells), 0), axis=1)
    weight = count * (8_000 + weight)
    weight[:, [0, -1]] = 0
    opening = 1_500 + often[:, :1] // 20
    closing = 3_000 + often[:, -1:] // 16
    share = weight * (65_536 - opening - closing) // weight.sum(axis=1, keepdims=True)
    share[:, :1] = opening
    return Shapes(count, held, share)


def _busy(cells: int) -> Ints:
    """Return how busy each cell is: the first and the last part of a session are the busiest."""
    place = np.arange(cells, dtype=np.int64) * 1_000 // (cells - 1)
    return np.asarray(500 + 16 * np.maximum(120 - place, 0) + 6 * np.maximum(place - 880, 0))
