"""What is worked out from prices and orders, row by row: averages, returns, spreads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.codes import indices
from kosdata.errors import ArgumentError
from kosdata.frame.bars import Freq, ohlc
from kosdata.frame.korean import english
from kosdata.frame.phases import DAY, DAY_BEGINS
from kosdata.frame.rows import Rows, column, has, origin_products

__all__ = ["imbalance", "returns", "spread", "vwap"]

Floats = NDArray[np.float64]


def vwap(frame: pd.DataFrame, freq: Freq | None = None) -> pd.Series[Any]:
    """Return the volume-weighted average price (VWAP).

    Parameters
    ----------
    frame : DataFrame
        Ticks, or bars with a value; bars of sessions as well.
    freq : str, int or Timedelta, optional
        Average of each bar of this length, as `ohlc` takes it. By default each row has that of its session so far.

    Returns
    -------
    Series
        ``vwap`` (float64), missing where nothing has traded.

    Raises
    ------
    ArgumentError
        If a column is missing, or the frame is of bars of futures, options or indices.

    Notes
    -----
    Bars of contracts have their value in won and their prices in points; only their ticks have an average. With `freq`
    the value of a bar of theirs is rounded to a whole point first.

    Examples
    --------
    >>> moments = pd.DatetimeIndex(["2024-01-05 09:00", "2024-01-05 09:00:30", "2024-01-08 09:00:00"], name="time")
    >>> ticks = pd.DataFrame({"price": [100.0, 103.0, 101.0], "size": [2, 1, 4]}, index=moments)
    >>> vwap(ticks).tolist(), vwap(ticks, "D").tolist()
    ([100.0, 101.0, 101.0], [101.0, 101.0])
    """
    index, (frame, _) = frame.index, english(frame)
    rows, is_ticks = Rows.of(frame), has(frame, "price", "size")
    if not is_ticks and "derivative" in rows.products(frame):
        raise ArgumentError("bars of contracts have no average price: their value is in won. Their ticks have one.")
    is_index = "index" in origin_products(frame) if rows.codes is None else not indices().keys().isdisjoint(rows.names)
    if is_index:
        raise ArgumentError("bars of indices have no average price: their volume is that of all their issues.")
    if freq is not None:
        bars = ohlc(frame, freq)
        return _ratio(_numbers(bars, "value"), _numbers(bars, "volume"), bars.index, "vwap")
    size: Floats = _numbers(frame, "size" if is_ticks else "volume")
    value: Floats = _numbers(frame, "price") * size if is_ticks else _numbers(frame, "value")
    if not rows.is_daily:
        is_known = ~(np.isnan(size) | np.isnan(value))
        day = (rows.times + rows.shift - DAY_BEGINS) // DAY
        keys = [day] if rows.codes is None else [rows.codes, day]
        sums = pd.DataFrame({"value": np.where(is_known, value, 0), "size": np.where(is_known, size, 0)}).groupby(keys)
        value, size = (sums[name].cumsum().to_numpy() for name in ("value", "size"))
    return _ratio(value, size, index, "vwap")


def returns(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return the simple return since the row before of the same code, as a fraction: 0.01 is one per cent.

    Where days or quotes have ``change``, as those of `history` do, the price before is the one that the exchange counts
    from, so that a split or a right is no loss, and the first row has a return as well.

    Parameters
    ----------
    frame : DataFrame
        Bars or ticks, oldest first within each code, or quotes.

    Returns
    -------
    Series
        ``returns`` (float64), missing where there is no price before.

    Raises
    ------
    ArgumentError
        If there is neither ``close`` nor ``price``.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2024-01-04", "2024-01-05"], name="date")
    >>> returns(pd.DataFrame({"close": [100.0, 51.0], "change": [0.0, 1.0]}, index=days)).tolist()
    [0.0, 0.02]
    """
    index, (frame, _) = frame.index, english(frame)
    price = _numbers(frame, "price" if has(frame, "price") and not has(frame, "close") else "close")
    before: Floats
    if has(frame, "change") and (frame.index.names == ["code"] or Rows.of(frame).is_daily):
        before = price - _numbers(frame, "change")
    else:
        rows = Rows.of(frame)
        codes = np.zeros(len(price), dtype=np.int64) if rows.codes is None else rows.codes
        # A row without a price, such as a signal, is passed over.
        last = pd.Series(price).groupby(codes).ffill()
        before = np.asarray(last.groupby(codes).shift(), dtype=np.float64)
    return _ratio(price - before, before, index, "returns")


def spread(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return the bid-ask spread: the best ask less the best bid, in won or points.

    Parameters
    ----------
    frame : DataFrame
        Order books or quotes: ``ask_price_1`` and ``bid_price_1``, or ``ask_price`` and ``bid_price``.

    Returns
    -------
    Series
        ``spread`` (float64), missing where a side is empty.

    Raises
    ------
    ArgumentError
        If a side is missing.

    Examples
    --------
    >>> spread(pd.DataFrame({"ask_price_1": [101.0, None], "bid_price_1": [100.0, 99.0]})).tolist()
    [1.0, nan]
    """
    index, (frame, _) = frame.index, english(frame)
    level = "" if has(frame, "ask_price", "bid_price") and not has(frame, "ask_price_1") else "_1"
    ask, bid = (_numbers(frame, f"{side}_price{level}") for side in ("ask", "bid"))
    is_there = (ask > 0) & (bid > 0)
    return pd.Series(np.where(is_there, ask - bid, np.nan), index, name="spread")


def imbalance(frame: pd.DataFrame, levels: int = 1) -> pd.Series[Any]:
    """Return the order book imbalance: (bid - ask) / (bid + ask) of the sizes, from -1 to 1.

    Parameters
    ----------
    frame : DataFrame
        Order books or quotes: ``ask_size_1``, ``bid_size_1`` and so on.
    levels : int, default 1
        How many levels of the book are added up on each side.

    Returns
    -------
    Series
        ``imbalance`` (float64), missing where there are no orders.

    Raises
    ------
    ArgumentError
        If a level is missing.

    Examples
    --------
    >>> imbalance(pd.DataFrame({"ask_size_1": [1, 0], "bid_size_1": [3, 0]})).tolist()
    [0.5, nan]
    """
    if isinstance(levels, bool) or not isinstance(levels, int) or levels < 1:
        raise ArgumentError(f"levels={levels!r} is no number of levels: write 1, 5 or 10.")
    index, (frame, _) = frame.index, english(frame)
    ask, bid = (
        np.asarray(sum(np.nan_to_num(_numbers(frame, f"{side}_size_{n}")) for n in range(1, levels + 1)))
        for side in ("ask", "bid")
    )
    return _ratio(bid - ask, bid + ask, index, "imbalance")


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    return column(frame, name).to_numpy(np.float64, na_value=np.nan)


def _ratio(of: Floats, by: Floats, index: pd.Index, name: str) -> pd.Series[Any]:
    found = np.full(len(of), np.nan)
    np.divide(of, by, out=found, where=by != 0)
    return pd.Series(found, index, name=name)
