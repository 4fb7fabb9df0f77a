"""Lines side by side, and contracts of one market."""

from __future__ import annotations

import numpy as np
import pandas as pd

import kosdata as kd
from kosdata.frame.plot import plot
from kosdata.wire.client import Client
from tests.unit.frame.plot.pictures import drawn, names


def test_the_legend_has_the_lines_in_the_order_in_which_they_end() -> None:
    index = pd.date_range("2024-01-02", periods=2, name="date")
    wide = pd.DataFrame({f"{n:02}": [1.0, n] for n in range(1, 13)}, index=index).rename_axis(columns="code")
    axes = plot(wide)
    assert names(axes) == [f"{n:02}" for n in range(12, 0, -1)]
    assert axes.lines[10].get_linestyle() != axes.lines[0].get_linestyle()


def test_options_make_a_smile_and_futures_a_curve(client: Client) -> None:
    chain = kd.option_chain("kospi200")
    axes = plot(chain)
    calls, puts, at = axes.lines
    assert calls.get_ydata().tolist() == chain.xs("call", level="right")["implied_vol"].dropna().tolist()
    assert at.get_xdata()[0] == chain.attrs["kosdata"]["underlying_price"]
    assert puts.get_label() == "puts"
    futures = kd.futures_curve("kospi200")
    axes = plot(futures)
    assert axes.lines[-1].get_ydata().tolist() == futures["price"].dropna().tolist()
    assert axes.get_xticklabels()[0].get_text() == f"{futures['code'].iloc[0]}\n{futures.index[0]:%Y-%m-%d}"
    drawn(axes)


def test_the_legend_hides_no_line_where_a_corner_is_empty() -> None:
    index = pd.date_range("2024-01-02", periods=60, name="date")
    falling = pd.DataFrame({"A": range(60, 0, -1), "B": range(61, 1, -1)}, index=index).rename_axis(columns="code")
    assert plot(falling, rebase=False).get_legend()._loc == 1  # upper right
    assert plot(falling.iloc[::-1].set_axis(index), rebase=False).get_legend()._loc == 2


def test_contracts_say_what_they_cost_in(client: Client, with_korean_font: None) -> None:
    smile = plot(kd.option_chain("kospi200"))
    assert (smile.get_xlabel(), smile.get_ylabel()) == ("strike", "implied vol, %")
    assert plot(kd.option_chain("kospi200"), lang="ko").get_ylabel() == "내재변동성, %"
    assert plot(kd.option_chain("kospi200"), column="open_interest", lang="ko").get_ylabel() == "미결제약정수량"
    curve = plot(kd.futures_curve("kospi200"))
    assert curve.get_ylabel() == "price, points or won"
    assert names(plot(kd.futures_curve("kospi200"), lang="ko")) == ["전일종가", "현재가"]


def test_a_contract_without_a_price_yesterday_has_none() -> None:
    frame = pd.DataFrame({"expiry": pd.date_range("2024-03-14", periods=2), "price": [1.0, 0], "prev_close": [1.0, 0]})
    joined, _, traded = plot(frame).lines
    assert traded.get_ydata().tolist() == [1]
    assert np.isnan(joined.get_ydata()[1])
