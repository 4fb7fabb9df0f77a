"""What futures are on: the levels they follow, and walks for those that the stock market does not know.

A walk is a sum of waves through random heights, each four times longer than the last. Any day of it can be had without
the days before it, and it never strays without bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Final, Protocol

import numpy as np

from kosdata.catalogue.calendar import Calendar
from kosdata.simulator import draws
from kosdata.simulator.draws import Ints

__all__ = ["WALKS", "Underlying", "Walk", "WalkShape", "minutes_between", "ordinals"]


class Underlying(Protocol):
    """A level that contracts are written on, in whole hundredths of a point or of a won."""

    def closes(self, days: Sequence[date]) -> Ints:
        """Return the closing level of each day."""
        ...

    def minutes(self, day: date) -> Ints:
        """Return the level at the end of each minute of the stock session."""
        ...


@dataclass(frozen=True, slots=True)
class WalkShape:
    """How a walk goes.

    Attributes
    ----------
    mean : int
        Level it goes about, in hundredths.
    swing : int
        Largest wave of one day, in hundred-thousandths of the mean.
    octaves : int
        Number of waves; the longest lasts ``4 ** (octaves - 1)`` days.
    """

    mean: int
    swing: int
    octaves: int = 6


WALKS: Final[Mapping[str, WalkShape]] = {
    "USD": WalkShape(132_000, 350),
    "JPY": WalkShape(93_000, 450),
    "EUR": WalkShape(145_000, 400),
    "KTB3": WalkShape(10_450, 80),
    "KTB5": WalkShape(10_650, 130),
    "KTB10": WalkShape(11_350, 250),
    "LEANHOG": WalkShape(520_000, 1_500, octaves=4),
    "VKOSPI": WalkShape(1_850, 3_000, octaves=4),
    "SX5E": WalkShape(430_000, 900),
}
"""The underlyings of their own: currencies, bonds, hogs, volatility and Euro Stoxx 50."""

_BRIDGE_OCTAVES: Final = 5
# A day's wave over the root of its 390 minutes.
_MINUTES_ROOT: Final = 20
_LONGEST_SESSION: Final = 390
_MINUTES_APART: Final = 512


class Walk:
    """A level of its own, as an `Underlying`.

    Parameters
    ----------
    seed : int
        Seed of the simulated market.
    name : str
        Name of the walk.
    shape : WalkShape
        How it goes.
    calendar : Calendar
        Tells how many minutes a session has.
    """

    def __init__(self, seed: int, name: str, shape: WalkShape, calendar: Calendar) -> None:
        self._days = draws.key(seed, "walk", name)
        self._minutes = draws.key(seed, "walk", name, "minutes")
        self._shape = shape
        self._calendar = calendar
        self._month = lru_cache(maxsize=32)(self._paths)

    def closes(self, days: Sequence[date]) -> Ints:
        """Return the closing level of each day."""
        return self._levels(ordinals(days))

    def minutes(self, day: date) -> Ints:
        """Return the level at the end of each minute of the stock session; it opens where the eve left it."""
        hours = self._calendar.hours(day)
        count = minutes_between(hours.open, hours.close)
        levels, paths = self._month(day.year, day.month)
        eve, close = levels[day.day - 1 : day.day + 1].tolist()
        path = paths[day.day - 1, : count + 1]
        at = np.arange(count + 1)
        bridge = path - path[0] - (path[-1] - path[0]) * at // count
        return np.asarray(eve + (close - eve) * at // count + bridge)[1:]

    def _paths(self, year: int, month: int) -> tuple[Ints, Ints]:
        """Return the levels of a month, from the eve of its first day, and the waves within each of its days."""
        days = date(year, month, 1).toordinal() + np.arange(-1, 31)
        at = days[1:, np.newaxis] * _MINUTES_APART + np.arange(_LONGEST_SESSION + 1)
        waves = _waves(self._minutes, at, self._shape.swing // _MINUTES_ROOT, _BRIDGE_OCTAVES)
        return self._levels(days), waves * self._shape.mean // 100_000

    def _levels(self, days: Ints) -> Ints:
        mean = self._shape.mean
        return mean + _waves(self._days, days, self._shape.swing, self._shape.octaves) * mean // 100_000


def ordinals(days: Sequence[date]) -> Ints:
    """Return days as whole numbers, for draws and differences."""
    return np.fromiter((day.toordinal() for day in days), np.int64, len(days))


def minutes_between(start: time, end: time) -> int:
    """Return the minutes from one time of day to another."""
    return 60 * (end.hour - start.hour) + end.minute - start.minute


def _waves(of: np.uint64, at: Ints, swing: int, octaves: int) -> Ints:
    """Return the sum of waves at each place; each is four times longer and twice as high as the one before."""
    total = np.zeros_like(at)
    for octave in range(octaves if at.size else 0):
        period, height = 4**octave, swing << octave
        cell, within = np.divmod(at, period)
        first = cell.min()
        drawn = draws.draw(draws.keys(of ^ np.uint64(period), np.arange(first, cell.max() + 2)), 1)[:, 0]
        knots = draws.below(drawn, 2 * height + 1) - height
        left, right = knots[cell - first], knots[cell - first + 1]
        total += left + (right - left) * within // period
    return total
