"""Bars of ticks and of shorter bars, cut from the open of each session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.calendar import Product
from kosdata.catalogue.seoul import DAY, SEOUL
from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError
from kosdata.frame.binning import BinnedBars, bin_bars, bin_ticks
from kosdata.frame.korean import english, korean
from kosdata.frame.lengths import Interval, interval_name, whole_seconds
from kosdata.frame.periods import Period, period_of
from kosdata.frame.phases import DAY_BEGINS, Session, phases
from kosdata.frame.rows import NAT, OHLC, Rows, ascends, column, counts, floats, has, is_of_ticks
from kosdata.frame.spacing import is_of_sessions, spacing
from kosdata.frame.wide import of_wide

__all__ = ["Freq", "Label", "Session", "ohlc"]

Ints = NDArray[np.int64]

Label: TypeAlias = Literal["left", "right"]
Freq: TypeAlias = Interval
"""``"1min"``, ``"10s"``, ``"1h"``, seconds or a Timedelta; ``"D"``, ``"W"`` and ``"M"`` for sessions, weeks, months."""

_SECOND: Final = 1_000_000


def ohlc(
    frame: pd.DataFrame,
    freq: Freq = "1min",
    *,
    session: Session = "regular",
    label: Label = "left",
    fill: bool = False,
) -> pd.DataFrame:
    """Return bars made of ticks or of shorter bars; see `Kos.ohlc`."""
    length = _length(freq)
    choice("session", session, ("regular", "after_hours", "all"))
    choice("label", label, ("left", "right"))
    choice("fill", fill, (False, True))
    if fill and isinstance(length, str):
        raise ArgumentError("fill=True fills bars within sessions: leave it out for days, weeks and months.")
    if frame.columns.nlevels > 1:
        return of_wide(frame, lambda each: ohlc(each, freq, session=session, label=label, fill=fill))

    frame, was_korean = english(frame)
    rows = Rows.of(frame)
    products = rows.products(frame)
    is_ticks = is_of_ticks(frame)
    step = DAY if isinstance(length, str) else length * _SECOND
    source, left_out = _ticks(frame, rows) if is_ticks else _bars(frame, rows, products, step)
    if rows.is_daily:
        if is_ticks or not isinstance(length, str) or session != "regular":
            raise ArgumentError("the frame has one row a session: write freq='W' or freq='M', and no session.")
        if not is_of_sessions(frame, rows):
            raise ArgumentError("the frame has one row a week or month, which make no other bars: ask for days.")
        made, outside = _sessions(source), 0
    else:
        parts = [_cut(part, product, session, step, rows.utc_offset) for part, product in source.by_product(products)]
        made, outside = BinnedBars.joined([part for part, _ in parts]), sum(lost for _, lost in parts)
        if not is_ticks and not fill:
            made = made.where(_traded(made))
    if fill:
        over = _known_until(frame) - rows.utc_offset
        made = made.filled(step, over, seen=over if is_ticks else int(source.times.max(initial=NAT)) + 1)
    if isinstance(length, str):
        made = made.by(period_of(made.day.astype("datetime64[D]"), length))
        inner = pd.DatetimeIndex((made.day * DAY).astype("datetime64[us]"), name="date")
    else:
        inner = rows.zoned(made.ends(step) if label == "right" else made.begins(step))
    bars = pd.DataFrame(dict(made.columns), rows.index(inner, made.code), copy=False)
    name = length if isinstance(length, str) else interval_name(length)
    said = {"interval": name, "label": label, "session": session, **left_out, "outside_session": outside}
    if length in ("W", "M"):
        said["freq"] = name
    if is_ticks and "derivative" in products:
        said["value_of_contracts"] = "points times contracts"
    bars.attrs["kosdata"] = {**frame.attrs.get("kosdata", {}), **said}
    return korean(bars) if was_korean else bars


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows to make bars of: microseconds, numbers of codes, columns."""

    times: Ints
    codes: NDArray[Any] | None
    columns: Mapping[str, Any]
    is_ticks: bool

    def at(self, places: NDArray[Any] | None) -> _Source:
        """Return the rows at some places; all of them for None."""
        if places is None:
            return self
        codes = None if self.codes is None else self.codes[places]
        columns = {name: values.take(places) for name, values in self.columns.items()}
        return _Source(self.times[places], codes, columns, self.is_ticks)

    def by_product(self, products: Sequence[Product]) -> list[tuple[_Source, Product]]:
        """Return the rows by whose hours their codes keep."""
        kinds = sorted(set(products)) or ["stock"]
        if self.codes is None or len(kinds) == 1:
            return [(self, kinds[0])]
        of_code = np.array([kinds.index(product) for product in products])[self.codes]
        return [(self.at(np.flatnonzero(of_code == n)), kind) for n, kind in enumerate(kinds)]


def _length(freq: object) -> int | Period:
    """Return the length of bars in seconds, or the name of a period."""
    if isinstance(freq, str) and freq in ("D", "W", "M"):
        return cast("Period", freq)
    length = whole_seconds(freq)
    if length is None or length < 1:
        raise ArgumentError(f"freq={freq!r} is no length of bars: write '10s', '1min', '1h', 'D', 'W' or 'M'.")
    if length * _SECOND >= DAY:
        raise ArgumentError(f"freq={freq!r} is longer than a session: write 'D', 'W' or 'M'.")
    return length


def _ticks(frame: pd.DataFrame, rows: Rows) -> tuple[_Source, dict[str, int]]:
    """Return ticks in order of time, and how many rows are none."""
    price, size = floats(frame, "price"), counts(frame, "size")
    times = rows.times
    in_order = rows.ascends
    is_timed: Any = np.True_
    is_trade: Any = np.True_
    if isinstance(size, pd.arrays.IntegerArray):
        is_trade = ~size.isna()
        size = size.to_numpy(np.int64, na_value=0)
    source = _Source(times, rows.codes, {"price": price, "size": size}, is_ticks=True)
    unsorted = 0 if in_order else _falls(times)
    if not in_order or NAT in times[:1]:
        is_timed = times != NAT
    if rows.codes is not None:
        is_timed = is_timed & (rows.codes >= 0)
    if not np.isfinite(price.sum()):  # one pass less than to look at each
        is_trade = is_trade & np.isfinite(price)
    timed = len(times) if is_timed is np.True_ else int(is_timed.sum())
    if not np.all(is_timed & is_trade):
        source = source.at(np.flatnonzero(is_timed & is_trade))
        in_order = ascends(source.times)
    if not in_order:
        source = source.at(np.argsort(source.times, kind="stable"))
    return source, {
        "without_time": len(times) - timed,
        "without_trade": timed - len(source.times),
        "repeated": 0,
        "unsorted": unsorted,
    }


def _bars(frame: pd.DataFrame, rows: Rows, products: Sequence[Product], step: int) -> tuple[_Source, dict[str, int]]:
    """Return bars in order of code and time, each at a moment within, and how many rows are none.

    Raises
    ------
    ArgumentError
        If they are too long for bars of the length of a step, or two of one time differ.
    """
    columns: dict[str, Any] = {name: floats(frame, name) for name in OHLC}
    columns |= {name: counts(frame, name) for name in ("volume", "value")}
    columns["count"] = counts(frame, "count") if has(frame, "count") else _has_traded(columns["volume"])
    if has(frame, "final"):
        columns["final"] = column(frame, "final").to_numpy(np.bool_, na_value=False)
    ahead = 0 if rows.is_daily else _ahead(frame, rows, products, step)
    known = rows.times != NAT if rows.codes is None else (rows.times != NAT) & (rows.codes >= 0)
    source = _Source(rows.times + ahead, rows.codes, columns, is_ticks=False)
    source = source.at(None if known.all() else np.flatnonzero(known))
    times = source.times
    codes = np.zeros(len(times), dtype=np.int8) if source.codes is None else source.codes
    unsorted = int(((times[1:] < times[:-1]) & (codes[1:] == codes[:-1])).sum())
    if unsorted or not ascends(codes):
        source = source.at(np.lexsort((times, codes)))
    source, repeated = _once(source, rows)
    return source, {
        "without_time": int((~known).sum()),
        "without_trade": 0,
        "repeated": repeated,
        "unsorted": unsorted,
    }


def _ahead(frame: pd.DataFrame, rows: Rows, products: Sequence[Product], step: int) -> int:
    """Return what leads from the time of a bar into it, if bars of this length make some of the length of a step.

    Raises
    ------
    ArgumentError
        If they are too long, or do not divide it.
    """
    about = frame.attrs.get("kosdata", {})
    finer, is_right = whole_seconds(about.get("interval")), about.get("label") == "right"
    if finer is None:
        found = spacing(rows, products)
        finer, is_right = found.seconds, is_right or (found.is_right and "label" not in about)
    if finer and step % (finer * _SECOND):
        raise ArgumentError(f"bars of {interval_name(finer)} make no bars of {interval_name(step // _SECOND)}.")
    # A bar that begins where a session ends is none of it, and one that ends where it begins neither.
    return -1 if is_right else 1


def _has_traded(volume: Any) -> Any:
    """Return 1 for bars with a volume, missing where the volume is."""
    return pd.array(volume != 0).astype("Int64" if isinstance(volume, pd.arrays.IntegerArray) else np.int64)


def _once(source: _Source, rows: Rows) -> tuple[_Source, int]:
    """Return bars without those that are there twice, and how many these were."""
    times, codes = source.times, source.codes
    again = times[1:] == times[:-1]
    if codes is not None:
        again &= codes[1:] == codes[:-1]
    if not again.any():
        return source, 0
    second = np.flatnonzero(again) + 1
    for name, values in source.columns.items():
        one, other = pd.Series(values.take(second - 1)), pd.Series(values.take(second))
        differs = ~((one == other) | (one.isna() & other.isna())).to_numpy(np.bool_, na_value=False)
        if differs.any():
            at = int(second[differs][0])
            code = "" if codes is None else f" of {rows.names[codes[at]]}"
            moment = rows.zoned(times[at : at + 1])[0]
            raise ArgumentError(f"two bars{code} at {moment:%Y-%m-%d %H:%M:%S} differ in {name}: keep one of them.")
    return source.at(np.flatnonzero(np.append(True, ~again))), len(second)


def _cut(source: _Source, product: Product, session: Session, step: int, shift: int) -> tuple[BinnedBars, int]:
    times, columns = source.times, source.columns
    spans = phases(_days(times, shift, ascends=source.is_ticks), product, session, shift)
    if source.is_ticks:
        return bin_ticks(times, columns["price"], columns["size"], source.codes, spans, step)
    return bin_bars(times, columns, source.codes, spans, step)


def _days(times: Ints, shift: int, *, ascends: bool) -> Iterator[int]:
    """Yield the days that times lie in, which begin before anything opens."""
    if not ascends:
        days = (times + (shift - DAY_BEGINS)) // DAY
        yield from np.unique(days[np.flatnonzero(np.diff(days, prepend=days[:1] - 1))]).tolist()
        return
    at = 0
    while at < len(times):
        day = (int(times[at]) + shift - DAY_BEGINS) // DAY
        yield day
        at = int(np.searchsorted(times, (day + 1) * DAY + DAY_BEGINS - shift))


def _sessions(source: _Source) -> BinnedBars:
    """Return bars of sessions as they are."""
    begin = source.times
    flat = np.zeros(len(begin), dtype=np.int64)
    columns = {name: values.copy() for name, values in source.columns.items()}
    return BinnedBars(source.codes, begin, begin + DAY, flat, begin // DAY, flat == 0, columns)


def _traded(made: BinnedBars) -> NDArray[np.bool_]:
    """Return which bars had a trade; where nothing ever has volume, as in some indices, none is left out."""
    volume = pd.Series(made.columns["volume"])
    moved = volume.fillna(1).to_numpy(np.int64) != 0
    of = np.zeros(len(moved), dtype=np.int64) if made.code is None else made.code
    has_volume = np.zeros(int(of.max(initial=0)) + 1, dtype=np.bool_)
    has_volume[of[moved]] = True
    found: NDArray[np.bool_] = moved | (made.columns["high"] > made.columns["low"]) | ~has_volume[of]
    return found


def _known_until(frame: pd.DataFrame) -> int:
    """Return the moment up to which the frame can know what has traded, in Seoul."""
    if has(frame, "received"):
        moment = column(frame, "received").max()
    else:
        fetched = frame.attrs.get("kosdata", {}).get("fetched_at")
        moment = pd.Timestamp(fetched) if fetched else pd.Timestamp.now(SEOUL)
    if moment is pd.NaT:
        return 0
    local = moment.tz_convert(SEOUL).tz_localize(None) if moment.tz else moment
    return int(local.as_unit("us").asm8.astype(np.int64))


def _falls(times: Ints) -> int:
    """Return how many times come before the one above."""
    known = times[times != NAT]
    return int((known[1:] < known[:-1]).sum())
