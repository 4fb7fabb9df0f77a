from __future__ import annotations

from datetime import date

import pytest

from kosdata.catalogue.calendar import KRX, CalendarWarning
from kosdata.research.sessions import calendar
from tests.unit.wire.fakes import Clock, Sent, client, kst, no, ok

ANNOUNCED = {"marketCd": "KR", "lists": ["20270208", "20270301", "20270505"]}


def test_nothing_is_asked_while_the_table_covers_today() -> None:
    with client(lambda *_: no(500), Clock(kst("2026-12-30 09:00"))) as asking:
        assert calendar(asking) is KRX


@pytest.mark.filterwarnings("ignore::kosdata.catalogue.calendar.CalendarWarning")
def test_announced_holidays_carry_the_calendar_on() -> None:
    with client(lambda *_: ok(ANNOUNCED), Clock(kst("2027-01-20 09:00"))) as asking:
        found = calendar(asking)
    assert found.valid_through == date(2027, 5, 5)
    assert not found.is_session(date(2027, 3, 1))
    assert found.is_session(date(2027, 3, 2))


@pytest.mark.filterwarnings("ignore::kosdata.catalogue.calendar.CalendarWarning")
def test_without_the_licence_the_table_stands_alone_and_warns() -> None:
    def denied(*_: object) -> Sent:
        return no(403, "You cannot consume this service")

    with client(denied, Clock(kst("2027-01-20 09:00"))) as asking:
        found = calendar(asking)
    assert found is KRX
    with pytest.warns(CalendarWarning):
        found.is_session(date(2027, 3, 2))
