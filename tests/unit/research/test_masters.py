"""Lists and masters: the simulator's own truth, refused licences, fields by the catalogue."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue import codes
from kosdata.catalogue.records import MASTER_ITEMS
from kosdata.errors import ArgumentError, LicenceError, NotFoundError
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from tests.unit.wire import fakes

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


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_masters_are_those_of_the_market(market: Simulator, api: str) -> None:
    with market.client(api=api) as client:
        frame = kd.master(["005930", "035720"], client=client)
        chosen = kd.master(["005930", "035720"], ["per", "listed_shares", "week52_high", "name_en"], client=client)
        single = kd.master("005930", "per", client=client)
    assert frame.index.tolist() == ["005930", "035720"]
    assert chosen.columns.tolist() == ["per", "listed_shares", "week52_high", "name_en"]
    assert single.columns.tolist() == ["per"]
    for code in frame.index:
        truth = TRUTH.master(code, DAY)
        for name in ("per", "listed_shares"):
            assert frame.loc[code, name] == chosen.loc[code, name] == truth[name][0]
        assert chosen.loc[code, "week52_high"] == truth["week52_high"][0]


def test_any_number_of_fields_is_asked_for_ten_at_a_time(client: Client, market: Simulator) -> None:
    names = [field.column for field in MASTER_ITEMS.fields if field.column != "code"]
    kd.listing()
    before = market.count
    frame = kd.master("005930", names, market="kospi")
    assert frame.columns.tolist() == names
    assert market.count - before == -(-len(names) // 10) == said(frame)["requests"]


def test_wire_names_any_case_and_twice_are_one_column(client: Client) -> None:
    frame = kd.master("005930", ["wk52HgstPrc", "PER", "per", "isuSrtCd"])
    assert frame.columns.tolist() == ["week52_high", "per"]
    assert kd.master("005930", "per,pbr").columns.tolist() == ["per", "pbr"]


def test_mixed_products_have_the_columns_of_all(client: Client, market: Simulator) -> None:
    listed = kd.listing("kospi200")
    option = listed.index[listed["product"] == "options"][0]
    frame = kd.master(["005930", "K2FA001", option])
    assert frame.index.tolist() == ["005930", "K2FA001", option]
    alone = {code: kd.master(code) for code in frame.index}
    for one in alone.values():
        assert set(one.columns) <= set(frame.columns)
        assert one.dtypes.equals(frame.dtypes[one.columns])
    assert frame["strike"].notna().tolist() == [False, False, True]
    chosen = kd.master(["005930", option], ["strike", "eps"])
    assert chosen.columns.tolist() == ["strike", "eps"]
    assert chosen["eps"].notna().tolist() == [True, False]
    assert kd.master(["005930", option], ["strike"])["strike"].notna().tolist() == [False, True]


def test_nothing_found_has_the_dtypes_of_what_was_asked(client: Client) -> None:
    frame = kd.master(["999999"], ["per", "name_en", "is_halted"], on_error="collect")
    assert frame.empty
    assert frame.dtypes.astype(str).tolist() == ["float64", "str", "boolean"]
    with pytest.raises(NotFoundError):
        kd.master("999999")


@pytest.mark.parametrize(
    ("given", "fields", "text"),
    [
        ("005930", ["prr"], "per"),
        ("005930", ["strike"], "cannot be asked for"),
        ("005930", [], "empty"),
        ("005930", ["code"], "besides the code"),
        ("101S6000", ["eps"], "has no eps"),
        ("K1", None, "an index"),
        (["K1"], ["per"], "an index"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    client: Client, market: Simulator, given: Any, fields: Any, text: str
) -> None:
    before = market.count
    with pytest.raises(ArgumentError, match=text):
        kd.master(given, fields)
    assert market.count == before


def test_items_that_do_not_come_are_missing() -> None:
    body = {"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "per": 12.5, "haltYn": " -"}}
    client = fakes.client(lambda _, __: fakes.ok(body))
    frame = kd.master("005930", ["per", "is_halted", "capital"], market="kospi", client=client)
    assert frame["per"].tolist() == [12.5]
    assert frame[["is_halted", "capital"]].isna().all(axis=None)
    assert frame.dtypes.astype(str).tolist() == ["float64", "boolean", "float64"]


def test_a_rehearsal_counts(market: Simulator) -> None:
    with market.client() as client:
        before = market.count
        assert kd.plan(kd.listing, client=client)["requests"] == 3
        assert kd.plan(kd.master, ["005930", "000660"], ["per"], market="kospi", client=client)["requests"] == 2
        assert kd.plan(kd.listing, "index", client=client)["requests"] == 0
        assert market.count == before
