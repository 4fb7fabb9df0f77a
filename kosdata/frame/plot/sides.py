"""Two sides face to face: orders that wait, and what investors sold and bought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kosdata.catalogue.codes import lookup
from kosdata.frame.plot.artists import add_legend, amount_axis, floats, rectangles, style_axes
from kosdata.frame.plot.axis_ticks import set_ticks
from kosdata.frame.plot.canvas import Canvas, write_in_the_middle
from kosdata.frame.plot.text import TextStyle, price

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["depth", "flows_by_day", "investors"]

# The four that make up a market, then the sums and parts of them that would be counted twice.
_WHOLE: Final = ("10", "11", "08", "09")
_TWICE: Final = ("12", "14", "15", "16")
_INSTITUTIONS: Final = "08"


def depth(axes: Axes, book: pd.Series[Any], *, canvas: Canvas) -> None:
    """Draw the orders that wait at each price: asks above, bids below."""
    from matplotlib.patches import Patch

    text, colours = canvas.text, canvas.colours
    levels: list[tuple[float, float, str]] = []
    for side in ("ask", "bid"):
        for n in range(1, 11):
            at, size = book.get(f"{side}_price_{n}"), book.get(f"{side}_size_{n}")
            if at is not None and size is not None and pd.notna(at) and pd.notna(size):
                levels.append((float(at), float(size), side))
    if not levels:
        write_in_the_middle(axes, text.word("no orders wait", "대기 중인 호가가 없습니다"), text)
        return
    levels.sort(key=lambda level: (level[0], level[2] == "ask"))
    # Of a side without orders as well, which has nothing else that shows its colour.
    handles, labels = [], []
    for side, name, colour in (("ask", ("asks", "매도"), colours.fall), ("bid", ("bids", "매수"), colours.rise)):
        here = [(n, size) for n, (_, size, of) in enumerate(levels) if of == side]
        places, sizes = [n for n, _ in here], [size for _, size in here]
        drawn = axes.barh(places, sizes, height=0.8, color=colour, alpha=0.65)
        axes.bar_label(drawn, [f"{size:,.0f}" for size in sizes], padding=3, fontsize=7, color="#555555")
        handles.append(Patch(color=colour, alpha=0.65))
        labels.append(f"{text.word(*name)} {text.amount(sum(sizes))}")
    sides = [side for _, _, side in levels]
    # In an auction bids may stand above asks.
    if len(set(sides)) == 2 and sides == sorted(sides, reverse=True):
        axes.axhline(sides.index("ask") - 0.5, color="#555555", linewidth=0.8)
    axes.set_yticks(range(len(levels)), [price(at) for at, _, _ in levels], fontsize=8)
    axes.set_ylim(-0.6, max(len(levels) - 0.4, 1))
    axes.margins(x=0.14)
    amount_axis(axes, "x", text)
    axes.set_xlabel(text.with_unit(text.word("size", "잔량"), canvas.unit("ask_size_1")), **text.fonts())
    axes.set_ylabel(canvas.price("ask_price_1"), **text.fonts())
    style_axes(axes, grid="x")
    add_legend(axes, text, handles, labels)


def investors(axes: Axes, frame: pd.DataFrame, *, prefix: str, column: str, canvas: Canvas) -> None:
    """Draw what each type of investor bought to the right, what it sold to the left, and the difference over both."""
    text, colours = canvas.text, canvas.colours
    rows, labels, places = _investors([str(name) for name in frame.index], text)
    chosen = frame.take(rows)
    bought, sold = (floats(chosen[f"{prefix}{side}_{column}"]) for side in ("buy", "sell"))
    net = bought - sold
    axes.barh(places, bought, height=0.8, color=colours.rise, alpha=0.3, label=text.word("bought", "매수"))
    axes.barh(places, -sold, height=0.8, color=colours.fall, alpha=0.3, label=text.word("sold", "매도"))
    tints = np.where(net >= 0, colours.rise, colours.fall).tolist()
    drawn = axes.barh(places, net, height=0.36, color=tints, label="_net")
    axes.axvline(0, color="#555555", linewidth=0.8)
    wide = max(float(np.nanmax(np.r_[bought, sold], initial=0)), 1)
    for place, value, right in zip(places, net.tolist(), np.fmax(bought, 0).tolist(), strict=True):
        if np.isfinite(value):
            colour = colours.rise if value > 0 else colours.fall if value < 0 else colours.flat
            axes.text(
                right + wide * 0.02, place, text.signed(value), va="center", fontsize=8, color=colour, **text.fonts()
            )
    axes.set_xlim(-wide * 1.08, wide * 1.3)
    axes.set_yticks(places, labels, **text.fonts())
    axes.invert_yaxis()
    amount_axis(axes, "x", text)
    style_axes(axes, grid="x")
    axes.set_xlabel(text.column(column, canvas.unit(f"{prefix}buy_{column}")), **text.fonts())
    handles, words = axes.get_legend_handles_labels()
    add_legend(axes, text, [*handles, drawn], [*words, text.word("net", "순매수")], loc="lower left")


def flows_by_day(axes: Axes, frame: pd.DataFrame, names: list[str], *, column: str, canvas: Canvas) -> None:
    """Draw net purchases of each day, one upon the other: what was bought above zero, what was sold below."""
    from matplotlib.collections import PolyCollection

    text = canvas.text
    above, below = np.zeros(len(frame)), np.zeros(len(frame))
    what = text.column(f"net_{column}")
    for n, name in enumerate(names):
        net = np.nan_to_num(floats(frame[name]))
        base = np.where(net > 0, above, below)
        label = text.legend_label(text.column(name).removesuffix(what).strip())
        axes.add_collection(
            PolyCollection(rectangles(base, base + net), facecolors=f"C{n % 10}", alpha=0.85, linewidths=0, label=label)
        )
        above, below = above + np.maximum(net, 0), below + np.minimum(net, 0)
    axes.axhline(0, color="#555555", linewidth=0.8)
    axes.set_xlim(-1, max(len(frame), 1))
    axes.autoscale_view(scalex=False)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.12 * (high - low))
    amount_axis(axes, "y", text)
    axes.set_ylabel(text.with_unit(what, canvas.unit(*names)), **text.fonts())
    style_axes(axes)
    add_legend(axes, text, loc="upper left", ncols=4)
    set_ticks(axes, frame.index)


def _investors(names: list[str], text: TextStyle) -> tuple[list[int], list[str], list[float]]:
    """Return the rows to draw, their labels, and their places: those of institutions after a gap."""
    table = lookup("investors")
    codes = {row[name]: code for code, row in table.items() for name in ("name_en", "name_ko")}
    rows = {codes.get(name, name): n for n, name in enumerate(names)}
    parts = [code for code in table[_INSTITUTIONS]["aggregate_of"].split("+") if code in rows]
    head: list[str] = [code for code in _WHOLE if code in rows]
    head += [code for code in rows if code not in {*_WHOLE, *_TWICE, *parts}]
    order = [*head, *parts] or list(rows)
    labels = [
        table[code]["name_en" if text.lang == "en" else "name_ko"] if code in table else text.displayable(code)
        for code in order
    ]
    gap = 0.6 if head and parts else 0.0
    places = [n + (gap if n >= len(head) else 0.0) for n in range(len(order))]
    return [rows[code] for code in order], labels, places
