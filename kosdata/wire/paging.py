"""One call, cut into requests. Pure.

Windows follow the calendar and not the caller: equal questions make equal addresses, overlapping ones share pages,
and no address depends on today. What a page holds beyond the question is cut off where pages are collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import PAGE_ISSUES, PAGE_ITEMS, PAGE_ROWS, Kind, Paging
from kosdata.wire.arguments import FIRST_DAY, Call, Request

# No third of a year since 2000 has more than 85 sessions, no year more than 53 weeks: a page of 100 holds them.
_MONTHS_A_WINDOW = {"D": 4, "W": 12, "M": 12}
# What a window shares with the one before it.
_OVERLAP = {"D": timedelta(0), "W": timedelta(days=31), "M": timedelta(days=31)}
# Days before the oldest bar of a page that may hold none: a bar of a week or month stands on its last session.
_LEADING_DAYS = {"D": 0, "W": 7, "M": 31}
# Whole minutes, so that no stretch holds more bars than a page.
_MINUTES_A_STRETCH = {10: 15, 60: 100, 600: 1000}


def requests(call: Call, calendar: Calendar) -> list[Request]:
    """Return the requests of a call, oldest span first."""
    match call.endpoint.paging:
        case Paging.DATES:
            if call.limit is not None:
                return [span(call, *call.span)]
            return [span(call, first, last) for first, last in windows(*call.span, call.freq)]
        case Paging.TIMES:
            return [stretch(call, first, last) for first, last in stretches(call, calendar)]
        case Paging.ISSUES:
            groups = _chunks(call.codes, PAGE_ISSUES)
            return [Request(call.endpoint, call.path, (("isuCd", ",".join(group)),)) for group in groups]
        case Paging.ITEMS:
            groups = _chunks(call.items, PAGE_ITEMS)
            return [Request(call.endpoint, call.path, tuple((item, None) for item in group)) for group in groups]
        case Paging.NONE:
            return [Request(call.endpoint, call.path)]


def windows(start: date, end: date, freq: str) -> Iterator[tuple[date, date]]:
    """Yield the calendar windows that cover a span: thirds of a year for days, years for weeks and months.

    Windows of weeks and months reach back into the year before: where prices were re-based between two pages, the
    rows that both have differ. Days need no such rows, for each tells the close of the day before by its change.
    """
    months = _MONTHS_A_WINDOW[freq]
    first = date(start.year, (start.month - 1) // months * months + 1, 1)
    while first <= end:
        year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
        following = date(year, month + 1, 1)
        yield first - _OVERLAP[freq], following - timedelta(days=1)
        first = following


def stretches(call: Call, calendar: Calendar) -> Iterator[tuple[time, time]]:
    """Yield the stretches of a session that cover a call, counted from the session's open."""
    day, *stretch = call.stretch
    hours = calendar.hours(day, call.endpoint.floor)
    step = _MINUTES_A_STRETCH[call.interval or 60]
    begin, finish, opening, closing = map(_minute, (*stretch, hours.open, hours.close))
    edges = [*range(begin, opening, step), *range(opening, closing, step), *range(closing, finish, step)]
    for first, last in pairwise([*edges, max(finish, closing)]):
        if (last > begin or last == finish) and (first < finish or first == begin):
            yield time(first // 60, first % 60), time(last // 60, last % 60)


def rest(request: Request, call: Call, rows: int, oldest: date | time, calendar: Calendar) -> Request | None:
    """Return the request for what a page may have left out at its old end, or None if it left out nothing.

    A server that is asked for more than it sends keeps the newest rows and does not say so.
    """
    if isinstance(oldest, time):
        (begin, end), finish = stretch_of(request), oldest.replace(second=0)
        full = rows >= PAGE_ROWS and _after(begin, call.interval or 60) < oldest
        return stretch(call, begin, finish) if full and begin < finish < end else None
    first, last = span_of(request)
    before = oldest - timedelta(days=1)
    if before < first or oldest > last:
        return None
    lacking = before >= first + timedelta(days=_LEADING_DAYS[call.freq])
    if call.freq == "D" and lacking:
        lacking = _may_have_sessions(first, before, calendar)
    return span(call, first, before) if lacking or rows >= PAGE_ROWS else None


def span(call: Call, first: date, last: date) -> Request:
    """Return the request for the rows of a span of days."""
    values = {
        "trnsmCycleTpCd": call.freq,
        "inqStrtDd": _text(first),
        "inqEndDd": _text(last),
        "reqCnt": str(call.limit or PAGE_ROWS),
    }
    return Request(call.endpoint, call.path, tuple((p.wire, values[p.wire]) for p in call.endpoint.query_params))


def span_of(request: Request) -> tuple[date, date]:
    """Return the first and the last day that a request asks for."""
    return _day(request.get("inqStrtDd")), _day(request.get("inqEndDd"))


def stretch_of(request: Request) -> tuple[time, time]:
    """Return the stretch of a session that a request asks for."""
    return _clock(request.get("strtTm")), _clock(request.get("endTm"))


def shortened(request: Request, today: date) -> Request | None:
    """Return a request that does not reach past today, or None if it does not or nothing of it would be left."""
    if not _day(request.get("inqStrtDd")) <= today < _day(request.get("inqEndDd")):
        return None
    query = tuple((k, f"{today:%Y%m%d}" if k == "inqEndDd" else v) for k, v in request.query)
    return Request(request.endpoint, request.path, query)


def every(call: Call, today: date) -> list[Request]:
    """Return the requests for all that there may be of an issue, whatever the length of a bar."""
    lengths = call.endpoint.param("trnsmCycleTpCd")
    calls = [replace(call, freq=freq) for freq in (lengths.choices if lengths else {"D": "D"})]
    return [span(each, *window) for each in calls for window in windows(FIRST_DAY, today, each.freq)]


def _may_have_sessions(first: date, last: date, calendar: Calendar) -> bool:
    known = calendar.valid_from <= first and last <= calendar.valid_through
    return bool(calendar.sessions(first, last)) if known else True


def stretch(call: Call, first: time, last: time) -> Request:
    """Return the request for the bars of a stretch."""
    param = call.endpoint.param("strtTm")
    form = "%H%M%S" if param is not None and param.kind is Kind.TIME else "%H%M"
    values = {
        "inddCycleTpCd": str(call.interval),
        "inqStrtDd": f"{call.day:%Y%m%d}",
        "strtTm": first.strftime(form),
        "endTm": last.strftime(form),
    }
    return Request(call.endpoint, call.path, tuple((p.wire, values[p.wire]) for p in call.endpoint.query_params))


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _clock(text: str | None) -> time:
    return time(int((text or "")[:2]), int((text or "")[2:4]))


def _text(day: date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"  # three times as fast as strftime, and there are many


def _day(text: str | None) -> date:
    number = int(text or 0)
    return date(number // 10_000, number // 100 % 100, number % 100)


def _after(at: time, seconds: int) -> time:
    return (datetime.combine(date.min, at) + timedelta(seconds=seconds)).time()


def _chunks(values: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    for at in range(0, len(values), size):
        yield values[at : at + size]
