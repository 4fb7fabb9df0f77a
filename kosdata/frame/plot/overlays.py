"""Lines over prices: averages, columns, and values that a user brings along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError
from kosdata.frame.korean import english_name
from kosdata.frame.plot.artists import Floats, floats

__all__ = ["Overlays", "overlaid"]

Overlay: TypeAlias = "int | str | pd.Series[Any] | pd.DataFrame"
Overlays: TypeAlias = "Overlay | Sequence[Overlay] | Mapping[str, int | str | pd.Series[Any]]"


def overlaid(given: Overlays, frame: pd.DataFrame, close: str) -> list[tuple[str, Floats]]:
    """Return names and values of lines over prices, one value a row of the frame.

    Parameters
    ----------
    given : int, str, Series, DataFrame, a sequence of them, or a mapping of names to them
        A number is a moving average of the closes over so many of them, a text a column of the frame; a Series is laid
        onto the rows by its index, and a frame is as many Series as it has columns.
    frame : DataFrame
        The bars.
    close : str
        Column that moving averages are of.

    Raises
    ------
    ArgumentError
        If one of them is none of that, or has nothing in common with the rows.
    """
    return [
        (name or _name(overlay, n), _values(overlay, frame, close)) for n, (name, overlay) in enumerate(_each(given), 1)
    ]


def _each(given: Any) -> list[tuple[str, Any]]:
    """Return overlays one by one under the names that they are given."""
    if isinstance(given, Mapping):
        return [(str(name), overlay) for name, overlay in given.items()]
    if isinstance(given, pd.DataFrame):
        return [(str(name), values) for name, values in given.items()]
    if isinstance(given, int | np.integer | str | pd.Series) or not isinstance(given, Iterable):
        return [("", given)]
    return [one for each in given for one in (_each(each) if isinstance(each, pd.DataFrame) else [("", each)])]


def _name(overlay: Any, n: int) -> str:
    if isinstance(overlay, pd.Series):
        return f"series {n}" if overlay.name in (None, "") else str(overlay.name)
    return overlay if isinstance(overlay, str) else f"MA{overlay}"


def _values(overlay: Any, frame: pd.DataFrame, close: str) -> Floats:
    if isinstance(overlay, pd.Series):
        return _laid(overlay, frame.index)
    if isinstance(overlay, str):
        name, known = english_name(overlay), [str(column) for column in frame]
        if name not in known:
            near = suggestion(overlay, known)
            raise ArgumentError(f"The overlay {overlay!r} is no column of the frame: {', '.join(known)}.{near}")
        return floats(frame[name])
    if isinstance(overlay, bool) or not isinstance(overlay, int | np.integer) or overlay < 1:
        raise ArgumentError(f"overlays={overlay!r}: give windows such as (5, 20), names of columns or Series.")
    # A day without a price leaves the average where it was.
    closes = pd.Series(floats(frame[close])).dropna()
    return floats(closes.rolling(int(overlay)).mean().reindex(range(len(frame))))


def _laid(overlay: pd.Series[Any], index: pd.Index[Any]) -> Floats:
    """Return the values of a Series at the labels of an index."""
    if not overlay.index.is_unique:
        raise ArgumentError("An overlay has two values for one label of its index: keep one of them.")
    values = floats(overlay)
    places = overlay.index.get_indexer(index)
    if len(index) and len(overlay) and (places < 0).all():
        own, rows = (f"{each[0]} to {each[-1]} ({each.dtype})" for each in (overlay.index, index))
        raise ArgumentError(
            f"The overlay {overlay.name!r} has no value at any row of the frame: its index is {own}, that of the frame "
            f"{rows}."
        )
    return np.where(places < 0, np.nan, np.append(values, np.nan)[places])
