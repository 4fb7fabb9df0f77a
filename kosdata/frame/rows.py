"""What a frame with English names says of its rows: when, and of which code; whoever made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.calendar import Product
from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError
from kosdata.frame.normalize import SEOUL
from kosdata.frame.phases import DAY, product_of

__all__ = ["NAT", "Rows", "column", "has", "origin_products"]

Ints = NDArray[np.int64]

NAT: Final = np.iinfo(np.int64).min
_AHEAD: Final = 9 * 3_600_000_000
_CODES: Final = 1 << 15

_BARS: Final = "history() and intraday()"
_SOURCES: Final = {
    **dict.fromkeys(("open", "high", "low", "close", "volume", "value"), f"{_BARS} have it"),
    **dict.fromkeys(("price", "size"), "the ticks of stream_to_frame() have it"),
    "change": "history() has it",
    "bid_price": "quote() has it",
    "ask_price": "quote() has it",
}
_BOOK: Final = "order_book() and streams with preset='quote' have it"


def has(frame: pd.DataFrame, *names: str) -> bool:
    """Return whether a frame has some columns."""
    return all(name in frame.columns for name in names)


def column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return a column.

    Raises
    ------
    ArgumentError
        If it is missing, the message says what has it; or if it is there twice.
    """
    if frame.columns.nlevels > 1:
        raise ArgumentError("the columns have several levels: write frame.stack('code') first, or ohlc(), which does.")
    if name not in frame.columns:
        source = _SOURCES.get(name) or (_BOOK if name.startswith(("bid_", "ask_")) else "")
        known = ", ".join(map(str, frame.columns[:12]))
        near = suggestion(name, map(str, frame.columns), cutoff=0.8)
        raise ArgumentError(
            f"{name} is missing{source and f': {source}'}. The frame has {known or 'no columns'}.{near}"
        )
    found: Any = frame[name]
    if isinstance(found, pd.DataFrame):
        raise ArgumentError(f"the frame has {found.shape[1]} columns {name}: keep one of them.")
    series: pd.Series[Any] = found
    return series


def origin_products(frame: pd.DataFrame) -> set[str]:
    """Return which products the endpoints serve that a frame came from."""
    ids = str(frame.attrs.get("kosdata", {}).get("endpoint", "")).split()
    return {ENDPOINTS[id].product for id in ids if id in ENDPOINTS}


@dataclass(frozen=True, slots=True)
class Rows:
    """When the rows of a frame are, and of which code.

    Attributes
    ----------
    times : array of int
        Microseconds; `NAT` where there is none.
    shift : int
        What is to be added to `times` for Seoul time.
    codes : array of int, optional
        Place in `names`, negative for none; None for the frame of one code.
    names : list of str
        Codes in their order.
    is_daily : bool
        Rows are those of dates.
    """

    times: Ints
    shift: int
    codes: NDArray[Any] | None
    names: list[str]
    is_daily: bool

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Rows:
        """Return what the index of a frame says, and its column of codes if it has one.

        Raises
        ------
        ArgumentError
            If there is no index of times or dates.
        """
        index = frame.index
        codes, names = _codes(frame)
        level, is_daily = _moments(index)
        moments: Any = index.levels[level] if isinstance(index, pd.MultiIndex) else index
        times = (moments if moments.unit == "us" else moments.as_unit("us")).asi8  # which would copy
        if isinstance(index, pd.MultiIndex):
            at = np.asarray(index.codes[level])
            times = np.where(at >= 0, times.take(at), NAT) if len(times) else np.full(len(at), NAT)
        return cls(times, _AHEAD if moments.tz is not None else 0, codes, names, is_daily)

    def products(self, frame: pd.DataFrame) -> list[Product]:
        """Return whose hours each code keeps; of a frame without codes, what else tells it."""
        if self.codes is not None:
            return [product_of(name) for name in self.names]
        is_contract = has(frame, "open_interest") or "derivative" in origin_products(frame)
        return ["derivative" if is_contract else "stock"]

    def zoned(self, times: Ints) -> pd.DatetimeIndex:
        """Return times as instants of Seoul."""
        utc = (times + (self.shift - _AHEAD)).astype("datetime64[us]")
        return pd.DatetimeIndex(utc, name="time").tz_localize("UTC").tz_convert(SEOUL)

    def moments(self, times: Ints) -> pd.DatetimeIndex:
        """Return times as what the index of the frame has: dates, or instants of Seoul."""
        return pd.DatetimeIndex(times.astype("datetime64[us]"), name="date") if self.is_daily else self.zoned(times)

    def index(self, inner: pd.Index, codes: NDArray[Any] | None) -> pd.Index:
        """Return an index of moments, under the codes of the rows if there are some."""
        if codes is None:
            return inner
        number, unique = pd.factorize(inner, sort=True)
        there = np.unique(codes)
        place = np.zeros(len(self.names), dtype=np.intp)
        place[there] = np.arange(len(there))
        outer = pd.Index([self.names[n] for n in there.tolist()], dtype="str", name="code")
        return pd.MultiIndex(
            levels=[outer, pd.Index(unique, name=inner.name)],
            codes=[place[codes], number],  # type: ignore[list-item]
            names=["code", inner.name],
            verify_integrity=False,
        )


def _moments(index: pd.Index) -> tuple[int, bool]:
    """Return which level of an index are the moments, and whether they are dates."""
    levels: list[Any] = list(index.levels) if isinstance(index, pd.MultiIndex) else [index]
    named = [n for n, name in enumerate(index.names) if name in ("time", "date")]
    dated = [n for n, level in enumerate(levels) if isinstance(level, pd.DatetimeIndex)]
    place = next(iter([*named, *dated]), None)
    if place is None or place not in dated:
        raise ArgumentError(
            "the frame has no index of times: write frame.set_index('time'), with instants such as 2024-01-05 09:00."
        )
    level = levels[place]
    is_daily = level.tz is None and (
        index.names[place] == "date" or bool(len(level) and not (level.as_unit("us").asi8 % DAY).any())
    )
    return place, is_daily


def _codes(frame: pd.DataFrame) -> tuple[NDArray[Any] | None, list[str]]:
    index = frame.index
    if has(frame, "code"):
        values = column(frame, "code").array
        if isinstance(values, pd.Categorical):
            return _small(values.codes, len(values.categories)), [str(name) for name in values.categories]
        found, unique = pd.factorize(values)
        return _small(found, len(unique)), [str(name) for name in unique]
    if "code" not in index.names:
        return None, []
    if isinstance(index, pd.MultiIndex):
        place = index.names.index("code")
        names = [str(name) for name in index.levels[place]]
        return _small(np.asarray(index.codes[place]), len(names)), names
    raise ArgumentError("the frame has one row a code and no times: ask for the rows of several moments.")


def _small(codes: NDArray[Any], count: int) -> NDArray[Any]:
    """Return codes in as few bytes as sorting them by their digits takes."""
    return codes.astype(np.int16, copy=False) if count < _CODES and codes.dtype.itemsize > 1 else codes
