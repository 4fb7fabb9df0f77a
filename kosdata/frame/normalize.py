"""Rows to frames and back: one columnar build over all rows, typed by their record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.model import Field, Kind, Product, Record
from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import SchemaError
from kosdata.frame import codecs

Row = Mapping[str, Any]
Columns = dict[str, Any]

SIGNAL = "signal"
_RUNNING_TOTAL = "inddAccTrdvol"
_MINUTE = 60_000_000


def to_frame(
    rows: Sequence[Row],
    record: Record,
    *,
    beside: Row | None = None,
    day: date | None = None,
    stamped: bool = True,
    interval: int | None = None,
    product: Product = "stock",
) -> pd.DataFrame:
    """Return rows of the wire as a frame.

    Parameters
    ----------
    rows : sequence of dict
        Rows as a body holds them, in any order.
    record : Record
        What a row is; gives every column and dtype, also where there are no rows.
    beside : dict, optional
        What stood beside the list of rows; laid onto each row where the record names it.
    day : date, optional
        Session of the rows.
    stamped : bool, default True
        Put times of day on that session, as instants in Asia/Seoul.
    interval : int, optional
        Seconds of a bar, where the rows are bars.
    product : {"stock", "index", "derivative"}
        Decides when a session opens.

    Returns
    -------
    DataFrame
        Indexed as the record says; days and times ascend and are unique.

    Raises
    ------
    SchemaError
        If a required field is in no row, a value is nothing that its field can be, or two rows of one day differ.
    """
    rows = _once(rows, record)
    table = _Table(rows, beside or {})
    columns = {f.column: table.column(f) for f in record.fields}
    for f in record.fields:
        if f.signals:
            columns[SIGNAL] = table.signals(f)
    order = _order(rows, record, columns)
    if order is not None:
        columns = {name: column.take(order) for name, column in columns.items()}
    if _RUNNING_TOTAL in {f.wire for f in record.fields} and rows and not table.has(_RUNNING_TOTAL):
        _unaccumulate(columns, record, table, order, day, interval, product)
    if day is not None and stamped:
        columns |= {f.column: _stamp(columns[f.column], day) for f in record.fields if f.kind is Kind.TIME}
    return _build(columns, record)


def to_rows(frame: pd.DataFrame | Mapping[str, Any], record: Record) -> list[dict[str, Any]]:
    """Return a frame, or its columns, as rows of the wire: the inverse of `to_frame`.

    Parameters
    ----------
    frame : DataFrame or mapping of columns
        Columns by the names of the record; those that are missing are not written.
    record : Record
        What a row is.

    Returns
    -------
    list of dict
        One a row, in the order of the frame.
    """
    columns = _columns(frame)
    written: dict[str, list[Any]] = {}
    for f in record.fields:
        if f.column in columns and not (record.running and f.column in {"volume", "value", "value_cum"}):
            wire = record["volume"].wire if record.running and f.column == "volume_cum" else f.wire
            written[wire] = codecs.encode(f, columns[f.column])
            if f.signals and SIGNAL in columns:
                written[wire] = _with_signals(f, written[wire], columns[SIGNAL])
    return [dict(zip(written, values, strict=True)) for values in zip(*written.values(), strict=True)]


class RowsDiffer(SchemaError):
    """Two rows of one day that are not the same: they are of two answers, with prices re-based in between."""


class _Table:
    """The rows of one answer, read by column; names match without regard to case."""

    def __init__(self, rows: Sequence[Row], beside: Row) -> None:
        self.rows = rows
        first = rows[0] if rows else {}
        self._first = {k.lower(): k for k in first}
        self._beside = {k.lower(): v for k, v in beside.items()}

    def has(self, wire: str) -> bool:
        """Return whether any row has a value of that name."""
        name = wire.lower()
        return any(v is not None and k.lower() == name for row in self.rows for k, v in row.items())

    def column(self, field: Field) -> Any:
        """Return the decoded column of a field."""
        values = self._values(field)
        if values is not None:
            return codecs.decode(field, values)
        if field.required and self.rows and not self._is_aside(field):
            raise SchemaError(f"{field.wire} ({field.column}) is in no row.", field=field.wire)
        one = codecs.decode(field, [self._aside(field)] if self.rows else [])
        return one.take(np.zeros(len(self.rows), dtype=np.intp))

    def signals(self, field: Field) -> Any:
        """Return the column of operation signals of a trade time."""
        values = self._values(field)
        return codecs.signals(field, [None] * len(self.rows) if values is None else values)

    def _values(self, field: Field) -> list[Any] | None:
        names = [s.lower() for s in field.spellings]
        key = next((self._first[n] for n in names if n in self._first), None)
        if key is not None:
            try:
                return [row[key] for row in self.rows]
            except KeyError:
                return self._patient(names)
        # What stands beside the rows is not looked for in each of them.
        return None if self._is_aside(field) else self._patient(names)

    def _patient(self, names: list[str]) -> list[Any] | None:
        if not self._known.intersection(names):
            return None
        found = False
        values = []
        for row in self.rows:
            lowered = {k.lower(): k for k in row}
            key = next((lowered[n] for n in names if n in lowered), None)
            found = found or key is not None
            values.append(None if key is None else row[key])
        return values if found else None

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(k.lower() for k in {k for row in self.rows for k in row})

    def _is_aside(self, field: Field) -> bool:
        return any(s.lower() in self._beside for s in field.spellings)

    def _aside(self, field: Field) -> Any:
        return next((self._beside[s.lower()] for s in field.spellings if s.lower() in self._beside), None)


def _once(rows: Sequence[Row], record: Record) -> Sequence[Row]:
    """Return the rows without those that are sent twice, where rows are told apart by a code."""
    if len(record.index) != 1 or record[record.index[0]].kind is not Kind.CODE or len(rows) < 2:
        return rows
    found: dict[Any, list[Row]] = {}
    for n, row in enumerate(rows):
        code = next((row[name] for name in record[record.index[0]].spellings if name in row), None)
        # A row that names nothing, or 0, is one by its place.
        same = found.setdefault(n if code in (None, "", "0") else f"{code}", [])
        if row not in same:
            same.append(row)
    return rows if len(found) == len(rows) else [row for same in found.values() for row in same]


def _order(rows: Sequence[Row], record: Record, columns: Columns) -> NDArray[np.intp] | None:
    """Return the positions of the rows by time, each moment once; None where they are so already."""
    if not (len(record.index) == 1 and record[record.index[0]].kind in (Kind.DATE, Kind.TIME)):
        return None
    moments = columns[record.index[0]]
    if len(moments) and np.isnat(moments).all():
        name = record[record.index[0]].wire
        raise SchemaError(f"{name} ({record.index[0]}) is missing in every row.", field=name)
    numbers = moments.astype(np.int64)
    steps = np.diff(numbers)
    known = not np.isnat(moments).any()
    if known and (steps > 0).all():
        return None
    if known and (steps < 0).all():
        return np.arange(len(rows) - 1, -1, -1)
    order = np.lexsort((np.arange(len(rows)), numbers, np.isnat(moments)))
    again = np.flatnonzero((np.diff(numbers[order]) == 0) & ~np.isnat(moments[order][1:])) + 1
    for at in again:
        one, other = rows[order[at - 1]], rows[order[at]]
        if one != other:
            name = record[record.index[0]].wire
            raise RowsDiffer(f"{name}: two different rows for {moments[order[at]]}.", field=name)
    return np.asarray(np.delete(order, again), dtype=np.intp)


def _unaccumulate(
    columns: Columns,
    record: Record,
    table: _Table,
    order: NDArray[np.intp] | None,
    day: date | None,
    interval: int | None,
    product: Product,
) -> None:
    """Turn the day's running total, which older answers send as the volume of a bar, into the volume of each bar."""
    running = table.column(record["volume_cum"].spelled(record["volume"].wire))
    running = running if order is None else running.take(order)
    total, missing = running.to_numpy(np.int64, na_value=0), np.asarray(running.isna())
    volume = np.diff(total, prepend=0)
    unknown = missing | np.r_[False, missing[:-1]] | (volume < 0)
    unknown[0] = missing[0] or not _is_first_bar(columns["time"], day, interval, product)
    columns["volume_cum"] = running
    if not record["volume"].required:
        columns["volume"] = pd.arrays.IntegerArray(np.where(unknown, 0, volume), unknown)
    elif unknown.any():
        raise SchemaError(
            f"{_RUNNING_TOTAL} is in no row, so that {record['volume'].wire} may be a running total that starts before "
            "the first bar.",
            field=_RUNNING_TOTAL,
        )
    else:
        columns["volume"] = volume


def _is_first_bar(times: NDArray[np.timedelta64], day: date | None, interval: int | None, product: Product) -> bool:
    """Return whether the first of some bars is the first of its session, and its running total thus its own."""
    at = times.astype(np.int64)
    steps = np.diff(at)
    if interval is None and not len(steps):
        return False
    # The newest bar of a running day is shorter than the others.
    length = interval * 1_000_000 if interval else int(np.median(steps))
    opening = KRX.hours(day, "derivative" if product == "derivative" else "stock").open if day else time(9)
    return bool(at[0] - length <= (opening.hour * 60 + opening.minute) * _MINUTE)


def _stamp(times: NDArray[np.timedelta64], day: date) -> Any:
    moments = pd.DatetimeIndex(np.datetime64(day, "us") + times).as_unit("us")
    return moments.tz_localize(SEOUL).array


def _build(columns: Columns, record: Record) -> pd.DataFrame:
    names = [f.column for f in record.fields if f.column not in record.index]
    if SIGNAL in columns:
        names.insert(names.index("time") + 1, SIGNAL)
    index = _index([columns[name] for name in record.index], record.index) if record.index else None
    return pd.DataFrame({name: columns[name] for name in names}, index=index, copy=False)


def _index(arrays: list[Any], names: Iterable[str]) -> pd.Index:
    (array,), (name,) = arrays, names
    index: pd.Index = pd.Index(array, name=name, copy=False)
    return index


def _columns(frame: pd.DataFrame | Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(frame, pd.DataFrame):
        return dict(frame)
    flat = frame.reset_index() if frame.index.name is not None else frame
    return {str(name): _unstamped(flat[name]) for name in flat.columns}


def _unstamped(column: pd.Series[Any]) -> Any:
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.array
    local = column.dt.tz_convert(SEOUL).dt.tz_localize(None)
    return (local - local.dt.normalize()).array


def _with_signals(field: Field, times: list[Any], signals: Iterable[Any]) -> list[Any]:
    # A signal travels as a code of the same JSON type; where there is neither, nothing was said of the time.
    code = replace(field, kind=Kind.CODE)
    said = codecs.encode(code, signals)
    return [time if signal is None and int(time) else signal for time, signal in zip(times, said, strict=True)]
