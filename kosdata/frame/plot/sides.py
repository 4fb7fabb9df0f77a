"""Two sides face to face: orders that wait, and what investors sold and bought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kosdata.catalogue.codes import lookup
from kosdata.frame.plot.canvas import Colours, boxes, floats, tidy
from kosdata.frame.plot.hand import Hand, price
from kosdata.frame.plot.ticks import mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["depth", "flows_by_day", "investors"]

# The four that make up a market, then the sums and parts of them that would be counted twice.
_WHOLE: Final = ("10", "11", "08", "09")
_TWICE: Final = ("12", "14", "15", "16")
_INSTITUTIONS: Final = "08"


def depth(axes: Axes, book: pd.Series[Any], *, colours: Colours, hand: Hand) -> None:
    """Draw the orders that wait at each price: asks above, bids below."""
    levels: list[tuple[float, float, str]] = []
    for side in ("ask", "bid"):
        for n in range(1, 11):
            at, size = book.get(f"{side}_price_{n}"), book.get(f"{side}_size_{n}")
            if at is not None and size is not None and pd.notna(at) and pd.notna(size):
                levels.append((float(at), float(size), side))
    levels.sort(key=lambda level: (level[0], level[2] == "ask"))
    for side, name, colour in (("ask", ("asks", "매도"), colours.fall), ("bid", ("bids", "매수"), colours.rise)):
        here = [(n, size) for n, (_, size, of) in enumerate(levels) if of == side]
        total = sum(size for _, size in here)
        label = f"{hand.word(*name)} {hand.amount(total)}"
        places, sizes = [n for n, _ in here], [size for _, size in here]
        drawn = axes.barh(places, sizes, height=0.8, color=colour, alpha=0.65, label=label)
        axes.bar_label(drawn, [f"{size:,.0f}" for size in sizes], padding=3, fontsize=7, color="#555555")
    sides = [side for _, _, side in levels]
    # In an auction bids may stand above asks.
    if len(set(sides)) == 2 and sides == sorted(sides, reverse=True):
        axes.axhline(sides.index("ask") - 0.5, color="#555555", linewidth=0.8)
    axes.set_yticks(range(len(levels)), [price(at) for at, _, _ in levels], fontsize=8)
    axes.set_ylim(-0.6, max(len(levels) - 0.4, 1))
    axes.margins(x=0.14)
    axes.xaxis.set_major_formatter(hand.amount)
    axes.tick_params(axis="x", labelfontfamily=list(hand.family))
    tidy(axes, grid="x")
    axes.legend(prop={"family": list(hand.family), "size": 9}, framealpha=0.7)


def investors(axes: Axes, frame: pd.DataFrame, *, prefix: str, column: str, colours: Colours, hand: Hand) -> None:
    """Draw what each type of investor bought to the right, what it sold to the left, and the difference over both."""
    names = [str(name) for name in frame.index]
    rows, labels, places = _investors(names, hand)
    chosen = frame.take(rows)
    bought, sold = (floats(chosen[f"{prefix}{side}_{column}"]) for side in ("buy", "sell"))
    net = bought - sold
    axes.barh(places, bought, height=0.8, color=colours.rise, alpha=0.3, label=hand.word("bought", "매수"))
    axes.barh(places, -sold, height=0.8, color=colours.fall, alpha=0.3, label=hand.word("sold", "매도"))
    tints = np.where(net >= 0, colours.rise, colours.fall).tolist()
    drawn = axes.barh(places, net, height=0.36, color=tints, label="_net")
    axes.axvline(0, color="#555555", linewidth=0.8)
    wide = max(float(np.nanmax(np.r_[bought, sold], initial=0)), 1)
    for place, value, right in zip(places, net.tolist(), np.fmax(bought, 0).tolist(), strict=True):
        if np.isfinite(value):
            colour = colours.rise if value > 0 else colours.fall if value < 0 else colours.flat
            axes.text(
                right + wide * 0.02, place, hand.signed(value), va="center", fontsize=8, color=colour, **hand.fonts()
            )
    axes.set_xlim(-wide * 1.08, wide * 1.3)
    axes.set_yticks(places, labels, **hand.fonts())
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(hand.amount)
    axes.tick_params(axis="x", labelfontfamily=list(hand.family))
    tidy(axes, grid="x")
    axes.set_xlabel(hand.word(*_COLUMNS.get(column, (column, column))), **hand.fonts())
    handles, words = axes.get_legend_handles_labels()
    axes.legend(
        [*handles, drawn],
        [*words, hand.word("net", "순매수")],
        prop={"family": list(hand.family), "size": 9},
        framealpha=0.7,
        loc="lower left",
    )


def flows_by_day(axes: Axes, frame: pd.DataFrame, names: list[str], *, column: str, hand: Hand) -> None:
    """Draw net purchases of each day, one upon the other: what was bought above zero, what was sold below."""
    from matplotlib.collections import PolyCollection

    above, below = np.zeros(len(frame)), np.zeros(len(frame))
    for n, name in enumerate(names):
        net = np.nan_to_num(floats(frame[name]))
        base = np.where(net > 0, above, below)
        label = hand.legible(name.removesuffix(f"_net_{column}"))
        axes.add_collection(
            PolyCollection(boxes(base, base + net), facecolors=f"C{n % 10}", alpha=0.85, linewidths=0, label=label)
        )
        above, below = above + np.maximum(net, 0), below + np.minimum(net, 0)
    axes.axhline(0, color="#555555", linewidth=0.8)
    axes.set_xlim(-1, max(len(frame), 1))
    axes.autoscale_view(scalex=False)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.12 * (high - low))
    axes.yaxis.set_major_formatter(hand.amount)
    axes.tick_params(axis="y", labelfontfamily=list(hand.family))
    axes.set_ylabel(hand.word(*_COLUMNS.get(column, (column, column))), **hand.fonts())
    tidy(axes)
    axes.legend(prop={"family": list(hand.family), "size": 9}, framealpha=0.7, loc="upper left", ncols=4)
    mark(axes, frame.index)


def _investors(names: list[str], hand: Hand) -> tuple[list[int], list[str], list[float]]:
    """Return the rows to draw, their labels, and their places: those of institutions after a gap."""
    table = lookup("investors")
    codes = {row[name]: code for code, row in table.items() for name in ("name_en", "name_ko")}
    rows = {codes.get(name, name): n for n, name in enumerate(names)}
    parts = [code for code in table[_INSTITUTIONS]["aggregate_of"].split("+") if code in rows]
    head: list[str] = [code for code in _WHOLE if code in rows]
    head += [code for code in rows if code not in {*_WHOLE, *_TWICE, *parts}]
    order = [*head, *parts] or list(rows)
    labels = [
        table[code]["name_en" if hand.lang == "en" else "name_ko"] if code in table else hand.legible(code)
        for code in order
    ]
    gap = 0.6 if head and parts else 0.0
    places = [n + (gap if n >= len(head) else 0.0) for n in range(len(order))]
    return [rows[code] for code in order], labels, places


_COLUMNS: Final = {"value": ("won", "원"), "volume": ("volume", "거래량")}
