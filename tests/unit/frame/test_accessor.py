"""The door of frames: what it opens, what it leaves alone, and what it says of a column that is missing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.frame.accessor import Kos
from kosdata.frame.checks import RULES
from tests.conftest import ROOT

SEOUL = "Asia/Seoul"
CONTRACT = {"ohlc", "vwap", "returns", "spread", "imbalance", "wide", "korean", "plot", "check"}


def ticks(moments: list[str], prices: list[float], sizes: list[int], codes: list[str] | None = None) -> pd.DataFrame:
    index = pd.DatetimeIndex(moments, name="time").as_unit("us").tz_localize(SEOUL)
    frame = pd.DataFrame({"price": prices, "size": sizes}, index=index)
    return frame if codes is None else frame.assign(code=pd.Categorical(codes))


def days(*dates: str, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.DatetimeIndex(dates, name="date").as_unit("us"))


def test_the_door_is_there_after_the_import_alone_and_brings_no_pictures() -> None:
    code = (
        "import kosdata, sys, pandas as pd\n"
        "frame = pd.DataFrame({'price': [1.0], 'size': [2]}, index=pd.DatetimeIndex(['2024-01-05 09:00:01']))\n"
        "assert frame.kos.ohlc()['volume'].tolist() == [2]\n"
        "assert not [name for name in sys.modules if name.startswith(('matplotlib', 'requests', 'kosdata.wire'))]"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], env={"PYTHONPATH": str(ROOT)}, check=True)


def test_all_of_it_completes_and_says_what_it_does() -> None:
    shown = {name for name in dir(pd.DataFrame().kos) if not name.startswith("_")}
    assert shown == CONTRACT
    assert all(getattr(Kos, name).__doc__ for name in shown)


def test_the_frame_is_never_changed(client: Any) -> None:
    frame = kd.intraday(["005930", "000660"], date="2024-01-05")
    before, attrs = frame.copy(deep=True), dict(frame.attrs["kosdata"])
    for made in (
        frame.kos.ohlc("5min"),
        frame.kos.wide("close"),
        frame.kos.korean(),
        frame.kos.check(),
        frame.kos.vwap().to_frame(),
        frame.kos.returns().to_frame(),
    ):
        made.iloc[:] = made.iloc[::-1].to_numpy() if len(made) else made
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs["kosdata"] == attrs


def test_korean_columns_give_the_same(client: Any) -> None:
    bars = kd.history(["005930", "000660"], "2024-01-02")
    book = kd.order_book(["005930"])
    for name in ("vwap", "returns"):
        one, other = getattr(bars.kos, name)(), getattr(bars.kos.korean().kos, name)()
        np.testing.assert_array_equal(one.to_numpy(), other.to_numpy())
    for name in ("spread", "imbalance"):
        assert getattr(book.kos, name)().tolist() == getattr(book.kos.korean().kos, name)().tolist()
    assert bars.kos.korean().kos.check().empty
    wide = bars.kos.korean().kos.wide("종가")
    np.testing.assert_array_equal(wide.to_numpy(), bars.kos.wide("close").to_numpy())
    assert bars.kos.korean().kos.wide("close").index.name == "일자"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda kos: kos.ohlc(), r"open is missing: history\(\) and intraday\(\) have it\. The frame has"),
        (lambda kos: kos.spread(), r"ask_price_1 is missing: order_book\(\) and streams"),
        (lambda kos: kos.imbalance(), "ask_size_1 is missing: order_book"),
        (lambda kos: kos.vwap(), "volume is missing: history"),
        (lambda kos: kos.returns(), "close is missing: history"),
        (lambda kos: kos.check(), r"close is missing: history\(\) and"),
        (lambda kos: kos.wide("open_interest"), "open_interest is missing"),
        (lambda kos: kos.imbalance(0), "levels=0"),
    ],
)
def test_a_missing_column_is_named_with_what_has_it(call: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        call(days("2024-01-05", market=["kospi"]).kos)


# Averages and returns ---------------------------------------------------------------------------------------------


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


def test_wide_has_a_column_a_code(client: Any) -> None:
    long = kd.intraday(["005930", "000660"], date="2024-01-05")
    wide = long.kos.wide("volume")
    assert wide.columns.tolist() == ["005930", "000660"]
    assert wide["000660"].tolist() == long.loc["000660", "volume"].tolist()
    frame = ticks(["2024-01-05 09:00"] * 2, [1.0, 2.0], [1, 1], ["a", "a"])
    with pytest.raises(ArgumentError, match="two rows at 2024-01-05 09:00:00"):
        frame.kos.wide("price")
    with pytest.raises(ArgumentError, match="of one code"):
        kd.history("005930", "2024-01-05").kos.wide("close")


# Checks -----------------------------------------------------------------------------------------------------------


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


# What is no bar of stocks -----------------------------------------------------------------------------------------


def test_investors_of_several_codes_are_made_wide_in_their_order(client: Any) -> None:
    flows = kd.investors(["005930", "000660"])
    wide = flows.kos.wide("net_value")
    assert wide.columns.tolist() == ["000660", "005930"] or wide.columns.tolist() == ["005930", "000660"]
    assert wide.index.tolist() == flows.loc["005930"].index.tolist()
    assert wide["005930"].tolist() == flows.loc["005930", "net_value"].tolist()
    with pytest.raises(ArgumentError, match="neither times nor a second level"):
        kd.quote(["005930"]).kos.wide("price")


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


def test_options_that_have_not_traded_are_clean(client: Any) -> None:
    chain = kd.listing("kospi200").query("product == 'options'")
    assert kd.history(chain.index[:20], "2024-01-02").kos.check().empty


def test_columns_of_two_levels_are_refused_with_the_way_out(client: Any) -> None:
    wide = kd.history(["005930", "000660"], "2024-01-11").unstack("code")  # noqa: PD010 - two levels
    with pytest.raises(ArgumentError, match="stack"):
        wide.kos.returns()
    assert len(wide.stack("code").kos.returns()) == 4  # noqa: PD013 - levels of the index
