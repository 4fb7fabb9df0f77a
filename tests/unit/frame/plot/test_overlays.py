"""Lines over prices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kosdata.errors import ArgumentError
from kosdata.frame.plot import plot
from tests.unit.frame.plot.pictures import bars, names


def test_averages_columns_and_series_lie_over_prices_under_their_names() -> None:
    frame = bars(6).assign(vwap=np.arange(6.0))
    own = pd.Series([7.0, 8.0], index=frame.index[[1, 4]], name="fair value")
    axes = plot(frame, overlays=[3, "vwap", own])
    assert names(axes) == ["MA3", "vwap", "fair value"]
    average, _, series = axes.lines
    assert average.get_ydata().tolist() == frame["close"].rolling(3).mean().dropna().tolist()
    assert (series.get_xdata().tolist(), series.get_ydata().tolist()) == ([1, 4], [7, 8])
    assert names(plot(frame, overlays={"quick": 2})) == ["quick"]
    assert names(plot(frame, overlays=2)) == ["MA2"]


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        (0, "windows"),
        (True, "windows"),
        (2.5, "windows"),
        ("vwap", "no column"),
        (pd.Series([1.0], index=pd.DatetimeIndex(["2020-01-01"])), "no value at any row"),
        (pd.Series([1.0, 2.0], index=pd.DatetimeIndex(["2024-01-02"] * 2)), "two values"),
    ],
)
def test_an_overlay_that_fits_nothing_is_refused_and_no_figure_stays(overlay: Any, said: str) -> None:
    import matplotlib.pyplot as plt

    with pytest.raises(ArgumentError, match=said):
        plot(bars(), overlays=[overlay])
    assert plt.get_fignums() == []


def test_the_columns_of_a_frame_are_overlays_and_not_its_names() -> None:
    frame = bars(6)
    own = pd.DataFrame({"close": range(6), "band": 7.0}, index=frame.index)
    axes = plot(frame, overlays=own)
    assert names(axes) == ["close", "band"]
    assert [line.get_ydata().tolist() for line in axes.lines] == [list(range(6)), [7.0] * 6]
    assert names(plot(frame, overlays=[2, own])) == ["MA2", "close", "band"]


def test_a_number_of_numpy_is_one() -> None:
    assert names(plot(bars(), overlays=np.int64(5))) == names(plot(bars(), overlays=[np.int64(5)])) == ["MA5"]


@pytest.mark.parametrize(
    "overlays",
    [
        1.5,
        object(),
        pd.Series(["a"] * 6, index=bars().index),
        pd.Series(bars().index, index=bars().index),
        [None],
        {"own": pd.DataFrame({"a": [1.0]})},
        pd.Series(1.0, index=bars().index.tz_localize("Asia/Seoul")),
        pd.Series(1.0, index=["a", "b"]),
        pd.Series(1.0, index=pd.MultiIndex.from_product([["A"], bars().index])),
        "clsoe",
    ],
    ids=["float", "object", "text", "days", "none", "frame", "zone", "letters", "levels", "typo"],
)
def test_what_is_no_overlay_is_refused_in_words(overlays: Any) -> None:
    with pytest.raises(ArgumentError):
        plot(bars(), overlays=overlays)


def test_a_series_without_a_value_is_no_line_and_only_one_without_a_label_is_wrong() -> None:
    frame = bars(10)
    mean = frame["close"].rolling(20).mean()
    assert plot(frame, overlays=mean).lines[0].get_ydata().tolist() == []
    assert plot(frame, overlays=20).lines[0].get_ydata().tolist() == []
    with pytest.raises(ArgumentError, match=r"2020-01-01.*2024-01-02"):
        plot(frame, overlays=pd.Series([1.0], index=pd.DatetimeIndex(["2020-01-01"])))


def test_a_name_that_begins_with_an_underscore_is_in_the_legend_too() -> None:
    axes = plot(bars(), overlays={"_own": 2, "": 3})
    assert [name.strip() for name in names(axes)] == ["_own", "MA3"]
    wide = pd.DataFrame({"_a": [1.0, 2], "b": [2.0, 1]}, index=bars(2).index).rename_axis(columns="code")
    assert [name.strip() for name in names(plot(wide))] == ["_a", "b"]


def test_an_average_keeps_its_distance_when_all_begin_at_100() -> None:
    frame = bars(30)
    axes = plot(frame, rebase=True, overlays=5)
    line, average = (each.get_ydata() for each in axes.lines[:2])
    assert line[0] == 100
    np.testing.assert_allclose(average, pd.Series(line).rolling(5).mean().dropna())
    assert axes.get_ylabel() == "close, 2024-01-02 = 100"
    assert len(axes.figure.axes) == 2


def test_overlays_of_several_codes_are_refused() -> None:
    both = pd.concat({"A": bars(), "B": bars()}, names=["code"])
    with pytest.raises(ArgumentError, match="overlays are for one code"):
        plot(both, overlays=5)
