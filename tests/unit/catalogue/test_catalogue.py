"""The catalogue against the reference data: routes, values, code tables."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from kosdata.catalogue import ENDPOINTS, STREAMS, codes
from kosdata.catalogue.dictionary import DICTIONARY
from kosdata.catalogue.fields import IN_USE
from kosdata.catalogue.model import Kind, Record
from kosdata.catalogue.records import MASTER_ITEMS
from kosdata.errors import ArgumentError
from kosdata.frame.codecs import dtype
from tests.conftest import REFERENCE, needs_reference, reference

HOW = {"batch": "daily", "realtime": "live", "realtime_snapshot": "snapshot"}
PAGING = {"none": "NONE", "date_window": "DATES", "time_window": "TIMES", "issue_batch": "ISSUES"}
CONTAINERS = {"isuLists", "hisLists", "invstLists", "Lists", "lists", "isulist"}
# What a list's length says is kept beside the frame, not in it.
ASIDE = {"Cnt"}


def documented() -> list[dict[str, Any]]:
    return list(reference("endpoints.json"))


@needs_reference
def test_every_published_endpoint_is_there_and_no_other() -> None:
    assert {e["id"] for e in documented()} == {*ENDPOINTS, *STREAMS}


@needs_reference
def test_routes_are_those_published() -> None:
    for e in documented():
        if e["id"] in STREAMS:
            assert STREAMS[e["id"]].path == e["path"]
            continue
        of = ENDPOINTS[e["id"]]
        spelled = {e["path"].replace("issucode", "issuecode")} | {
            a["path"].replace("issucode", "issuecode")
            for a in e["alt_paths"]
            if a["verdict"] not in {"same URL", "notation"} and "{futures/options}" not in a["path"]
        }
        assert of.path == e["believed_live_path"], of.id
        assert {*of.paths} >= spelled, of.id
        assert (of.licence.group, of.licence.ko) == (e["licence"]["group"], e["licence"]["name_ko"])
        assert of.published.how == HOW.get(e["availability"]["kind"], e["availability"]["kind"])
        assert (of.published.at and f"{of.published.at:%H:%M}") == e["availability"]["kst_from"]
        assert of.published.every == e["availability"].get("refresh_seconds")
        assert [p.wire for p in of.path_params] == [p["name"] for p in e["path_params"]]
        if of.paging.name != "ITEMS":
            assert of.paging.name == PAGING[e["paging"]["kind"]]
            assert [p.wire for p in of.query_params] == [p["name"] for p in e["query_params"]]
        assert of.status == e["status"].replace("documented_outside_seed", "documented")


@needs_reference
def test_every_value_that_a_body_has_or_a_table_promises_has_its_field() -> None:
    for e in documented():
        if e["id"] in STREAMS:
            continue
        known = {s for f in ENDPOINTS[e["id"]].record.fields for s in f.spellings} | CONTAINERS | ASIDE
        response = e["response"]
        promised = {
            *(response.get("items_observed") or []),
            *(response.get("scalars_observed") or []),
            *(response.get("fields_documented") or []),
            *(response.get("fields_workbook") or []),
        }
        assert promised <= known, (e["id"], promised - known)


@needs_reference
def test_every_value_of_the_dictionary_is_described() -> None:
    described = {s: f for f in (*DICTIONARY, *IN_USE) for s in f.spellings}
    for j in reference("fields.json"):
        if j["role"] != "data":
            continue
        field = described[j["name"]]
        assert field.column == j["column"], j["name"]
        assert dtype(field) == j["dtype"], j["name"]
        assert field.ko and field.en
        if j["name"] == field.wire:
            assert field.fid == j["fid"], j["name"]
        unit = j["unit"] or ""
        assert field.scale == (1_000 if unit.startswith("thousand") else 1), j["name"]
        of_index = (j.get("unit_by_context") or {}).get("index", "")
        scales = {"thousand": 1_000, "million": 1_000_000}
        assert field.index_scale == scales.get(of_index.partition(" ")[0], 1), j["name"]


@needs_reference
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("index_codes", "code"),
        ("investors", "code"),
        ("change_codes", "code"),
        ("errors", "code"),
        ("nations", "code"),
        ("security_groups", "code"),
        ("session_states", "code"),
        ("trade_time_signals", "value"),
        ("koscom_suffixes", "suffix"),
        ("markets", "marketcode"),
    ],
)
def test_code_tables_are_complete(table: str, column: str) -> None:
    with (REFERENCE / "codes" / f"{table}.csv").open(encoding="utf-8") as file:
        wanted = [row[column] for row in csv.DictReader(file)]
    mine = {"marketcode": "market", "value": "code"}.get(column, column)
    assert [row[mine] for row in codes.table(table)] == wanted


@needs_reference
def test_every_item_of_a_stock_can_be_asked_for() -> None:
    with (REFERENCE / "codes" / "selectivemaster_items.csv").open(encoding="utf-8") as file:
        wanted = {row["item"] for row in csv.DictReader(file)}
    assert wanted <= {s for f in MASTER_ITEMS.fields for s in f.spellings}
    assert len(wanted) == 87


def test_no_two_fields_of_the_dictionary_share_a_name() -> None:
    names = [f.wire for f in (*IN_USE, *DICTIONARY)]
    assert len(names) == len(set(names))


def test_a_record_cannot_name_a_column_twice() -> None:
    (one, *_) = IN_USE
    with pytest.raises(ValueError, match="twice"):
        Record("wrong", (one, one))


def test_units_follow_the_product() -> None:
    index, contract = ENDPOINTS["v3_closed_index_history"], ENDPOINTS["v3_closed_futures_history"]
    assert (index.record["volume"].scale, index.record["value"].scale) == (1_000, 1_000_000)
    assert index.record["close"].unit == "points"
    assert (contract.record["volume"].unit, contract.record["volume"].scale) == ("contracts", 1)
    assert ENDPOINTS["v3_realtime_index_investors"].record["sell_value"].scale == 1_000


def test_bars_need_their_day_their_prices_and_their_counts() -> None:
    for of in ENDPOINTS.values():
        if of.operation in {"history", "intraday"}:
            needed = {f.column for f in of.record.fields if f.required}
            moment = of.record.index[0]
            counts = set() if of.record.running else {"volume", "value"}
            assert needed == {moment, "open", "high", "low", "close"} | counts, of.id
            assert of.record[moment].kind in (Kind.DATE, Kind.TIME)


def test_an_unknown_table_names_the_known_ones() -> None:
    with pytest.raises(ArgumentError, match="investors"):
        codes.table("investor")
