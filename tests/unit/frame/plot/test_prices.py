"""Prices of one code and of several, in bars of the length that is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.frame.plot import plot
from kosdata.wire.client import Client
from tests.unit.frame.plot.pictures import bars, names, of, ticks


def test_several_codes_are_lines_that_begin_at_100_together() -> None:
    late = bars(6).iloc[2:]
    axes = plot(pd.concat({"B": bars(6), "A": late}, names=["code"]))
    assert [line.get_label() for line in axes.lines[:2]] == ["B", "A"]
    for line in axes.lines[:2]:
        assert line.get_ydata()[line.get_xdata().tolist().index(2)] == 100
    assert axes.lines[1].get_xdata().tolist() == [2, 3, 4, 5]
    assert axes.get_ylabel() == f"close, {bars(6).index[2]:%Y-%m-%d} = 100"
    plain = plot(pd.concat({"B": bars(6), "A": late}, names=["code"]), rebase=False, column="volume")
    assert plain.lines[0].get_ydata().tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(ArgumentError, match="Candles show one code and the frame has 2"):
        plot(pd.concat({"B": bars(6), "A": late}, names=["code"]), kind="candles")


def test_a_panel_of_codes_is_drawn_like_their_long_frame(client: Client) -> None:
    wide = plot(kd.panel("close", ["005930", "000660"], period="1m"))
    long = plot(kd.history(["005930", "000660"], period="1m"))
    lines = {line.get_label(): line.get_ydata().tolist() for line in long.lines[:2]}
    assert {line.get_label(): line.get_ydata().tolist() for line in wide.lines[:2]} == lines
    assert wide.get_ylabel().startswith("close, ")


def test_one_code_in_a_list_is_candles_under_its_code() -> None:
    axes = plot(pd.concat({"005930": bars(3)}, names=["code"]))
    assert axes.get_title() == "005930" and len(of(axes, PolyCollection)[0].get_paths()) == 3


def test_ticks_become_bars_of_the_length_that_is_wanted() -> None:
    axes = plot(ticks("005930"))
    assert [s[:, 1].tolist() for s in of(axes, LineCollection)[0].get_segments()] == [[10, 12], [11, 11], [14, 14]]
    assert axes.get_title() == "005930"
    assert len(of(plot(ticks("005930"), freq="5min"), LineCollection)[0].get_segments()) == 2
    assert len(plot(ticks("005930", "000660")).lines) == 3


def test_bars_are_put_together_on_request() -> None:
    assert len(of(plot(bars(10), freq="W"), PolyCollection)[0].get_paths()) == 3
    minutes = bars(10, "2024-01-12 09:00", "1min").tz_localize("Asia/Seoul")
    assert len(of(plot(minutes, freq="5min"), PolyCollection)[0].get_paths()) == 2
    with pytest.raises(ArgumentError):
        plot(bars(10), freq="5min")


def test_unsorted_and_repeated_rows_are_drawn_once_in_order() -> None:
    frame = bars(4)
    axes = plot(pd.concat([frame.iloc[::-1], frame.iloc[:1]]))
    assert len(of(axes, PolyCollection)[0].get_paths()) == 4
    assert of(axes, LineCollection)[0].get_segments()[3][0][1] == frame["low"].iloc[3]


def test_a_column_can_be_a_line() -> None:
    axes = plot(bars(3), kind="line", overlays=(2,))
    assert axes.lines[0].get_ydata().tolist() == bars(3)["close"].tolist()
    assert names(axes) == ["MA2"]
    assert plot(bars(3), column="종가").lines[0].get_ydata().tolist() == bars(3)["close"].tolist()
    assert plot(bars(3), kind="line", rebase=True).lines[0].get_ydata()[0] == 100


def wide(n: int = 20, **attrs: Any) -> pd.DataFrame:
    """Return a figure of two codes, with a column a code."""
    frame = pd.DataFrame({"A": np.arange(1.0, n + 1), "B": 2.0}, index=bars(n).index).rename_axis(columns="code")
    frame.attrs["kosdata"] = attrs
    return frame


def test_a_wide_frame_makes_longer_bars_too() -> None:
    frame = wide(9, field="close")  # from a Tuesday to the Friday of the week after
    axes = plot(frame, freq="W", rebase=False)
    assert [line.get_ydata().tolist() for line in axes.lines] == [[4, 9], [2, 2]]
    assert plot(frame, freq="M", rebase=False).lines[0].get_ydata().tolist() == [9]
    sums = plot(wide(9, field="volume"), freq="W", rebase=False)
    assert sums.lines[0].get_ydata().tolist() == [1 + 2 + 3 + 4, 5 + 6 + 7 + 8 + 9]
    highest = wide(9, field="high").assign(A=[1.0, 5, 2, 3, 4, 9, 1, 1, 1])
    assert plot(highest, freq="W", rebase=False).lines[0].get_ydata().tolist() == [5, 9]
    with pytest.raises(ArgumentError, match="frame is of foreign_ratio"):
        plot(wide(field="foreign_ratio"), freq="W")
    with pytest.raises(ArgumentError, match="one row a session"):
        plot(frame, freq="5min")


def test_a_panel_takes_its_options(client: Client) -> None:
    panel = kd.panel("close", ["005930", "000660"], period="3m")
    axes = plot(panel, freq="W")
    assert 12 <= len(axes.lines[0].get_xdata()) <= 14
    weeks = kd.history("005930", period="3m").kos.ohlc("W")["close"]
    assert plot(panel, freq="W", rebase=False).lines[0].get_ydata().tolist() == weeks.tolist()
    with pytest.raises(ArgumentError, match=r"column='nope' is not in the frame, which has 005930, 000660"):
        plot(panel, column="nope")
    with pytest.raises(ArgumentError, match="kind='candles' needs open"):
        plot(panel, kind="candles")
    assert len(plot(panel, column="close").lines) == 3
    assert [line.get_label() for line in plot(panel, column="000660").lines] == ["000660"]
    assert plot(panel, rebase=False).get_ylabel() == "close, won"
    korean_one = kd.panel("close", ["005930", "000660"], period="3m", lang="ko")
    assert [line.get_label() for line in plot(korean_one).lines[:2]] == ["005930", "000660"]


def test_a_price_of_nothing_is_no_point_of_a_line() -> None:
    frame = bars(4)
    frame.iloc[1, 3] = 0
    assert plot(frame, kind="line").lines[0].get_xdata().tolist() == [0, 2, 3]
    holed = wide(4, field="close").assign(B=[2.0, 0, 2, 2])
    assert plot(holed, rebase=False).lines[1].get_xdata().tolist() == [0, 2, 3]
    amounts = wide(4, field="net_value").assign(B=[2.0, 0, 2, 2])
    assert plot(amounts, rebase=False).lines[1].get_ydata().tolist() == [2, 0, 2, 2]
    trades = ticks("005930")
    trades.iloc[0, 1] = 0
    assert of(plot(trades), LineCollection)[0].get_segments()[0][:, 1].tolist() == [12, 12]


def test_one_day_of_several_codes_is_points() -> None:
    frame = pd.concat({"A": bars(1), "B": bars(1)}, names=["code"])
    assert [line.get_marker() for line in plot(frame).lines[:2]] == ["o", "o"]
    assert plot(bars(1), kind="line").lines[0].get_marker() == "o"
    assert plot(bars(2), kind="line").lines[0].get_marker() == "None"


def test_a_line_says_what_it_is_and_in_which_unit(client: Client) -> None:
    held = kd.foreign_holding("005930", period="1m")
    assert plot(held, kind="line", column="foreign_ratio").get_ylabel() == "foreign ratio, %"
    assert plot(kd.history("005930", period="1m"), kind="line").get_ylabel() == "close, won"
    shorts = kd.short_selling("005930", period="1m")
    axes = plot(shorts, kind="line")
    assert axes.get_ylabel() == f"{shorts.index[0]:%Y-%m-%d} = 100"
    assert "short volume" in names(axes)
    counts = shorts[["short_volume", "short_balance_qty"]]
    assert plot(counts, kind="line", rebase=False).get_ylabel() == "shares"
    assert plot(shorts, kind="line", rebase=False).get_ylabel() == ""


def test_a_line_is_called_by_its_korean_title(client: Client, with_korean_font: None) -> None:
    held = kd.foreign_holding("005930", period="1m")
    assert plot(held, kind="line", column="foreign_ratio", lang="ko").get_ylabel() == "외국인보유율, %"
    candles = plot(kd.history("005930", period="1m", lang="ko"))
    assert [each.get_ylabel() for each in candles.figure.axes] == ["가격, 원", "거래량, 주"]
    assert plot(kd.history("K2FA001", period="1m"), lang="ko").get_ylabel() == "가격, 포인트 또는 원"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"column": "clsoe"}, r"column='clsoe' is not in the frame, which has open, .*\. Did you mean close\?"),
        ({"kind": "line", "column": "clsoe"}, r"Did you mean close\?"),
        ({"column": "date"}, "column='date' is not in the frame"),
        ({"column": 5}, "column=5 is no name"),
        ({"column": ["close"]}, "is no name"),
        ({"kind": "candles", "column": "close"}, "leave out column"),
        ({"kind": "candles", "rebase": True}, "leave out column and rebase"),
        ({"freq": "7x"}, "freq='7x' is no length"),
        ({"freq": "W", "column": "change"}, "column='change' is not in the bars that freq and ticks make"),
        ({"volume": "yes"}, "volume='yes'"),
        ({"rebase": "yes"}, "rebase='yes'"),
    ],
    ids=str,
)
def test_what_a_user_names_and_is_not_there_is_said_back(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        plot(bars().assign(change=1.0), **options)


@pytest.mark.parametrize("options", [{"freq": "7x"}, {"column": "no"}, {"overlays": "no"}, {"overlays": 1.5}], ids=str)
@pytest.mark.parametrize("frame", [bars(0), ticks("005930").iloc[:0]], ids=["bars", "ticks"])
def test_a_frame_without_rows_refuses_what_its_rows_would(frame: pd.DataFrame, options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        plot(frame, **options)


def test_an_overlay_of_a_column_that_bars_of_ticks_have_waits_for_the_first_tick() -> None:
    assert plot(ticks("005930").iloc[:0], overlays="value").texts
    assert names(plot(ticks("005930"), overlays="value")) == ["value"]


def test_text_is_no_line_and_rows_by_two_things_are_none_either() -> None:
    with pytest.raises(ArgumentError, match="'name' is of str, and a picture is drawn of numbers"):
        plot(bars().assign(name="a"), column="name")
    twice = pd.concat([bars()[["close"]], bars()[["close"]]], axis=1)
    with pytest.raises(ArgumentError, match="two columns close"):
        plot(twice, kind="line")
    with pytest.raises(ArgumentError, match="several levels"):
        plot(pd.concat({"A": bars(), "B": bars()}, axis=1))
    by_two = pd.concat({"x": bars()}, names=["sector"])
    with pytest.raises(ArgumentError, match="rows are by sector, date"):
        plot(by_two)
