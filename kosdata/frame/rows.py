"""What a frame with English names says of its rows: when, and of which code; whoever made it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.calendar import Product
from kosdata.catalogue.seoul import AHEAD, DAY, SEOUL
from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError
from kosdata.frame.phases import hours_of, micros, product_of

__all__ = ["NAT", "OHLC", "Rows", "ascends", "column", "counts", "floats", "has", "is_of_ticks", "origin_products"]

Ints = NDArray[np.int64]

OHLC: Final = ("open", "high", "low", "close")
NAT: Final = np.iinfo(np.int64).min
_FLOORS: Final[tuple[Product, ...]] = ("derivative", "stock")
_CODES: Final = 1 << 15
_MOST_LEVELS: Final = 2
_FEW: Final = 64
_PART: Final = 1 << 17

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


def is_of_ticks(frame: pd.DataFrame) -> bool:
    """Return whether the rows are trades; if not, they are bars."""
    return has(frame, "price") and not has(frame, "close")


def floats(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column of numbers, not a number where one is missing.

    Raises
    ------
    ArgumentError
        If it is missing, or is of text or the like.
    """
    values = column(frame, name)
    if values.dtype == np.float64:  # naming a value for what is missing would make a copy
        return values.to_numpy()
    try:
        return values.to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{name} has values that are no numbers: write pd.to_numeric(frame[{name!r}]).") from None


def counts(frame: pd.DataFrame, name: str) -> Any:
    """Return a column of whole numbers: an array of int64, or of Int64 if some may be missing.

    Raises
    ------
    ArgumentError
        If it is missing, or has values that are none.
    """
    values = column(frame, name)
    if values.dtype == np.int64:
        return values.to_numpy()
    try:
        is_plain = isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu"
        return values.to_numpy(np.int64) if is_plain else values.astype("Int64").array
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{name} has values that are no whole numbers.") from None


def ascends(values: NDArray[Any]) -> bool:
    """Return whether no value is less than the one before."""
    # In parts whose answers stay in the cache.
    parts = (values[at : at + _PART + 1] for at in range(0, len(values), _PART))
    return all(bool((part[1:] >= part[:-1]).all()) for part in parts)


def origin_products(frame: pd.DataFrame) -> set[str]:
    """Return which products the endpoints serve that a frame came from."""
    ids = str(frame.attrs.get("kosdata", {}).get("endpoint", "")).split()
    return {ENDPOINTS[id].product for id in ids if id in ENDPOINTS}


@dataclass(frozen=True)
class Rows:
    """When the rows of a frame are, and of which code.

    Attributes
    ----------
    times : array of int
        Microseconds; `NAT` where there is none.
    utc_offset : int
        What is to be added to `times` for Seoul time: nothing where they are that already.
    codes : array of int, optional
        Place in `names`, negative for none; None for the frame of one code.
    names : list of str
        Codes in their order.
    is_daily : bool
        Rows are those of dates.
    """

    times: Ints
    utc_offset: int
    codes: NDArray[Any] | None
    names: list[str]
    is_daily: bool

    @cached_property
    def ascends(self) -> bool:
        """Whether rows are in order of time; NaT comes before all."""
        return ascends(self.times)

    @property
    def present(self) -> set[str]:
        """Codes that have a row."""
        return set() if self.codes is None else {self.names[n] for n in np.unique(self.codes) if n >= 0}

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Rows:
        """Return what the index of a frame says, and its column of codes if it has one.

        Raises
        ------
        ArgumentError
            If there is no index of times or dates.
        """
        index = frame.index
        level, moments, is_daily = _moments(index)
        codes, names = _codes(frame, level)
        times = (moments if moments.unit == "us" else moments.as_unit("us")).asi8  # which would copy
        if isinstance(index, pd.MultiIndex):
            at = np.asarray(index.codes[level])
            times = np.where(at >= 0, times.take(at), NAT) if len(times) else np.full(len(at), NAT)
        return cls(times, AHEAD if moments.tz is not None else 0, codes, names, is_daily)

    def products(self, frame: pd.DataFrame) -> list[Product]:
        """Return whose hours each code keeps; of a frame without codes, what else tells it."""
        if self.codes is not None:
            return [product_of(name) for name in self.names]
        origins = origin_products(frame)
        is_contract = has(frame, "open_interest") or "derivative" in origins
        return ["derivative" if is_contract or (not origins and self._is_early) else "stock"]

    @property
    def _is_early(self) -> bool:
        """Whether some row is of a time at which contracts trade already, and stocks do not yet."""
        if self.is_daily:
            return False
        times = self.times if self.ascends else np.sort(self.times)
        at = int(np.searchsorted(times, NAT, side="right"))
        while at < len(times):
            day, moment = divmod(int(times[at]) + self.utc_offset, DAY)
            early, late = (micros(hours_of(day, each).open) for each in _FLOORS)
            if early <= moment < late:
                return True
            at = int(np.searchsorted(times, (day + 1) * DAY - self.utc_offset))
        return False

    def zoned(self, times: Ints) -> pd.DatetimeIndex:
        """Return times as instants of Seoul."""
        utc = (times + (self.utc_offset - AHEAD)).astype("datetime64[us]")
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


def _moments(index: pd.Index) -> tuple[int, pd.DatetimeIndex, bool]:
    """Return which level of an index are the moments, these, and whether they are dates."""
    levels: list[Any] = list(index.levels) if isinstance(index, pd.MultiIndex) else [index]
    named = [n for n, name in enumerate(index.names) if name in ("time", "date")]
    dated = [n for n, level in enumerate(levels) if isinstance(level, pd.DatetimeIndex)]
    place = next(iter([*named, *dated]), None)
    moments = None if place is None else _as_moments(levels[place])
    if place is None or moments is None:
        raise ArgumentError(
            "the frame has no index of times: write frame.set_index('time'), with instants such as 2024-01-05 09:00."
        )
    name = index.names[place]
    # At midnight there are trades as well, in nights of contracts; what has a zone is a date only by its name.
    can_be_daily = moments.tz is None or name not in ("time", None)
    is_daily = can_be_daily and (_are_midnights(moments) if len(moments) else name == "date")
    if is_daily and moments.tz is not None:
        moments = moments.tz_convert(SEOUL).tz_localize(None)
    return place, moments, is_daily


def _are_midnights(moments: pd.DatetimeIndex) -> bool:
    # The first ones say it of all but a few frames.
    parts = (moments[:_FEW], moments[_FEW:])
    known = (part[part.notna()].as_unit("us").asi8 + (0 if part.tz is None else AHEAD) for part in parts)
    return all(not (times % DAY).any() for times in known)


def _as_moments(level: Any) -> pd.DatetimeIndex | None:
    if isinstance(level, pd.DatetimeIndex):
        return level
    # Of other libraries' timestamps, or of objects; text and numbers may mean anything.
    if pd.api.types.infer_dtype(level) not in ("datetime", "datetime64", "date"):
        return None
    try:
        return pd.DatetimeIndex(level)
    except (TypeError, ValueError):
        return None


def _codes(frame: pd.DataFrame, moments: int) -> tuple[NDArray[Any] | None, list[str]]:
    """Return the number of the code of each row, and the codes: of a column, or of what else the index has."""
    if has(frame, "code"):
        values = column(frame, "code").array
        if isinstance(values, pd.Categorical):
            return _small(values.codes, len(values.categories)), [str(name) for name in values.categories]
        found, unique = pd.factorize(values)
        return _small(found, len(unique)), [str(name) for name in unique]
    index = frame.index
    if not isinstance(index, pd.MultiIndex):
        return None, []
    if index.nlevels > _MOST_LEVELS:
        raise ArgumentError(f"the index has the levels {', '.join(map(str, index.names))}: keep code and time.")
    # Whatever it is called: pd.concat({code: frame}) gives it no name.
    place = 1 - moments if index.nlevels == _MOST_LEVELS else None
    if place is None:
        return None, []
    names = [str(name) for name in index.levels[place]]
    return _small(np.asarray(index.codes[place]), len(names)), names


def _small(codes: NDArray[Any], count: int) -> NDArray[Any]:
    """Return codes in as few bytes as sorting them by their digits takes."""
    return codes.astype(np.int16, copy=False) if count < _CODES and codes.dtype.itemsize > 1 else codes
