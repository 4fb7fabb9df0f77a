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
from kosdata.wire.answer import Answer
from kosdata.wire.collect import Collected, collect
from kosdata.wire.envelope import Content
from kosdata.wire.pages import _were_compared
from tests.unit.wire.fakes import Clock, Sent, client, kst, no, ok, rows

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


# Daily bars on two bases of prices ---------------------------------------------------------------------------------


def priced(target: str, split: int | None, lost: set[int] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    """Return a page that closes at the number of the session, days before a split at a tenth of it."""
    listed = [day for day in within(target) if day not in lost]
    body = newest_first(listed)
    for row in body["result"]["hisLists"]:
        number = 10_000 + 100 * SESSIONS.index(row["trdDd"])
        row["trdPrc"] = number / 10 if split and row["trdDd"] < split else number
        row["cmpprevddPrc"] = (
            10 if split and row["trdDd"] < split else 100 if row["trdDd"] != split else number - (number - 100) / 10
        )
    return body


def test_pages_on_two_bases_are_all_asked_for_again_and_nothing_kept_survives(tmp_path: Any) -> None:
    split, clock = [0], Clock()
    sent: list[str] = []

    def answer(target: str, _: int) -> Sent:
        sent.append(target)
        return ok(priced(target, split[0]))

    with client(answer, clock, cache=tmp_path) as asking:

        def asked(start: str, end: str) -> Collected:
            given = {"code": "005930", "start": start, "end": end}
            return collect(asking, args.call(HISTORY, given, today=date(2024, 3, 6), calendar=KRX))

        kept = asked("2023-09-04", "2023-12-28")
        assert not kept.rebased and len(sent) == 1
        split[0] = 20240102
        found = asked("2023-09-04", "2024-02-20")
        assert found.rebased and len(sent) == 4, "the kept page, the new one, and both once more"
        assert [row["trdPrc"] < 5_000 for row in found.rows] == [row["trdDd"] < 20240102 for row in found.rows]
        again = asked("2023-09-04", "2024-02-20")
        assert not again.rebased and again.rows == found.rows and len(sent) == 4


@pytest.mark.parametrize(
    ("sent", "other", "together"),
    [
        ("2024-03-06 10:00", "2024-03-06 10:05", True),
        ("2024-03-06 10:00", "2024-03-06 17:00", False),
        ("2024-03-06 06:29", "2024-03-06 06:31", False),
        ("2024-03-06 23:59", "2024-03-07 00:01", False),
    ],
)
def test_what_came_in_one_night_was_compared_when_it_came(sent: str, other: str, together: bool) -> None:
    older, newer = (Answer(Content([]), True, kst(at).timestamp(), 0.0) for at in (sent, other))
    assert _were_compared(older, newer) is together


@pytest.mark.parametrize(("times", "absent"), [(1, 0), (9, 2)])
def test_rows_missing_inside_a_page_are_asked_for_once_more(times: int, absent: int) -> None:
    lost, sent = {20240110, 20240111}, []

    def answer(target: str, n: int) -> Sent:
        sent.append(target)
        return ok(newest_first([day for day in within(target) if day not in lost or n > times]))

    found = collected(answer, start="2024-01-02")
    assert found.absent == absent
    wanted = [day for day in WANTED if day >= 20240102 and (not absent or day not in lost)]
    assert sorted(days(found), reverse=True) == wanted
    assert len(sent) == 2 and bounds(sent[1]) == (20240110, 20240111)
