"""Long frames of many codes as wide ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kosdata.errors import ArgumentError
from kosdata.frame.korean import english, english_name, korean
from kosdata.frame.rows import NAT, Rows, column

__all__ = ["column_by_code", "nullable", "of_wide", "wide"]


def column_by_code(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return one column of a frame of several codes with a column a code, in the language of the frame.

    Parameters
    ----------
    frame : DataFrame
        Rows by code and time or date, or by code and whatever else, such as investors.
    name : str
        Which column, in English or in Korean.

    Raises
    ------
    ArgumentError
        If it is missing, the frame is of one code, or a code has two rows of one time.
    """
    read, was_korean = english(frame)
    values = column(read, english_name(name))
    long = _by_moment(read, values) if _has_moments(read.index) else _by_label(read, values)
    if long.index.has_duplicates:
        code, moment = long.index[long.index.duplicated()][0]
        raise ArgumentError(f"{code} has two rows at {moment}: ohlc('1min') makes bars of ticks first.")
    found = wide(long, str(values.name))
    if was_korean:
        outer, inner = korean(long).index.names
        found.index.name, found.columns.name = inner, outer
    return found


def _has_moments(index: pd.Index) -> bool:
    levels = index.levels if isinstance(index, pd.MultiIndex) else [index]
    return any(isinstance(level, pd.DatetimeIndex) for level in levels)


def _by_moment(frame: pd.DataFrame, values: pd.Series[Any]) -> pd.DataFrame:
    rows = Rows.of(frame)
    if rows.codes is None:
        raise ArgumentError("the frame is of one code, and as wide as it gets: ask for codes=['005930', '000660'].")
    known = np.flatnonzero((rows.times != NAT) & (rows.codes >= 0))
    index = rows.index(rows.moments(rows.times[known]), rows.codes[known])
    return pd.DataFrame({str(values.name): values.array.take(known)}, index)


def _by_label(frame: pd.DataFrame, values: pd.Series[Any]) -> pd.DataFrame:
    """Return a column under code and what else the rows are by, such as investors, in the order in which they come."""
    index = frame.index
    if index.nlevels != 2 or "code" not in index.names:
        raise ArgumentError("the frame has neither times nor a second level beside its codes: nothing makes it wide.")
    order = (0, 1) if index.names[0] == "code" else (1, 0)
    names = [index.names[n] for n in order]
    found = [pd.factorize(index.get_level_values(n), use_na_sentinel=False) for n in order]
    levels = [pd.Index(unique, name=name) for name, (_, unique) in zip(names, found, strict=True)]
    numbers: list[Any] = [codes for codes, _ in found]
    return pd.DataFrame({str(values.name): values.array}, pd.MultiIndex(levels, numbers, names=names))


def wide(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one column of a frame by code and date as a frame of dates, with a column a code.

    Parameters
    ----------
    frame : DataFrame
        Under ``code`` and ``date``. A code without rows has a column as well if the index knows it.
    column : str
        Which column.

    Returns
    -------
    DataFrame
        Every date that any code has, ascending; codes in their order. What a code lacks is missing.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2024-01-04", "2024-01-05", "2024-01-05"]).as_unit("us")
    >>> index = pd.MultiIndex.from_arrays([["B", "B", "A"], days], names=["code", "date"])
    >>> wide(pd.DataFrame({"volume": [5, 6, 7]}, index=index), "volume")
    code           A  B
    date
    2024-01-04  <NA>  5
    2024-01-05     7  6
    """
    assert isinstance(frame.index, pd.MultiIndex)  # noqa: S101 - frames of many codes are
    codes, days = frame.index.levels
    ofcode, ofday = map(np.asarray, frame.index.codes)
    there = np.unique(ofday)
    place = np.zeros(len(days), dtype=np.intp)
    place[there] = np.arange(len(there))
    values = nullable(frame[column]).array
    columns: dict[Any, Any] = {}
    for n, code in enumerate(codes):
        rows = np.flatnonzero(ofcode == n)
        takes = np.full(len(there), -1, dtype=np.intp)
        takes[place[ofday[rows]]] = rows
        columns[code] = values.take(takes, allow_fill=True)
    found = pd.DataFrame(columns, index=days[there])
    found.columns = pd.Index(codes, dtype="str", name=frame.index.names[0])
    return found


def nullable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as one that may lack values: whole numbers as ``Int64``."""
    return column.astype("Int64") if column.dtype == np.int64 else column


def of_wide(frame: pd.DataFrame, make: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Return what is made of the codes of a wide frame, in the same shape: figures and codes in two levels of columns.

    Parameters
    ----------
    frame : DataFrame
        By time, with a column for each figure of each code; such as ``history(codes, ...).unstack("code")``.
    make : callable
        Makes a frame under ``code`` and time of such a one.

    Raises
    ------
    ArgumentError
        If the columns have no two levels, or none of them are figures.
    """
    levels = range(frame.columns.nlevels)
    figures = next((n for n in levels if {"close", "price"} & {*map(english_name, frame.columns.unique(n))}), None)
    if figures is None or len(levels) != 2:
        raise ArgumentError("columns of a wide frame have two levels, one of codes and one of figures such as close.")
    codes = frame.columns.unique(1 - figures)
    rows = {str(code): frame.xs(code, axis=1, level=1 - figures).dropna(how="all") for code in codes}
    long = pd.concat(rows, names=["code"])
    long.columns = pd.Index(long.columns.tolist())
    made = make(long)
    there, none = made.index.unique(0), made.iloc[:0].droplevel(0)
    parts = {code: (made.xs(code) if code in there else none).apply(nullable) for code in rows}
    found = pd.concat(parts, axis=1, names=[codes.name, None], sort=True)
    if figures == 0:
        found = found.swaplevel(axis=1)[pd.MultiIndex.from_product([made.columns, parts], names=[None, codes.name])]
    found.attrs = made.attrs
    return found
