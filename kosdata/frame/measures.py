"""What is worked out from prices and orders, row by row: averages, returns, spreads."""

from __future__ import annotations

from operator import index as whole
from typing import Any, Final, SupportsIndex

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.codes import indices
from kosdata.catalogue.seoul import DAY
from kosdata.errors import ArgumentError
from kosdata.frame.bars import Freq, ohlc
from kosdata.frame.korean import english
from kosdata.frame.phases import DAY_BEGINS, product_of
from kosdata.frame.rows import NAT, Rows, floats, has, is_of_ticks, origin_products

__all__ = ["imbalance", "returns", "spread", "vwap"]

Floats = NDArray[np.float64]

# What an average price may lie beyond the range of its session, by trades after hours; re-based prices lie further.
_BEYOND: Final = 0.005


def vwap(frame: pd.DataFrame, freq: Freq | None = None) -> pd.Series[Any]:
    """Return volume-weighted average prices; see `Kos.vwap`."""
    index, (frame, _) = frame.index, english(frame)
    rows, is_ticks = Rows.of(frame), is_of_ticks(frame)
    codes = rows.present
    products = map(product_of, codes) if codes else rows.products(frame)
    if not is_ticks and "derivative" in products:
        raise ArgumentError("bars of contracts have no average price: their value is in won. Their ticks have one.")
    if indices().keys() & codes if codes else "index" in origin_products(frame):
        raise ArgumentError("bars of indices have no average price: their volume is that of all their issues.")
    if freq is not None:
        bars = ohlc(frame, freq)
        return _within(_ratio(floats(bars, "value"), floats(bars, "volume"), bars.index, "vwap"), bars, is_ticks)
    size: Floats = floats(frame, "size" if is_ticks else "volume")
    value: Floats = floats(frame, "price") * size if is_ticks else floats(frame, "value")
    if not rows.is_daily:
        value, size = _so_far(rows, value, size)
    return _within(_ratio(value, size, index, "vwap"), frame, is_ticks or not rows.is_daily)


def _so_far(rows: Rows, value: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Return what the rows of each day and code come to up to each of them, in order of time."""
    is_known = ~(np.isnan(size) | np.isnan(value)) & (rows.times != NAT)
    day = (rows.times + rows.utc_offset - DAY_BEGINS) // DAY
    order = np.argsort(rows.times, kind="stable")
    keys = [day[order]] if rows.codes is None else [rows.codes[order], day[order]]
    found = []
    for each in (value, size):
        sums = np.empty(len(each))
        sums[order] = pd.Series(np.where(is_known, each, 0)[order]).groupby(keys).cumsum()
        found.append(sums)
    return found[0], found[1]


def _within(average: pd.Series[Any], bars: pd.DataFrame, is_sure: bool) -> pd.Series[Any]:
    """Return averages where they lie in the range of their bars."""
    if is_sure or not has(bars, "high", "low"):
        return average
    high, low = floats(bars, "high"), floats(bars, "low")
    return average.where(~((average > high * (1 + _BEYOND)) | (average < low * (1 - _BEYOND))))


def returns(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return simple returns, as fractions; see `Kos.returns`."""
    index, (frame, _) = frame.index, english(frame)
    price = floats(frame, "price" if is_of_ticks(frame) else "close")
    has_base = has(frame, "change") and (frame.index.names == ["code"] or Rows.of(frame).is_daily)
    before: Floats = price - floats(frame, "change") if has_base else np.full(len(price), np.nan)
    if not has_base or frame.index.names != ["code"]:
        rows = Rows.of(frame)
        codes = np.zeros(len(price), dtype=np.int64) if rows.codes is None else rows.codes
        # A row without a price, such as a signal, is passed over.
        last = pd.Series(price).groupby(codes).ffill()
        before = np.where(np.isnan(before), last.groupby(codes).shift(), before)
    return _ratio(price - before, before, index, "returns")


def spread(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return bid-ask spreads; see `Kos.spread`."""
    index, (frame, _) = frame.index, english(frame)
    level = "" if has(frame, "ask_price", "bid_price") and not has(frame, "ask_price_1") else "_1"
    ask, bid = (floats(frame, f"{side}_price{level}") for side in ("ask", "bid"))
    is_there = (ask > 0) & (bid > 0)
    return pd.Series(np.where(is_there, ask - bid, np.nan), index, name="spread")


def imbalance(frame: pd.DataFrame, levels: int = 1) -> pd.Series[Any]:
    """Return order book imbalances; see `Kos.imbalance`."""
    if isinstance(levels, bool) or not isinstance(levels, SupportsIndex) or whole(levels) < 1:
        raise ArgumentError(f"levels={levels!r} is no number of levels: write 1, 5 or 10.")
    index, (frame, _) = frame.index, english(frame)
    ask, bid = (
        np.asarray(sum(np.nan_to_num(floats(frame, f"{side}_size_{n}")) for n in range(1, whole(levels) + 1)))
        for side in ("ask", "bid")
    )
    return _ratio(bid - ask, bid + ask, index, "imbalance")


def _ratio(of: Floats, by: Floats, index: pd.Index, name: str) -> pd.Series[Any]:
    found = np.full(len(of), np.nan)
    np.divide(of, by, out=found, where=by != 0)
    return pd.Series(found, index, name=name)
