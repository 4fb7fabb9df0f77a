"""The calendar of the Korea Exchange: its tables, and the laws that any calendar keeps."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue.calendar import KRX, CalendarWarning, Hours, Product, Span

DAY = timedelta(days=1)

SESSIONS_PER_YEAR = {
    2000: 241,
    2001: 246,
    2002: 244,
    2003: 247,
    2004: 249,
    2005: 249,
    2006: 247,
    2007: 246,
    2008: 248,
    2009: 253,
    2010: 251,
    2011: 248,
    2012: 248,
    2013: 247,
    2014: 245,
    2015: 248,
    2016: 246,
    2017: 243,
    2018: 244,
    2019: 246,
    2020: 248,
    2021: 248,
    2022: 246,
    2023: 245,
    2024: 244,
    2025: 242,
    2026: 244,
}

known_days = st.dates(date(2000, 2, 1), date(2026, 11, 30))
any_days = st.dates(date(1998, 1, 1), date(2030, 12, 31))


def regular(hours: Hours) -> tuple[time, time]:
    return hours.open, hours.close


# The tables


def test_covers_the_years_of_the_table() -> None:
    assert (KRX.valid_from, KRX.valid_through) == (date(2000, 1, 1), date(2026, 12, 31))
    assert {day.year for day in KRX.closures} == set(SESSIONS_PER_YEAR)


@pytest.mark.parametrize(("year", "count"), SESSIONS_PER_YEAR.items())
def test_sessions_per_year(year: int, count: int) -> None:
    assert len(KRX.sessions(date(year, 1, 1), date(year, 12, 31))) == count


def test_every_closure_is_a_weekday() -> None:
    assert [day for day in KRX.closures if day.weekday() >= 5] == []


@pytest.mark.parametrize(
    "day",
    [
        date(2000, 1, 3),  # computers were checked after the change of century
        date(2002, 7, 1),  # holiday after the World Cup
        date(2015, 8, 14),  # holidays decided a few days ahead
        date(2020, 8, 17),
        date(2024, 10, 1),
        date(2025, 1, 27),
        date(2025, 6, 3),  # presidential election
        date(2026, 6, 3),  # local elections
        date(2026, 7, 17),  # Constitution Day, a holiday again
        date(2026, 12, 31),  # the exchange's own day off at the end of a year
        date(2024, 1, 6),  # Saturday
        date(2024, 1, 7),  # Sunday
    ],
)
def test_known_closures(day: date) -> None:
    assert not KRX.is_session(day)


@pytest.mark.parametrize(
    "day",
    [date(2000, 1, 4), date(2001, 9, 12), date(2010, 7, 16), date(2020, 8, 18), date(2024, 1, 2), date(2026, 12, 30)],
)
def test_known_sessions(day: date) -> None:
    assert KRX.is_session(day)


# Hours


@pytest.mark.parametrize(
    ("day", "product", "expected"),
    [
        (date(2000, 5, 19), "stock", (time(9), time(15))),
        (date(2016, 7, 29), "stock", (time(9), time(15))),
        (date(2016, 8, 1), "stock", (time(9), time(15, 30))),
        (date(2026, 11, 20), "stock", (time(9), time(15, 30))),
        (date(2016, 7, 29), "derivative", (time(9), time(15, 15))),
        (date(2016, 8, 1), "derivative", (time(9), time(15, 45))),
        (date(2023, 7, 28), "derivative", (time(9), time(15, 45))),
        (date(2023, 7, 31), "derivative", (time(8, 45), time(15, 45))),
        (date(1999, 1, 5), "stock", (time(9), time(15))),
        (date(1990, 1, 5), "stock", (time(9), time(15))),
    ],
)
def test_ordinary_hours(day: date, product: Product, expected: tuple[time, time]) -> None:
    assert regular(KRX.hours(day, product)) == expected


@pytest.mark.parametrize("product", ["stock", "derivative"])
def test_lunch_break_ended_in_may_2000(product: Product) -> None:
    assert KRX.hours(date(2000, 5, 19), product).breaks == (Span(time(12), time(13)),)
    assert KRX.hours(date(2000, 5, 22), product).breaks == ()


@pytest.mark.parametrize(
    ("day", "post_close", "single_price"),
    [
        (date(2005, 5, 27), None, None),
        (date(2005, 5, 30), Span(time(15, 10), time(15, 30)), Span(time(15, 30), time(18))),
        (date(2016, 7, 29), Span(time(15, 10), time(15, 30)), Span(time(15, 30), time(18))),
        (date(2016, 8, 1), Span(time(15, 40), time(16)), Span(time(16), time(18))),
        (date(2025, 11, 13), Span(time(16, 40), time(17)), Span(time(17), time(18))),
    ],
)
def test_after_hours(day: date, post_close: Span | None, single_price: Span | None) -> None:
    hours = KRX.hours(day)
    assert (hours.post_close, hours.single_price) == (post_close, single_price)


@given(any_days, st.sampled_from(["stock", "derivative"]))
def test_sessions_of_a_day_follow_each_other(day: date, product: Product) -> None:
    hours = KRX.hours(day, product)
    spans = [*hours.breaks, hours.closing_auction, *filter(None, (hours.post_close, hours.single_price))]
    moments = [hours.open, *(moment for span in spans for moment in span)]
    assert moments == sorted(moments)
    assert hours.closing_auction.end == hours.close


@pytest.mark.parametrize("year", SESSIONS_PER_YEAR)
def test_first_session_of_a_year_opens_late(year: int) -> None:
    first = KRX.next_session(date(year, 1, 1))
    ordinary = KRX.hours(KRX.next_session(first))
    assert regular(KRX.hours(first)) == (time(10), ordinary.close)


def test_first_session_of_a_year_leaves_the_rest_alone() -> None:
    hours = KRX.hours(date(2026, 1, 2))
    assert hours.post_close == Span(time(15, 40), time(16))
    assert regular(KRX.hours(date(2026, 1, 2), "derivative")) == (time(9, 45), time(15, 45))


@pytest.mark.parametrize(
    ("day", "stock_close"),
    [
        (date(2000, 11, 15), time(16)),
        (date(2006, 11, 16), time(16)),
        (date(2017, 11, 16), time(16, 30)),
        (date(2017, 11, 23), time(16, 30)),
        (date(2020, 12, 3), time(16, 30)),
        (date(2021, 11, 18), time(16, 30)),
        (date(2022, 11, 17), time(16, 30)),
        (date(2023, 11, 16), time(16, 30)),
        (date(2024, 11, 14), time(16, 30)),
        (date(2025, 11, 13), time(16, 30)),
        (date(2026, 11, 19), time(16, 30)),
    ],
)
def test_exam_days_run_one_hour_late(day: date, stock_close: time) -> None:
    assert regular(KRX.hours(day)) == (time(10), stock_close)


def test_derivatives_run_late_on_exam_days() -> None:
    assert regular(KRX.hours(date(2012, 11, 8), "derivative")) == (time(10), time(16, 15))
    assert regular(KRX.hours(date(2025, 11, 13), "derivative")) == (time(9, 45), time(16, 45))


@pytest.mark.parametrize("year", SESSIONS_PER_YEAR)
def test_every_year_has_an_exam_day(year: int) -> None:
    ordinary_close = time(15) if year < 2016 else time(15, 30)
    autumn = KRX.sessions(date(year, 11, 1), date(year, 12, 31))
    late = [day for day in autumn if regular(KRX.hours(day)) != (time(9), ordinary_close)]
    assert len(late) == (2 if year == 2017 else 1)


@pytest.mark.parametrize("product", ["stock", "derivative"])
def test_noon_open_after_the_attacks_on_new_york(product: Product) -> None:
    day = date(2001, 9, 12)
    assert KRX.hours(day, product).open == time(12)
    assert KRX.hours(day, product).close == KRX.hours(day + DAY, product).close


# Neighbours


@given(known_days)
def test_neighbours_surround_a_day(day: date) -> None:
    before, after = KRX.previous_session(day), KRX.next_session(day)
    assert before < day < after
    assert KRX.sessions(before + DAY, after - DAY) == [day] * KRX.is_session(day)


@given(known_days.filter(KRX.is_session))
def test_next_undoes_previous(session: date) -> None:
    assert KRX.next_session(KRX.previous_session(session)) == session
    assert KRX.previous_session(KRX.next_session(session)) == session


@given(known_days)
def test_latest_session_is_the_day_or_the_one_before(day: date) -> None:
    assert KRX.latest_session(day) == (day if KRX.is_session(day) else KRX.previous_session(day))


@pytest.mark.filterwarnings("ignore::kosdata.catalogue.calendar.CalendarWarning")
@given(any_days, st.integers(-40, 400))
def test_sessions_are_the_days_that_are_sessions(start: date, length: int) -> None:
    end = start + length * DAY
    days = [start + n * DAY for n in range(length + 1)]
    assert KRX.sessions(start, end) == [day for day in days if KRX.is_session(day)]


# The edge of the table


def test_unknown_weekdays_are_sessions_with_a_warning() -> None:
    with pytest.warns(CalendarWarning, match=r"2026-12-31.*extended") as caught:
        assert KRX.is_session(date(2027, 3, 2))
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2027, 1, 1)])
def test_both_ends_warn(day: date) -> None:
    assert not KRX.knows(day)
    with pytest.warns(CalendarWarning):
        assert KRX.is_session(day)


def test_unknown_weekends_are_closed_without_a_warning() -> None:
    assert not KRX.is_session(date(2027, 1, 2))
    assert KRX.sessions(date(2027, 1, 2), date(2027, 1, 3)) == []


def test_a_span_across_the_edge_warns_once() -> None:
    with pytest.warns(CalendarWarning) as caught:
        days = KRX.sessions(date(2026, 12, 30), date(2027, 1, 5))
    assert days == [date(2026, 12, 30), date(2027, 1, 1), date(2027, 1, 4), date(2027, 1, 5)]
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(
    ("neighbour", "day", "expected"),
    [
        (KRX.next_session, date(2026, 12, 30), date(2027, 1, 1)),
        (KRX.latest_session, date(2027, 1, 3), date(2027, 1, 1)),
        (KRX.previous_session, date(2000, 1, 4), date(1999, 12, 31)),
    ],
)
def test_neighbours_across_the_edge_warn(neighbour: Callable[[date], date], day: date, expected: date) -> None:
    with pytest.warns(CalendarWarning) as caught:
        assert neighbour(day) == expected
    assert [warning.filename for warning in caught] == [__file__]


def test_many_unknown_days_are_one_line_on_the_screen() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for day in range(4, 9):
            KRX.is_session(date(2027, 1, day))
    assert len(caught) == 1


# What the exchange announces


def test_extended_knows_the_announced_days() -> None:
    longer = KRX.extended([date(2027, 1, 1), date(2027, 2, 8)], date(2027, 12, 31))
    assert longer.valid_through == date(2027, 12, 31)
    assert longer.sessions(date(2026, 12, 30), date(2027, 1, 4)) == [date(2026, 12, 30), date(2027, 1, 4)]
    assert not longer.is_session(date(2027, 2, 8))
    assert longer.hours(date(2027, 1, 4)).open == time(10)


def test_extended_leaves_the_original_alone() -> None:
    KRX.extended([date(2027, 1, 1)], date(2027, 12, 31))
    assert KRX.valid_through == date(2026, 12, 31)
    assert date(2027, 1, 1) not in KRX.closures


def test_extended_never_ends_earlier() -> None:
    assert KRX.extended([], date(2026, 6, 30)) == KRX


def test_extended_changes_no_past_session() -> None:
    assert KRX.extended([date(2026, 3, 3)], date(2026, 12, 31)) == KRX


def test_extended_takes_in_a_closure_decided_this_week() -> None:
    today, decided = date(2026, 11, 20), date(2026, 12, 24)
    calendar = KRX.extended([date(2026, 11, 18), decided], date(2026, 12, 31), since=today)
    assert calendar.closures - KRX.closures == {decided}


def test_extended_drops_days_beyond_its_own_end() -> None:
    assert date(2028, 3, 1) not in KRX.extended([date(2028, 3, 1)], date(2027, 12, 31)).closures


@given(st.frozensets(any_days, max_size=20), any_days)
def test_extended_keeps_everything_known(closures: frozenset[date], through: date) -> None:
    longer = KRX.extended(closures, through)
    assert longer.valid_through >= KRX.valid_through
    assert longer.sessions(KRX.valid_from, KRX.valid_through) == KRX.sessions(KRX.valid_from, KRX.valid_through)


# A second opinion

WRONGLY_OPEN_ELSEWHERE = {date(2026, 6, 3), date(2026, 7, 17)}
OTHER_HOURS_ELSEWHERE = {date(2001, 9, 12)}


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # the package is not ready for pandas 4
def test_agrees_with_exchange_calendars() -> None:
    xkrx = pytest.importorskip("exchange_calendars").get_calendar("XKRX", start="2000-02-01", end="2026-12-31")
    schedule = xkrx.schedule[["open", "close"]].apply(lambda times: times.dt.tz_convert("Asia/Seoul"))
    theirs = {row.Index.date(): (row.open.time(), row.close.time()) for row in schedule.itertuples()}
    assert sorted(set(theirs) - WRONGLY_OPEN_ELSEWHERE) == KRX.sessions(date(2000, 2, 1), date(2026, 12, 31))
    # It knows no exam day after 2020.
    hours = {day: times for day, times in theirs.items() if day.year <= 2020 and day not in OTHER_HOURS_ELSEWHERE}
    assert hours == {day: regular(KRX.hours(day)) for day in hours}
