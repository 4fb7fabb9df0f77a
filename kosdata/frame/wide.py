"""Long frames of many codes as wide ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kosdata.errors import ArgumentError

__all__ = ["nullable", "of_wide", "wide"]


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
    figures = next((n for n in levels if {"close", "price", "종가", "현재가"} & {*frame.columns.unique(n)}), None)
    if figures is None or len(levels) != 2:
        raise ArgumentError("columns of a wide frame have two levels, one of codes and one of figures such as close.")
    codes = frame.columns.unique(1 - figures)
    rows = {code: frame.xs(code, axis=1, level=1 - figures).dropna(how="all") for code in codes}
    long = pd.concat(rows, names=["code"])
    long.columns = pd.Index(long.columns.tolist())
    made = make(long)
    there = made.index.unique(0)
    parts = {code: made.xs(code).apply(nullable) for code in codes if code in there}
    found = pd.concat(parts, axis=1).sort_index() if parts else pd.DataFrame(index=made.index.unique(1))
    order = pd.MultiIndex.from_product([parts, made.columns], names=[codes.name, None])
    found = found.reindex(columns=order)
    if figures == 0:
        found = found.swaplevel(axis=1)[pd.MultiIndex.from_product([made.columns, parts], names=[None, codes.name])]
    found.attrs = made.attrs
    return found
