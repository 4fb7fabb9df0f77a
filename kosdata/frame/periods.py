"""Weeks and months of daily bars."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["by_period"]


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
    >>> by_period(pd.DataFrame({"open": [1.0, 2, 3], "close": [2.0, 3, 4], "volume": [5, 6, 7]}, index=days), "W")
                open  close  volume
    date
    2024-01-05   1.0    3.0      11
    2024-01-08   3.0    4.0       7
    """
    if bars.empty:
        return bars
    days = bars.index.to_numpy().astype("datetime64[D]")
    period = (days.astype(np.int64) + 3) // 7 if freq == "W" else days.astype("datetime64[M]").astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(period) != 0])
    lasts = np.r_[starts[1:], len(days)] - 1
    columns = {str(name): _over(str(name), bars[name].array, starts, lasts) for name in bars.columns}
    if "change" in bars:
        close, change = (bars[name].to_numpy() for name in ("close", "change"))
        # From the price that the first day started from; a sum would add up what was rounded.
        columns["change"] = close[lasts] - (close - change)[starts]
    return pd.DataFrame(columns, index=bars.index[lasts])


def _over(name: str, column: Any, starts: NDArray[np.intp], lasts: NDArray[np.intp]) -> Any:
    match name:
        case "open":
            return _first(np.asarray(column), starts)
        case "high":
            return np.fmax.reduceat(np.asarray(column), starts)
        case "low":
            return np.fmin.reduceat(np.asarray(column), starts)
        case "volume" | "value":
            return np.add.reduceat(np.asarray(column), starts)
        case "final":
            return np.logical_and.reduceat(np.asarray(column), starts)
        case _:
            return column.take(lasts)


def _first(column: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the first value of each run that is one."""
    places = np.where(np.isnan(column), len(column), np.arange(len(column)))
    first = np.minimum.reduceat(places, starts)
    return np.append(column, np.nan)[np.where(first < len(column), first, len(column))]
