"""Moments and lengths of bars as users write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError
from kosdata.research.intervals import interval_name, seconds, stretch
from tests.unit.wire.fakes import kst

NOW = datetime(2024, 1, 12, 10, 3, 20, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2024-01-05", "2024-01-05", "2024-01-05T00:00", "2024-01-06T00:00"),
        ("20240105", "2024-01", "2024-01-05T00:00", "2024-01-13T00:00"),
        ("2023", "2023", "2023-01-01T00:00", "2024-01-01T00:00"),
        ("2023-11", "9999", "2023-11-01T00:00", "2024-01-13T00:00"),
        ("2024-01-05", None, "2024-01-05T00:00", "2024-01-13T00:00"),
        ("2024-01-05 10:00", "2024-01-05T11:00:30", "2024-01-05T10:00", "2024-01-05T11:00:30"),
        ("20240105 10:00", "2024-01-08", "2024-01-05T10:00", "2024-01-09T00:00"),
        ("2024-01-05T01:00Z", "2024-01-05 11:00+09:00", "2024-01-05T10:00", "2024-01-05T11:00"),
        (datetime(2024, 1, 5, 1, tzinfo=UTC), datetime(2024, 1, 5, 11), "2024-01-05T10:00", "2024-01-05T11:00"),
        (pd.Timestamp("2024-01-05"), pd.Timestamp("2024-01-05"), "2024-01-05T00:00", "2024-01-06T00:00"),
        (pd.Timestamp("2024-01-04 15:00", tz="UTC"), date(2024, 1, 5), "2024-01-05T00:00", "2024-01-06T00:00"),
        ("2024-01-05", "2024-01-06 00:00", "2024-01-05T00:00", "2024-01-06T00:00"),
        (pd.Timestamp("2024-01-05 10:00", tz="America/New_York"), None, "2024-01-06T00:00", "2024-01-13T00:00"),
    ],
)
def test_a_stretch_is_what_was_written(start: Any, end: Any, first: str, last: str) -> None:
    found = stretch(start, end, NOW)
    assert (found.first, found.end) == (datetime.fromisoformat(first), datetime.fromisoformat(last))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (None, "2024-01-05", "start is missing"),
        ("2024-01-13", None, "in Korea it is 2024-01-12 10:03"),
        ("2024-01-12 10:04", None, "future"),
        ("2024-01-05", "2024-01-04", "does not come before"),
        ("2024-01-05 10:00", "2024-01-05 10:00", "does not come before"),
        ("10:00", None, "2024-01-05 10:00"),
        ("2024-01-05 9:00", None, "2024-01-05 10:00"),
        ("2024-01-05 25:00", None, "2024-01-05 10:00"),
        ("2024-02-30", None, "2024-01-05"),
        ("soon", None, "'soon'"),
        (pd.NaT, None, "NaT"),
        (20240105, None, "20240105"),
        ("2024-01-05", float("nan"), "end=nan"),
        (datetime.max.replace(tzinfo=UTC), None, "start="),
    ],
)
def test_what_is_no_stretch_is_refused(start: Any, end: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        stretch(start, end, NOW)


@pytest.mark.parametrize(
    ("interval", "length"),
    [
        *[("10s", 10), ("1min", 60), ("min", 60), ("10 min", 600), ("15min", 900), ("1h", 3600), ("2H", 7200)],
        *[(10, 10), (60, 60), ("600", 600), ("90s", 90), ("390min", 23_400)],
        *[(timedelta(minutes=5), 300), (pd.Timedelta("30s"), 30)],
    ],
)
def test_a_length_is_what_was_written(interval: Any, length: int) -> None:
    assert seconds(interval) == length


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        *[("5T", "15min"), ("5m", "15min"), ("1d", "15min"), ("", "15min"), ("s5", "15min"), ("1.5h", "15min")],
        *[
            (1.5, "15min"),
            (True, "15min"),
            (None, "15min"),
            (pd.NaT, "15min"),
            (timedelta(milliseconds=10_500), "15min"),
        ],
        *[(0, "'10s'"), ("0min", "'10s'"), (-60, "'10s'"), ("5s", "'10s'"), ("15s", "'20s'"), (61, "'1min'")],
        *[("391min", "history"), ("7h", "history"), ("999999999h", "history")],
    ],
)
def test_what_is_no_length_is_refused(interval: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        seconds(interval)


@pytest.mark.parametrize("length", [10, 60, 90, 600, 900, 3600, 5400])
def test_a_length_is_named_as_it_can_be_written(length: int) -> None:
    assert seconds(interval_name(length)) == length


@pytest.mark.parametrize(
    ("end", "period", "first", "after"),
    [
        (None, "5d", "2024-03-02", "2024-03-07"),
        ("2024-03-05", "1w", "2024-02-28", "2024-03-06"),
        ("2024-03-05 10:00", "1d", "2024-03-05", "2024-03-05 10:00"),
        ("2024-02", "1m", "2024-01-30", "2024-03-01"),
    ],
)
def test_a_period_reaches_back_from_the_last_day(end: str | None, period: str, first: str, after: str) -> None:
    found = stretch(None, end, kst("2024-03-06 12:00"), period)
    assert (found.first, found.end) == (datetime.fromisoformat(first), datetime.fromisoformat(after))


def test_a_start_and_a_period_are_too_much() -> None:
    for start, period in (("2024-03-05", "5d"), (None, "soon")):
        with pytest.raises(ArgumentError, match="period"):
            stretch(start, None, kst("2024-03-06 12:00"), period)
