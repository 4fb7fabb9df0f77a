"""Bars of one code: candles or a line, overlays, and the volume beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kosdata.frame.plot.artists import (
    UPPER_CORNERS,
    Floats,
    add_legend,
    amount_axis,
    draw_line,
    emptiest_corner,
    floats,
    rectangles,
    size_in_points,
    style_axes,
)
from kosdata.frame.plot.axis_ticks import set_ticks
from kosdata.frame.plot.canvas import Canvas, Colours
from kosdata.frame.plot.reading import BARS
from kosdata.frame.plot.text import price

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bars_of_one"]

# Neither red nor blue nor green: those are candles.
_LINES: Final = ("#f39c12", "#8e44ad", "#00a6a6", "#8d6e63", "#e84393", "#2d3436")
# The part of the height that volume takes within a panel that it shares with prices.
_SHARE: Final = 0.22
# Points: how thick a body is that opens where it closes.
_FLAT: Final = 1.5


def bars_of_one(
    axes: Sequence[Axes],
    bars: pd.DataFrame,
    *,
    line: Floats | None,
    label: str,
    overlays: Sequence[tuple[str, Floats]],
    volume: bool,
    canvas: Canvas,
) -> None:
    """Draw candles, or a line, and the volume: into the second panel, or the first if it is alone."""
    prices, text = axes[0], canvas.text
    prices.set_xlim(-1, max(len(bars), 1))
    points = size_in_points(prices)[0] / (len(bars) + 1)
    tints = _tints(bars, canvas.colours)
    if line is None:
        _candles(prices, bars, tints, points)
    else:
        draw_line(prices, line, color="#333333", linewidth=1.2, label="_line")
    labels = [text.legend_label(name) for name, _ in overlays]
    for n, (_, values) in enumerate(overlays):
        draw_line(prices, values, color=_LINES[n % len(_LINES)], linewidth=1.1, label=labels[n])
    prices.autoscale_view(scalex=False)
    prices.yaxis.set_major_formatter(price)
    prices.set_ylabel(label, **text.fonts())
    style_axes(prices)
    below = _inset(prices) if volume and len(axes) == 1 else axes[-1]
    if volume:
        _volume(below, floats(bars["volume"]), tints, points, canvas, alone=len(axes) > 1)
    curves = [floats(bars["high"]), floats(bars["low"])] if line is None else [line]
    curves += [values for _, values in overlays]
    corners = {"corners": UPPER_CORNERS} if below in prices.child_axes else {}
    add_legend(prices, text, loc=emptiest_corner(prices, curves, labels, **corners))
    set_ticks(prices, bars.index)


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
            rectangles(np.minimum(begin, end)[there], np.maximum(begin, end)[there], at),
            facecolors=tints[there],
            edgecolors=tints[there],
            linewidths=np.where((begin == end)[there], _FLAT, width),
            zorder=3,
        )
    )


def _volume(axes: Axes, volume: Floats, tints: Any, points: float, canvas: Canvas, *, alone: bool) -> None:
    from matplotlib.collections import PolyCollection

    there = np.isfinite(volume)
    width = 0.7 if points > 2 else 1.0
    tall = rectangles(0 * volume[there], volume[there], np.flatnonzero(there).astype(float), width)
    axes.add_collection(PolyCollection(tall, facecolors=tints[there], alpha=0.6 if alone else 0.3, linewidths=0))
    axes.set_ylim(0, max(float(np.nanmax(volume, initial=0)) * 1.05, 1))
    if alone:
        amount_axis(axes, "y", canvas.text)
        axes.set_ylabel(canvas.column("volume"), **canvas.text.fonts())
        style_axes(axes)


def _inset(prices: Axes) -> Axes:
    """Return Axes at the foot of others, and make room for them."""
    bottom, top = prices.get_ylim()
    prices.set_ylim(bottom - (top - bottom) * _SHARE / (1 - _SHARE), top)
    inset = prices.inset_axes((0, 0, 1, _SHARE - 0.02), sharex=prices, zorder=0.5)
    inset.set_axis_off()
    return inset
