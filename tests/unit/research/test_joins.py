from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.errors import ArgumentError, LicenceError, NotFoundError
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from tests.unit.research.markets import MARKET
from tests.unit.wire import fakes

START = "2024-01-05"
TODAY = date(2024, 1, 12)
# Friday, the weekend after it, Monday; on both sides of every hour of publication.
INSTANTS = [
    "2024-01-12 06:29",
    "2024-01-12 06:30",
    "2024-01-12 08:40",
    "2024-01-12 12:00",
    "2024-01-12 15:29",
    "2024-01-12 15:30",
    "2024-01-12 15:39",
    "2024-01-12 15:40",
    "2024-01-12 15:49",
    "2024-01-12 15:50",
    "2024-01-12 17:59",
    "2024-01-12 18:00",
    "2024-01-13 06:29",
    "2024-01-13 06:30",
    "2024-01-14 12:00",
    "2024-01-15 06:30",
    "2024-01-15 15:40",
    "2024-01-15 18:00",
]
LATER = "2024-01-17T20:00"
SEVERAL = ("ohlcv", "short", "foreign")


@pytest.fixture(scope="module")
def truth() -> Market:
    return Market(0, KRX)


@cache
def _joined(at: str) -> dict[tuple[str, tuple[str, ...]], pd.DataFrame]:
    """Return what is joined at a moment, by code and parts."""
    asked = [("069500", (part,)) for part in ("ohlcv", "short", "foreign", "nav")]
    asked += [("069500", SEVERAL), ("101V3000", ("ohlcv",)), ("005930", ("flows",)), ("K1", ("ohlcv", "flows"))]
    with Simulator(now=at, speed=0) as sim, sim.client() as client:
        return {each: kd.join(each[0], list(each[1]), START, client=client) for each in asked}


def _join(at: str, code: str, *parts: str) -> pd.DataFrame:
    return _joined(at)[code, parts]


def _later(code: str, *parts: str) -> pd.DataFrame:
    return _join(LATER, code, *parts)


def _seoul(at: str) -> pd.Timestamp:
    return pd.Timestamp(at, tz="Asia/Seoul")


@pytest.mark.parametrize("at", INSTANTS)
@pytest.mark.parametrize("part", ["ohlcv", "short", "foreign", "nav"])
def test_rows_that_were_known_are_those_that_were_served(part: str, at: str) -> None:
    later, then = _later("069500", part), _join(at, "069500", part)
    known = later[later["available_at"] <= _seoul(at)]
    pd.testing.assert_frame_equal(known, then, check_freq=False)


@pytest.mark.parametrize("at", INSTANTS)
def test_rows_of_contracts_are_known_with_their_open_interest(at: str) -> None:
    later, then = _later("101V3000", "ohlcv"), _join(at, "101V3000", "ohlcv")
    known = later[later["available_at"] <= _seoul(at)]
    # The last row may be there earlier, without it.
    served = then[then["open_interest"].notna()]
    pd.testing.assert_frame_equal(known, served, check_freq=False)
    bare = then[then["open_interest"].isna()]
    assert len(bare) <= 1 and (bare["available_at"] <= _seoul(at)).all()


@pytest.mark.parametrize("at", INSTANTS)
def test_no_row_of_several_parts_is_known_before_all_of_it_is(at: str) -> None:
    later, then = _later("069500", *SEVERAL), _join(at, "069500", *SEVERAL)
    known = later[later["available_at"] <= _seoul(at)]
    whole = then[then[["close", "short_volume", "foreign_ratio"]].notna().all(axis=1)]
    pd.testing.assert_frame_equal(known, whole, check_freq=False)
    assert (then["available_at"] <= _seoul(at)).all()


@pytest.mark.parametrize("at", INSTANTS)
def test_flows_stand_in_the_row_of_the_newest_session_that_is_told(at: str) -> None:
    moment = datetime.fromisoformat(at)
    then = _join(at, "005930", "flows")
    assert (then["available_at"] <= _seoul(at)).all()
    if KRX.is_session(moment.date()) and "08:30" <= at[-5:] < "15:30":
        assert then.empty and "not out yet" in then.attrs["kosdata"]["flows"]
        return
    is_out = KRX.is_session(moment.date()) and at[-5:] >= "15:30"
    session = moment.date() if is_out else KRX.previous_session(moment.date())
    assert then.index.tolist() == [pd.Timestamp(session)]
    assert then["available_at"].tolist() == [_seoul(f"{session} 15:30")]


def test_the_values_are_those_of_each_function(client: Client) -> None:
    found = kd.join("005930", ["ohlcv", "flows", "short", "foreign"], START)
    for function in (kd.history, kd.short_selling, kd.foreign_holding):
        frame = function("005930", START)
        for column in frame.columns:
            expected = frame[column].reindex(found.index)
            assert found[column].astype("float64").equals(expected.astype("float64")), column
    flows = kd.investors("005930")
    last = found.loc["2024-01-12"]
    for name, investor in {
        "individuals": "individuals",
        "foreigners": "foreigners",
        "institutions": "institutions total",
    }.items():
        assert last[f"{name}_net_volume"] == flows.loc[investor, "net_volume"]
        assert last[f"{name}_net_value"] == flows.loc[investor, "net_value"]
    assert found["individuals_net_volume"].notna().sum() == 1
    assert "newest session" in found.attrs["kosdata"]["flows"]


def test_the_days_are_those_of_the_market(client: Client, truth: Market) -> None:
    found = kd.join("005930", ["ohlcv"], "2023")
    expected = truth.daily("005930", date(2023, 1, 1), TODAY, asof=TODAY)
    assert found["close"].tolist() == list(expected["close"])
    assert found["volume"].tolist() == list(expected["volume"])


def test_days_that_close_late_are_known_late(client: Client) -> None:
    exam = kd.join("005930", ["ohlcv", "short"], "2023-11-16", "2023-11-16")  # all trading was an hour late
    assert exam["available_at"].tolist() == [_seoul("2023-11-16 18:00")]
    bars = kd.join("005930", "ohlcv", "2023-11-15", "2023-11-16")
    assert bars["available_at"].dt.strftime("%H:%M").tolist() == ["15:40", "16:40"]


def test_dtypes_belong_to_the_columns(client: Client) -> None:
    parts = ["ohlcv", "flows", "short", "foreign", "nav"]
    full = kd.join("069500", parts, START)
    empty = kd.join("069500", parts, "2024-01-06", "2024-01-07")
    assert empty.empty and empty.attrs["kosdata"]["reason"]
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert empty.index.dtype == full.index.dtype == "datetime64[us]"
    assert str(full["available_at"].dtype) == "datetime64[us, Asia/Seoul]"
    assert {str(full[name].dtype) for name in ("volume", "short_volume", "foreign_shares")} == {"Int64"}
    assert full.columns[-3:].tolist() == ["nav", "nav_change", "available_at"]


def test_a_list_leads_with_the_code(client: Client) -> None:
    many = kd.join(["005930", "069500"], ["ohlcv", "foreign"], START)
    assert many.index.names == ["code", "date"]
    for code in ("005930", "069500"):
        pd.testing.assert_frame_equal(
            many.loc[code], kd.join(code, ["ohlcv", "foreign"], START), check_freq=False, check_index_type=False
        )


def test_codes_that_fail_are_listed(client: Client) -> None:
    found = kd.join(["005930", "999999"], ["ohlcv"], START, on_error="collect")
    assert found.index.unique("code").tolist() == ["005930"]
    assert kd.failures(found)["error"].tolist() == ["NotFoundError"]
    with pytest.raises(NotFoundError):
        kd.join(["005930", "999999"], ["ohlcv"], START)


def test_a_part_without_a_licence_ends_the_call_or_the_code() -> None:
    with Simulator(now="2024-01-12T18:30", speed=0, denied=["investors_kospi"]) as sim, sim.client() as client:
        with pytest.raises(LicenceError):
            kd.join("005930", start=START, client=client)
        found = kd.join(["005930", "247540"], start=START, on_error="collect", client=client)
        assert kd.failures(found).index.tolist() == ["005930"]
        assert found.index.unique("code").tolist() == ["247540"]
        assert len(kd.join("005930", ["ohlcv", "short"], START, client=client)) == 6


def test_flows_of_an_index_that_still_trades_are_left_out() -> None:
    running, over = (_join(at, "K1", "ohlcv", "flows") for at in ("2024-01-12 11:00", "2024-01-12 16:00"))
    assert running["individuals_net_volume"].isna().all()
    assert "not over" in running.attrs["kosdata"]["flows"]
    assert over["individuals_net_volume"].notna().tolist()[-1]
    assert over["available_at"].iloc[-1] == _seoul("2024-01-12 16:00")


def _investors(figure: int) -> fakes.Sent:
    figures = dict.fromkeys(("askTrdvol", "askTrdval", "bidTrdvol", "bidTrdval"), figure)
    rows = [{"invstCd": f"{n:02}", **figures} for n in range(1, 17)]
    return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "isuCd": "KR7005930003", "invstLists": rows}})


@pytest.mark.parametrize(("figure", "rows"), [(0, 0), (1, 1)])
def test_flows_that_are_all_0_tell_nothing(figure: int, rows: int) -> None:
    clock = fakes.Clock(fakes.kst("2024-03-06 18:00"))
    with fakes.client(lambda target, number: _investors(figure), clock) as client:
        found = kd.join("005930", "flows", "2024-03-01", market="kospi", client=client)
    assert len(found) == rows
    assert ("every figure is 0" in found.attrs["kosdata"]["flows"]) is (figure == 0)


def test_flows_of_days_long_past_are_not_asked_for(market: Simulator, client: Client) -> None:
    kd.search("x", client=client)
    before = market.count
    found = kd.join("005930", "flows", "2023-01-02", "2023-01-31")
    assert found.empty and market.count == before
    assert "newest session" in found.attrs["kosdata"]["reason"]


@pytest.mark.parametrize(
    ("code", "parts", "says"),
    [
        ("005930", ["shorts"], "Did you mean short"),
        ("005930", [], "parts is empty"),
        ("005930", [3], "not one of"),
        ("005930", 3, "not one of"),
        ("K1", ["short"], "index"),
        ("101V3000", ["flows"], "future"),
    ],
)
def test_a_wrong_join_is_refused_before_anything_is_sent(
    code: str, parts: Any, says: str, market: Simulator, client: Client
) -> None:
    before = market.count
    with pytest.raises(ArgumentError, match=says):
        kd.join(code, parts, START)
    with pytest.raises(ArgumentError, match="start is missing"):
        kd.join("005930")
    assert market.count == before


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_both_versions_join(market: Simulator, api: str) -> None:
    with market.client(api=api) as client:
        found = kd.join("005930", start=START, client=client)
        assert len(found) == 6 and found["short_volume"].notna().all()


def test_what_has_no_flows_is_listed_or_ends_the_call(client: Client) -> None:
    konex = MARKET.listed("konex", date(2024, 1, 12))[0].code
    with pytest.raises(ArgumentError, match="konex"):
        kd.join(konex, "flows", START, market="konex")
    found = kd.join([konex, "005930"], ["ohlcv", "flows"], START, on_error="collect")
    assert kd.failures(found).index.tolist() == [konex]
    assert found.index.get_level_values("code").unique().tolist() == ["005930"]


def test_the_subject_is_named_code_and_may_be_a_list(client: Client) -> None:
    one = kd.join(code="005930", parts="short", start=START)
    assert one.equals(kd.join(code=["005930"], parts="short", start=START).loc["005930"])


def test_net_asset_values_leave_closes_alone(client: Client) -> None:
    both = kd.join("069500", ["ohlcv", "nav"], START)
    assert both["close"].equals(kd.join("069500", "ohlcv", START)["close"])
    assert both["nav"].isna().tolist()[-1]
