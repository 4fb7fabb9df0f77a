"""Spans as users write them, and which days are out by when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import KRX
from kosdata.errors import ArgumentError
from kosdata.research.spans import (
    Span,
    closed_through,
    history_through,
    period_end,
    period_start,
    span,
    surely_through,
)
from kosdata.wire.hours import closed_at
from tests.unit.wire.fakes import kst

TODAY = date(2024, 3, 6)
SHARES, FUTURES = endpoint("v3_closed_kospi_closeprice"), endpoint("v3_closed_futures_closeprice")
MOMENTS = st.datetimes(datetime(2015, 1, 5), datetime(2025, 12, 1)).map(lambda at: kst(at.isoformat(" ", "seconds")))


@pytest.mark.parametrize(
    ("start", "end", "period", "first", "last"),
    [
        ("2024-01-02", None, None, "2024-01-02", "2024-03-06"),
        ("20240102", "20240105", None, "2024-01-02", "2024-01-05"),
        ("2024-01", "2024-01", None, "2024-01-01", "2024-01-31"),
        ("2023", "2024", None, "2023-01-01", "2024-03-06"),
        (date(2024, 1, 2), pd.Timestamp("2024-01-05 15:00"), None, "2024-01-02", "2024-01-05"),
        (pd.Timestamp("2024-01-02 20:00", tz="UTC"), "2024-01-05", None, "2024-01-03", "2024-01-05"),
        (TODAY, TODAY, None, "2024-03-06", "2024-03-06"),
        (None, None, "1d", "2024-03-06", "2024-03-06"),
        (None, None, "5D", "2024-03-02", "2024-03-06"),
        (None, "2024-02-29", "2w", "2024-02-16", "2024-02-29"),
        (None, "2024-02-29", "1y", "2023-03-01", "2024-02-29"),
        (None, "2023-03-31", "1 m", "2023-03-01", "2023-03-31"),
        (None, "2023-12-31", "6m", "2023-07-01", "2023-12-31"),
        (None, "2030", "1y", "2023-03-07", "2024-03-06"),
    ],
)
def test_a_span_reads_as_it_is_written(start: Any, end: Any, period: Any, first: str, last: str) -> None:
    assert span(start, end, period, TODAY) == Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("start", "end", "period", "match"),
    [
        (None, None, None, "start is missing"),
        ("2024-01-02", None, "1y", "one of them"),
        ("2024-03-07", None, None, "in the future"),
        ("2024-01-05", "2024-01-02", None, "comes after"),
        ("yesterday", None, None, "not a day"),
        (20240102, None, None, "not a day"),
        (pd.NaT, None, None, "not a day"),
        ("2023-02-29", None, None, "not a day"),
        (None, None, "0d", "no period"),
        (None, None, "-1d", "no period"),
        (None, None, "1q", "no period"),
        (None, None, 5, "no period"),
        (None, None, "99999y", "reaches back"),
        (None, None, "9999999999999d", "reaches back"),
        (None, "2023-01-01", "1h", "no period"),
    ],
)
def test_what_is_no_span_is_refused(start: Any, end: Any, period: Any, match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        span(start, end, period, TODAY)


@given(st.dates(date(2001, 1, 1), date(2024, 3, 6)), st.integers(1, 30), st.sampled_from("dwmy"))
def test_periods_end_at_the_end_and_adjoin(last: date, number: int, unit: str) -> None:
    found = span(None, last, f"{number}{unit}", TODAY)
    assert found.last == last
    assert found.first <= last
    if unit in "dw":
        assert (last - found.first).days + 1 == number * (7 if unit == "w" else 1)
    else:
        assert abs((last - found.first).days - number * (30.44 if unit == "m" else 365.25)) < 4


@pytest.mark.parametrize(
    ("at", "closed", "history", "surely"),
    [
        ("2024-03-08 06:29", "2024-03-07", "2024-03-06", "2024-03-06"),
        ("2024-03-08 06:30", "2024-03-07", "2024-03-07", "2024-03-07"),
        ("2024-03-08 15:39", "2024-03-07", "2024-03-07", "2024-03-07"),
        ("2024-03-08 15:40", "2024-03-08", "2024-03-07", "2024-03-07"),
        ("2024-03-09 06:29", "2024-03-08", "2024-03-07", "2024-03-07"),
        ("2024-03-09 06:30", "2024-03-08", "2024-03-08", "2024-03-07"),
        ("2024-03-10 12:00", "2024-03-08", "2024-03-08", "2024-03-07"),
        ("2024-03-11 06:29", "2024-03-08", "2024-03-08", "2024-03-07"),
        ("2024-03-11 06:30", "2024-03-08", "2024-03-08", "2024-03-08"),
        # A day of exams: the session ends at 16:30.
        ("2023-11-16 16:39", "2023-11-15", "2023-11-15", "2023-11-15"),
        ("2023-11-16 16:40", "2023-11-16", "2023-11-15", "2023-11-15"),
        # New Year.
        ("2024-01-01 12:00", "2023-12-28", "2023-12-28", "2023-12-27"),
    ],
)
def test_by_when_a_day_is_out(at: str, closed: str, history: str, surely: str) -> None:
    now = kst(at)
    assert closed_through(SHARES, now, KRX) == date.fromisoformat(closed)
    assert history_through(now, KRX) == date.fromisoformat(history)
    assert surely_through(now, KRX) == date.fromisoformat(surely)


def test_futures_close_later() -> None:
    assert closed_at(SHARES, TODAY, KRX) == datetime(2024, 3, 6, 15, 40)
    assert closed_at(FUTURES, TODAY, KRX) == datetime(2024, 3, 6, 15, 50)


@given(MOMENTS)
def test_nothing_is_out_before_it_is_over_and_nothing_comes_back(at: datetime) -> None:
    surely, history, closed = surely_through(at, KRX), history_through(at, KRX), closed_through(SHARES, at, KRX)
    assert surely <= history <= closed <= at.date()
    assert history >= KRX.previous_session(closed)
    later = at + timedelta(hours=5)
    assert surely_through(later, KRX) >= surely and history_through(later, KRX) >= history


@given(st.dates(date(2015, 1, 1), date(2024, 3, 6)), st.sampled_from("WM"))
def test_a_period_holds_its_days(day: date, freq: str) -> None:
    first, end = period_start(day, freq), period_end(day, freq, KRX)
    assert first <= day
    assert period_start(first, freq) == first
    sessions = [other for other in KRX.sessions(first, day + timedelta(days=40)) if period_start(other, freq) == first]
    assert not sessions or end == sessions[-1]
