"""Lists: the simulator's own truth, and refused licences."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue import codes
from kosdata.errors import ArgumentError, LicenceError
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client

TRUTH = Market()
DAY = date(2024, 1, 12)
COLUMNS = ["isin", "name_ko", "name_ko_short", "market", "product", "is_connected"]


def said(frame: pd.DataFrame) -> dict[str, Any]:
    about: dict[str, Any] = frame.attrs["kosdata"]
    return about


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_the_stock_markets_are_listed_whole(market: Simulator, api: str) -> None:
    with market.client(api=api) as client:
        frame = kd.listing(client=client)
        one = kd.listing("kosdaq", client=client)
    truth = [issue for name in ("kospi", "kosdaq", "konex") for issue in TRUTH.listed(name, DAY)]
    assert frame.index.tolist() == [issue.code for issue in truth]
    assert frame["isin"].tolist() == [issue.isin for issue in truth]
    assert frame["market"].tolist() == [issue.market for issue in truth]
    assert frame.columns[:6].tolist() == COLUMNS
    assert set(frame["product"]) == {"stock"}
    assert not frame["is_connected"].any()
    assert frame["date"].eq(pd.Timestamp(DAY)).all()
    assert one.index.tolist() == [issue.code for issue in TRUTH.listed("kosdaq", DAY)]
    pd.testing.assert_frame_equal(frame[frame["market"] == "kosdaq"], one)


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_a_market_of_contracts_has_futures_and_options(market: Simulator, api: str) -> None:
    with market.client(api=api) as client:
        frame = kd.listing("kospi200", client=client)
    assert set(frame["product"]) == {"futures", "options"}
    assert frame.index[frame["is_connected"]].tolist() == ["K2FA001"]
    assert set(frame["market"]) == {"kospi200"}


def test_indices_are_listed_without_a_request(client: Client, market: Simulator) -> None:
    before = market.count
    frame, etc = kd.listing("index"), kd.listing("etc")
    assert market.count == before
    table = [row["code"] for row in codes.table("index_codes")]
    assert sorted(frame.index) == sorted(table)
    assert frame.loc["K1", ["name_ko", "market", "product"]].tolist() == ["KOSPI", "kospi", "index"]
    assert set(etc["market"]) == {"etc"}
    assert said(etc)["endpoint"] == ""
    assert frame.dtypes.equals(kd.listing("konex").dtypes)


def test_several_markets_and_both_kinds_of_sector(client: Client) -> None:
    assert set(kd.listing(["konex", "index"])["product"]) == {"stock", "index"}
    assert set(kd.listing("sector")["product"]) == {"futures", "index"}


def test_lists_that_the_key_does_not_cover_are_left_out_and_named() -> None:
    with Simulator(now="2024-01-12T18:30", speed=0, denied={"konex_close"}) as sim, sim.client() as client:
        frame = kd.listing(client=client)
        assert set(frame["market"]) == {"kospi", "kosdaq"}
        assert said(frame)["refused"] == "konex"
        with pytest.raises(LicenceError):
            kd.listing("konex", client=client)
        loose = kd.listing(["konex", "kospi"], on_error="collect", client=client)
        assert set(loose["market"]) == {"kospi"}
        assert kd.failures(loose).index.tolist() == ["konex"]
    none = {"konex_close", "stock_close_A", "stock_close_B"}
    with (
        Simulator(now="2024-01-12T18:30", speed=0, denied=none) as sim,
        sim.client() as client,
        pytest.raises(LicenceError),
    ):
        kd.listing(client=client)


@pytest.mark.parametrize(("given", "text"), [("kospy", "kospi"), ("005930", "not known"), ([], "empty"), (7, "'7'")])
def test_an_unknown_market_is_refused_before_anything_is_sent(
    client: Client, market: Simulator, given: Any, text: str
) -> None:
    before = market.count
    with pytest.raises(ArgumentError, match=text):
        kd.listing(given)
    assert market.count == before


def test_lists_are_those_that_other_functions_have_asked_for(market: Simulator) -> None:
    with market.client() as client:
        kd.search("삼성", client=client)
        before = market.count
        frame = kd.listing(client=client)
        assert market.count == before
        assert (said(frame)["requests"], said(frame)["cached_pages"]) == (0, 3)
        kd.listing("konex", refresh=True, client=client)
        assert market.count == before + 1


def test_if_no_list_can_be_had_that_is_collected_as_well() -> None:
    none = {"konex_close", "stock_close_A", "stock_close_B"}
    with Simulator(now="2024-01-12T18:30", speed=0, denied=none) as sim, sim.client() as client:
        frame = kd.listing(on_error="collect", client=client)
    assert frame.empty
    assert kd.failures(frame).index.tolist() == ["kospi", "kosdaq", "konex"]
