"""Where an axis is marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from kosdata.frame.plot import plot
from kosdata.frame.plot.axis_ticks import tick_positions
from tests.unit.frame.plot.pictures import bars

_MINUTES = ["09:06", "09:07", "09:08", "09:09"]


@pytest.mark.parametrize(
    ("index", "room", "labels"),
    [
        (pd.date_range("2024-01-02", periods=4, freq="B"), 8, ["01-02\n2024", "01-03", "01-04", "01-05"]),
        (
            pd.date_range("2023-12-20", periods=20, freq="B"),
            5,
            ["12-20\n2023", "12-25", "01-01\n2024", "01-08", "01-15"],
        ),
        (pd.date_range("2014-01-01", "2024-01-01", freq="B"), 11, [str(year) for year in range(2014, 2025)]),
        (
            pd.date_range("2024-01-12 09:00", "2024-01-12 15:29", freq="1min", tz="Asia/Seoul"),
            8,
            ["09:00\n2024-01-12", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"],
        ),
        (pd.date_range("2024-01-12 09:00", periods=30, freq="1s"), 4, ["09:00:00\n2024-01-12", "09:00:10", "09:00:20"]),
        (pd.date_range("2024-01-12 09:05", periods=5, freq="1min"), 10, ["09:05\n2024-01-12", *_MINUTES]),
        (
            pd.date_range("2024-01-12 09:05", periods=3, freq="10s"),
            10,
            ["09:05:00\n2024-01-12", "09:05:10", "09:05:20"],
        ),
        (pd.Index([f"L{n}" for n in range(9)]), 3, ["L0", "L3", "L6"]),
        (pd.DatetimeIndex([]), 3, []),
    ],
)
def test_ticks_stand_at_starts_that_one_can_name(index: Any, room: int, labels: list[str]) -> None:
    assert tick_positions(index, room)[1] == labels


def test_several_days_are_marked_at_their_first_bars_and_parted_by_a_line() -> None:
    sessions = [pd.date_range(f"2024-01-{day} 09:00", periods=39, freq="10min") for day in ("10", "11", "12")]
    index = sessions[0].append(sessions[1:])
    assert tick_positions(index, 5) == ([0, 39, 78], ["01-10\n2024", "01-11", "01-12"])
    frame = bars(117).set_axis(index.rename("time"))
    axes = plot(frame)
    (dividers,) = [each for each in axes.collections if each.get_gid() == "sessions"]
    assert [segment[0][0] for segment in dividers.get_segments()] == [38.5, 77.5]


def test_labels_follow_what_is_shown() -> None:
    prices, axes = plot(bars(400)).figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()][1] == "2024-04"
    prices.set_xlim(0, 4)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["01-02\n2024", "01-03", "01-04", "01-05", "01-08"]
    assert axes.xaxis.get_majorticklocs().tolist() == [0, 1, 2, 3, 4]


def test_labels_do_not_run_into_each_other_in_small_axes() -> None:
    axes = plot(bars(125, "2023-07-13"), ax=Figure(figsize=(6.4, 4.8)).subplots())
    at = axes.xaxis.get_majorticklocs()
    points = np.diff(at) / 126 * 6.4 * 72 * 0.775
    assert len(at) == 6 and points.min() > 45
