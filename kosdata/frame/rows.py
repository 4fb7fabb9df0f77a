"""What a frame says of its rows: when, which code, in which language; whoever made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.calendar import Product
from kosdata.errors import ArgumentError
from kosdata.frame.korean import korean, titles
from kosdata.frame.normalize import SEOUL
from kosdata.frame.phases import DAY, product_of

__all__ = ["NAT", "Rows", "by_code_and_moment", "column", "has", "is_korean", "language"]

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
    """Return whether a frame has some columns, in English or in Korean."""
    return all(_label(frame, name) is not None for name in names)


def column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return a column by its English name, also of a frame with Korean ones.

    Raises
    ------
    ArgumentError
        If it is missing; the message says what has it.
    """
    label = _label(frame, name)
    if label is None:
        source = _SOURCES.get(name) or (_BOOK if name.startswith(("bid_", "ask_")) else "")
        known = ", ".join(map(str, frame.columns[:12]))
        raise ArgumentError(f"{name} is missing{source and f': {source}'}. The frame has {known or 'no columns'}.")
    found: Any = frame[label]
    if isinstance(found, pd.DataFrame):
        raise ArgumentError(f"the frame has {found.shape[1]} columns {label}: keep one of them.")
    series: pd.Series[Any] = found
    return series


def is_korean(frame: pd.DataFrame) -> bool:
    """Return whether names of columns or of the index are Korean ones."""
    ours = {titles()[name] for name in ("code", "date", "time", "close", "price", "ask_price_1", "volume")}
    return not ours.isdisjoint([*frame.columns, *frame.index.names])


def language(found: pd.DataFrame, of: pd.DataFrame) -> pd.DataFrame:
    """Return what was made of a frame in the language of that frame."""
    return korean(found) if is_korean(of) else found


def _label(frame: pd.DataFrame, name: str) -> Any:
    if name in frame.columns:
        return name
    title = titles().get(name)
    return title if title in frame.columns else None


def by_code_and_moment(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return one column under code and time, or date.

    Raises
    ------
    ArgumentError
        If it is missing, the frame is of one code, or a code has two rows of one time.
    """
    english = next((known for known, title in titles().items() if title == name), name)
    values, rows = column(frame, name if name in frame.columns else english), Rows.of(frame)
    if rows.codes is None:
        raise ArgumentError("the frame is of one code, and as wide as it gets: ask for codes=['005930', '000660'].")
    known = np.flatnonzero((rows.times != NAT) & (rows.codes >= 0))
    inner = rows.moments(rows.times[known])
    index = rows.index(inner, rows.codes[known])
    if index.has_duplicates:
        code, moment = index[index.duplicated()][0]
        raise ArgumentError(
            f"{code} has two rows at {moment:%Y-%m-%d %H:%M:%S}: ohlc('1min') makes bars of them first."
        )
    if is_korean(frame):
        index = index.set_names([titles()[str(level)] for level in index.names])
    return pd.DataFrame({name: values.array.take(known)}, index)


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
        endpoint = str(frame.attrs.get("kosdata", {}).get("endpoint", ""))
        told = "_futures_" in endpoint or "_options_" in endpoint or has(frame, "open_interest")
        return ["derivative" if told else "stock"]

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


def _named(names: Any, *sought: str) -> int | None:
    wanted = {*sought, *(titles()[name] for name in sought)}
    return next((n for n, name in enumerate(names) if name in wanted), None)


def _moments(index: pd.Index) -> tuple[int, bool]:
    """Return which level of an index are the moments, and whether they are dates."""
    levels: list[Any] = list(index.levels) if isinstance(index, pd.MultiIndex) else [index]
    place = _named(index.names, "time", "date")
    if place is None:
        place = next((n for n, level in enumerate(levels) if isinstance(level, pd.DatetimeIndex)), None)
    if place is None or not isinstance(levels[place], pd.DatetimeIndex):
        raise ArgumentError(
            "the frame has no index of times: write frame.set_index('time'), with instants such as 2024-01-05 09:00."
        )
    level = levels[place]
    is_daily = level.tz is None and (
        _named(index.names, "date") == place or bool(len(level) and not (level.as_unit("us").asi8 % DAY).any())
    )
    return place, is_daily


def _codes(frame: pd.DataFrame) -> tuple[NDArray[Any] | None, list[str]]:
    index = frame.index
    place = _named(index.names, "code")
    label = _label(frame, "code")
    if label is not None:
        values = column(frame, "code").array
        if isinstance(values, pd.Categorical):
            return _small(values.codes, len(values.categories)), [str(name) for name in values.categories]
        found, unique = pd.factorize(values)
        return _small(found, len(unique)), [str(name) for name in unique]
    if place is None:
        return None, []
    if isinstance(index, pd.MultiIndex):
        names = [str(name) for name in index.levels[place]]
        return _small(np.asarray(index.codes[place]), len(names)), names
    raise ArgumentError("the frame has one row a code and no times: bars are made of the rows of several moments.")


def _small(codes: NDArray[Any], count: int) -> NDArray[Any]:
    """Return codes in as few bytes as sorting them by their digits takes."""
    return codes.astype(np.int16, copy=False) if count < _CODES and codes.dtype.itemsize > 1 else codes
