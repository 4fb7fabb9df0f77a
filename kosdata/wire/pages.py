"""What a page says of itself: whether it is of the days asked for, whether it is whole, which prices it stands on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.digits import digits
from kosdata.catalogue.model import PAGE_ROWS, Paging
from kosdata.wire import paging
from kosdata.wire.answer import Answer
from kosdata.wire.arguments import Call, Request
from kosdata.wire.envelope import Row
from kosdata.wire.lifetime import latest_published
from kosdata.wire.reach import moment, moments, number, value_of

__all__ = ["filling", "gap", "is_of_others", "is_rebased", "is_whole", "meet", "slots", "within"]

_DAY = timedelta(days=1)
_NEVER = 10**9  # later than any day or time of day
# Pages fetched so close to each other are of one question.
_TOGETHER = 6 * 3600.0  # seconds


def is_of_others(call: Call, request: Request, answer: Answer) -> bool:
    """Return whether a page holds rows and none of the days or bars asked for: nothing honest can be made of it."""
    if call.limit is not None or not answer.reach.size:
        return False
    if call.endpoint.paging is Paging.TIMES:
        first, last = (int(f"{at:%H%M%S}00") for at in paging.stretch_of(request))
    else:
        first, last = map(number, paging.span_of(request))
    if first <= answer.reach.oldest <= last or first <= answer.reach.newest <= last:
        return False
    return not any(at is None or first <= at <= last for at in moments(call.endpoint, answer.content.rows))


def is_whole(call: Call, request: Request, answer: Answer, calendar: Calendar) -> bool:
    """Return whether a page has a row for every session that it was asked for, as nearly every page does."""
    if call.endpoint.paging is not Paging.DATES or call.freq != "D" or call.limit is not None:
        return False
    first, last = paging.span_of(request)
    if not answer.reach.size or not (calendar.knows(first) and calendar.knows(last)):
        return False
    sessions = calendar.sessions(first, last)
    if not 0 < len(sessions) < PAGE_ROWS:
        return False
    return answer.reach == (len(sessions), number(sessions[0]), number(sessions[-1]))


def gap(call: Call, request: Request, answer: Answer, calendar: Calendar, now: datetime) -> frozenset[int]:
    """Return what a page should have and lacks, by the numbers of its days, weeks, months or bars.

    Older rows than the oldest one may not exist; and what is not over may yet come.
    """
    if call.limit is not None or not answer.reach.size:
        return frozenset()
    if call.endpoint.paging is Paging.TIMES:
        expected = _bars(call, request, answer, calendar, now)
    elif call.endpoint.paging is Paging.DATES:
        expected = _days(call, request, answer, calendar, now)
    else:
        return frozenset()
    if answer.reach.size >= len(expected):
        return frozenset()
    there = slots(call, answer)
    # Labels of another kind than expected tell nothing about what is missing.
    return expected - there if 2 * len(expected & there) >= len(there) else frozenset()


def slots(call: Call, answer: Answer) -> frozenset[int]:
    """Return the days, weeks, months or bars that a page has rows of, as numbers."""
    known = (at for at in moments(call.endpoint, answer.content.rows) if at)
    return frozenset(known) if call.freq == "D" else frozenset(_period(call, at) for at in known)


def filling(call: Call, missing: Collection[int]) -> Request:
    """Return the request for what a page lacks."""
    first, last = min(missing), max(missing)
    if call.endpoint.paging is Paging.TIMES:
        begin = _seconds(first) - (call.interval or 60)
        return paging.stretch(call, _clock(begin // 60), _clock(-(-_seconds(last) // 60)))
    if call.freq == "W":
        return paging.span(call, _monday(first), _monday(last) + timedelta(days=6))
    if call.freq == "M":
        return paging.span(call, _day(first * 100 + 1), _day((last + (89 if last % 100 == 12 else 1)) * 100 + 1) - _DAY)
    return paging.span(call, _day(first), _day(last))


def _days(call: Call, request: Request, answer: Answer, calendar: Calendar, now: datetime) -> frozenset[int]:
    first, newest = (moment(call.endpoint, at) for at in (answer.reach.oldest, answer.reach.newest))
    if not isinstance(first, date) or not isinstance(newest, date):
        return frozenset()
    last = paging.span_of(request)[1]
    is_over = call.freq == "D" and last < latest_published(request, now, calendar)
    last = last if is_over else newest
    if not (calendar.knows(first) and calendar.knows(last)):
        return frozenset()
    sessions = calendar.sessions(first, last)
    return frozenset(number(day) if call.freq == "D" else _period(call, number(day)) for day in sessions)


def _bars(call: Call, request: Request, answer: Answer, calendar: Calendar, now: datetime) -> frozenset[int]:
    day, step = call.stretch[0], call.interval or 60
    hours = calendar.hours(day, call.endpoint.floor)
    opening, closing = (_seconds(int(f"{at:%H%M%S}00")) for at in (hours.open, hours.close))
    first, last = (_seconds(int(f"{at:%H%M%S}00")) for at in paging.stretch_of(request))
    if now.date() == day and now.time() < hours.close:
        last = min(last, _seconds(answer.reach.newest))
    labels = (*range(opening + step, closing, step), closing)
    pauses = [(_seconds(int(f"{a:%H%M%S}00")), _seconds(int(f"{b:%H%M%S}00"))) for a, b in hours.breaks]
    return frozenset(
        _digits(label)
        for label in labels
        if first < label <= last and not any(begin < label <= end for begin, end in pauses)
    )


def _period(call: Call, at: int) -> int:
    """Return the number of the week or month of a day."""
    return (_day(at).toordinal() - 1) // 7 if call.freq == "W" else at // 100


def _monday(week: int) -> date:
    return date.fromordinal(week * 7 + 1)


def _day(at: int) -> date:
    return date(at // 10_000, at // 100 % 100, at % 100)


def _seconds(at: int) -> int:
    return at // 1_000_000 * 3600 + at // 10_000 % 100 * 60 + at // 100 % 100


def _digits(seconds: int) -> int:
    return (seconds // 3600 * 10_000 + seconds // 60 % 60 * 100 + seconds % 60) * 100


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def within(call: Call, answer: Answer) -> list[Row]:
    """Return the rows of the span that was asked for; windows and stretches reach beyond it."""
    rows = answer.content.rows
    if call.limit is not None or call.is_whole or not rows:
        return rows
    if call.endpoint.paging is Paging.TIMES:
        first, last = (int(f"{at:%H%M%S}00") for at in call.stretch[1:])
    else:
        first, last = map(number, call.span)
    if first <= answer.reach.oldest and answer.reach.newest <= last:
        return rows
    dated = zip(rows, moments(call.endpoint, rows), strict=True)
    return [row for row, at in dated if at is None or first <= at <= last]


def is_rebased(call: Call, pages: Sequence[Sequence[Answer]]) -> bool:
    """Return whether a page stands on other prices than the page after it.

    The service re-bases the past after a split: the last close of a page must be the price that the first change of
    the next one starts from. Pages that were kept together were compared when they came.
    """
    columns = {f.column for f in call.endpoint.record.fields}
    if call.endpoint.product != "stock" or call.freq != "D" or not {"date", "close", "change"} <= columns:
        return False
    filled = [page for page in pages if any(answer.reach.size for answer in page)]
    return any(
        not _were_compared(older[0], newer[0])
        and not _fit(call, max(older, key=lambda page: page.reach.newest), min(newer, key=_oldest))
        for older, newer in pairwise(filled)
    )


def meet(close: float, base: float) -> bool:
    """Return whether prices go on where they ended, but for the rounding of re-based ones."""
    return abs(base - close) <= max(2, close / 200)


def _were_compared(older: Answer, newer: Answer) -> bool:
    """Return whether two pages were kept close to each other, with neither midnight nor the morning's hour between."""
    hours_ahead_of_utc = (9, 2.5)  # days that begin at 00:00 in Seoul, and at 06:30
    days = ((older.sent + h * 3600) // 86_400 == (newer.sent + h * 3600) // 86_400 for h in hours_ahead_of_utc)
    return older.cached and newer.cached and abs(older.sent - newer.sent) < _TOGETHER and all(days)


def _fit(call: Call, older: Answer, newer: Answer) -> bool:
    close, change = (call.endpoint.record[name].spellings for name in ("close", "change"))
    last, first = _edge(call, older, max), _edge(call, newer, min)
    before, after, moved = _price(last, close), _price(first, close), _price(first, change)
    return not before or after is None or moved is None or meet(before, after - moved)


def _oldest(answer: Answer) -> int:
    return answer.reach.oldest or _NEVER


def _edge(call: Call, answer: Answer, pick: Callable[..., Row]) -> Row:
    names = call.endpoint.record["date"].spellings
    return pick(answer.content.rows, key=lambda row: digits(value_of(row, names), 8) or 0)


def _price(row: Row, names: Sequence[str]) -> float | None:
    try:
        return float(str(value_of(row, names)).replace(",", ""))
    except ValueError:
        return None
