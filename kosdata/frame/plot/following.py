"""A chart that follows a stream."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from threading import RLock
from typing import TYPE_CHECKING, Any

import pandas as pd

from kosdata.frame.plot.charts import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LiveChart", "live"]


def live(
    frame_getter: Callable[[], pd.DataFrame], *, freq: str | None = None, ax: Axes | None = None, **options: Any
) -> LiveChart:
    """Return a chart of what a function returns, drawn anew on each `LiveChart.draw`.

    Parameters
    ----------
    frame_getter : callable
        Returns the newest frame, for example the snapshot of a stream.
    freq : str, optional
        Length of a bar; minutes for ticks by default.
    ax : Axes, optional
        Where to draw. A figure of its own by default.
    **options
        Those of `plot`.

    Examples
    --------
    >>> chart = live(lambda: kd.intraday("005930", "1min"), freq="30min")
    >>> chart.draw()
    >>> len(chart.axes.collections[0].get_segments())
    13
    """
    return LiveChart(frame_getter, freq=freq, ax=ax, **options)


class LiveChart:
    """A picture of the newest frame, always in the same Axes.

    In a notebook it shows itself as the value of a cell, or on the first `draw`, and each `draw` renews what is shown.
    In Axes that were given, their figure is told to draw itself instead.

    Attributes
    ----------
    figure : Figure
        The figure; ``chart.figure.savefig(path)`` keeps it.
    axes : Axes
        The Axes of prices.
    """

    def __init__(self, frame_getter: Callable[[], pd.DataFrame], *, ax: Axes | None = None, **options: Any) -> None:
        self._newest = frame_getter
        self._options = options
        self._is_own = ax is None
        self._shown: Any = None
        self._lock = RLock()
        if ax is None:
            # Not of pyplot: a notebook would show it a second time, and nobody would close it.
            from matplotlib.figure import Figure

            ax = Figure(figsize=(10, 6), layout="constrained").subplots()
        self.axes = ax
        self._redraw()

    @property
    def figure(self) -> Figure:
        """The figure in which it is drawn."""
        return self.axes.get_figure(root=True)  # type: ignore[return-value]

    def draw(self) -> None:
        """Draw the newest frame."""
        self._redraw()
        if not self._is_own:
            self.figure.canvas.draw_idle()
        elif self._shown is not None:
            self._shown.update(_Shot(self))
        elif _in_notebook():
            self._ipython_display_()

    def _redraw(self) -> None:
        frame = self._newest()
        with self._lock:
            self.axes.clear()
            plot(frame, ax=self.axes, **self._options)

    def _ipython_display_(self) -> None:
        self._shown = import_module("IPython.display").DisplayHandle()
        self._shown.display(_Shot(self))

    def _png(self) -> bytes:
        file = BytesIO()
        with self._lock:
            self.figure.savefig(file, format="png", dpi=100)
        return file.getvalue()


class _Shot:
    """The chart as a notebook draws it; itself it would display itself without end."""

    def __init__(self, chart: LiveChart) -> None:
        self._repr_png_ = chart._png


def _in_notebook() -> bool:
    # Nobody who has not imported IPython is in a notebook.
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None
