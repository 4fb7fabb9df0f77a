"""Where an axis of positions is marked: at the starts of hours, days, months and years that bars fall into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.frame.plot.artists import size_in_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["set_ticks", "tick_positions"]

_Ints = NDArray[np.int64]

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 3600 * _SECOND
_DAY: Final = 24 * _HOUR
_STEPS: Final = tuple(_SECOND * n for n in (1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200))
# One label takes that many points of width.
_LABEL: Final = 58
# The part of that by which labels that stand at no regular step are apart.
_APART: Final = 0.8
_MOST_DIVIDERS: Final = 60


def set_ticks(axes: Axes, index: pd.Index[Any]) -> None:
    """Label positions 0, 1, ... of an axis with an index, again whenever another part of it is shown.

    Parameters
    ----------
    axes : Axes
        Its x limits are those of the positions.
    index : Index
        Days, times or anything else, one a position.
    """
    _divide(axes, index)

    def place(shown: Axes) -> None:
        from matplotlib.ticker import FixedFormatter, FixedLocator

        left, right = sorted(shown.get_xlim())
        room = max(int(size_in_points(shown)[0] / _LABEL), 2)
        first, last = max(int(np.ceil(left)), 0), min(int(np.floor(right)), len(index) - 1)
        positions, labels = tick_positions(index[first : last + 1], room, apart=_APART)
        shown.xaxis.set_major_locator(FixedLocator([first + position for position in positions]))
        shown.xaxis.set_major_formatter(FixedFormatter(labels))

    axes.callbacks.connect("xlim_changed", place)
    place(axes)


def tick_positions(index: pd.Index[Any], room: int, *, apart: float = 0.6) -> tuple[list[int], list[str]]:
    r"""Return at most so many positions, and their labels.

    Parameters
    ----------
    index : Index
        Days, times or anything else, one a position.
    room : int
        How many labels there is room for.
    apart : float, default 0.6
        Two labels are that part of the room for one apart, at least.

    Examples
    --------
    >>> tick_positions(pd.date_range("2023-11-20", "2024-02-10", freq="B"), 5)
    ([0, 9, 30, 53], ['2023-11', '2023-12', '2024-01', '2024-02'])
    >>> tick_positions(pd.date_range("2024-01-12 09:00", periods=90, freq="1min"), 4)
    ([0, 30, 60], ['09:00\n2024-01-12', '09:30', '10:00'])
    """
    if not isinstance(index, pd.DatetimeIndex):
        places = list(range(0, len(index), max(-(-len(index) // room), 1)))
        return places, [str(index[place]) for place in places]
    if index.empty:
        return [], []
    moments = _wall(index)
    micros = moments.to_numpy().astype(np.int64)
    if (micros % _DAY).any():
        for step in _STEPS:
            if len(starts := _starts(micros // step)) <= room:
                places = _spread(starts, micros // _DAY, room / apart)
                return places, _labels(moments[places], "%H:%M:%S" if (micros[places] % _MINUTE).any() else "%H:%M")
    days = micros // _DAY
    months = moments.year.to_numpy() * 12 + moments.month.to_numpy() - 1
    units = [(days, "%m-%d"), ((days + 3) // 7, "%m-%d"), (months, "%Y-%m"), (months // 3, "%Y-%m")]
    units += [(months // (12 * years), "%Y") for years in (1, 2, 5, 10, 20, 50, 100)]
    keys, form = next((unit for unit in units if len(_starts(unit[0])) <= room), units[-1])
    places = _spread(_starts(keys), keys, room / apart)
    return places, _labels(moments[places], form)


def _wall(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return index.tz_localize(None).as_unit("us")


def _starts(keys: _Ints) -> _Ints:
    return np.flatnonzero(np.diff(keys)) + 1


def _spread(starts: _Ints, groups: _Ints, most: float) -> list[int]:
    """Return the first position and the starts without what is too close: the start of a group goes first."""
    near = len(groups) / most
    places: list[int] = [0]
    for start in starts.tolist():
        if start - places[-1] >= near:
            places.append(start)
        elif groups[start] != groups[places[-1]]:
            places[-1] = start
    return places


def _labels(moments: pd.DatetimeIndex, form: str) -> list[str]:
    """Return labels; what they leave out stands in a second line where it changes."""
    labels = moments.strftime(form).tolist()
    if form == "%m-%d":
        return _beneath(labels, moments.strftime("%Y").tolist())
    if form.startswith("%H"):
        days = moments.strftime("%Y-%m-%d").tolist()
        return _beneath(labels, [days[0], *(day if day[:4] != days[0][:4] else day[5:] for day in days[1:])], days)
    return labels


def _beneath(labels: list[str], shown: list[str], keys: list[str] | None = None) -> list[str]:
    keys = keys or shown
    return [
        f"{label}\n{below}" if n == 0 or keys[n] != keys[n - 1] else label
        for n, (label, below) in enumerate(zip(labels, shown, strict=True))
    ]


def _divide(axes: Axes, index: pd.Index[Any]) -> None:
    """Draw a thin line between two sessions of bars within the day."""
    from matplotlib.collections import LineCollection

    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return
    micros = _wall(index).to_numpy().astype(np.int64)
    breaks = np.flatnonzero(np.diff(micros) > _HOUR)
    if not 0 < len(breaks) <= min(_MOST_DIVIDERS, len(index) // 4):
        return
    lines = [((at + 0.5, 0.0), (at + 0.5, 1.0)) for at in breaks.tolist()]
    across = axes.get_xaxis_transform()
    dividers = LineCollection(lines, colors="#bbbbbb", linewidths=0.7, linestyles=":", zorder=0.5, transform=across)
    dividers.set_gid("sessions")
    axes.add_collection(dividers, autolim=False)
