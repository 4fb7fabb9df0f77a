"""Volume on the basis of re-based prices."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["adjusted_volume"]

# What rounding to whole won and trades after hours may put the average of a day beyond its high or low.
_ROUNDING: Final = 1.0
_BEYOND: Final = 0.002
# Of so many days ahead most must agree on a new factor, so that one dirty row begins none.
_AHEAD: Final = 5
# Where only two days are left they are believed if the step is no small one.
_LARGE: Final = 1.5
_DENOMINATORS: Final = (1, 2, 3, 4, 5, 10, 20)


def adjusted_volume(bars: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return bars with volume on the basis of their prices, and by what it was multiplied.

    The service re-bases prices after splits and the like, and leaves volume and value as they were traded: value over
    volume is the average price at the time. Where it does not lie between low and high, the prices were re-based, and
    by how much the days around tell. Steps that are smaller than the range of a day may go unnoticed, and so does what
    only the oldest row shows.

    Parameters
    ----------
    bars : DataFrame
        Bars of one stock or fund, ascending: ``high``, ``low``, ``volume``, ``value``. Those without a trade stay.

    Returns
    -------
    DataFrame
        The same bars; ``volume`` in shares of the basis of the prices, which the service sets by its newest day.
    str
        Such as ``"50 before 2018-05-04"``, newest first; empty if nothing was re-based.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=6, name="date")
    >>> bars = pd.DataFrame({"high": 102.0, "low": 98.0, "volume": 10, "value": 1_000}, index=days)
    >>> bars.loc["2024-01-03":, "volume"] = 50
    >>> bars.loc["2024-01-03":, "value"] = 5_000
    >>> bars.loc[:"2024-01-02", "value"] = 5_000
    >>> adjusted, factors = adjusted_volume(bars)
    >>> adjusted["volume"].tolist(), factors
    ([50, 50, 50, 50, 50, 50], '5 before 2024-01-03')
    """
    high, low, volume, value = (
        bars[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("high", "low", "volume", "value")
    )
    newest_first = np.flatnonzero((volume > 0) & (value > 0) & (low > 0) & (high >= low))[::-1]
    high, low, mean = high[newest_first], low[newest_first], (value[newest_first] / volume[newest_first])
    least = mean / ((high + _ROUNDING) * (1 + _BEYOND))
    most = mean / (np.maximum(low - _ROUNDING, low / 2) * (1 - _BEYOND))
    factors = np.ones(len(bars))
    said = []
    for start, factor in _factors(least.tolist(), most.tolist()):
        factors[: newest_first[start] + 1] = factor
        where = f"before {bars.index[newest_first[start - 1]]:%Y-%m-%d}" if start else "throughout"
        said.append(f"{factor:g} {where}")
    if not said:
        return bars, ""
    return bars.assign(volume=_times(bars["volume"], factors)), ", ".join(said)


def _times(volume: pd.Series, factors: NDArray[np.float64]) -> pd.Series:
    return (volume * factors).round().astype(volume.dtype)


def _factors(least: Sequence[float], most: Sequence[float]) -> list[tuple[int, float]]:
    """Return from which day on, newest first, which factor holds; 1 before the first of them.

    Parameters
    ----------
    least, most : sequence of float
        Bounds of the factor that each day leaves open.
    """
    stretches: list[tuple[int, float, float]] = [(0, 1.0, 1.0)]
    for n, (own_low, own_high) in enumerate(zip(least, most, strict=True)):
        start, low, high = stretches[-1]
        if max(low, own_low) <= min(high, own_high):
            stretches[-1] = start, max(low, own_low), min(high, own_high)
            continue
        ahead = range(n, min(n + _AHEAD, len(least)))
        against = [day for day in ahead if least[day] > high or most[day] < low]
        agreed = max(([day for day in against if least[day] <= least[at] <= most[day]] for at in against), key=len)
        if n not in agreed or len(agreed) < max(2, len(ahead) // 2 + 1):
            continue  # a dirty row
        found = max(least[day] for day in agreed), min(most[day] for day in agreed)
        if len(ahead) > 2 or found[0] > _LARGE * high or found[1] * _LARGE < low:
            stretches.append((n, *found))
    factors: list[tuple[int, float]] = []
    factor = 1.0
    for start, low, high in stretches[1:]:
        factor = float(f"{factor * _ratio(low / factor, high / factor):.12g}")  # 0.1, not 0.1000...01
        factors.append((start, factor))
    return factors


def _ratio(low: float, high: float) -> float:
    """Return the simplest ratio in an interval: a round number, its inverse, a fraction, or else the middle."""
    if high < 1:
        return 1 / _ratio(1 / high, 1 / low)
    for denominator in _DENOMINATORS:
        numerators = range(ceil(low * denominator), floor(high * denominator) + 1)
        if numerators:
            middle = denominator * (low + high) / 2
            return min(numerators, key=lambda n: (len(str(n).rstrip("0")), abs(n - middle))) / denominator
    return (low + high) / 2
