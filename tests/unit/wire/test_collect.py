"""Pages put together, from services that answer otherwise than they should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import KRX
from kosdata.errors import SchemaError
from kosdata.wire import arguments as args
from kosdata.wire.collect import Collected, collect
from tests.unit.wire.fakes import Sent, client, no, ok, rows

HISTORY = endpoint("v3_closed_kospi_history")
SESSIONS = [int(f"{day:%Y%m%d}") for day in KRX.sessions(date(2023, 9, 1), date(2024, 2, 29))]


def bounds(target: str) -> tuple[int, int]:
    query = parse_qs(urlsplit(target).query)
    return int(query["inqStrtDd"][0]), int(query["inqEndDd"][0])


def newest_first(days: list[int], write: Callable[[int], Any] = lambda day: day) -> dict[str, Any]:
    body = rows(*sorted(days, reverse=True))
    for row in body["result"]["hisLists"]:
        row["trdDd"] = write(row["trdDd"])
    return body


def within(target: str) -> list[int]:
    first, last = bounds(target)
    return [day for day in SESSIONS if first <= day <= last]


def collected(answer: Callable[[str, int], Sent], **arguments: Any) -> Collected:
    given = {"code": "005930", "start": "2023-09-04", "end": "2024-02-20"} | arguments
    call = args.call(HISTORY, given, today=date(2024, 3, 6), calendar=KRX)
    with client(answer) as asking:
        return collect(asking, call)


def days(found: Collected) -> list[int]:
    return [int(str(row["trdDd"]).replace("-", "")) for row in found.rows]


WANTED = sorted((day for day in SESSIONS if 20230904 <= day <= 20240220), reverse=True)


@pytest.mark.parametrize("cap", [5, 20, 50, 100])
def test_a_smaller_page_than_documented_loses_nothing(cap: int) -> None:
    found = collected(lambda target, _: ok(newest_first(within(target)[-cap:])))
    assert days(found) == WANTED


def test_days_as_text_are_cut_like_days_as_numbers() -> None:
    def dashed(day: int) -> str:
        return f"{day // 10000}-{day // 100 % 100:02}-{day % 100:02}"

    found = collected(lambda target, _: ok(newest_first(within(target)[-50:], dashed)))
    assert days(found) == WANTED


def test_a_service_that_sends_other_days_is_refused() -> None:
    with pytest.raises(SchemaError, match="only others were sent"):
        collected(lambda *_: ok(newest_first([20220502, 20220503])))


def test_a_span_into_the_future_is_asked_again_without_it() -> None:
    today = 20240306

    def answer(target: str, _: int) -> Sent:
        if bounds(target)[1] > today:
            return ok({"error": {"code": 20100, "message": "미래일 이어서 Data가 없습니다"}})
        return ok(newest_first(within(target)))

    assert days(collected(answer)) == WANTED


def test_what_stands_beside_the_rows_is_of_a_page_that_has_some() -> None:
    def answer(target: str, _: int) -> Sent:
        return ok(newest_first(within(target))) if bounds(target)[0] < 20240101 else no(400, "20090")

    def empty(target: str, n: int) -> Sent:
        sent = ok({"error": {"code": 20090}})
        return answer(target, n) if bounds(target)[0] < 20240101 else sent

    found = collected(empty)
    assert found.beside["isuSrtCd"] == "005930"
    assert days(found) == [day for day in WANTED if day < 20240101]


def test_a_hole_between_pages_is_told() -> None:
    def answer(target: str, _: int) -> Sent:
        first, _last = bounds(target)
        return ok(newest_first({20230501: [20230502], 20230901: []}.get(first, within(target))))

    assert collected(answer, start="2023-05-02").holes == 1
    assert collected(answer, start="2023-09-04").holes == 0


def test_a_service_that_never_ends_is_left() -> None:
    with pytest.raises(SchemaError):
        collected(lambda target, _: ok(newest_first(within(target)[-1:])), start="2023-09-04")
