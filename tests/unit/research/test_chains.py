"""Option chains and futures curves, against the simulator's own masters and quotes."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.seoul import SEOUL
from kosdata.simulator import Simulator
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from kosdata.wire.rehearsal import Rehearsal
from tests.unit.wire import fakes

NOW = datetime(2024, 1, 12, 18, 30, tzinfo=SEOUL)
DAY = NOW.date()
DAWN = "2024-01-12T07:30"

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture(scope="module")
def truth() -> Derivatives:
    return Derivatives(0, KRX, Market(0, KRX).underlying)


def test_a_chain_is_every_option_of_an_expiry(truth: Derivatives) -> None:
    chain = kd.option_chain("kosdaq150", "2024-02")
    listed = [
        each for each in truth.contracts("options", "kosdaq150", DAY) if each.series.last_trade_date == date(2024, 2, 8)
    ]
    rights = {"2": "call", "3": "put"}
    assert {(each.strike / 100, rights[each.right]): each.code for each in listed} == chain["code"].to_dict()
    assert chain.index.is_monotonic_increasing
    assert chain.index.is_unique
    assert chain["expiry"].unique().tolist() == [pd.Timestamp("2024-02-08")]


def test_a_chain_says_what_masters_and_quotes_say(truth: Derivatives) -> None:
    chain = kd.option_chain("kosdaq150", "2024-02").reset_index()
    for row in chain.iloc[::9].itertuples():
        master = truth.master("options", "kosdaq150", row.code, DAY)
        quote = truth.quote("options", "kosdaq150", row.code, NOW)
        assert row.strike == master["strike"][0]
        assert row.prev_close == master["prev_close"][0]
        assert row.open_interest == master["prev_open_interest"][0]
        assert row.implied_vol == master["implied_vol"][0]
        assert row.days_to_expiry == master["days_to_expiry"][0]
        assert row.multiplier == master["multiplier"][0]
        assert (row.volume, row.value) == (quote["volume"][0], quote["value"][0])
        assert (row.upper_limit, row.lower_limit) == (
            quote["realtime_upper_limit"][0],
            quote["realtime_lower_limit"][0],
        )
        assert row.price == quote["price"][0] if row.volume else np.isnan(row.price)


def test_half_points_that_codes_cut_off_are_there() -> None:
    chain = kd.option_chain("mini_kospi200", quotes=False)
    strikes = chain.index.get_level_values("strike").unique()
    assert set(np.diff(strikes)) == {2.5}
    assert any(strike % 5 for strike in strikes)


@pytest.mark.parametrize(("quotes", "level"), [(True, "price"), (False, "prev_close")])
def test_moneyness_is_of_the_nearest_future(truth: Derivatives, quotes: bool, level: str) -> None:
    chain = kd.option_chain("kosdaq150", "2024-02", quotes=quotes)
    about = chain.attrs["kosdata"]
    future = truth.contracts("futures", "kosdaq150", DAY)[0].code
    said = (
        truth.quote("futures", "kosdaq150", future, NOW)
        if quotes
        else truth.master("futures", "kosdaq150", future, DAY)
    )
    assert (about["underlying"], about["underlying_price"]) == (future, said[level][0])
    strikes = chain.index.get_level_values("strike").to_numpy()
    np.testing.assert_allclose(chain["moneyness"], strikes / said[level][0])
    assert ("price" in chain) is quotes


@pytest.mark.parametrize("expiry", ["2024-02", "202402", "2024-02-08", "20240208", date(2024, 2, 8), None])
def test_an_expiry_is_a_month_a_day_or_the_next_one(expiry: str | date | None) -> None:
    chain = kd.option_chain("kosdaq150", expiry, quotes=False)
    assert chain["expiry"].unique().tolist() == [pd.Timestamp("2024-02-08")]


def test_the_next_expiry_is_that_of_today_until_the_day_is_over() -> None:
    for now, expected in (("2024-02-08T16:00", "2024-02-08"), ("2024-02-09T05:00", "2024-03-14")):
        with Simulator(now=now, speed=0) as simulator, simulator.client(cache=False) as client:
            chain = kd.option_chain("kosdaq150", quotes=False, client=client)
            assert chain["expiry"].unique().tolist() == [pd.Timestamp(expected)]


@pytest.mark.parametrize("expiry", ["2024-05", "2024-02-09", "2030-02", "2023-12"])
def test_an_expiry_that_is_none_names_those_that_are(expiry: str) -> None:
    with pytest.raises(kd.ArgumentError, match="2024-02-08, 2024-03-14"):
        kd.option_chain("kosdaq150", expiry)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda client: kd.option_chain("usd", client=client), "kospi200, mini_kospi200, kosdaq150"),
        (lambda client: kd.option_chain(None, client=client), "no options"),  # type: ignore[arg-type]
        (lambda client: kd.option_chain("kospi200", "2024", client=client), "whole year"),
        (lambda client: kd.option_chain("kospi200", "February", client=client), "not a day"),
        (lambda client: kd.option_chain("kospi200", on_error="skip", client=client), "on_error"),  # type: ignore[arg-type]
        (lambda client: kd.futures_curve("kospi", client=client), "Markets that have: kospi200"),
        (lambda client: kd.futures_curve("kospi200", underlying="K51", client=client), "leave out underlying"),
        (lambda client: kd.futures_curve("usd", lang="fr", client=client), "lang"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_call_sends_nothing(call: object, said: str) -> None:
    service = fakes.Service(lambda *_: AssertionError("sent"))
    with fakes.client(service) as client, pytest.raises(kd.ArgumentError, match=said):
        call(client)  # type: ignore[operator]
    assert not service.sent


@pytest.mark.parametrize("name", ["kospi200", "kosdaq150", "vix", "usd", "ktb3", "lean_hogs", "cme_kospi200"])
def test_a_curve_is_every_future_but_the_connected_row(truth: Derivatives, name: str) -> None:
    curve = kd.futures_curve(name)
    listed = [each for each in truth.contracts("futures", name, DAY) if not each.is_connected]
    assert curve["code"].tolist() == [each.code for each in listed]
    assert curve.index.tolist() == [pd.Timestamp(each.series.last_trade_date) for each in listed]
    assert curve.index.name == "expiry"
    for row in curve.itertuples():
        master = truth.master("futures", name, row.code, DAY)
        quote = truth.quote("futures", name, row.code, NOW)
        assert (row.prev_close, row.open_interest) == (master["prev_close"][0], master["prev_open_interest"][0])
        assert row.volume == quote["volume"][0]
        if row.volume:
            assert row.price == quote["price"][0]
            assert row.change == pytest.approx(quote["price"][0] - master["base_price"][0])
        else:
            assert np.isnan(row.price) and np.isnan(row.basis)


def test_the_basis_is_against_the_nearest_contract() -> None:
    curve = kd.futures_curve("ktb3")
    near, far = curve.iloc[0], curve.iloc[1]
    assert near["basis"] == 0
    assert np.isnan(near["annualised"])
    assert far["basis"] == pytest.approx(far["price"] - near["price"])
    days = (curve.index[1] - curve.index[0]).days
    assert far["annualised"] == pytest.approx(100 * far["basis"] / near["price"] * 365 / days)
    assert curve.attrs["kosdata"]["basis"] == "price"


def test_the_basis_is_of_previous_closes_before_the_first_trade() -> None:
    with Simulator(now=DAWN, speed=0) as simulator, simulator.client(cache=False) as client:
        curve = kd.futures_curve("ktb3", client=client)
        closed = kd.futures_curve("ktb3", quotes=False, client=client)
    assert curve["price"].isna().all()
    assert curve["change"].isna().all()
    assert curve["basis"].iloc[1] == pytest.approx(np.diff(curve["prev_close"])[0])
    assert curve.attrs["kosdata"]["basis"] == closed.attrs["kosdata"]["basis"] == "prev_close"
    pd.testing.assert_frame_equal(curve[closed.columns], closed)


def test_markets_of_many_underlyings_have_a_level_for_them() -> None:
    curve = kd.futures_curve("stock", quotes=False)
    assert curve.index.names == ["underlying", "expiry"]
    assert curve.index.is_monotonic_increasing
    assert (curve.groupby(level="underlying")["basis"].first() == 0).all()
    for name in ("삼성전자", "11", "005930"):
        one = kd.futures_curve("stock", underlying=name, quotes=False)
        pd.testing.assert_frame_equal(one, curve.loc["005930"])
    with pytest.raises(kd.ArgumentError, match="삼성전자, SK하이닉스"):
        kd.futures_curve("stock", underlying="삼성")


def test_v2_answers_alike() -> None:
    with Simulator(now="2024-01-12T18:30", speed=0) as simulator, simulator.client(api="v2", cache=False) as client:
        pd.testing.assert_frame_equal(kd.futures_curve("kosdaq150", client=client), kd.futures_curve("kosdaq150"))
        chain = kd.option_chain("kosdaq150", "2024-02", client=client)
        pd.testing.assert_frame_equal(chain, kd.option_chain("kosdaq150", "2024-02"))


def test_what_fails_is_named_or_raised() -> None:
    listing = {
        "trdDd": "20240306",
        "isuLists": [{"isuSrtCd": code, "isuCd": "", "isuKorNm": "3년국채 선물"} for code in ("165V3000", "165V6000")],
    }
    master = {"isuSrtCd": "165V3000", "lsttrdDd": 20240319, "remainDys": 14, "prevddClsprc": 103.2, "ulyId": "KTB3"}

    def answer(target: str, _: int) -> fakes.Sent:
        if target.endswith("lists"):
            return fakes.ok(listing)
        if "165V6000" in target:
            return fakes.no(403, "no licence")
        return fakes.ok({"jsonrpc": "2.0", "result": master})

    with fakes.client(answer) as client:
        curve = kd.futures_curve("ktb3", quotes=False, on_error="collect", client=client)
        assert curve["code"].tolist() == ["165V3000"]
        assert kd.failures(curve).index.tolist() == ["165V6000"]
        with pytest.raises(kd.LicenceError):
            kd.futures_curve("ktb3", quotes=False, client=client)


def test_an_empty_list_is_an_empty_frame_of_the_same_columns(client: Client) -> None:
    nothing = fakes.ok({"trdDd": "20240306", "isuLists": []})
    with fakes.client(lambda target, _: nothing if "lists" in target else fakes.ok({"result": None})) as empty:
        for call in (
            lambda c: kd.option_chain("kosdaq150", client=c),
            lambda c: kd.option_chain("kosdaq150", "2024-02", quotes=False, client=c),
            lambda c: kd.futures_curve("ktb3", client=c),
            lambda c: kd.futures_curve("stock", quotes=False, client=c),
        ):
            found, full, planned = call(empty), call(client), call(Rehearsal(client))
            assert found.empty
            assert found.attrs["kosdata"]["reason"]
            for frame in (found, planned):
                pd.testing.assert_series_equal(frame.dtypes, full.dtypes)
                assert frame.index.names == full.index.names
                assert frame.index.to_frame().dtypes.tolist() == full.index.to_frame().dtypes.tolist()


def test_korean_names_are_for_the_asking() -> None:
    curve = kd.futures_curve("ktb3", lang="ko")
    assert curve.index.name == "만기일"
    assert {"종목코드", "현재가", "거래량"} <= set(curve.columns)
