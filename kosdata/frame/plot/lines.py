"""Prices of several codes as lines, and what contracts of one market cost side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kosdata.frame.plot.canvas import Colours, floats, tidy
from kosdata.frame.plot.hand import Hand, price
from kosdata.frame.plot.ticks import mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curve", "lines", "smile"]

_DASHES: Final = ("-", "--", ":", "-.")
_INSIDE: Final = 8
_IN_A_COLUMN: Final = 24
_COLOURS: Final = 10


def lines(axes: Axes, wide: pd.DataFrame, *, rebase: bool, column: str, hand: Hand) -> None:
    """Draw one line a column, each at 100 where all of them begin."""
    values = wide.astype("float64")
    label = hand.legible(column)
    if rebase:
        values, since = rebased(values)
        label = f"{label}, {since} = 100" if since else f"{label}, {hand.word('first', '처음')} = 100"
    for n, name in enumerate(values.columns):
        line = floats(values[name])
        there = np.isfinite(line)
        dash = _DASHES[n // _COLOURS % len(_DASHES)]
        axes.plot(
            np.flatnonzero(there), line[there], dash, color=f"C{n % _COLOURS}", linewidth=1.3, label=hand.legible(name)
        )
    if rebase:
        axes.axhline(100, color="#999999", linewidth=0.8, zorder=1)
    axes.set_xlim(-1, max(len(values), 1))
    axes.set_ylabel(label, **hand.fonts())
    axes.yaxis.set_major_formatter(price)
    tidy(axes)
    _legend(axes, values, hand)
    mark(axes, values.index)


def rebased(values: pd.DataFrame) -> tuple[pd.DataFrame, str | None]:
    """Return columns that are 100 at the first row that all of them have, and its label; or each at its own first."""
    whole = values.notna().all(axis=1).to_numpy()
    if whole.any():
        first = int(whole.argmax())
        since = values.index[first]
        label = f"{since:%Y-%m-%d}" if isinstance(since, pd.Timestamp) else str(since)
        if isinstance(since, pd.Timestamp) and since != since.normalize():
            label = f"{since:%Y-%m-%d %H:%M}"
        return values / values.iloc[first].replace(0, np.nan) * 100, label
    return values / values.bfill().iloc[0].replace(0, np.nan) * 100, None


def _legend(axes: Axes, values: pd.DataFrame, hand: Hand) -> None:
    """Name the lines in the order in which they end, so that the eye finds them."""
    handles, labels = axes.get_legend_handles_labels()
    last = np.nan_to_num(floats(values.ffill().iloc[-1]), nan=-np.inf) if len(values) else np.zeros(len(handles))
    order = np.argsort(-last, kind="stable").tolist()
    many = len(handles) > _INSIDE
    aside: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)} if many else {"loc": "upper left"}
    axes.legend(
        [handles[n] for n in order],
        [labels[n] for n in order],
        prop={"family": list(hand.family), "size": 8 if many else 9},
        ncols=-(-len(handles) // _IN_A_COLUMN),
        framealpha=0.7,
        **aside,
    )


def smile(axes: Axes, chain: pd.DataFrame, *, column: str, underlying: object, colours: Colours, hand: Hand) -> None:
    """Draw a figure of options over their strikes, calls and puts."""
    table = chain.reset_index()
    # Calls in rings, as puts often lie upon them.
    sides = (("call", ("calls", "콜"), colours.rise, 7, "none"), ("put", ("puts", "풋"), colours.fall, 3, None))
    for right, name, colour, size, filling in sides:
        side = table[table["right"] == right].sort_values("strike")
        at, values = floats(side["strike"]), floats(side[column])
        there = np.isfinite(values)
        label = hand.word(*name)
        (drawn,) = axes.plot(at[there], values[there], "o-", color=colour, markersize=size, linewidth=1, label=label)
        drawn.set_markerfacecolor(filling or colour)
    if isinstance(underlying, int | float):
        axes.axvline(underlying, color="#777777", linewidth=0.9, linestyle="--", label=price(float(underlying)))
    axes.set_xlabel(hand.word("strike", "행사가격"), **hand.fonts())
    axes.set_ylabel(hand.word(*_TITLES.get(column, (column, column))), **hand.fonts())
    axes.xaxis.set_major_formatter(price)
    axes.yaxis.set_major_formatter(price)
    tidy(axes)
    axes.legend(prop={"family": list(hand.family), "size": 9}, framealpha=0.7)


def curve(axes: Axes, contracts: pd.DataFrame, *, hand: Hand) -> None:
    """Draw prices over expiries; hollow where a contract has not traded and yesterday's price stands in."""
    table = contracts.reset_index().sort_values("expiry")
    at, values = np.arange(len(table)), floats(table["price"])
    traded = np.isfinite(values)
    if "prev_close" in table:
        before = floats(table["prev_close"])
        both = np.where(traded, values, before)
        axes.plot(at, both, "--", color="#999999", linewidth=0.9, zorder=1)
        label = hand.word("previous close", "전일종가")
        axes.plot(at[~traded], before[~traded], "o", color="#777777", markerfacecolor="white", label=label)
    axes.plot(at[traded], values[traded], "o-", color="#333333", label=hand.word("price", "현재가"))
    days = pd.DatetimeIndex(table["expiry"]).strftime("%Y-%m-%d")
    names = [f"{code}\n{day}" for code, day in zip(table["code"], days, strict=True)] if "code" in table else days
    axes.set_xticks(at, list(names), fontsize=8)
    axes.set_xlim(-0.5, max(len(table) - 0.5, 0.5))
    axes.yaxis.set_major_formatter(price)
    tidy(axes)
    axes.legend(prop={"family": list(hand.family), "size": 9}, framealpha=0.7)


_TITLES: Final = {
    "implied_vol": ("implied volatility, %", "내재변동성, %"),
    "price": ("price", "현재가"),
    "open_interest": ("open interest", "미결제약정"),
    "volume": ("volume", "거래량"),
}
