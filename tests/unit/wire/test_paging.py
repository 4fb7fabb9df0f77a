from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.model import PAGE_ROWS
from kosdata.wire import paging
from kosdata.wire.arguments import Call

DAYS = st.dates(date(2000, 1, 1), date(2026, 12, 31))
HISTORY = endpoint("v3_closed_kospi_history")
INTRADAY = endpoint("v3_realtime_kospi_intraday")


@given(DAYS, DAYS, st.sampled_from("DWM"))
def test_windows_tile_a_span(one: date, other: date, freq: str) -> None:
    start, end = min(one, other), max(one, other)
    windows = list(paging.windows(start, end, freq))
    assert windows[0][0] <= start <= windows[0][1]
    assert windows[-1][0] <= end <= windows[-1][1]
    for (_, last), (first, _) in pairwise(windows):
        # Weeks and months share a month with the window before: what was re-based in between differs there.
        assert first - last == timedelta(days=1 if freq == "D" else -30)


@given(DAYS, st.integers(0, 2000), st.integers(0, 2000), st.sampled_from("DWM"))
def test_overlapping_spans_share_their_windows(start: date, length: int, shift: int, freq: str) -> None:
    one = set(paging.windows(start, start + timedelta(days=length), freq))
    inner = set(paging.windows(start + timedelta(days=min(shift, length)), start + timedelta(days=length), freq))
    assert inner <= one


def test_no_window_of_days_holds_more_sessions_than_a_page() -> None:
    for first, last in paging.windows(date(2000, 1, 1), date(2026, 12, 31), "D"):
        assert len(KRX.sessions(first, last)) < PAGE_ROWS


@given(
    st.sampled_from([10, 60, 600]),
    st.sampled_from([date(2024, 1, 5), date(2024, 1, 2), date(2010, 3, 5), date(2023, 11, 16)]),
    st.integers(0, 24 * 60 - 1),
    st.integers(0, 24 * 60 - 1),
)
def test_stretches_cover_what_is_asked_and_hold_a_page(interval: int, day: date, one: int, other: int) -> None:
    begin, finish = (time(m // 60, m % 60) for m in sorted((one, other)))
    call = Call(INTRADAY, day=day, interval=interval, begin=begin, finish=finish)
    stretches = list(paging.stretches(call, KRX))
    assert stretches[0][0] <= begin
    assert stretches[-1][1] >= finish
    for (_, last), (first, _) in pairwise(stretches):
        assert last == first
    for first, last in stretches:
        minutes = (last.hour - first.hour) * 60 + last.minute - first.minute
        assert 0 <= minutes * 60 <= interval * PAGE_ROWS


def test_stretches_count_from_the_open_whatever_is_asked() -> None:
    call = Call(INTRADAY, day=date(2024, 1, 5), interval=60, begin=time(11, 0), finish=time(11, 30))
    assert list(paging.stretches(call, KRX)) == [(time(10, 40), time(12, 20))]


def five_years() -> Call:
    return Call(HISTORY, {"issuecode": "005930"}, start=date(2020, 1, 2), end=date(2024, 12, 30))


def test_five_years_of_days_are_fifteen_requests() -> None:
    requests = paging.requests(five_years(), KRX)
    assert len(requests) == 15
    assert requests[0].get("inqStrtDd") == "20200101"
    assert requests[-1].get("inqEndDd") == "20241231"
    assert {r.get("reqCnt") for r in requests} == {"100"}


def test_a_limit_is_one_request_with_the_days_as_given() -> None:
    call = Call(HISTORY, {"issuecode": "005930"}, start=date(2020, 1, 2), end=date(2024, 12, 30), limit=20)
    (request,) = paging.requests(call, KRX)
    assert request.query == (
        ("trnsmCycleTpCd", "D"), ("inqStrtDd", "20200102"), ("inqEndDd", "20241230"), ("reqCnt", "20"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("oldest", "rows", "asked"),
    [
        (date(2020, 1, 2), 80, None),  # the first session of the window
        (date(2020, 1, 3), 80, "20200102"),
        (date(2020, 3, 2), 50, "20200301"),  # a smaller cap than documented
        (date(2020, 1, 2), 100, "20200101"),  # a full page is never taken for a complete one
        (date(2019, 12, 30), 80, None),  # older than the window: nothing is left out
        (date(2021, 1, 4), 80, None),  # newer than the window: asking on would not end
    ],
)
def test_what_a_page_left_out_is_asked_for(oldest: date, rows: int, asked: str | None) -> None:
    first = paging.requests(five_years(), KRX)[0]
    more = paging.rest(first, five_years(), rows, oldest, KRX)
    assert (more and more.get("inqEndDd")) == asked


def test_a_window_into_the_future_is_shortened_once() -> None:
    last = paging.requests(five_years(), KRX)[-1]
    short = paging.shortened(last, date(2024, 11, 5))
    assert short is not None
    assert short.get("inqEndDd") == "20241105"
    assert paging.shortened(short, date(2024, 11, 5)) is None


def test_codes_go_by_twenty_and_items_by_ten() -> None:
    codes = tuple(f"{n:06d}" for n in range(45))
    of = endpoint("v3_realtime_kospi_multiquote_price")
    assert [len((r.get("isuCd") or "").split(",")) for r in paging.requests(Call(of, codes=codes), KRX)] == [20, 20, 5]
    chosen = endpoint("v3_closed_kospi_selectivemaster")
    items = tuple(f"item{n}" for n in range(23))
    assert [len(r.query) for r in paging.requests(Call(chosen, {"issuecode": "1"}, items=items), KRX)] == [10, 10, 3]
