"""Candles of bars, drawn with matplotlib on positions, so that nights and weekends leave no gaps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Korean exchanges show gains red and losses blue.
_RISE, _FALL, _FLAT = "#d60000", "#0051c7", "#555555"
_WIDTH = 0.7

_Floats = NDArray[np.float64]


def candles(bars: pd.DataFrame, *, title: str = "") -> Figure:
    """Return a figure of candles with the volume below.

    Parameters
    ----------
    bars : DataFrame
        Bars with ``open``, ``high``, ``low``, ``close`` and ``volume``, indexed by day or time. Bars without a price
        leave their place empty.
    title : str, optional
        Title of the figure.

    Returns
    -------
    Figure
        A figure of its own; no global state of matplotlib is touched.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    at = np.arange(len(bars), dtype=float)
    opened, high, low, close = (bars[name].to_numpy(float) for name in ("open", "high", "low", "close"))
    drawn = np.isfinite([opened, high, low, close]).all(axis=0)
    colours = np.where(close > opened, _RISE, np.where(close < opened, _FALL, _FLAT))
    upper.vlines(at[drawn], low[drawn], high[drawn], colors=colours[drawn], linewidth=0.8)
    bodies = _boxes(at, np.minimum(opened, close), np.maximum(opened, close))[drawn]
    upper.add_collection(
        PolyCollection(list(bodies), facecolors=colours[drawn], edgecolors=colours[drawn], linewidths=0.6)
    )
    volume = bars["volume"].to_numpy(float)
    lower.add_collection(PolyCollection(list(_boxes(at, 0 * volume, volume)), facecolors=colours, alpha=0.6))
    upper.set_xlim(-1, len(bars))
    upper.autoscale_view(scalex=False)
    lower.set_ylim(0, max(np.nanmax(volume, initial=0) * 1.05, 1))
    upper.set_title(title)
    _label(lower, bars.index)
    return figure


def save_candles(bars: pd.DataFrame, path: Path, *, title: str = "") -> Path:
    """Draw candles into a PNG file and return its path."""
    candles(bars, title=title).savefig(path, dpi=110)
    return path


def _boxes(at: _Floats, bottom: _Floats, top: _Floats) -> _Floats:
    left, right = at - _WIDTH / 2, at + _WIDTH / 2
    corners = ((left, bottom), (left, top), (right, top), (right, bottom))
    return np.stack([np.column_stack(corner) for corner in corners], axis=1)


def _label(axes: Axes, index: pd.Index) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    moments = pd.DatetimeIndex(index)
    days = len(moments) > 1 and moments[-1] - moments[0] >= pd.Timedelta(days=3)
    labels = moments.strftime("%Y-%m-%d" if days else "%H:%M")
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: labels[int(x)] if 0 <= int(x) < len(labels) else ""))
