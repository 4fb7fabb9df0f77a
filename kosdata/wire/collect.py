"""All pages of one call, asked for at once and put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
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
    """

    rows: list[Row]
    beside: Row
    reason: str | None
    requests: int
    cached: int
    fetched_at: datetime


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
            more = _following(call, request, answer, client.now().date(), calendar)
            if more is not None:
                following.append((n, more))
        if not following:
            return _together(call, pages)
        pending = following
    raise SchemaError(f"{call.endpoint.id}: the service sends ever older rows.", endpoint=call.endpoint.id)


def _following(call: Call, request: Request, answer: Answer, today: date, calendar: Calendar) -> Request | None:
    """Return what must be asked after an answer, if anything."""
    if call.limit is not None or call.endpoint.paging not in (Paging.DATES, Paging.TIMES):
        return None
    if answer.content.code == FUTURE_DATE:
        return paging.shortened(request, today)
    moments = [m for m in (_moment(call, row) for row in answer.content.rows) if m is not None]
    return paging.rest(request, call, len(moments), min(moments), calendar) if moments else None


def _together(call: Call, pages: Sequence[Sequence[Answer]]) -> Collected:
    newest_first = [answer for walk in reversed(pages) for answer in walk]
    rows = [row for answer in newest_first for row in answer.content.rows]
    reason = newest_first[0].content.reason
    if call.endpoint.paging is Paging.ITEMS and rows:
        rows = [{k: v for row in rows for k, v in row.items()}]
    if call.endpoint.paging is Paging.DATES and call.limit is None:
        rows = _within(call, newest_first)
        if not rows and any(answer.content.rows for answer in newest_first):
            reason = "the service sent rows of other days only"
    return Collected(
        rows,
        newest_first[0].content.beside,
        reason if not rows else None,
        requests=sum(not answer.cached for answer in newest_first),
        cached=sum(answer.cached for answer in newest_first),
        fetched_at=min(answer.fetched_at for answer in newest_first),
    )


def _within(call: Call, newest_first: Sequence[Answer]) -> list[Row]:
    """Return the rows of the days asked for; a window may reach beyond them."""
    first, last = (int(f"{day:%Y%m%d}") for day in call.span)
    names = call.endpoint.record["date"].spellings
    return [
        row
        for answer in newest_first
        for row in answer.content.rows
        if (number := _digits(row, names)) is None or first <= number <= last
    ]


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
    value: Any = next((row[name] for name in names if name in row), None)
    if isinstance(value, str) and value.isdecimal():
        value = int(value[:9])
    return value if isinstance(value, int) else None
