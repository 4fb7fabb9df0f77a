"""Masters: the simulator's own truth, fields by the catalogue."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.records import MASTER_ITEMS
from kosdata.errors import ArgumentError, NotFoundError
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from tests.unit.wire import fakes

TRUTH = Market()
DAY = date(2024, 1, 12)


def said(frame: pd.DataFrame) -> dict[str, Any]:
    about: dict[str, Any] = frame.attrs["kosdata"]
    return about


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
