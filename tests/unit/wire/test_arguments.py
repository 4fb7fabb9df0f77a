from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pandas as pd
import pytest

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import KRX
from kosdata.errors import ArgumentError
from kosdata.wire import arguments as args
from kosdata.wire.arguments import Request

TODAY = date(2024, 1, 8)
HISTORY = "v3_closed_kospi_history"
INTRADAY = "v3_realtime_kospi_intraday"


def call(name: str, **arguments: Any) -> args.Call:
    return args.call(endpoint(name), arguments, today=TODAY, calendar=KRX)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024-01-02", date(2024, 1, 2), date(2024, 1, 2)),
        ("20240102", date(2024, 1, 2), date(2024, 1, 2)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        (date(2024, 1, 2), date(2024, 1, 2), date(2024, 1, 2)),
        (datetime(2024, 1, 2, 23), date(2024, 1, 2), date(2024, 1, 2)),
        (pd.Timestamp("2024-01-02 09:00", tz="Asia/Seoul"), date(2024, 1, 2), date(2024, 1, 2)),
    ],
)
def test_days_are_read_as_users_write_them(written: object, first: date, last: date) -> None:
    assert args.day(written) == first
    assert args.day(written, last=True) == last


@pytest.mark.parametrize("written", ["2024-13-01", "yesterday", 20240102, None, "2024-02-30", pd.NaT, ""])
def test_what_is_no_day_is_refused(written: object) -> None:
    with pytest.raises(ArgumentError, match="day"):
        args.day(written)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("005930", "005930"),
        ("A005930", "005930"),
        ("005930*001", "005930"),
        ("KR7005930003", "005930"),
        ("KR4101S60008", "101S6000"),
        ("0037T0", "0037T0"),
        ("k1", "K1"),
        ("K2FA001", "K2FA001"),
        (" 005930 ", "005930"),
    ],
)
def test_codes_are_read_as_users_write_them(written: str, code: str) -> None:
    assert args.short_code(written) == code


def test_a_number_is_no_code_and_the_message_says_what_is() -> None:
    with pytest.raises(ArgumentError, match="'005930'"):
        args.short_code(5930)
    with pytest.raises(ArgumentError, match="'005930'"):
        args.short_code("5930")


@pytest.mark.parametrize("written", ["", "삼성전자", "005930/../x", "A" * 13, "00 5930", None, True])
def test_what_is_no_code_is_refused(written: object) -> None:
    with pytest.raises(ArgumentError):
        args.short_code(written)


def test_readable_and_wire_names_make_the_same_call() -> None:
    readable = call(HISTORY, code="005930", start="2024-01-02", end="2024-01-05", freq="W")
    wire = call(HISTORY, issuecode="005930", inqStrtDd="20240102", inqEndDd="20240105", trnsmCycleTpCd="W")
    assert readable == wire
    assert call(HISTORY, issucode="005930", start="2024-01-02", end="2024-01-05", freq="W") == wire


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"code": "005930"}, "needs 'start'"),
        ({"code": "005930", "start": "2024-01-05", "end": "2024-01-02"}, "comes after"),
        ({"code": "005930", "start": "2025-01-01"}, "future"),
        ({"code": "005930", "start": "2024", "freq": "Q"}, "'Q' is not one of D, W, M"),
        ({"code": "005930", "start": "2024", "limit": 101}, "1 to 100"),
        ({"code": "005930", "start": "2024", "market": "kosdaq"}, "kosdaq"),
        ({"code": "005930", "begin": "2024"}, "takes no argument 'begin'"),
        ({"code": "005930", "issuecode": "005930", "start": "2024"}, "the same"),
    ],
)
def test_a_wrong_call_is_refused_with_the_way_out(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        call(HISTORY, **arguments)


def test_the_market_of_the_path_may_be_named() -> None:
    assert call(HISTORY, code="005930", start="2024-01-02", market="kospi").path == {"issuecode": "005930"}


def test_an_unknown_endpoint_names_its_neighbours() -> None:
    with pytest.raises(ArgumentError, match="v3_closed_kospi_history"):
        endpoint("v3_closed_kospi_histroy")
    with pytest.raises(ArgumentError, match="stream"):
        endpoint("ws_issue")


def test_bars_are_asked_of_sessions_only() -> None:
    with pytest.raises(ArgumentError, match="2024-01-05 and 2024-01-08"):
        call(INTRADAY, code="005930", interval="1min", date="2024-01-07")
    with pytest.raises(ArgumentError, match="future"):
        call(INTRADAY, code="005930", interval="1min", date="2024-01-09")


def test_bars_default_to_the_whole_of_the_latest_session() -> None:
    found = call(INTRADAY, code="005930", interval="10s")
    assert (found.day, found.begin, found.finish, found.interval) == (TODAY, time(9), time(15, 30), 10)
    late = call(INTRADAY, code="005930", interval=60, date="2024-01-02")
    assert late.begin == time(10)


def test_intervals_that_are_not_served_are_refused() -> None:
    with pytest.raises(ArgumentError, match="5min"):
        call(INTRADAY, code="005930", interval="5min")


def test_lists_lose_their_repetitions_and_not_their_order() -> None:
    name = "v3_realtime_kospi_multiquote_price"
    assert call(name, codes=["000660", "005930", "000660"]).codes == ("000660", "005930")
    assert call(name, isuCd="000660,005930").codes == ("000660", "005930")
    with pytest.raises(ArgumentError, match="empty"):
        call(name, codes=[])


def test_items_go_by_column_or_by_wire_name() -> None:
    name = "v3_closed_kospi_selectivemaster"
    assert call(name, code="005930", fields=["prev_close", "wk52HgstPrc"]).items == ("prevddClsprc", "wk52HgstPrc")
    with pytest.raises(ArgumentError, match="prev_close"):
        call(name, code="005930", fields=["prev_closes"])


def test_targets_are_spelled_as_documented() -> None:
    of = endpoint("v3_realtime_kospi_multiquote_price")
    assert Request(of, {}, (("isuCd", "005930,000660"),)).target().endswith("/price?isuCd=005930,000660")
    chosen = Request(endpoint("v3_closed_kospi_selectivemaster"), {"issuecode": "005930"}, (("prevddClsprc", None),))
    assert chosen.target().endswith("/005930/selectivemaster?prevddClsprc")
