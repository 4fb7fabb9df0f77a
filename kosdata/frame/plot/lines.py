"""Figures of several codes as lines, and what contracts of one market cost side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kosdata.frame.plot.artists import add_legend, draw_line, emptiest_corner, floats, style_axes
from kosdata.frame.plot.axis_ticks import set_ticks
from kosdata.frame.plot.canvas import Canvas
from kosdata.frame.plot.text import TextStyle, price

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curve", "day_of", "lines", "smile"]

_DASHES: Final = ("-", "--", ":", "-.")
_INSIDE: Final = 8
_IN_A_COLUMN: Final = 24
_COLOURS: Final = 10


def lines(axes: Axes, wide: pd.DataFrame, *, rebase: bool, name: str, text: TextStyle) -> None:
    """Draw one line a column, each at 100 where all of them begin."""
    values = wide.astype("float64")
    if rebase:
        values, since = _rebased(values)
        base = f"{since or text.word('first', '처음')} = 100"
        name = f"{name}, {base}" if name else base
    for n, column in enumerate(values.columns):
        draw_line(
            axes,
            floats(values.iloc[:, n]),
            linestyle=_DASHES[n // _COLOURS % len(_DASHES)],
            color=f"C{n % _COLOURS}",
            linewidth=1.3,
            label=text.legend_label(column),
        )
    if rebase:
        axes.axhline(100, color="#999999", linewidth=0.8, zorder=1)
    axes.set_xlim(-1, max(len(values), 1))
    axes.set_ylabel(name, **text.fonts())
    axes.yaxis.set_major_formatter(price)
    style_axes(axes)
    _legend(axes, values, text)
    set_ticks(axes, values.index)


def day_of(label: object) -> str:
    """Return a day or a time of the index of a frame in few signs."""
    if isinstance(label, pd.Timestamp):
        return f"{label:%Y-%m-%d}" if label == label.normalize() else f"{label:%Y-%m-%d %H:%M}"
    return str(label)


def _rebased(values: pd.DataFrame) -> tuple[pd.DataFrame, str | None]:
    """Return columns that are 100 at the first row that all of them have, and its label; or each at its own first."""
    whole = values.notna().all(axis=1).to_numpy()
    if whole.any():
        first = int(whole.argmax())
        return values / values.iloc[first].replace(0, np.nan) * 100, day_of(values.index[first])
    return values / values.bfill().iloc[0].replace(0, np.nan) * 100, None


def _legend(axes: Axes, values: pd.DataFrame, text: TextStyle) -> None:
    """Name the lines in the order in which they end, so that the eye finds them."""
    handles, labels = axes.get_legend_handles_labels()
    last = np.nan_to_num(floats(values.ffill().iloc[-1]), nan=-np.inf)
    order = np.argsort(-last, kind="stable").tolist()
    many = len(handles) > _INSIDE
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "size": 8}
    if not many:
        place = {"loc": emptiest_corner(axes, [floats(column) for _, column in values.items()], labels)}
    add_legend(
        axes,
        text,
        [handles[n] for n in order],
        [labels[n] for n in order],
        ncols=-(-len(handles) // _IN_A_COLUMN),
        **place,
    )


def smile(axes: Axes, chain: pd.DataFrame, *, column: str, canvas: Canvas) -> None:
    """Draw a figure of options over their strikes, calls and puts."""
    table, text, colours = chain.reset_index(), canvas.text, canvas.colours
    # Calls in rings, as puts often lie upon them.
    sides = (("call", ("calls", "콜"), colours.rise, 7, "none"), ("put", ("puts", "풋"), colours.fall, 3, None))
    for right, name, colour, size, filling in sides:
        side = table[table["right"] == right].sort_values("strike")
        at, values = floats(side["strike"]), floats(side[column])
        there = np.isfinite(values)
        label = text.word(*name)
        (drawn,) = axes.plot(at[there], values[there], "o-", color=colour, markersize=size, linewidth=1, label=label)
        drawn.set_markerfacecolor(filling or colour)
    underlying = canvas.about.get("underlying_price")
    if isinstance(underlying, int | float):
        axes.axvline(underlying, color="#777777", linewidth=0.9, linestyle="--", label=price(float(underlying)))
    axes.set_xlabel(canvas.column("strike"), **text.fonts())
    axes.set_ylabel(canvas.column(column), **text.fonts())
    axes.xaxis.set_major_formatter(price)
    axes.yaxis.set_major_formatter(price)
    style_axes(axes)
    add_legend(axes, text)


def curve(axes: Axes, contracts: pd.DataFrame, *, canvas: Canvas) -> None:
    """Draw prices over expiries; hollow where a contract has not traded and yesterday's price stands in."""
    table, text = contracts.reset_index().sort_values("expiry"), canvas.text
    at, values = np.arange(len(table)), floats(table["price"])
    traded = np.isfinite(values)
    if "prev_close" in table:
        before = floats(table["prev_close"])
        both = np.where(traded, values, before)
        axes.plot(at, both, "--", color="#999999", linewidth=0.9, zorder=1)
        label = text.column("prev_close")
        axes.plot(at[~traded], before[~traded], "o", color="#777777", markerfacecolor="white", label=label)
    axes.plot(at[traded], values[traded], "o-", color="#333333", label=text.column("price"))
    days = pd.DatetimeIndex(table["expiry"]).strftime("%Y-%m-%d")
    names = [f"{code}\n{day}" for code, day in zip(table["code"], days, strict=True)] if "code" in table else days
    axes.set_xticks(at, list(names), fontsize=8)
    axes.set_xlim(-0.5, max(len(table) - 0.5, 0.5))
    axes.set_ylabel(canvas.column("price"), **text.fonts())
    axes.yaxis.set_major_formatter(price)
    style_axes(axes)
    add_legend(axes, text)
