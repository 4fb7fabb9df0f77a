"""The picture of a frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError
from kosdata.frame.bars import Freq
from kosdata.frame.korean import english, english_name
from kosdata.frame.plot.canvas import Canvas, Style, Target, figure_size
from kosdata.frame.plot.lines import curve, smile
from kosdata.frame.plot.overlays import Overlays
from kosdata.frame.plot.prices import Options, in_order, plot_prices
from kosdata.frame.plot.reading import (
    Kind,
    by_code,
    flows,
    kind_of,
    names_of,
    require_column,
    require_columns,
    without_zero_prices,
)
from kosdata.frame.plot.sides import depth, flows_by_day, investors
from kosdata.frame.plot.text import Lang

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot", "save"]

_MOST_PANELS: Final = 12


def plot(
    frame: pd.DataFrame,
    *,
    kind: Kind | None = None,
    freq: Freq | None = None,
    column: str | None = None,
    overlays: Overlays | None = None,
    volume: bool = True,
    rebase: bool | None = None,
    style: Style = "korean",
    lang: Lang | None = None,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Target = None,
) -> Axes | NDArray[Any]:
    """Return the picture of a frame; `Kos.plot` says of what, and how."""
    if not isinstance(frame, pd.DataFrame):
        raise ArgumentError(f"A picture is made of a DataFrame, not of {type(frame).__name__}.")
    choice("lang", lang, (None, "en", "ko"))
    options = Options(kind, freq, column, overlays, volume, rebase)
    options.check()
    read, was_korean = english(frame)
    if read.columns.nlevels > 1:
        raise ArgumentError("The columns have several levels: choose one of the first, as with frame['close'].")
    if not read.columns.is_unique:
        twice = read.columns[read.columns.duplicated()][0]
        raise ArgumentError(f"The frame has two columns {twice}: keep one of them.")
    language: Lang = lang or ("ko" if was_korean else "en")
    canvas = Canvas.of(read, style=style, lang=language, title=title, figsize=figsize, ax=ax)
    if read.empty and not names_of(read):
        return canvas.empty()
    chosen = kind_of(read, kind, column)
    read = without_zero_prices(read)
    if chosen in ("candles", "line"):
        return plot_prices(canvas, read, options)
    options.refuse_elsewhere(chosen, but=("column",) if chosen in ("investors", "smile") else ())
    column = None if column is None else english_name(column)
    if chosen == "depth":
        return _depth(canvas, read)
    if chosen == "investors":
        return _investors(canvas, read, column or "value")
    return _contracts(canvas, read, chosen, column)


def save(frame: pd.DataFrame, path: str | Path, *, dpi: int = 110, **options: Any) -> Path:
    """Draw the picture of a frame into a file and return its path.

    Parameters
    ----------
    frame : DataFrame
        As for `plot`.
    path : str or Path
        Where to; its suffix says in which format, as ``.png``, ``.svg`` or ``.pdf``.
    dpi : int, default 110
        Dots per inch.
    **options
        Those of `plot`, without ``ax``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=figure_size(options.pop("figsize", None)) or (10, 6), layout="constrained")
    plot(frame, ax=figure, **options)
    figure.savefig(path, dpi=dpi)
    return Path(path)


def _depth(canvas: Canvas, frame: pd.DataFrame) -> Axes | NDArray[Any]:
    require_columns(frame, "depth")
    parts = {code: part.iloc[-1] for code, part in by_code(frame).items() if len(part)}
    if not parts:
        return canvas.empty()
    made = canvas.axes(_panels(len(parts)))
    for axes, (code, book) in zip(made, parts.items(), strict=True):
        depth(axes, book, canvas=canvas)
        canvas.done(axes, code, one_of=len(made))
    return _as_asked(made)


def _investors(canvas: Canvas, frame: pd.DataFrame, column: str) -> Axes | NDArray[Any]:
    choice("column", column, ("value", "volume"))
    names = flows(frame, column)
    if "investor" not in names_of(frame) and names:
        if frame.empty:
            return canvas.empty()
        made = canvas.axes(_panels(len(parts := by_code(frame))))
        for axes, (code, part) in zip(made, parts.items(), strict=True):
            flows_by_day(axes, in_order(part), names, column=column, canvas=canvas)
            canvas.done(axes, code, one_of=len(made))
        return _as_asked(made)
    require_columns(frame, "investors")
    rights = ("call_", "put_") if "call_buy_" + column in frame else ("",)
    require_columns(frame, "investors", [f"{right}{side}_{column}" for right in rights for side in ("buy", "sell")])
    if frame.empty:
        return canvas.empty()
    by_name = {
        code: part if "investor" in part.index.names else part.set_index("investor")
        for code, part in by_code(frame).items()
    }
    made = canvas.axes(_panels(len(by_name) * len(rights)))
    words = {"": "", "call_": canvas.text.word("calls", "콜"), "put_": canvas.text.word("puts", "풋")}
    tasks = [(code, part, right) for code, part in by_name.items() for right in rights]
    for axes, (code, part, right) in zip(made, tasks, strict=True):
        investors(axes, part, prefix=right, column=column, canvas=canvas)
        canvas.done(axes, " ".join(filter(None, (code, words[right]))), one_of=len(made))
    return _as_asked(made)


def _contracts(canvas: Canvas, frame: pd.DataFrame, kind: Kind, column: str | None) -> Axes:
    require_columns(frame, kind, None if column is None else ("strike", "right"))
    if column is not None:
        require_column(column, [str(name) for name in frame])
    if frame.empty:
        return canvas.empty()
    (axes,) = canvas.axes(1)
    if kind == "smile":
        smile(axes, frame, column=column or "implied_vol", canvas=canvas)
    else:
        curve(axes, frame, canvas=canvas)
    return canvas.done(axes)


def _panels(count: int) -> int:
    if count > _MOST_PANELS:
        raise ArgumentError(f"That would be {count} panels: choose at most {_MOST_PANELS} codes.")
    return count


def _as_asked(made: list[Axes]) -> Axes | NDArray[Any]:
    if len(made) == 1:
        return made[0]
    found = np.empty(len(made), dtype=object)
    found[:] = made
    return found
