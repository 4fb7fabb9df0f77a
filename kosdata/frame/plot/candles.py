"""Bars of one code: candles or a line, overlays, and the volume beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import pandas as pd

from kosdata.errors import ArgumentError
from kosdata.frame.korean import english_name
from kosdata.frame.plot.canvas import Colours, Floats, boxes, floats, tidy
from kosdata.frame.plot.hand import Hand, price
from kosdata.frame.plot.reading import BARS
from kosdata.frame.plot.ticks import mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Overlay: TypeAlias = int | str | pd.Series[Any]
    Overlays: TypeAlias = Overlay | Sequence[Overlay] | Mapping[str, Overlay]

__all__ = ["bars_of_one", "overlaid"]

# Neither red nor blue nor green: those are candles.
_LINES: Final = ("#f39c12", "#8e44ad", "#00a6a6", "#8d6e63", "#e84393", "#2d3436")
# The part of the height that volume takes within a panel that it shares with prices.
_SHARE: Final = 0.22


def bars_of_one(
    axes: Sequence[Axes],
    bars: pd.DataFrame,
    *,
    column: str | None,
    overlays: Sequence[tuple[str, Floats]],
    volume: bool,
    colours: Colours,
    hand: Hand,
) -> None:
    """Draw candles, or one column as a line, and the volume: into the second panel, or the first if it is alone."""
    prices = axes[0]
    shown = floats(bars[column or "close"])
    prices.set_xlim(-1, max(len(bars), 1))
    points = prices.get_window_extent().width / prices.get_figure(root=True).dpi * 72 / (len(bars) + 1)  # type: ignore[union-attr]
    tints = _tints(bars, colours)
    if column is None:
        _candles(prices, bars, tints, points)
    else:
        there = np.isfinite(shown)
        prices.plot(np.flatnonzero(there), shown[there], color="#333333", linewidth=1.2, label="_" + column)
    for n, (name, values) in enumerate(overlays):
        there = np.isfinite(values)
        label = hand.legible(name)
        prices.plot(np.flatnonzero(there), values[there], color=_LINES[n % len(_LINES)], linewidth=1.1, label=label)
    prices.autoscale_view(scalex=False)
    prices.yaxis.set_major_formatter(price)
    if overlays:
        tops = floats(bars["high"]) if column is None else shown
        prices.legend(loc=_corner(tops), framealpha=0.7, prop={"family": list(hand.family), "size": 9})
    tidy(prices)
    below = axes[-1]
    if volume:
        if len(axes) == 1:
            below = _inset(prices)
        _volume(below, floats(bars["volume"]), tints, points, hand, alone=len(axes) > 1)
    mark(prices, bars.index)


def overlaid(given: Overlays, frame: pd.DataFrame, close: str) -> list[tuple[str, Floats]]:
    """Return names and values of lines over prices, one value a row of the frame.

    Parameters
    ----------
    given : int, str, Series, a sequence of them, or a mapping of names to them
        A number is a moving average of the closes over so many of them, a text a column of the frame; a Series is laid
        onto the rows by its index.
    frame : DataFrame
        The bars.
    close : str
        Column that moving averages are of.

    Raises
    ------
    ArgumentError
        If one of them is none of that, or has nothing in common with the rows.
    """
    if isinstance(given, Mapping):
        named = [(str(name), each) for name, each in given.items()]
    else:
        each = [given] if isinstance(given, int | str | pd.Series) else list(given)
        named = [("", one) for one in each]
    return [(name or _name(one, n), _values(one, frame, close)) for n, (name, one) in enumerate(named, 1)]


def _name(overlay: Any, n: int) -> str:
    if isinstance(overlay, pd.Series):
        return f"series {n}" if overlay.name is None else str(overlay.name)
    return overlay if isinstance(overlay, str) else f"MA{overlay}"


def _values(overlay: Any, frame: pd.DataFrame, close: str) -> Floats:
    if isinstance(overlay, pd.Series):
        if not overlay.index.is_unique:
            raise ArgumentError("An overlay has two values for one label of its index: keep one of them.")
        laid = floats(overlay.reindex(frame.index))
        if len(frame) and len(overlay) and not np.isfinite(laid).any():
            raise ArgumentError(
                f"The overlay {overlay.name!r} has no value at any row of the frame: its index is of "
                f"{overlay.index.dtype}, that of the frame of {frame.index.dtype}."
            )
        return laid
    if isinstance(overlay, str):
        overlay = english_name(overlay)
        if overlay not in frame.columns:
            raise ArgumentError(f"The overlay {overlay!r} is no column of the frame: {', '.join(map(str, frame))}.")
        return floats(frame[overlay])
    if isinstance(overlay, bool) or not isinstance(overlay, int | np.integer) or overlay < 1:
        raise ArgumentError(f"overlays={overlay!r}: give windows such as (5, 20), names of columns or Series.")
    # A day without a price leaves the average where it was.
    closes = frame[close].astype("float64").reset_index(drop=True).dropna()
    return floats(closes.rolling(int(overlay)).mean().reindex(range(len(frame))))


def _tints(bars: pd.DataFrame, colours: Colours) -> Any:
    """Return the colour of each bar: of its own way, or of the step from the bar before where it has but one price."""
    if set(BARS).issubset(bars.columns):
        begin, end = floats(bars["open"]), floats(bars["close"])
    else:
        end = floats(bars["close"]) if "close" in bars else np.zeros(len(bars))
        begin = np.r_[end[:1], end[:-1]]
    return np.where(end > begin, colours.rise, np.where(end < begin, colours.fall, colours.flat))


def _candles(axes: Axes, bars: pd.DataFrame, tints: Any, points: float) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    begin, high, low, end = (floats(bars[name]) for name in BARS)
    there = np.isfinite([begin, high, low, end]).all(axis=0)
    at = np.flatnonzero(there).astype(float)
    wicks = np.stack([np.column_stack([at, low[there]]), np.column_stack([at, high[there]])], axis=1)
    width = float(np.clip(points / 2.5, 0.4, 1.0))
    axes.add_collection(LineCollection(list(wicks), colors=tints[there], linewidths=width, zorder=2))
    axes.add_collection(
        PolyCollection(
            boxes(np.minimum(begin, end)[there], np.maximum(begin, end)[there], at),
            facecolors=tints[there],
            edgecolors=tints[there],
            linewidths=width,
            zorder=3,
        )
    )


def _corner(tops: Floats) -> Literal["upper left", "upper right"]:
    """Return the upper corner that prices leave free; looking for the best place takes long with many bars."""
    some = -(-len(tops) // 5)
    left, right = (float(np.nanmax(part, initial=-np.inf)) for part in (tops[:some], tops[-some:]))
    return "upper left" if left <= right else "upper right"


def _volume(axes: Axes, volume: Floats, tints: Any, points: float, hand: Hand, *, alone: bool) -> None:
    from matplotlib.collections import PolyCollection

    there = np.isfinite(volume)
    width = 0.7 if points > 2 else 1.0
    tall = boxes(0 * volume[there], volume[there], np.flatnonzero(there).astype(float), width)
    axes.add_collection(PolyCollection(tall, facecolors=tints[there], alpha=0.6 if alone else 0.3, linewidths=0))
    axes.set_ylim(0, max(float(np.nanmax(volume, initial=0)) * 1.05, 1))
    if alone:
        axes.yaxis.set_major_formatter(hand.amount)
        axes.tick_params(axis="y", labelfontfamily=list(hand.family))
        axes.set_ylabel(hand.word("volume", "거래량"), **hand.fonts())
        tidy(axes)


def _inset(prices: Axes) -> Axes:
    """Return Axes at the foot of others, and make room for them."""
    bottom, top = prices.get_ylim()
    prices.set_ylim(bottom - (top - bottom) * _SHARE / (1 - _SHARE), top)
    inset = prices.inset_axes((0, 0, 1, _SHARE - 0.02), sharex=prices, zorder=0.5)
    inset.set_axis_off()
    return inset
