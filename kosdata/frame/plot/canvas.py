"""Where pictures are drawn: Axes made or given, their colours, titles and remarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError
from kosdata.frame.plot.text import Lang, TextStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = ["Canvas", "Colours", "Style", "Target", "axes_of", "figure_size", "write_in_the_middle"]

Style = Literal["korean", "us"]
Target: TypeAlias = "Axes | Figure | SubFigure | Sequence[Axes] | NDArray[Any] | None"

_SIZE: Final = (10.0, 6.0)


class Colours(NamedTuple):
    """Colours of what rises, falls and stays."""

    rise: str
    fall: str
    flat: str = "#555555"


# Korean exchanges show gains red and losses blue.
_STYLES: Final = {"korean": Colours("#d60000", "#0051c7"), "us": Colours("#12823b", "#d60000")}


@dataclass(frozen=True, slots=True)
class Canvas:
    """What all pictures of a call have in common.

    Attributes
    ----------
    text : TextStyle
        How text is written.
    colours : Colours
        Of rises and falls.
    title : str or None
        What the user wants above the picture.
    size : tuple of float or None
        Inches of a new figure.
    target : Axes, sequence of Axes, Figure or None
        Where to draw. Only None makes a figure of pyplot, which notebooks show and ``pyplot.close`` ends.
    about : dict
        What the frame says of itself.
    """

    text: TextStyle
    colours: Colours
    title: str | None
    size: tuple[float, float] | None
    target: Target
    about: dict[str, Any]

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        *,
        style: Style,
        lang: Lang,
        title: str | None,
        figsize: tuple[float, float] | None,
        ax: Target,
    ) -> Canvas:
        """Return the canvas for the picture of a frame.

        Raises
        ------
        ArgumentError
            If an argument is none of what it may be.
        """
        choice("style", style, tuple(_STYLES))
        if title is not None and not isinstance(title, str):
            raise ArgumentError(f"title={title!r} is no text: write title={str(title)!r}.")
        axes_of(ax)
        about = frame.attrs.get("kosdata")
        said = about if isinstance(about, dict) else {}
        return cls(TextStyle.of(lang), _STYLES[style], title, figure_size(figsize), ax, said)

    def axes(self, count: int, heights: Sequence[float] | None = None) -> list[Axes]:
        """Return that many Axes: those given, or new ones in a figure, given or new.

        Parameters
        ----------
        count : int
            How many Axes are needed.
        heights : sequence of float, optional
            The Axes lie below each other with these heights and one x axis; fewer do where fewer were given. In a grid
            by default.
        """
        given = axes_of(self.target)
        if given is not None:
            if len(given) < count and not heights:
                raise ArgumentError(f"ax has {len(given)} Axes and the picture needs {count}: give a list of {count}.")
            if heights and len(given) > 1 < count:
                _share_x(*given[:2])
            return given[:count]
        columns = 1 if heights else min(count, 1 if count == 1 else 2 if count < 7 else 3)
        rows = -(-count // columns)
        figure: Any = self.target
        if figure is None:
            import matplotlib.pyplot as plt

            size = self.size or _size(rows, columns, stacked=bool(heights))
            figure = plt.figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, columns, sharex=bool(heights), height_ratios=heights, squeeze=False)
        made: list[Axes] = grid.ravel().tolist()
        for idle in made[count:]:
            idle.remove()
        return made[:count]

    def unit(self, *columns: str) -> str:
        """Return the unit that columns have in common, as far as the frame says so; else nothing."""
        found = set()
        for column in columns:
            parts = (part.partition(":") for part in str(self.about.get("units") or "").split(";"))
            found.add(next((unit.strip() for unit, _, names in parts if column in names.split()), ""))
        return found.pop() if len(found) == 1 else ""

    def column(self, name: str) -> str:
        """Return what a column is called, and its unit."""
        return self.text.column(name, self.unit(name))

    def price(self, column: str) -> str:
        """Return what an axis of prices is called, in the unit of a column of them."""
        return self.text.with_unit(self.text.word("price", "가격"), self.unit(column))

    def done(self, axes: Axes, name: str | None = None, *, one_of: int = 1) -> Axes:
        """Return Axes under their title, which is what a user wants and what one of several panels shows."""
        parts = (self.title, name if self.title is None or one_of > 1 else None)
        if text := " ".join(filter(None, parts)):
            axes.set_title(self.text.displayable(text), **self.text.fonts())
        if self.about.get("source") == "simulator":
            remark = self.text.word("synthetic data (simulator)", "모의 데이터 (시뮬레이터)")
            axes.set_title(remark, loc="right", fontsize="x-small", color="#888888", **self.text.fonts())
        return axes

    def empty(self, name: str | None = None, reason: str | None = None) -> Axes:
        """Return Axes that say why there is nothing to see."""
        axes = self.axes(1)[0]
        said = reason or self.about.get("reason") or self.text.word("the frame has no rows", "행이 없습니다")
        write_in_the_middle(axes, said, self.text)
        return self.done(axes, name or self.text.word("no data", "데이터 없음"))


def axes_of(target: object) -> list[Axes] | None:
    """Return the Axes that a user gives; None for a figure, or nothing.

    Raises
    ------
    ArgumentError
        If they are none, or not of the kind that is drawn in here.
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    if target is None or isinstance(target, FigureBase):
        return None
    given = [target] if isinstance(target, Axes) else np.asarray(target, dtype=object).ravel().tolist()
    if not given or not all(isinstance(each, Axes) for each in given):
        raise ArgumentError(f"ax={target!r} is no Axes: give matplotlib Axes, a list of them or a Figure.")
    for each in given:
        if each.name != "rectilinear":
            raise ArgumentError(f"ax is of {each.name} Axes, and pictures need those that plt.subplots() makes.")
    return given


def figure_size(size: object) -> tuple[float, float] | None:
    """Return the inches of a figure, if any are given.

    Raises
    ------
    ArgumentError
        If they are not two numbers above zero.
    """
    if size is None:
        return None
    try:
        width, height = map(float, size)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        width = height = np.nan
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise ArgumentError(f"figsize={size!r} is no width and height in inches: write figsize=(10, 6).")
    return width, height


def write_in_the_middle(axes: Axes, said: object, text: TextStyle) -> None:
    """Write into Axes why they show nothing else."""
    axes.set_xticks([])
    axes.set_yticks([])
    place: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes, "wrap": True}
    axes.text(0.5, 0.5, text.displayable(said), color="#666666", **place, **text.fonts())


def _size(rows: int, columns: int, *, stacked: bool) -> tuple[float, float]:
    return _SIZE if stacked or rows == columns == 1 else (min(6.5 * columns, 16.0), min(4.5 * rows, 16.0))


def _share_x(upper: Axes, lower: Axes) -> None:
    """Let two Axes have one x axis, with its labels at the foot if one lies beneath the other."""
    if not upper.get_shared_x_axes().joined(upper, lower):
        try:
            lower.sharex(upper)
        except ValueError:
            raise ArgumentError("ax: the second Axes share their x axis with others, and not with the first.") from None
    above, below = upper.get_position(), lower.get_position()
    if upper.figure is lower.figure and below.y1 <= above.y0 and np.isclose(above.x0, below.x0):
        upper.tick_params(labelbottom=False)
