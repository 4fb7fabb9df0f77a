"""Weeks and months of daily bars."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.frame.aggregation import aggregated

__all__ = ["Period", "by_period", "period_of"]

Period: TypeAlias = Literal["D", "W", "M"]


def by_period(bars: pd.DataFrame, freq: Literal["W", "M"]) -> pd.DataFrame:
    """Return daily bars as bars of weeks or months, dated by the last session that each of them holds.

    Days without a trade take part with their volume and their close, as they have no open, high or low.

    Parameters
    ----------
    bars : DataFrame
        Bars by ``date``, ascending.
    freq : {"W", "M"}
        Length of a bar.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-08"], name="date").as_unit("us")
    >>> prices = dict.fromkeys(["open", "high", "low", "close"], [1.0, 2.0, 3.0])
    >>> by_period(pd.DataFrame({**prices, "volume": [5, 6, 7], "value": [5, 12, 21]}, index=days), "W")
                open  high  low  close  volume  value
    date
    2024-01-05   1.0   2.0  1.0    2.0      11     17
    2024-01-08   3.0   3.0  3.0    3.0       7     21
    """
    if bars.empty:
        return bars
    days = bars.index.to_numpy().astype("datetime64[D]")
    starts = np.flatnonzero(np.r_[True, np.diff(period_of(days, freq)) != 0])
    columns = aggregated({str(name): bars[name].array for name in bars.columns}, starts)
    if "change" in bars:
        # From the price that the first day started from; a sum would add up what was rounded.
        columns["change"] = np.asarray(columns["close"]) - (bars["close"] - bars["change"]).to_numpy()[starts]
    return pd.DataFrame(columns, index=bars.index[np.append(starts[1:], len(days)) - 1])


def period_of(days: NDArray[Any], freq: Period) -> NDArray[np.int64]:
    """Return a number for the period that each day lies in, which grows with time."""
    if freq == "M":
        return days.astype("datetime64[M]").astype(np.int64)
    numbers = days.astype("datetime64[D]").astype(np.int64)
    return (numbers + 3) // 7 if freq == "W" else numbers
