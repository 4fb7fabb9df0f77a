"""Trading days, their hours, and whether the exchange trades."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX, CalendarWarning
from kosdata.catalogue.seoul import SEOUL
from kosdata.wire.client import Client
from tests.unit.wire.fakes import Clock, kst, no, ok
from tests.unit.wire.fakes import client as fake


def test_sessions_are_those_of_the_calendar() -> None:
    found = kd.sessions("2020", "2026")
    assert [each.date() for each in found.index] == KRX.sessions(date(2020, 1, 1), date(2026, 12, 31))
    assert found["open"].dt.date.tolist() == found["close"].dt.date.tolist() == [*found.index.date]


def test_columns_have_their_dtypes_also_without_a_session() -> None:
    expected = {
        "open": "datetime64[us, Asia/Seoul]",
        "close": "datetime64[us, Asia/Seoul]",
        "auction": "datetime64[us, Asia/Seoul]",
        "minutes": "int64",
        "kind": "str",
    }
    for found in (kd.sessions("2024-01-06", "2024-01-07"), kd.sessions("2024-01-08", "2024-01-09")):
        assert found.dtypes.astype(str).to_dict() == expected
        assert (found.index.name, str(found.index.dtype)) == ("date", "datetime64[us]")


@pytest.mark.parametrize(
    ("day", "market", "opens", "closes", "minutes", "kind"),
    [
        ("2000-05-19", "kospi", "09:00", "15:00", 300, "ordinary"),  # with an hour for lunch
        ("2001-09-12", "kosdaq", "12:00", "15:00", 180, "late"),
        ("2016-08-01", "kospi", "09:00", "15:30", 390, "ordinary"),
        ("2024-01-02", "kospi", "10:00", "15:30", 330, "year_open"),
        ("2024-11-14", "etf", "10:00", "16:30", 390, "exam"),
        ("2024-11-14", "kospi200", "09:45", "16:45", 420, "exam"),
        ("2024-01-12", "stock", "08:45", "15:45", 420, "ordinary"),
    ],
)
def test_hours_are_those_of_the_day(day: str, market: str, opens: str, closes: str, minutes: int, kind: str) -> None:
    (row,) = kd.sessions(day, day, market=market).itertuples()
    assert (f"{row.open:%H:%M}", f"{row.close:%H:%M}") == (opens, closes)
    assert (row.minutes, row.kind) == (minutes, kind)
    assert row.close - row.auction == timedelta(minutes=10)
    assert kd.is_open(row.open, market=market)
    assert kd.is_open(row.close - timedelta(seconds=1), market=market)
    assert not kd.is_open(row.open - timedelta(seconds=1), market=market)
    assert not kd.is_open(row.close, market=market)


def test_a_break_is_not_open() -> None:
    assert [kd.is_open(f"2000-05-19 {clock}") for clock in ("11:59", "12:00", "12:59", "13:00")] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_moment_with_a_zone_is_taken_to_seoul() -> None:
    assert kd.is_open("2024-01-12T01:00+00:00")
    assert not kd.is_open(pd.Timestamp("2024-01-12 10:00", tz="UTC"))
    assert kd.is_open(datetime(2024, 1, 12, 9, 0))


def test_now_is_that_of_the_client(client: Client) -> None:
    assert not kd.is_open(client=client)
    with fake(lambda *_: no(500), Clock(kst("2024-01-12 10:00"))) as asking:
        assert kd.is_open(client=asking)
        assert kd.sessions("2024-01-11", client=asking).index[-1] == pd.Timestamp("2024-01-12")


def test_without_a_client_the_clock_is_that_of_the_machine() -> None:
    today = datetime.now(SEOUL).date()
    if KRX.knows(today):
        assert kd.sessions(today - timedelta(days=30)).index[-1].date() == KRX.latest_session(today)
        assert kd.is_open() in (True, False)


@pytest.mark.filterwarnings("ignore::kosdata.catalogue.calendar.CalendarWarning")
def test_a_client_knows_what_was_announced_later() -> None:
    announced = ok({"marketCd": "KR", "lists": ["20270208", "20270301", "20270505"]})
    with fake(lambda *_: announced, Clock(kst("2027-01-20 09:00"))) as asking:
        assert pd.Timestamp("2027-03-01") not in kd.sessions("2027-02-26", "2027-03-02", client=asking).index
        assert not kd.is_open("2027-03-01 10:00", client=asking)


def test_weekdays_beyond_the_calendar_count_with_a_warning() -> None:
    with pytest.warns(CalendarWarning):
        assert len(kd.sessions("2035-01-01", "2035-01-05")) == 5
    with pytest.warns(CalendarWarning):
        assert kd.is_open("2035-01-03 10:00")


@pytest.mark.parametrize("at", ["2024-01-12", "noon", "", 10, date(2024, 1, 12), pd.NaT])
def test_a_day_is_no_moment(at: object) -> None:
    with pytest.raises(kd.ArgumentError, match="no moment"):
        kd.is_open(at)  # type: ignore[arg-type]


def test_wrong_spans_and_markets_are_said() -> None:
    with pytest.raises(kd.ArgumentError, match="comes after"):
        kd.sessions("2024-01-05", "2024-01-04")
    with pytest.raises(kd.ArgumentError, match="Did you mean kosdaq"):
        kd.sessions("2024-01-05", "2024-01-08", market="kosdak")
