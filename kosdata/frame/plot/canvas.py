"""Where pictures are drawn: Axes made or given, their colours, titles and remarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.errors import ArgumentError
from kosdata.frame.plot.hand import Hand

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    Target: TypeAlias = Axes | Figure | SubFigure | Sequence[Axes] | NDArray[Any] | None

__all__ = ["STYLES", "Colours", "Floats", "Sheet", "Style", "boxes", "floats", "panels", "tidy"]

Style = Literal["korean", "us"]
Floats = NDArray[np.float64]

_WIDTH: Final = 0.7
_SIZE: Final = (10.0, 6.0)


class Colours(NamedTuple):
    """Colours of what rises, falls and stays."""

    rise: str
    fall: str
    flat: str = "#555555"


# Korean exchanges show gains red and losses blue.
STYLES: Final = {"korean": Colours("#d60000", "#0051c7"), "us": Colours("#12823b", "#d60000")}


def panels(
    target: Target, count: int, *, heights: Sequence[float] | None = None, size: tuple[float, float] | None = None
) -> list[Axes]:
    """Return that many Axes: those given, or new ones in a figure, given or new.

    Parameters
    ----------
    target : Axes, sequence of Axes, Figure or None
        Where to draw. Only None makes a figure of pyplot, which notebooks show and ``pyplot.close`` ends.
    count : int
        How many Axes are needed.
    heights : sequence of float, optional
        The Axes lie below each other with these heights and one x axis. In a grid by default.
    size : tuple of float, optional
        Inches of a new figure.
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    if isinstance(target, Axes):
        target = [target]
    if target is not None and not isinstance(target, FigureBase):
        given = np.asarray(target, dtype=object).ravel().tolist()
        if not given or not all(isinstance(each, Axes) for each in given):
            raise ArgumentError(f"ax={target!r} is no Axes: give matplotlib Axes, a list of them or a Figure.")
        if len(given) < count:
            raise ArgumentError(f"ax has {len(given)} Axes and the picture needs {count}: give a list of {count}.")
        return given[:count]
    columns = 1 if heights else min(count, 1 if count == 1 else 2 if count < 7 else 3)
    rows = -(-count // columns)
    if target is None:
        import matplotlib.pyplot as plt

        target = plt.figure(figsize=size or _size(rows, columns, stacked=bool(heights)), layout="constrained")
    made = target.subplots(rows, columns, sharex=bool(heights), height_ratios=heights, squeeze=False).ravel().tolist()
    for idle in made[count:]:
        idle.remove()
    return made[:count]


def _size(rows: int, columns: int, *, stacked: bool) -> tuple[float, float]:
    return _SIZE if stacked or rows == columns == 1 else (min(6.5 * columns, 16.0), min(4.5 * rows, 16.0))


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all pictures of a call have in common.

    Attributes
    ----------
    hand : Hand
        How text is written.
    colours : Colours
        Of rises and falls.
    title : str or None
        What the user wants above the picture.
    size : tuple of float or None
        Inches of a new figure.
    target : Axes, sequence of Axes, Figure or None
        Where to draw.
    about : dict
        What the frame says of itself.
    """

    hand: Hand
    colours: Colours
    title: str | None
    size: tuple[float, float] | None
    target: Target
    about: dict[str, Any]

    def axes(self, count: int, heights: Sequence[float] | None = None) -> list[Axes]:
        """Return that many Axes; fewer where panels are below each other, and fewer were given."""
        if heights and self.target is not None and not hasattr(self.target, "subplots"):
            count = min(count, np.size(np.asarray(self.target, dtype=object)))
        return panels(self.target, count, heights=heights, size=self.size)

    def done(self, axes: Axes, name: str | None = None, *, one_of: int = 1) -> Axes:
        """Return Axes under their title, which is what a user wants and what one of several panels shows."""
        parts = (self.title, name if self.title is None or one_of > 1 else None)
        if text := " ".join(filter(None, parts)):
            axes.set_title(self.hand.legible(text), **self.hand.fonts())
        if self.about.get("source") == "simulator":
            remark = self.hand.word("synthetic data (simulator)", "모의 데이터 (시뮬레이터)")
            axes.set_title(remark, loc="right", fontsize="x-small", color="#888888", **self.hand.fonts())
        return axes

    def empty(self, name: str | None = None, reason: str | None = None) -> Axes:
        """Return Axes that say why there is nothing to see."""
        (axes,) = panels(self.target, 1, size=self.size)
        said = reason or self.about.get("reason") or self.hand.word("the frame has no rows", "행이 없습니다")
        axes.set_xticks([])
        axes.set_yticks([])
        place: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "transform": axes.transAxes,
            "wrap": True,
            "color": "#666666",
        }
        axes.text(0.5, 0.5, self.hand.legible(said), **place, **self.hand.fonts())
        return self.done(axes, name or self.hand.word("no data", "데이터 없음"))


def tidy(axes: Axes, *, grid: Literal["both", "x", "y"] = "both") -> None:
    """Give Axes a faint grid and no frame where nothing is read."""
    axes.grid(visible=True, axis=grid, alpha=0.3, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def boxes(bottom: Floats, top: Floats, at: Floats | None = None, width: float = _WIDTH) -> Any:
    """Return the corners of upright boxes, one a position."""
    at = np.arange(len(bottom), dtype=float) if at is None else at
    left, right = at - width / 2, at + width / 2
    corners = ((left, bottom), (left, top), (right, top), (right, bottom))
    return np.stack([np.column_stack(corner) for corner in corners], axis=1)


def floats(column: pd.Series[Any]) -> Floats:
    """Return numbers of any column, NaN where they are missing."""
    return column.to_numpy(dtype=np.float64, na_value=np.nan)
