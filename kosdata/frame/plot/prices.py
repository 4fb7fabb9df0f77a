"""Prices as they are asked for: bars of one code, or a figure of several codes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np
import pandas as pd

from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError
from kosdata.frame.bars import Freq, ohlc
from kosdata.frame.korean import english_name
from kosdata.frame.plot.artists import floats
from kosdata.frame.plot.candles import bars_of_one
from kosdata.frame.plot.canvas import Canvas
from kosdata.frame.plot.lines import day_of, lines
from kosdata.frame.plot.overlays import Overlays, overlaid
from kosdata.frame.plot.reading import (
    BARS,
    TICKS,
    Kind,
    by_code,
    has_a_column_a_code,
    is_price,
    names_of,
    require_column,
    require_columns,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Options", "in_order", "plot_prices", "refuse_codes"]

_TICK_FREQ: Final = "1min"
_SUMS: Final = ("volume", "value")


@dataclass(frozen=True, slots=True)
class Options:
    """How prices are drawn: the arguments of `plot` that are for them alone."""

    kind: Kind | None
    freq: Freq | None
    column: str | None
    overlays: Overlays | None
    volume: bool
    rebase: bool | None

    def check(self) -> None:
        """Refuse what makes no sense in any frame.

        Raises
        ------
        ArgumentError
            If an argument is none of what it may be, or contradicts another.
        """
        if self.kind is not None:
            choice("kind", self.kind, get_args(Kind))
        choice("volume", self.volume, (True, False))
        choice("rebase", self.rebase, (None, True, False))
        if self.column is not None and not isinstance(self.column, str):
            raise ArgumentError(f"column={self.column!r} is no name of a column: write column='close'.")
        if self.freq is not None:
            ohlc(_no_ticks(), self.freq)
        if self.kind == "candles" and (self.column is not None or self.rebase):
            raise ArgumentError("kind='candles' shows open, high, low and close: leave out column and rebase, or kind.")

    def refuse_elsewhere(self, kind: Kind, *, but: Sequence[str] = ()) -> None:
        """Refuse what a picture of something else than prices does not know.

        Raises
        ------
        ArgumentError
            If any of it is given.
        """
        usual = {"freq": None, "column": None, "overlays": None, "volume": True, "rebase": None}
        given = [name for name, value in usual.items() if name not in but and getattr(self, name) is not value]
        if given:
            raise ArgumentError(f"kind={kind!r} has no use for {' and '.join(given)}: leave that out.")


def refuse_codes(codes: Sequence[object], kind: object, overlays: object) -> None:
    """Refuse what is for one code, where there are several.

    Raises
    ------
    ArgumentError
        If candles or overlays are wanted.
    """
    if len(codes) < 2:
        return
    if kind == "candles":
        raise ArgumentError(
            f"Candles show one code and the frame has {len(codes)}: choose one, as with frame.loc[{codes[0]!r}], or "
            "leave kind out for lines."
        )
    _refuse_overlays(overlays)


def plot_prices(canvas: Canvas, frame: pd.DataFrame, options: Options) -> Axes:
    """Draw candles or a line of one code, lines of several."""
    if has_a_column_a_code(frame):
        if options.kind == "candles":
            require_columns(frame, "candles")
        return _wide(canvas, frame, str(canvas.about.get("field") or ""), options)
    column = None if options.column is None else english_name(options.column)
    if options.kind == "line" and column is None and _has_figures_of_all_kinds(frame):
        return _wide(canvas, frame, None, options)
    made = _bars(frame, options.freq)
    parts = by_code(made)
    refuse_codes(list(parts), options.kind, options.overlays)
    if column is not None:
        known = [str(name) for name in made if name != "code"]
        require_column(column, known, "the frame" if made is frame else "the bars that freq and ticks make")
    elif options.kind == "line" or options.rebase or len(parts) > 1:
        column = "close"
        require_columns(made, "line")
    else:
        require_columns(made, "candles")
    if len(parts) == 1:
        ((code, bars),) = parts.items()
        return _one(canvas, in_order(bars), code, column, options)
    table = pd.DataFrame({code: _numbers(in_order(bars)[column]) for code, bars in parts.items()})
    return _several(canvas, in_order(table), column or "", options)


def _has_figures_of_all_kinds(frame: pd.DataFrame) -> bool:
    there = set(names_of(frame))
    return there.isdisjoint(("close", "code")) and not there.issuperset(TICKS)


def _wide(canvas: Canvas, frame: pd.DataFrame, field: str | None, options: Options) -> Axes:
    """Draw a frame with a column a code, all of one field; or with columns of all kinds, where the field is None."""
    _refuse_overlays(options.overlays)
    table = frame.select_dtypes("number", exclude="timedelta")
    if table.empty and len(frame):
        require_columns(frame, "line")
    table = in_order(table.set_axis([str(name) for name in table], axis=1))
    if options.column is not None and english_name(options.column) != field:
        require_column(options.column, table.columns.tolist())
        table = table[[options.column]]
    if field and is_price(field):
        table = table.mask(table == 0)
    if options.freq is not None:
        table = _longer(table, field or "", options.freq)
    if field is None:
        unit = canvas.unit(*table.columns)
        return _several(canvas, table.rename(columns=canvas.text.column), "", options, unit=unit)
    return _several(canvas, table, field, options)


def _several(canvas: Canvas, table: pd.DataFrame, column: str, options: Options, *, unit: str | None = None) -> Axes:
    if not table.notna().to_numpy().any():
        return canvas.empty()
    (axes,) = canvas.axes(1)
    rebase = len(table.columns) > 1 if options.rebase is None else options.rebase
    unit = "" if rebase else canvas.unit(column) if unit is None else unit
    lines(axes, table, rebase=rebase, name=canvas.text.column(column, unit), text=canvas.text)
    return canvas.done(axes)


def _one(canvas: Canvas, bars: pd.DataFrame, code: str | None, column: str | None, options: Options) -> Axes:
    """Draw candles, or one column as a line."""
    over = [] if options.overlays is None else overlaid(options.overlays, bars, column or "close")
    line = None if column is None else floats(bars[column])
    there = np.isfinite(np.array([floats(bars[name]) for name in BARS] if line is None else [line])).all(axis=0)
    if not there.any():
        reason = canvas.text.word("no row has a price", "가격이 있는 행이 없습니다")
        return canvas.empty(code, reason if len(bars) else None)
    label = canvas.price("close") if column is None else canvas.column(column)
    if options.rebase and line is not None and column is not None:
        # One base for all, else lines would cross where their values do not.
        first = int(there.argmax())
        scale = 100 / (line[first] or np.nan)
        line, over = line * scale, [(name, values * scale) for name, values in over]
        label = f"{canvas.text.column(column)}, {day_of(bars.index[first])} = 100"
    volume = options.volume and "volume" in bars
    made = canvas.axes(2 if volume else 1, heights=(3, 1) if volume else (1,))
    bars_of_one(made, bars, line=line, label=label, overlays=over, volume=volume, canvas=canvas)
    if options.rebase:
        made[0].axhline(100, color="#999999", linewidth=0.8, zorder=1)
    return canvas.done(made[0], code)


def _bars(frame: pd.DataFrame, freq: Freq | None) -> pd.DataFrame:
    """Return ticks as bars, and bars as longer ones."""
    if not set(BARS).issubset(frame.columns) and set(TICKS).issubset(frame.columns):
        return ohlc(frame if len(frame) else _no_ticks(), freq or _TICK_FREQ)
    if freq is None or frame.empty:
        return frame
    require_columns(frame, "candles", (*BARS, "volume", "value"))
    return ohlc(frame, freq)


def _longer(table: pd.DataFrame, field: str, freq: Freq) -> pd.DataFrame:
    """Return a frame with a column a code by longer bars: the last prices in them, the sums of volumes."""
    if field not in ("", "price", *BARS, *_SUMS):
        raise ArgumentError(f"freq makes bars of prices and of volumes, and the frame is of {field}: leave it out.")
    if table.empty:
        return table
    values = table.astype("float64")
    nothing = values * 0
    figures = dict.fromkeys(BARS, nothing + 1 if field in _SUMS else values)
    figures |= {name: values if field == name else nothing for name in _SUMS}
    made = ohlc(pd.concat(figures, axis=1), freq)
    return pd.DataFrame(made[field if field in figures else "close"])


def _no_ticks() -> pd.DataFrame:
    return pd.DataFrame({"price": [], "size": []}, dtype="float64", index=pd.DatetimeIndex([], name="time"))


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    return pd.Series(floats(column), column.index)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows by their day or time, ascending, the last one of each.

    Raises
    ------
    ArgumentError
        If there are several rows of each.
    """
    if frame.index.nlevels > 1:
        levels = ", ".join(map(str, frame.index.names))
        raise ArgumentError(f"The rows are by {levels}: choose one of all but one, as with frame.xs(), or name a kind.")
    if not isinstance(frame.index, pd.DatetimeIndex):
        own = next((name for name in ("time", "date") if name in frame and frame[name].dtype.kind == "M"), None)
        frame = frame.set_index(own) if own else frame
    frame = frame[frame.index.notna()]
    frame = frame if frame.index.is_monotonic_increasing else frame.sort_index(kind="stable")
    return frame if frame.index.is_unique else frame[~frame.index.duplicated(keep="last")]


def _refuse_overlays(overlays: object) -> None:
    if overlays is not None:
        raise ArgumentError("overlays are for one code: choose one, or add the series to the frame as a column.")
