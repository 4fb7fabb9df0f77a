"""Funds and holidays: the simulator's own truth, documented bodies, and a service that misbehaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError, NotReadyError
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from tests.conftest import needs_reference, reference
from tests.unit.wire import fakes

TRUTH = Market()
NOW = datetime(2024, 1, 12, 18, 30)


def said(frame: pd.DataFrame) -> dict[str, Any]:
    about: dict[str, Any] = frame.attrs["kosdata"]
    return about


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_values_are_those_of_the_market(market: Simulator, api: str) -> None:
    with market.client(api=api) as client:
        now, close = kd.nav("069500", client=client), kd.nav("069500", close=True, client=client)
    for frame, truth in ((now, TRUTH.nav("069500", NOW)), (close, TRUTH.nav_close("069500", NOW.date()))):
        assert frame.index.tolist() == ["069500"]
        assert frame.columns.tolist() == ["nav", "nav_change"]
        assert frame["nav"].tolist() == pytest.approx(truth["nav"].tolist())
        assert frame["nav_change"].tolist() == pytest.approx(truth["nav_change"].tolist())
    assert said(close)["session"] == "2024-01-12"
    assert "session" not in said(now)


def test_what_is_no_fund_has_no_value(client: Client) -> None:
    frame = kd.nav(["005930", "069500"])
    assert frame.index.tolist() == ["005930", "069500"]
    assert frame.loc["005930"].isna().all()
    assert said(frame)["no_nav"] == "005930: no fund"


def test_the_value_of_the_close_comes_at_four() -> None:
    with Simulator(now="2024-01-12T15:59", speed=0) as sim, sim.client() as client:
        with pytest.raises(NotReadyError, match="16:00"):
            kd.nav("069500", close=True, client=client)
        assert kd.nav("069500", client=client)["nav"].notna().all()


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_baskets_are_those_of_the_market(market: Simulator, api: str) -> None:
    truth = TRUTH.constituents("069500", NOW.date())
    with market.client(api=api) as client:
        frame = kd.constituents("069500", client=client)
        several = kd.constituents(["069500", "005930"], on_error="collect", client=client)
    assert frame.columns.tolist() == ["short_code", "name", "quantity", "amount", "weight_pct", "date"]
    assert frame.index.tolist() == list(truth["isin"])
    assert frame["quantity"].tolist() == pytest.approx(list(truth["quantity"]))
    assert frame["amount"].tolist() == list(truth["amount"])
    assert said(frame)["count"] == "agrees"
    assert several.index.names == ["code", "isin"]
    korean = frame["short_code"].notna()
    assert frame.index[~korean].tolist() == ["CASH00000001"]
    assert (frame.index[korean].str[3:9] == frame.loc[korean, "short_code"]).all()


@needs_reference
def test_a_count_that_is_off_is_told() -> None:
    body = reference("examples/v3_extra_kospi_pdf.json")["body"]
    frame = kd.constituents("069500", market="kospi", client=fakes.client(lambda _, __: fakes.ok(body)))
    assert said(frame)["count"] == "200 constituents were announced, 2 came"
    assert frame["short_code"].tolist() == ["000070", "000080"]
    assert frame["amount"].tolist() == [483600, 1781150]
    assert frame["date"].eq(pd.Timestamp("2022-06-03")).all()


def test_what_has_no_short_code_keeps_its_isin() -> None:
    isins = ["US0378331005", "KRD010010001", "KR4101S60008", "CASH", "KR-1"]
    body = {"Cnt": "5", "InqDd": "20240306", "Lists": [{"isuCd": isin, "Unit": 1} for isin in isins]}
    frame = kd.constituents("069500", market="kospi", client=fakes.client(lambda _, __: fakes.ok(body)))
    assert frame.index.tolist() == isins
    assert frame["short_code"].isna().tolist() == [True, True, False, True, True]


@pytest.mark.parametrize("body", [{"Cnt": "0", "InqDd": "20240306", "Lists": []}, {"Lists": None}])
def test_no_basket_is_an_empty_frame_with_its_reason(body: dict[str, Any]) -> None:
    frame = kd.constituents("069500", market="kospi", client=fakes.client(lambda _, __: fakes.ok(body)))
    assert frame.empty
    assert str(frame["amount"].dtype) == "Int64"
    assert said(frame)["reason"]


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_holidays_are_days_to_come(market: Simulator, api: str) -> None:
    with market.client(api=api) as client:
        frame = kd.holidays(client=client)
        assert kd.holidays("us", client=client)["nation_code"].unique().tolist() == ["US"]
    assert frame.index[0] == pd.Timestamp("2024-02-09")
    assert frame.index.is_monotonic_increasing
    assert not any(TRUTH.calendar.is_session(day.date()) for day in frame.index)
    assert (frame.index >= pd.Timestamp(NOW.date())).all()


def test_bad_input_is_refused_before_anything_is_sent(client: Client, market: Simulator) -> None:
    before = market.count
    for wrong, text in (("XX", "nation"), ("Korea", "nation")):
        with pytest.raises(ArgumentError, match=text):
            kd.holidays(wrong)
    with pytest.raises(ArgumentError, match="close"):
        kd.nav("069500", close="yes")  # type: ignore[arg-type]
    for function in (kd.nav, kd.constituents):
        with pytest.raises(ArgumentError, match="an index"):
            function("K1")  # type: ignore[operator]
        with pytest.raises(ArgumentError, match="konex"):
            function("100010", market="konex")  # type: ignore[operator]
    assert market.count == before


def test_a_rehearsal_asks_nothing(market: Simulator) -> None:
    with market.client() as client:
        before = market.count
        for function, given in ((kd.nav, "069500"), (kd.constituents, "069500"), (kd.holidays, "KR")):
            assert kd.plan(function, given, client=client)["requests"] >= 1
        assert market.count == before
