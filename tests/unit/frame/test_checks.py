"""What looks wrong in a frame."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.frame.checks import RULES
from tests.unit.frame.samples import days, ticks


def found(frame: pd.DataFrame, **kw: Any) -> list[tuple[str, str]]:
    checked = frame.kos.check(**kw)
    assert checked.dtypes.astype(str).tolist() == ["str", "datetime64[us]", "str", "str", "float64", "float64", "str"]
    assert set(checked["rule"]) <= set(RULES)
    return list(zip(checked["rule"], checked["column"], strict=True))


def test_what_the_service_sends_is_clean(client: Any) -> None:
    for frame in (
        kd.history(["005930", "069500", "K1"], "2023-11-01"),
        kd.history("101V3000", "2024-01-02"),
        kd.intraday(["005930", "069500", "101V3000"], date="2024-01-05"),
        kd.intraday("005930", date="2024-01-05").kos.ohlc("5min"),
    ):
        assert found(frame) == []


def test_each_thing_that_looks_wrong_is_found() -> None:
    good = {"open": 70_000.0, "high": 70_300.0, "low": 69_900.0, "close": 70_100.0}
    clean = days("2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", **good)
    assert found(clean) == []
    assert found(clean.assign(close=[70_100, 70_100, 70_150, 70_100])) == [("off_tick", "close")]
    assert found(clean.assign(close=[70_100, 70_400, 70_100, 70_100])) == [("outside", "close")]
    assert found(clean.assign(open=[70_000, 0, 70_000, 70_000])) == [("no_price", "open"), ("outside", "open")]
    assert found(clean.assign(high=[70_300, 69_800, 70_300, 70_300]))[-1] == ("outside", "high")
    assert found(clean.assign(change=[0, 0, 100, 0])) == [("rebased", "close")]
    assert found(clean.drop(pd.Timestamp("2024-01-05"))) == [("missing_session", "")]
    saturday = clean.set_axis([*clean.index[:2], pd.Timestamp("2024-01-06"), clean.index[3]])
    assert found(saturday.rename_axis("date")) == [("no_session", ""), ("missing_session", "")]
    assert found(pd.concat([clean, clean.tail(1)])) == [("repeated", "")]
    assert found(clean.iloc[[1, 0, 2, 3]]) == [("unsorted", "")]


def test_prices_of_a_fund_lie_on_the_grid_of_funds() -> None:
    fund = days("2024-01-04", "2024-01-05", close=[39_575.0, 39_605.0])
    assert found(fund) == []
    assert found(fund, market="kospi") == [("off_tick", "close")]
    with pytest.raises(ArgumentError, match="no tick table"):
        fund.kos.check(market="nasdaq")


def test_ticks_may_come_in_one_moment() -> None:
    frame = ticks(["2024-01-05 09:00"] * 6, [70_100.0] * 6, [1] * 6, ["005930"] * 6)
    assert found(frame) == []
    assert found(frame.assign(price=[70_150.0, *[70_100.0] * 5])) == [("off_tick", "price")]


def test_nothing_is_clean() -> None:
    assert found(days("2024-01-05", close=[1.0])[:0]) == []


def test_options_that_have_not_traded_are_clean(client: Any) -> None:
    chain = kd.listing("kospi200").query("product == 'options'")
    assert kd.history(chain.index[:20], "2024-01-02").kos.check().empty
