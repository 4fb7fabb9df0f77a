"""Every endpoint, from call to frame through the embedded gateway; and what the gateway serves, against the
documented keys, nesting and JSON types.
"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue import ENDPOINTS
from kosdata.catalogue.model import Endpoint, Kind
from kosdata.frame import codecs
from kosdata.frame.normalize import to_frame, to_rows
from kosdata.simulator import Simulator
from kosdata.wire.client import Client
from tests.conftest import example_of, examples, needs_reference, reference

SAMPLES = {
    "stock": {"code": "005930", "market": "kospi", "nation": "KR", "codes": ["005930", "000660"]},
    "index": {"code": "K1", "market": "kospi"},
    "derivative": {"code": "K2FA001", "market": "kospi200"},
}
KOSDAQ = {"code": "247540", "codes": ["247540", "900110"]}
FUND = {"pdf", "nav", "navhistory", "closenav"}


def arguments(of: Endpoint) -> dict[str, Any]:
    known = dict(SAMPLES[of.product])
    if "kosdaq" in of.path:
        known |= KOSDAQ
    if of.operation in FUND:
        known["code"] = "640160" if "kosdaq" in of.path else "069500"
    if "/options/" in of.path:
        known["code"] = option()
    if "konex" in of.path:
        known["code"] = kd.fetch("v3_closed_konex_lists").index[0]
    known |= {"start": "2023-11-01", "end": "2024-01-05", "interval": "10min"}
    wanted = {p.name for p in of.params if p.required}
    return {name: value for name, value in known.items() if name in wanted}


def option() -> str:
    """Return an option that has been traded today."""
    listed = kd.fetch("v3_closed_options_lists", market="kospi200").index
    quotes = (kd.fetch("v3_realtime_options_price", market="kospi200", code=code) for code in listed[::7])
    return str(next(quote.index[0] for quote in quotes if quote["volume"].iloc[0] > 0))


@pytest.mark.parametrize("name", ENDPOINTS)
def test_call_to_typed_frame_and_back(name: str, client: Client) -> None:
    of = ENDPOINTS[name]
    frame = kd.fetch(name, **arguments(of))
    blank = to_frame([], of.record)
    assert not frame.empty
    assert frame.columns.tolist() == blank.columns.tolist()
    assert frame.dtypes.equals(blank.dtypes)
    assert frame.index.dtype == blank.index.dtype
    assert {f.column: codecs.dtype(f) for f in of.record.fields if f.column in frame} == {
        f.column: str(frame[f.column].dtype) for f in of.record.fields if f.column in frame
    }
    if of.record[of.record.index[0]].kind in (Kind.DATE, Kind.TIME):
        assert frame.index.is_monotonic_increasing
        assert frame.index.is_unique
    pd.testing.assert_frame_equal(to_frame(to_rows(frame, of.record), of.record, product=of.product), frame)
    said = frame.attrs["kosdata"]
    assert (said["source"], said["env"], said["endpoint"]) == ("simulator", "demo", name)
    assert all(isinstance(value, str | int | float) for value in said.values())


@pytest.mark.parametrize("name", [name for name, of in ENDPOINTS.items() if of.paging.name in {"NONE", "ISSUES"}])
def test_saved_body_decodes_to_what_fetch_returns(name: str, client: Client) -> None:
    body = body_of(name, client)
    fetched = kd.fetch(name, **arguments(ENDPOINTS[name]))
    pd.testing.assert_frame_equal(kd.decode(name, body), fetched)
    assert kd.decode(name, json.dumps(body)).equals(fetched)


def body_of(name: str, client: Client) -> Any:
    import requests

    from kosdata.catalogue.calendar import KRX
    from kosdata.wire import arguments as args
    from kosdata.wire import paging

    of = ENDPOINTS[name]
    call = args.call(of, arguments(of), today=client.now().date(), calendar=KRX)
    request = paging.requests(call, KRX)[-1]
    address = f"{client.settings.base_url}{request.target()}"
    return requests.get(address, headers={"apikey": "demo"}, timeout=10).json()


CONTAINERS = ("isuLists", "isulist", "hisLists", "invstLists", "Lists", "lists")
# Numbers that are null where they do not apply, in the printed bodies, too.
OFTEN_NULL = {"isuPrc", "setlTheoPrc", "basTheoPrc", "opnintLmtQty"}
# One size is absent from every row of this one printed body, and present in all its siblings.
FORGOTTEN = {("v2_multiquote_orderbook", "askStep4BstordRqty")}


def shape(body: dict[str, Any]) -> tuple[list[str], list[str], dict[str, set[str]]]:
    """Return the keys at the top, those around the rows, and the JSON types of each key of a row."""
    inner = body.get("result", body)
    key = next((k for k in CONTAINERS if k in inner), None)
    rows = inner[key] if key else [inner]
    types: dict[str, set[str]] = {}
    for row in rows:
        for k, v in row.items() if isinstance(row, dict) else [("", row)]:
            types.setdefault(k, set()).add("number" if type(v) in (int, float) else type(v).__name__)
    return sorted(body), sorted(k for k in inner if key), types


def documented() -> list[Any]:
    first = {}
    for parameter in examples(200):
        example = example_of(parameter)
        plain = "." not in parameter.id
        if plain and not (example.get("notes") and "older" in str(example["notes"])):
            first[example["endpoint_id"]] = example
    return [pytest.param(example, id=name) for name, example in first.items()]


@needs_reference
@pytest.mark.parametrize("example", documented())
def test_served_body_has_documented_keys_nesting_and_types(example: dict[str, Any], client: Client) -> None:
    name = example["endpoint_id"]
    served, printed = shape(body_of(name, client)), shape(example["body"])
    if ENDPOINTS[name].paging.name == "ITEMS":
        assert served[0] == printed[0]
        assert "isuSrtCd" in served[2]
        return
    assert served[0] == printed[0]
    assert served[1] == printed[1]
    assert {key for key in served[2] if (name, key) not in FORGOTTEN} == set(printed[2])
    for key, types in printed[2].items():
        if key not in OFTEN_NULL:
            assert served[2][key] & types, (key, served[2][key], types)


@needs_reference
def test_every_observed_key_is_served_also_where_no_body_is_printed(client: Client) -> None:
    for record in reference("endpoints.json"):
        of = ENDPOINTS.get(record["id"])
        observed = set(record["response"].get("items_observed") or [])
        if of is None or not observed or of.paging.name == "ITEMS":
            continue
        keys = {key for key in shape(body_of(of.id, client))[2] if (of.id, key) not in FORGOTTEN}
        assert keys == observed, of.id


def test_the_table_is_complete() -> None:
    listed = kd.endpoints()
    assert len(listed) == 130
    assert listed["version"].value_counts().to_dict() == {"v3": 78, "v2": 49, "ws": 3}


def test_other_spellings_are_tried_once_and_remembered() -> None:
    with Simulator(now="2024-01-05T18:30", speed=0, seed_spelling=True) as market, market.client() as client:
        for _ in range(2):
            kd.fetch("v3_realtime_kosdaq_price", code="247540", client=client)
        statuses = [seen.status for seen in market.requests]
        assert statuses == [404, 200, 200]
