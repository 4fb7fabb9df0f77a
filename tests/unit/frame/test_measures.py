"""What is worked out row by row: averages, returns, spreads, imbalances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError
from tests.unit.frame.samples import days, ticks


def test_vwap_of_a_session_so_far_begins_anew_each_day_and_code() -> None:
    frame = ticks(
        ["2024-01-05 09:00", "2024-01-05 09:01", "2024-01-05 09:02", "2024-01-08 09:00"],
        [100.0, 200.0, 50.0, 70.0],
        [1, 3, 5, 1],
        ["005930", "005930", "000660", "005930"],
    )
    assert frame.kos.vwap().tolist() == [100.0, 175.0, 50.0, 70.0]
    assert frame.kos.vwap("D").to_dict() == {
        ("000660", pd.Timestamp("2024-01-05")): 50.0,
        ("005930", pd.Timestamp("2024-01-05")): 175.0,
        ("005930", pd.Timestamp("2024-01-08")): 70.0,
    }


def test_vwap_of_bars_is_that_of_their_ticks(client: Any) -> None:
    minutes = kd.intraday("005930", date="2024-01-05")
    running = minutes.kos.vwap()
    assert running.iloc[-1] == pytest.approx(minutes["value"].sum() / minutes["volume"].sum())
    assert minutes.kos.vwap("D").iloc[0] == pytest.approx(running.iloc[-1])
    assert kd.history("005930", "2024-01-05", "2024-01-05").kos.vwap().notna().all()


def test_vwap_of_bars_of_contracts_is_refused(client: Any) -> None:
    with pytest.raises(ArgumentError, match="their value is in won"):
        kd.intraday("101V3000", date="2024-01-05").kos.vwap()


def test_returns_count_from_the_price_that_the_exchange_counts_from(client: Any) -> None:
    frame = days("2024-01-04", "2024-01-05", close=[100.0, 52.0], change=[-5.0, 2.0])
    assert frame.kos.returns().round(4).tolist() == [-0.0476, 0.04]
    minutes = kd.intraday(["005930", "000660"], date="2024-01-05")
    expected = minutes.groupby("code")["close"].pct_change()
    np.testing.assert_allclose(minutes.kos.returns(), expected)
    assert minutes.kos.returns().groupby("code").head(1).isna().all()


def test_returns_of_ticks_are_by_code_and_pass_over_signals() -> None:
    moments = ["2024-01-05 09:00", "2024-01-05 09:00", "2024-01-05 09:01", "2024-01-05 09:02"]
    frame = ticks(moments, [100.0, 10.0, np.nan, 110.0], [1, 1, 0, 1], ["a", "b", "a", "a"])
    assert frame.kos.returns().round(4).iloc[[0, 1, 3]].fillna(-1).tolist() == [-1, -1, 0.1]


def test_spread_and_imbalance_of_quotes_of_either_name(client: Any) -> None:
    assert (kd.quote(["005930", "000660"]).kos.spread() > 0).all()
    book = pd.DataFrame({"ask_price_1": [101.0, 0.0], "bid_price_1": [100.0, 99.0]})
    assert book.kos.spread().fillna(-1).tolist() == [1, -1]
    sizes = pd.DataFrame({"ask_size_1": [1], "ask_size_2": [9], "bid_size_1": [3], "bid_size_2": [7]}, dtype="Int64")
    assert (sizes.kos.imbalance().tolist(), sizes.kos.imbalance(2).tolist()) == ([0.5], [0.0])


def test_quotes_have_the_return_of_their_day(client: Any) -> None:
    quotes = kd.quote(["005930", "000660"])
    expected = quotes["change"] / (quotes["price"] - quotes["change"])
    np.testing.assert_allclose(quotes.kos.returns(), expected)


def test_vwap_of_indices_is_refused(client: Any) -> None:
    for codes in ("K1", ["K1", "005930"]):
        with pytest.raises(ArgumentError, match="bars of indices"):
            kd.history(codes, "2024-01-05").kos.vwap()


def test_frames_of_other_libraries_are_read_by_their_capitals() -> None:
    frame = days("2024-01-04", "2024-01-05", close=[100.0, 51.0], change=[0.0, 1.0])
    other = frame.rename(columns={"close": "Close", "change": "Change"})
    # What others call a change is a share of the price.
    assert other.kos.returns().tolist()[1] == 51 / 100 - 1


def test_columns_of_two_levels_are_refused_with_the_way_out(client: Any) -> None:
    wide = kd.history(["005930", "000660"], "2024-01-11").unstack("code")  # noqa: PD010 - two levels
    with pytest.raises(ArgumentError, match="stack"):
        wide.kos.returns()
    assert len(wide.stack("code").kos.returns()) == 4  # noqa: PD013 - levels of the index


def test_a_change_that_is_missing_leaves_the_row_before() -> None:
    frame = days("2024-01-04", "2024-01-05", "2024-01-08", close=[100.0, 51.0, 102.0], change=[0.0, 1.0, np.nan])
    assert frame.kos.returns().tolist() == [0.0, 0.02, 1.0]
    with pytest.raises(ArgumentError, match="no index of times"):
        pd.DataFrame({"price": [1.0]}, pd.Index(["005930"], name="code")).kos.returns()
