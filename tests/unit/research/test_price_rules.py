"""The public door to ticks and limits: what goes in comes out in the same shape, and what is wrong is said."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kosdata as kd
from kosdata.frame import price_grid
from kosdata.wire.client import Client

PRICES = [14_990.0, 15_030.0, np.nan]
DATES = ["2023-01-20", "2023-01-25", "2023-01-26"]


def test_a_number_gives_a_number() -> None:
    found = kd.tick_size(15_000, date="2023-01-25")
    assert (found, type(found)) == (10.0, float)
    lower, upper = kd.price_limits(15_000, "KOSDAQ", date(2023, 1, 25))
    assert (type(lower), type(upper)) == (float, float)


@pytest.mark.parametrize("dtype", ["float64", "Float64"])
def test_a_series_keeps_its_index_and_name(dtype: str) -> None:
    given_ = pd.Series([14_990, None, 15_030], index=["a", "b", "c"], name="close", dtype=dtype)
    found = kd.round_to_tick(given_, date="2023-01-20", how="down")
    pd.testing.assert_series_equal(found, pd.Series([14_950.0, np.nan, 15_000.0], index=["a", "b", "c"], name="close"))


def test_whole_numbers_give_floats_of_the_same_shape() -> None:
    found = kd.tick_size(np.array([[1_999, 2_000], [2_001, 20_000]]), date="2024-01-12")
    assert (found.dtype, found.tolist()) == (np.float64, [[1.0, 5.0], [5.0, 50.0]])
    assert kd.tick_size(np.array([], dtype=np.int64)).shape == (0,)
    assert kd.tick_size(pd.Series(dtype="Int64")).dtype == np.float64


@pytest.mark.parametrize(
    "dates",
    [DATES, pd.Series(DATES, dtype="datetime64[us]"), pd.DatetimeIndex(DATES), np.array(DATES, dtype="datetime64[D]")],
)
def test_each_price_may_have_its_own_day(dates: Any) -> None:
    assert kd.tick_size(np.array(PRICES), date=dates).tolist()[:2] == [50.0, 10.0]


@pytest.mark.parametrize("zone", [None, "Asia/Seoul", "UTC"])
def test_the_dates_of_an_index_count(zone: str | None) -> None:
    index = pd.DatetimeIndex(["2023-01-24 23:59", "2023-01-25 00:00"], tz="Asia/Seoul" if zone else None)
    prices = pd.Series([15_000.0, 15_000.0], index=index.tz_convert(zone) if zone else index)
    assert kd.tick_size(prices).tolist() == [50.0, 10.0]
    by_code = pd.concat({"005930": prices}, names=["code"])
    assert kd.tick_size(by_code).tolist() == [50.0, 10.0]
    assert kd.tick_size(prices.to_frame("x"))["x"].tolist() == [50.0, 10.0]
    assert kd.tick_size(prices, date="2022").tolist() == [50.0, 50.0]


def test_prices_without_a_day_are_of_today() -> None:
    assert kd.tick_size(15_000) == 10
    assert kd.price_limits(10_000) == (7_000, 13_000)


@given(st.lists(st.floats(1, 1e6), min_size=1), st.sampled_from(["nearest", "down", "up"]))
def test_the_door_does_what_the_arrays_do(prices: list[float], how: Any) -> None:
    found = kd.round_to_tick(pd.Series(prices), "kosdaq", "2010-10-01", how=how)
    assert found.tolist() == price_grid.round_to_tick(prices, "kosdaq", date(2010, 10, 1), how).tolist()


def test_closes_of_the_simulated_market_are_on_the_grid(client: Client) -> None:
    close = kd.history("005930", "2022-12-01", "2023-02-28", client=client)["close"]
    pd.testing.assert_series_equal(kd.round_to_tick(close), close)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: kd.tick_size(100, date="1999-12-30"), "kospi are known from 2000-01-01"),
        (lambda: kd.tick_size(100, "kosdaq", "2003-07-18"), "known from 2003-07-21"),
        (lambda: kd.tick_size(2.5, "kospi200", "2016-01-04", product="options"), "known from 2017-03-27"),
        (lambda: kd.tick_size(np.array([1.0, 2.0]), date=["2024-01-02"] * 3), "3 days for 2 prices"),
        (lambda: kd.tick_size(100, date=["2024-01-02"]), "1 days for 1 prices"),
        (lambda: kd.tick_size(100, date="soon"), "not a day"),
        (lambda: kd.tick_size(np.array([1.0]), date=["soon"]), "no day"),
        (lambda: kd.tick_size("dear"), "no number"),
        (lambda: kd.tick_size(100, "kosdak"), "Did you mean kosdaq"),
        (lambda: kd.tick_size(100, "etf", product="options"), "no options"),
        (lambda: kd.tick_size(100, product="calls"), "'futures' and 'options'"),
        (lambda: kd.round_to_tick(100, how="floor"), "'nearest', 'down' or 'up'"),
        (lambda: kd.price_limits(100, "elw"), "no daily limit"),
        (lambda: kd.price_limits(100, "kospi200"), "steps"),
        (lambda: kd.price_limits(100, date="2023-06-23", first_day=True), "of a first day of kospi are known from"),
        (lambda: kd.price_limits(100, leverage=2), "Only funds"),
        (lambda: kd.price_limits(100, "etf", leverage=0), "not a number from"),
    ],
)
def test_what_cannot_be_answered_is_said(call: Any, said: str) -> None:
    with pytest.raises(kd.ArgumentError, match=said):
        call()
