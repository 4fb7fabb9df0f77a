"""Frames to draw, and what a picture is made of: never its pixels."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

RED, BLUE, GREEN, GREY = "#d60000", "#0051c7", "#12823b", "#555555"


def bars(n: int = 6, start: str = "2024-01-02", freq: str = "B", **attrs: Any) -> pd.DataFrame:
    """Return bars that rise and fall by turns."""
    index = pd.date_range(start, periods=n, freq=freq, name="date" if freq == "B" else "time").as_unit("us")
    close = 100 + np.arange(n) * np.tile([1.0, -1.0], n)[:n]
    frame = pd.DataFrame({"open": np.r_[100.0, close[:-1]][:n], "close": close}, index=index)
    frame.insert(1, "high", frame[["open", "close"]].max(axis=1) + 1)
    frame.insert(2, "low", frame[["open", "close"]].min(axis=1) - 1)
    made = frame.assign(volume=np.arange(1, n + 1), value=np.arange(1, n + 1) * 100)
    made.attrs["kosdata"] = attrs
    return made


def ticks(*codes: str) -> pd.DataFrame:
    """Return four trades of each code, in three minutes."""
    moments = pd.DatetimeIndex(
        [f"2024-01-12 {at}" for at in ("09:00:10", "09:00:40", "09:01:20", "09:06:00")] * len(codes), name="time"
    )
    owner = pd.Categorical(np.repeat(codes, 4))
    frame = pd.DataFrame({"code": owner, "price": [10.0, 12, 11, 14] * len(codes), "size": 1}, index=moments)
    return frame.tz_localize("Asia/Seoul").sort_index(kind="stable")


def book(n: int = 3) -> pd.DataFrame:
    """Return an order book of so many levels."""
    levels = {f"ask_price_{i}": [100.0 + i] for i in range(1, n + 1)} | {
        f"bid_price_{i}": [100.0 - i] for i in range(n)
    }
    levels = {name.replace("bid_price_0", f"bid_price_{n}"): value for name, value in levels.items()}
    sizes = {f"{side}_size_{i}": pd.array([i * 10], dtype="Int64") for side in ("ask", "bid") for i in range(1, n + 1)}
    return pd.DataFrame(levels | sizes, index=pd.Index(["005930"], name="code"))


def of(axes: Axes, kind: type) -> list[Any]:
    """Return the collections of Axes of one kind, those that part sessions aside."""
    return [each for each in axes.collections if type(each) is kind and each.get_gid() is None]


def colours(collection: Any) -> list[str]:
    """Return the colours of a collection."""
    return [to_hex(each) for each in collection.get_facecolor()]


def names(axes: Axes) -> list[str]:
    """Return what a legend says."""
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def labels(axes: Axes) -> list[str]:
    """Return the labels of an x axis."""
    return [text.get_text() for text in axes.get_xticklabels()]


def drawn(axes: Any) -> None:
    """Draw everything; a missing glyph would be a warning, which is an error in tests."""
    first = np.ravel(np.asarray(axes, dtype=object))[0]
    first.get_figure(root=True).savefig(io.BytesIO(), format="png")
