"""Frames as tables that fit a terminal: the columns that matter most, the first rows and the last."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pandas as pd
from pandas.api import types

from kosdata.frame.korean import english_name

__all__ = ["Table", "display_width", "format_value", "table"]

_GAP: Final = "  "
_LONGEST: Final = 40  # columns of the screen that one text may take
_FEWEST: Final = 10  # rows that are shown even on the lowest screen
_DIGITS: Final = 4  # after the point, at most
_NONE: Final = "-"

# What a reader looks for first, and what is only shown together; everything else comes after, in its own order.
_GROUPS: Final[tuple[tuple[str, ...], ...]] = (
    *(("name_ko_short",), ("column",), ("close",), ("price",), ("change",), ("final",), ("volume",)),
    ("open", "high", "low"),
    *(("time",), ("value",), ("net_value",), ("net_volume",)),
    *(("sell_value", "buy_value"), ("sell_volume", "buy_volume")),
    *(("open_interest",), ("bid_price", "ask_price"), ("bid_size", "ask_size"), ("size",)),
    *((f"ask_price_{n}", f"ask_size_{n}", f"bid_price_{n}", f"bid_size_{n}") for n in range(1, 11)),
    *(("market",), ("product",), ("isin",), ("path",), ("name_en",), ("licence",), ("hours",), ("parameters",)),
    *(("dtype",), ("unit",), ("name_ko",)),
)


class Table(NamedTuple):
    """A table as text, and how many rows and columns of the frame it shows."""

    text: str
    rows: int
    columns: int


class _Column(NamedTuple):
    name: str
    cells: list[str]
    is_number: bool
    is_blank: bool

    @property
    def width(self) -> int:
        return max(map(display_width, (self.name, *self.cells)))


def table(frame: pd.DataFrame, width: int, height: int) -> Table:
    """Return a frame as a table that is no wider than the screen, and not much higher.

    Parameters
    ----------
    frame : DataFrame
        What is shown.
    width, height : int
        Columns and lines of the screen.
    """
    rows = len(frame)
    most = max(_FEWEST, height)
    head = rows if rows <= most else (most + 1) // 2
    few = frame.iloc[[*range(head), *range(rows - (0 if head == rows else most // 2), rows)]]
    index = [_column(str(name), few.index.get_level_values(n)) for n, name in enumerate(few.index.names)]
    others = [_column(str(name), few.iloc[:, n]) for n, name in enumerate(few.columns)]
    chosen = _fitting(index, others, width)
    columns = [*index, *chosen]
    lines = [_line(columns, [each.name for each in columns])]
    lines += [_line(columns, [each.cells[n] for each in columns]) for n in range(len(few))]
    if head < rows:
        lines.insert(1 + head, f"... {rows - len(few):,} rows")
    return Table("\n".join(_cut(line.rstrip(), width) for line in lines), len(few), len(chosen))


def format_value(value: object) -> str:
    """Return a single value as a table shows it."""
    return _column("", pd.Series([value]).infer_objects()).cells[0]


def display_width(text: str) -> int:
    """Return how many columns of a screen a text takes; Hangul takes two.

    Examples
    --------
    >>> display_width("005930"), display_width("삼성전자")
    (6, 8)
    """
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _fitting(index: Sequence[_Column], others: Sequence[_Column], width: int) -> list[_Column]:
    """Return the columns that there is room for, the important ones first, in the order of the frame."""
    room = width - sum(each.width + len(_GAP) for each in index) + len(_GAP)
    chosen: list[int] = []
    # Those that are empty come last.
    for group in sorted(_grouped(others), key=lambda group: all(others[n].is_blank for n in group)):
        needed = sum(others[n].width + len(_GAP) for n in group)
        if needed <= room:
            room -= needed
            chosen += group
    return [others[n] for n in sorted(chosen)]


def _grouped(columns: Sequence[_Column]) -> list[list[int]]:
    """Return the places of columns that are shown together, the most important first."""
    places: dict[object, list[int]] = {group: [] for group in _GROUPS}
    groups = {name: group for group in _GROUPS for name in group}
    for n, column in enumerate(columns):
        places.setdefault(groups.get(english_name(column.name), n), []).append(n)
    return [found for found in places.values() if found]


def _line(columns: Sequence[_Column], cells: Sequence[str]) -> str:
    padded = []
    for column, cell in zip(columns, cells, strict=True):
        blank = " " * (column.width - display_width(cell))
        padded.append(blank + cell if column.is_number else cell + blank)
    return _GAP.join(padded)


def _cut(text: str, width: int) -> str:
    """Return a text that takes no more than so many columns of the screen."""
    if display_width(text) <= width:
        return text
    kept, taken = [], 1
    for c in text:
        taken += display_width(c)
        if taken > width:
            break
        kept.append(c)
    return "".join(kept) + "…"


def _column(name: str, values: Any) -> _Column:
    series = pd.Series(values, copy=False).reset_index(drop=True)
    known = series.dropna()
    is_number = types.is_numeric_dtype(series.dtype) and not types.is_bool_dtype(series.dtype)
    cells = [_NONE] * len(series)
    for n, text in zip(known.index, _texts(known), strict=True):
        cells[n] = _cut("".join(c if c.isprintable() else " " for c in text), _LONGEST)
    return _Column(name, cells, is_number, known.empty)


def _texts(known: pd.Series) -> list[str]:
    """Return values of one column as text, none of them missing."""
    if types.is_bool_dtype(known.dtype):
        return ["yes" if value else "no" for value in known]
    if types.is_integer_dtype(known.dtype):
        return [f"{value:,}" for value in known]
    if types.is_float_dtype(known.dtype):
        digits = next((n for n in range(_DIGITS) if all(abs(v - round(v, n)) < 1e-9 for v in known)), _DIGITS)
        return [f"{value:,.{digits}f}" for value in known]
    if types.is_datetime64_any_dtype(known.dtype):
        return _moments(known)
    return [str(value) for value in known]


def _moments(known: pd.Series) -> list[str]:
    """Return days or instants, no finer than the finest of them."""
    if known.dt.microsecond.any():
        return [f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}" for value in known]
    if known.dt.second.any():
        return [f"{value:%Y-%m-%d %H:%M:%S}" for value in known]
    is_day = known.dt.tz is None and not (known.dt.hour.any() or known.dt.minute.any())
    return [f"{value:%Y-%m-%d}" if is_day else f"{value:%Y-%m-%d %H:%M}" for value in known]
