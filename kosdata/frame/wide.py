"""Long frames of many codes as wide ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["nullable", "wide"]


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
