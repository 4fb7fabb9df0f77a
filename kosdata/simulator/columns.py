"""Plain columns: what a market answers. Whole numbers become the values of a frame here, and nowhere else.

Prices are float64 with NaN for none, counts and money int64, dates datetime64[D], times of day timedelta64[us].
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kosdata.catalogue.seoul import SEOUL
from kosdata.simulator.draws import Bools, Ints
from kosdata.simulator.shares.shapes import centiseconds

__all__ = ["Columns", "change_codes", "dates", "moment_of", "per_cent", "points", "seoul", "times", "won"]

Columns: TypeAlias = dict[str, Any]
"""Arrays and lists by name, one element a row, oldest first."""

_MICROSECONDS: Final = 10_000
_NO_TRADE, _UPPER_LIMIT, _UP, _SAME, _LOWER_LIMIT, _DOWN = "012345"


def won(prices: Ints) -> NDArray[np.float64]:
    """Return prices; none is 0 in whole numbers and NaN here."""
    return np.where(prices > 0, prices, np.nan)


def points(hundredths: Ints) -> NDArray[np.float64]:
    """Return whole hundredths as the points, won or per cent that they are."""
    return np.asarray(hundredths) / 100


def per_cent(part: Ints, whole: Ints) -> NDArray[np.float64]:
    """Return parts of wholes in per cent with two decimals; NaN of nothing."""
    return np.where(whole > 0, points(part * 10_000 // np.maximum(whole, 1)), np.nan)


def times(hundredths: Ints) -> NDArray[np.timedelta64]:
    """Return times of day from hundredths of a second; a negative one is none."""
    found = (np.asarray(hundredths) * _MICROSECONDS).astype("timedelta64[us]")
    return np.where(np.asarray(hundredths) < 0, np.timedelta64("NaT", "us"), found)


def dates(days: Sequence[date]) -> NDArray[np.datetime64]:
    """Return days as a column."""
    return np.array(days, dtype="datetime64[D]")


def change_codes(change: Ints, traded: Ints, upper: Bools, lower: Bools) -> list[str]:
    """Return the sign code of each change, of what traded so much, at a limit or not."""
    code = np.select(
        [traded == 0, upper, lower, change > 0, change < 0],
        [_NO_TRADE, _UPPER_LIMIT, _LOWER_LIMIT, _UP, _DOWN],
        _SAME,
    )
    return [str(each) for each in code.tolist()]


def seoul(now: datetime) -> datetime:
    """Return a moment on the clocks of Seoul; one without a zone is taken to be there."""
    return now.astimezone(SEOUL).replace(tzinfo=None) if now.tzinfo else now


def moment_of(now: datetime) -> int:
    """Return the time of day of a moment, in hundredths of a second."""
    return centiseconds(seoul(now).time())
