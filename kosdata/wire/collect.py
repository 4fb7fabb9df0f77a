"""All pages of one call, asked for at once and put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from kosdata.catalogue.calendar import KRX, Calendar
from kosdata.catalogue.codes import FUTURE_DATE
from kosdata.catalogue.model import Paging
from kosdata.errors import SchemaError
from kosdata.wire import paging
from kosdata.wire.arguments import Call, Request
from kosdata.wire.client import Answer, Client
from kosdata.wire.envelope import Row

# Far more than a span of pages can need; a server that never stops sending older rows is not one to follow.
_MOST_ROUNDS = 40
# Pages fetched so close to each other are of one question.
_TOGETHER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Collected:
    """What all pages of a call hold.

    Parameters
    ----------
    rows : list of dict
        Rows of the wire within the span of the call, newest first where they are dated.
    beside : dict
        What stood beside the rows of the newest page.
    reason : str or None
        Why there are no rows.
    requests, cached : int
        Pages asked of the gateway, and pages that the cache had.
    fetched_at : datetime
        When the oldest of the pages was sent.
    rebased : bool
        Prices were re-based after some pages had been kept, and all were asked for again.
    holes : int
        Pages without a row between pages that have some.
    """

    rows: list[Row]
    beside: Row
    reason: str | None
    requests: int
    cached: int
    fetched_at: datetime
    rebased: bool = False
    holes: int = 0


def collect(client: Client, call: Call, *, refresh: bool = False, calendar: Calendar = KRX) -> Collected:
    """Return everything that answers a call.

    Raises
    ------
    KosError
        If any page cannot be had: a short answer would look like a whole one.
    """
    pending = list(enumerate(paging.requests(call, calendar)))
    pages: list[list[Answer]] = [[] for _ in pending]
    for _ in range(_MOST_ROUNDS):
        answers = client.answers([request for _, request in pending], refresh=refresh)
        following = []
        for (n, request), answer in zip(pending, answers, strict=True):
            pages[n].append(answer)
            if _is_of_other_days(call, request, answer):
                if answer.cached and not refresh:
                    return collect(client, call, refresh=True, calendar=calendar)
                first, last = paging.span_of(request)
                raise SchemaError(
                    f"{call.endpoint.id}: rows from {first} to {last} were asked for, and only others were sent.",
                    endpoint=call.endpoint.id,
                )
            more = _following(call, request, answer, client.now().date(), calendar)
            if more is not None:
                following.append((n, more))
        if not following:
            if not refresh and _is_rebased(call, pages):
                return replace(collect(client, call, refresh=True, calendar=calendar), rebased=True)
            return _together(call, pages, client.now(), calendar)
        pending = following
    raise SchemaError(f"{call.endpoint.id}: the service sends ever older rows.", endpoint=call.endpoint.id)


def _is_rebased(call: Call, pages: Sequence[Sequence[Answer]]) -> bool:
    """Return whether a page that was kept stands on other prices than the page after it.

    The service re-bases the past after a split: the last close of a page must be the price that the first change of
    the next one starts from. Pages that came together stand on the same prices, whatever their rows say.
    """
    columns = {f.column for f in call.endpoint.record.fields}
    if call.endpoint.product != "stock" or call.freq != "D" or not {"date", "close", "change"} <= columns:
        return False
    close, change = (call.endpoint.record[name].spellings for name in ("close", "change"))
    filled = [walk for walk in pages if any(answer.content.rows for answer in walk)]
    for older, newer in pairwise(filled):
        if abs(newer[0].fetched_at - older[0].fetched_at) < _TOGETHER:
            continue
        last, first = (_edge(call, walk, pick) for walk, pick in ((older, max), (newer, min)))
        ends = [_digits(last, close), _digits(first, close), _digits(first, change)]
        if None not in ends and ends[0] and abs(ends[1] - ends[2] - ends[0]) > max(2, ends[0] // 200):  # type: ignore[operator]
            return True
    return False


def _edge(call: Call, walk: Sequence[Answer], pick: Callable[..., Row]) -> Row:
    names = call.endpoint.record["date"].spellings
    return pick((row for answer in walk for row in answer.content.rows), key=lambda row: _digits(row, names) or 0)


def _is_of_other_days(call: Call, request: Request, answer: Answer) -> bool:
    """Return whether a page holds rows and none of the days asked for: nothing honest can be made of it."""
    if call.endpoint.paging is not Paging.DATES or call.limit is not None or not answer.content.rows:
        return False
    first, last = (int(f"{day:%Y%m%d}") for day in paging.span_of(request))
    names = call.endpoint.record["date"].spellings
    numbers = [_digits(row, names) for row in answer.content.rows]
    return not any(number is None or first <= number <= last for number in numbers)


def _following(call: Call, request: Request, answer: Answer, today: date, calendar: Calendar) -> Request | None:
    """Return what must be asked after an answer, if anything."""
    if call.limit is not None or call.endpoint.paging not in (Paging.DATES, Paging.TIMES):
        return None
    if answer.content.code == FUTURE_DATE:
        return paging.shortened(request, today)
    moments = [m for m in (_moment(call, row) for row in answer.content.rows) if m is not None]
    return paging.rest(request, call, len(moments), min(moments), calendar) if moments else None


def _together(call: Call, pages: Sequence[Sequence[Answer]], now: datetime, calendar: Calendar) -> Collected:
    dated = call.endpoint.paging in (Paging.DATES, Paging.TIMES)
    answers = [answer for walk in (reversed(pages) if dated else pages) for answer in walk]
    sent = [row for answer in answers for row in answer.content.rows]
    rows = _within(call, sent) if dated else sent
    if call.endpoint.paging is Paging.ITEMS and rows:
        rows = [{k: v for row in rows for k, v in row.items()}]
    return Collected(
        rows,
        next((answer.content.beside for answer in answers if answer.content.rows), answers[0].content.beside),
        None
        if rows
        else _reason(call, now, calendar) or answers[0].content.reason or "the service sent other rows only",
        requests=sum(not answer.cached for answer in answers),
        cached=sum(answer.cached for answer in answers),
        fetched_at=min(answer.fetched_at for answer in answers),
        holes=_holes(pages) if dated else 0,
    )


def _holes(pages: Sequence[Sequence[Answer]]) -> int:
    filled = [n for n, walk in enumerate(pages) if any(answer.content.rows for answer in walk)]
    return filled[-1] - filled[0] + 1 - len(filled) if filled else 0


def _within(call: Call, rows: list[Row]) -> list[Row]:
    """Return the rows of the span that was asked for; windows and stretches reach beyond it."""
    if call.limit is not None or call.is_whole:
        return rows
    if call.endpoint.paging is Paging.TIMES:
        first, last = (int(f"{at:%H%M%S}00") for at in call.stretch[1:])
        names = call.endpoint.record["time"].spellings
    else:
        first, last = (int(f"{day:%Y%m%d}") for day in call.span)
        names = call.endpoint.record["date"].spellings
    return [row for row in rows if (number := _digits(row, names)) is None or first <= number <= last]


def _reason(call: Call, now: datetime, calendar: Calendar) -> str | None:
    """Return why there is nothing for some days, as far as hours and calendar tell."""
    if call.endpoint.paging is not Paging.DATES:
        return None
    first, last = call.span
    if not (calendar.knows(first) and calendar.knows(last)):
        return None
    sessions = calendar.sessions(first, last)
    if not sessions:
        return f"holiday: there is no session from {first} to {last}"
    published = call.endpoint.published
    due = sessions[0] + timedelta(days=published.how == "daily")
    if published.at is not None and now.replace(tzinfo=None) < datetime.combine(due, published.at):
        return f"not published yet: the row of {sessions[0]} comes on {due} at {published.at:%H:%M} KST"
    return None


def _moment(call: Call, row: Row) -> date | time | None:
    """Return when a row is, if it says so in the plain way."""
    field = call.endpoint.record["date" if call.endpoint.paging is Paging.DATES else "time"]
    number = _digits(row, field.spellings)
    if not number:
        return None
    try:
        if call.endpoint.paging is Paging.DATES:
            return date(number // 10_000, number // 100 % 100, number % 100)
        return time(number // 1_000_000, number // 10_000 % 100, number // 100 % 100)
    except ValueError:
        return None


def _digits(row: Row, names: Sequence[str]) -> int | None:
    """Return the digits of a day or a time as one number, however they are written."""
    value: Any = next((row[name] for name in names if name in row), None)
    if value is None:
        lowered = {name.lower() for name in names}
        value = next((v for k, v in row.items() if k.lower() in lowered), None)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        return None
    digits = re.sub(r"[-:./ ]", "", value)
    if ":" in value:
        # HH:MM:SS, with or without a fraction.
        digits = digits.ljust(8, "0")[:8]
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None
