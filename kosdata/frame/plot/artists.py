"""What several pictures are drawn with: lines, rectangles, legends, axes of amounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.errors import ArgumentError
from kosdata.frame.plot.text import TextStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "UPPER_CORNERS",
    "Floats",
    "add_legend",
    "amount_axis",
    "draw_line",
    "emptiest_corner",
    "floats",
    "rectangles",
    "size_in_points",
    "style_axes",
]

Floats: TypeAlias = NDArray[np.float64]
Corner: TypeAlias = Literal["upper left", "upper right", "lower left", "lower right"]

UPPER_CORNERS: Final[tuple[Corner, ...]] = ("upper left", "upper right")
_CORNERS: Final[tuple[Corner, ...]] = (*UPPER_CORNERS, "lower left", "lower right")
_BODY: Final = 0.7
# Points that a legend takes: a letter's width, a line's height, and what is around them.
_LETTER, _LINE, _AROUND = 5.5, 15.0, 40.0
# So many places of a curve are looked at, however long it is.
_LOOKS: Final = 400


def floats(column: pd.Series[Any]) -> Floats:
    """Return the numbers of a column, NaN where they are missing.

    Raises
    ------
    ArgumentError
        If it holds something else.
    """
    try:
        if isinstance(column.dtype, pd.StringDtype) or column.dtype.kind in "mMc":
            raise TypeError
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise ArgumentError(f"{column.name!r} is of {column.dtype}, and a picture is drawn of numbers.") from None


def draw_line(axes: Axes, values: Floats, **style: Any) -> None:
    """Draw what numbers are there over their positions; a single one, which makes no line, as a dot."""
    there = np.flatnonzero(np.isfinite(values))
    if len(there) == 1:
        style["marker"] = "o"
    axes.plot(there, values[there], **style)


def rectangles(bottom: Floats, top: Floats, at: Floats | None = None, width: float = _BODY) -> Any:
    """Return the corners of upright rectangles, one a position."""
    at = np.arange(len(bottom), dtype=float) if at is None else at
    left, right = at - width / 2, at + width / 2
    corners = ((left, bottom), (left, top), (right, top), (right, bottom))
    return np.stack([np.column_stack(corner) for corner in corners], axis=1)


def style_axes(axes: Axes, *, grid: Literal["both", "x", "y"] = "both") -> None:
    """Give Axes a faint grid and no frame where nothing is read."""
    axes.grid(visible=True, axis=grid, alpha=0.3, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def amount_axis(axes: Axes, which: Literal["x", "y"], text: TextStyle) -> None:
    """Write the numbers of an axis as counts or sums of money."""
    (axes.xaxis if which == "x" else axes.yaxis).set_major_formatter(text.amount)
    axes.tick_params(axis=which, labelfontfamily=list(text.family))


def add_legend(
    axes: Axes,
    text: TextStyle,
    handles: Sequence[Any] | None = None,
    labels: Sequence[str] | None = None,
    *,
    size: int = 9,
    **place: Any,
) -> None:
    """Name some artists, or all that have a label, where there are any."""
    if handles is None or labels is None:
        handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles, labels, prop={"family": list(text.family), "size": size}, framealpha=0.7, **place)


def emptiest_corner(
    axes: Axes, curves: Sequence[Floats], labels: Sequence[str], corners: Sequence[Corner] = _CORNERS
) -> Corner:
    """Return the corner in which a legend of some labels hides least of curves over positions 0, 1, ...

    matplotlib's own search takes long with many bars.
    """
    width, height = size_in_points(axes)
    wide = (max(map(len, labels), default=0) * _LETTER + _AROUND) / width
    tall = (len(labels) * _LINE + _LINE) / height
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    places = np.linspace(left, right, _LOOKS)
    across = (places - left) / (right - left)
    found = []
    for curve in curves:
        there = np.flatnonzero(np.isfinite(curve))
        if len(there):
            found.append((np.interp(places, there, curve[there], np.nan, np.nan) - bottom) / (top - bottom))
    up = np.array(found).reshape(-1, _LOOKS)

    def hidden(corner: Corner) -> int:
        column = across < wide if corner.endswith("left") else across > 1 - wide
        return int(((up > 1 - tall) if corner.startswith("upper") else (up < tall))[:, column].sum())

    return min(corners, key=hidden)


def size_in_points(axes: Axes) -> tuple[float, float]:
    """Return the width and the height of Axes."""
    box, dpi = axes.get_window_extent(), axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    return max(box.width / dpi * 72, 1.0), max(box.height / dpi * 72, 1.0)
