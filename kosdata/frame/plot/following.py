"""A chart that follows a stream."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import pandas as pd

from kosdata.errors import KosError
from kosdata.frame.plot.canvas import Target, axes_of, figure_size, write_in_the_middle
from kosdata.frame.plot.charts import plot
from kosdata.frame.plot.prices import refuse_codes
from kosdata.frame.plot.text import TextStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LiveChart"]


class LiveChart:
    """A picture of the newest frame, drawn anew in the same Axes on each `draw`.

    In a notebook it shows itself as the value of a cell, or on the first `draw`, and each `draw` renews what is shown.
    In Axes that were given, their figure is told to draw itself instead.

    Parameters
    ----------
    newest : callable
        Returns the newest frame, for example the snapshot of a stream.
    ax : Axes, sequence of Axes or Figure, optional
        Where to draw. A figure of its own by default.
    **options
        Those of `plot`.

    Attributes
    ----------
    axes : Axes
        The Axes of prices.
    figure : Figure
        The figure in which it is drawn; `save` keeps it, also while it is drawn anew by a stream.

    Examples
    --------
    >>> chart = LiveChart(lambda: kd.intraday("005930", "1min"), freq="30min")
    >>> chart.draw()
    >>> len(chart.axes.collections[0].get_segments())
    13
    """

    def __init__(self, newest: Callable[[], pd.DataFrame], *, ax: Target = None, **options: Any) -> None:
        self._newest = newest
        self._options = options
        self._is_own = ax is None
        self._shown: Any = None
        self._timer: Any = None
        self._lock = RLock()
        figure: Any = ax
        if ax is None:
            # Not of pyplot: a notebook would show it a second time, and nobody would close it.
            from matplotlib.figure import Figure

            figure = Figure(figsize=figure_size(options.get("figsize")) or (10, 6), layout="constrained")
        self._panels = axes_of(ax) or [figure.subplots()]
        self.axes: Axes = self._panels[0]
        self._redraw()

    @property
    def figure(self) -> Figure:
        """The figure in which it is drawn."""
        return self.axes.get_figure(root=True)  # type: ignore[return-value]

    def draw(self) -> None:
        """Draw the newest frame.

        Raises
        ------
        ArgumentError
            If the frame does not make this picture; the chart then says why.
        """
        try:
            self._redraw()
        finally:
            self._renew()

    def save(self, path: str | Path, *, dpi: int = 100, **options: Any) -> Path:
        """Keep the picture in a file, whole also while it is drawn anew elsewhere, and return its path.

        Parameters
        ----------
        path : str or Path
            Where to; its suffix says in which format, as ``.png``, ``.svg`` or ``.pdf``.
        dpi : int, default 100
            Dots per inch.
        **options
            Those of ``Figure.savefig``.
        """
        with self._lock:
            self.figure.savefig(path, dpi=dpi, **options)
        return Path(path)

    def refuse_codes(self, codes: Sequence[str]) -> None:
        """Refuse codes that come together and that the picture cannot show together.

        Raises
        ------
        ArgumentError
            If candles or overlays of several codes are wanted.
        """
        refuse_codes(codes, self._options.get("kind"), self._options.get("overlays"))

    def repeat(self, task: Callable[[], object], seconds: float) -> bool:
        """Let the window in which it is drawn call something every so often, until that returns False.

        Returns
        -------
        bool
            Whether there is a window that does; its figure must not be drawn by any other thread.
        """
        canvas = self.figure.canvas
        if canvas.required_interactive_framework is None:
            return False
        self._timer = canvas.new_timer(interval=max(int(seconds * 1000), 1))
        self._timer.add_callback(task)
        self._timer.start()
        return True

    def _redraw(self) -> None:
        with self._lock:
            try:
                frame = self._newest()
                self._clear()
                plot(frame, ax=self._panels, **self._options)
            except Exception as error:
                self._clear()
                said = str(error) if isinstance(error, KosError) else f"{type(error).__name__}: {error}"
                write_in_the_middle(self.axes, said, TextStyle.of("en"))
                raise

    def _clear(self) -> None:
        for axes in self._panels:
            axes.clear()

    def _renew(self) -> None:
        if not self._is_own:
            self.figure.canvas.draw_idle()
        elif self._shown is not None:
            self._shown.update(_Shot(self))
        elif _in_notebook():
            self._ipython_display_()

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
