from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kosdata as kd
from kosdata.catalogue import ENDPOINTS, endpoint
from kosdata.catalogue.model import Endpoint
from kosdata.errors import (
    ApiError,
    AuthError,
    KosError,
    LicenceError,
    NotFoundError,
    NotReadyError,
    RateLimitError,
    SchemaError,
    ServerError,
)
from kosdata.wire.envelope import parse, unpack

HISTORY = endpoint("v3_closed_kospi_history")
PRICE = endpoint("v3_realtime_kospi_price")
LISTING = endpoint("v3_closed_kospi_lists")


def refusal(of: Endpoint, status: int, body: object) -> ApiError:
    with pytest.raises(ApiError) as caught:
        unpack(of, body, status)
    return caught.value


BAR = {"trdDd": 20240102, "trdPrc": 100, "opnprc": 99, "hgprc": 101, "lwprc": 98, "accTrdvol": 5, "accTrdval": 500}


def history(rows: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": rows}}


@pytest.mark.parametrize("rows", [[], None], ids=repr)
def test_a_container_without_rows_is_an_empty_answer_with_its_reason(rows: Any) -> None:
    content = unpack(HISTORY, history(rows))
    assert content.rows == []
    assert content.reason


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"jsonrpc": "2.0"},
        {"result": {}},
        {"result": {"isuSrtCd": "005930"}},
        {"result": []},
        {"result": "soon"},
        history("soon"),
        history([1, 2]),
        history([None]),
        history([{"other": 1}]),
        [],
        "text",
        None,
    ],
    ids=repr,
)
def test_a_missing_container_is_never_an_empty_frame(body: Any) -> None:
    with pytest.raises(SchemaError):
        unpack(HISTORY, body)


def test_containers_are_found_whatever_their_case_and_place() -> None:
    assert unpack(HISTORY, {"result": {"HISLISTS": [BAR]}}).rows == [BAR]
    assert unpack(LISTING, {"result": {"isulists": [{"isuSrtCd": "005930"}]}}).rows == [{"isuSrtCd": "005930"}]
    assert unpack(HISTORY, {"result": {"hisLists": BAR}}).rows == [BAR]


def test_a_list_for_a_code_is_an_unknown_contract() -> None:
    with pytest.raises(NotFoundError, match="no such code"):
        unpack(PRICE, {"result": {"isuSrtCd": [" -"], "trdPrc": None, "accTrdvol": None}})
    with pytest.raises(NotFoundError):
        unpack(HISTORY, {"result": {"isuSrtCd": [" -"], "hisLists": []}})
    with pytest.raises(NotFoundError):
        unpack(PRICE, {"result": {"isuSrtCd": "101S6000", "trdPrc": None, "accTrdvol": None}})


def test_one_chosen_item_may_be_null() -> None:
    chosen = endpoint("v3_closed_kospi_selectivemaster")
    row = {"isuSrtCd": "005930", "srtsellOverheatDd": None}
    assert unpack(chosen, {"result": row}).rows == [row]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("당일 종가 제공 시간이 아닙니다.", NotReadyError),
        ("서브마켓/코드가 정상적이지 않습니다.", NotFoundError),
        ({"code": 10080, "message": "서버 시스템 에러 입니다"}, ServerError),
        ({"code": "20040", "mesage": "자료 준비중 입니다"}, NotReadyError),
        ({"code": 10040}, NotFoundError),
        ({"code": 20030}, NotFoundError),
        ({"code": 20060}, NotFoundError),
        ({"code": 13001}, AuthError),
        ({"code": 20010}, ApiError),
        ({"error": {"error": "당일 종가 제공 시간이 아닙니다."}}, NotReadyError),
        ("10090 데이터 점검중입니다.신속히 복구 하겠습니다.감사합니다", ServerError),
        ({"anything": "else"}, ApiError),
        ("something new", ApiError),
    ],
    ids=repr,
)
def test_a_refusal_inside_a_200_is_raised(error: Any, kind: type[ApiError]) -> None:
    with pytest.raises(kind) as caught:
        unpack(HISTORY, {"jsonrpc": "2.0", "error": error})
    assert type(caught.value) is kind
    with pytest.raises(kind):
        unpack(HISTORY, {"jsonrpc": "2.0", "result": {"error": error}})


@pytest.mark.parametrize("code", [10010, 20020, 20090, 20110, 20180], ids=repr)
def test_no_data_is_no_error(code: int) -> None:
    frame = kd.decode(HISTORY.id, {"error": {"code": code}})
    assert frame.empty
    assert frame.dtypes.equals(kd.decode(HISTORY.id, history([])).dtypes)
    assert str(code) in frame.attrs["kosdata"]["reason"]
    assert unpack(HISTORY, {"error": {"code": code}}, 400).rows == []


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"message": "Invalid authentication credentials"}, AuthError),
        (401, {"message": "No API key found in request"}, AuthError),
        (403, {"message": "You cannot consume this service"}, LicenceError),
        (404, {"message": "no Route matched with those values"}, NotFoundError),
        (429, {"message": "API rate limit exceeded"}, RateLimitError),
        (500, {"category": "op-exco", "code": 9011, "message": "invalid"}, ServerError),
        (503, None, ServerError),
        (400, {"error": "서브마켓/코드가 정상적이지 않습니다."}, NotFoundError),
        (418, ["odd"], ApiError),
        (503, {"message": "upstream 20110 timed out"}, ServerError),
        (429, {"message": "API rate limit exceeded (20130 calls)"}, RateLimitError),
        (401, {"message": "key 10010 invalid", "code": 10010}, AuthError),
    ],
    ids=repr,
)
def test_statuses_become_their_errors(status: int, body: object, kind: type[ApiError]) -> None:
    error = refusal(HISTORY, status, body)
    assert type(error) is kind
    assert (error.status, error.endpoint, error.licence) == (status, HISTORY.id, "stock_close_A")


def test_messages_say_what_to_do() -> None:
    assert "stock_close_A (주식실시간종가A)" in str(refusal(HISTORY, 403, {}))
    assert "nothing about the code" in str(refusal(HISTORY, 404, {}))
    close = endpoint("v3_closed_kospi_closeprice")
    assert "15:40 KST" in str(refusal(close, 400, {"error": "당일 종가 제공 시간이 아닙니다."}))


@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", b'{"a": ', b"\xff\xfe", b"[" * 100_000, b'{"a": NaN} x'], ids=repr
)
def test_what_is_not_json_is_a_schema_error(body: bytes) -> None:
    with pytest.raises(SchemaError, match="not JSON"):
        parse(body, "text/html", endpoint=HISTORY)


def test_untidy_json_is_read() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert parse('{"이름": "값"}'.encode("cp949"), "application/json; charset=euc-kr") == {"이름": "값"}
    assert parse(rb'{"a": "\ud800"}') == {"a": "\ud800"}


def test_control_characters_of_the_server_are_escaped() -> None:
    with pytest.raises(ApiError) as caught:
        unpack(HISTORY, {"error": "bad\x1b[31m\nnews"})
    assert "\x1b" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["result", "error", "isuLists", "hisLists", "isulist", "invstLists", "lists", "isuSrtCd", "trdDd", "message"]
)


@settings(max_examples=300)
@given(st.sampled_from(sorted(ENDPOINTS)), st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON), max_size=4))
def test_decode_raises_nothing_but_its_own_errors(name: str, body: dict[str, Any]) -> None:
    try:
        frame = kd.decode(name, body)
    except KosError:
        return
    assert frame.columns.tolist() == kd.decode(name, _empty(name)).columns.tolist()


def _empty(name: str) -> dict[str, Any]:
    key = ENDPOINTS[name].envelope.rows
    inner = None if key is None else {key: []}
    return {"result": inner} if key is None or not ENDPOINTS[name].envelope.flat else inner or {}


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.booleans(),
    st.just([" -"]),
    st.just({}),
)


@settings(max_examples=300)
@given(st.data())
def test_mutated_rows_decode_or_raise_their_own_errors(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(ENDPOINTS)))
    of = ENDPOINTS[name]
    wires = [f.wire for f in of.record.fields]
    row = {wire: data.draw(VALUES) for wire in data.draw(st.lists(st.sampled_from(wires), unique=True, max_size=6))}
    key = of.envelope.rows
    inner: Any = row if key is None else {key: [row, row]}
    body = inner if of.envelope.flat else {"result": inner}
    with suppress(KosError):
        kd.decode(name, json.loads(json.dumps(body)))
