"""All pages of some calls, asked for at once and put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from kosdata.catalogue.calendar import KRX, Calendar
from kosdata.catalogue.codes import FUTURE_DATE
from kosdata.catalogue.digits import digits
from kosdata.catalogue.model import PAGE_ROWS, Paging
from kosdata.errors import KosError, SchemaError
from kosdata.wire import paging
from kosdata.wire.arguments import Call, Request
from kosdata.wire.client import Answer, Client
from kosdata.wire.clock import seoul
from kosdata.wire.envelope import Row

__all__ = ["Collected", "Progress", "collect", "collect_each"]

# Far more than a span of pages can need; a server that never stops sending older rows is not one to follow.
_MOST_ROUNDS = 40
_NEVER = 10**9  # later than any day or time of day
# Pages fetched so close to each other are of one question.
_TOGETHER = 6 * 3600.0  # seconds


class Progress(Protocol):
    """Is told how many requests are coming, and how many of them are answered."""

    def expect(self, more: int) -> None:
        """So many more requests are coming."""

    def __call__(self, more: int) -> object:
        """So many more requests are answered."""


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
    fetched_at, newest_at : datetime
        When the oldest of the answers was asked for, and when that of the newest page.
    expires : datetime
        Until when all of it may be served again.
    rebased : bool
        Prices were re-based after some pages had been kept, and all were asked for again.
    holes : int
        Pages without a row between pages that have some.
    absent : int
        Sessions between the first row and the last that have none, though they were asked for once more.
    """

    rows: list[Row]
    beside: Row
    reason: str | None
    requests: int
    cached: int
    fetched_at: datetime
    newest_at: datetime
    expires: datetime
    rebased: bool = False
    holes: int = 0
    absent: int = 0


def collect(client: Client, call: Call, *, refresh: bool = False, calendar: Calendar = KRX) -> Collected:
    """Return everything that answers a call.

    Raises
    ------
    KosError
        If any page cannot be had: a short answer would look like a whole one.
    """
    (found,) = collect_each(client, [call], refresh=refresh, calendar=calendar)
    if isinstance(found, KosError):
        raise found
    return found


def collect_each(
    client: Client,
    calls: Sequence[Call],
    *,
    refresh: bool = False,
    calendar: Calendar = KRX,
    strict: bool = True,
    allow_partial: bool = False,
    progress: Progress | None = None,
) -> list[Collected | KosError]:
    """Return everything that answers each of some calls, in their order.

    Parameters
    ----------
    client : Client
        Whom to ask.
    calls : sequence of Call
        The questions; the pages of all of them travel together.
    refresh : bool
        Ask even for what the cache has.
    calendar : Calendar
        Sessions of the exchange.
    strict : bool
        Raise the first error. Otherwise it stands in the place of the call that met it.
    allow_partial : bool
        Begin even if the day's quota is too small for all pages.
    progress : Progress, optional
        Is told how far things are.

    Raises
    ------
    KosError
        If a page cannot be had.
    """
    ask: Callable[..., Sequence[Answer | KosError]] = client.answers if strict else client.outcomes
    walks = [_Walk(call, calendar, refresh) for call in calls]
    for walk in walks:
        walk.start()
    for _ in range(_MOST_ROUNDS):
        if not any(walk.pending for walk in walks):
            break
        for anew in (False, True):
            due = [(walk, step) for walk in walks if walk.refresh is anew for step in walk.leave()]
            if not due:
                continue
            if progress is not None:
                progress.expect(len(due))
            requests = [step.request for _, step in due]
            answers = ask(requests, refresh=anew, allow_partial=allow_partial, progress=progress)
            for (walk, step), answer in zip(due, answers, strict=True):
                walk.take(step, answer, client.now().date())
        for walk in walks:
            walk.look_back(client)
    outcomes = [walk.outcome(client.now()) for walk in walks]
    failed = next((outcome for outcome in outcomes if isinstance(outcome, KosError)), None)
    if strict and failed is not None:
        raise failed
    return outcomes


@dataclass(frozen=True, slots=True)
class _Step:
    """One request on the way: the page of the call that it belongs to, and the sessions that it is to fill in."""

    page: int
    request: Request
    gap: tuple[date, ...] = ()


class _Page(NamedTuple):
    """An answer, and the oldest and newest of its rows as a number; 0 where it has none that says when it is."""

    answer: Answer
    oldest: int
    newest: int


@dataclass(slots=True)
class _Walk:
    """One call on its way through its pages."""

    call: Call
    calendar: Calendar
    refresh: bool
    pages: list[list[_Page]] = field(default_factory=list)
    pending: list[_Step] = field(default_factory=list)
    error: KosError | None = None
    rebased: bool = False
    absent: int = 0
    is_over: bool = False
    """What is under way belongs to an attempt that was given up."""
    _is_checked: bool = False

    def start(self) -> None:
        """Begin with the first request of every page."""
        requests = paging.requests(self.call, self.calendar)
        self.pending = [_Step(n, request) for n, request in enumerate(requests)]
        self.pages = [[] for _ in requests]
        self.absent = 0

    def leave(self) -> list[_Step]:
        """Return what is to be asked now."""
        steps, self.pending, self.is_over = self.pending, [], False
        return steps

    def take(self, step: _Step, answer: Answer | KosError, today: date) -> None:
        """Take in an answer, and go on to what must be asked because of it."""
        if self.is_over:
            return
        if isinstance(answer, KosError):
            self.fail(answer)
            return
        moments = _moments(self.call, answer.content.rows)
        page = _Page(answer, *_reach(moments))
        if _is_of_other_days(self.call, step.request, page):
            if answer.cached and not self.refresh:
                self.again()
            else:
                first, last = paging.span_of(step.request)
                self.fail(_misfit(self.call, f"rows from {first} to {last} were asked for, and only others were sent"))
            return
        self.pages[step.page].append(page)
        if step.gap:
            self.absent += len(step.gap) - len({_number(day) for day in step.gap}.intersection(moments))
            return
        if _is_whole(self.call, step.request, page, moments, self.calendar):
            return
        more = _following(self.call, step.request, page, len(moments), today, self.calendar)
        if more is not None:
            self.pending.append(_Step(step.page, more))
        if gap := _gap(self.call, page, moments, self.calendar):
            self.pending.append(_Step(step.page, paging.span(self.call, gap[0], gap[-1]), gap))

    def fail(self, error: KosError) -> None:
        """End without an answer."""
        self.error, self.pending, self.is_over = error, [], True

    def again(self) -> None:
        """Ask for everything once more, past the cache."""
        self.refresh = self.is_over = True
        self.start()

    def look_back(self, client: Client) -> None:
        """Ask for everything once more if the pages, now complete, stand on two price bases."""
        if self.pending or self.error is not None or self._is_checked:
            return
        if self.refresh:
            self._is_checked = True
            # Prices that do not meet even now are the service's own.
            self.rebased = self.rebased and not _is_rebased(self.call, self.pages)
        elif _is_rebased(self.call, self.pages):
            # What lies in the cache beyond this call stands on the old prices, too.
            client.forget(paging.every(self.call, client.now().date()))
            self.rebased = True
            self.again()
        else:
            self._is_checked = True

    def outcome(self, now: datetime) -> Collected | KosError:
        """Return what all pages hold."""
        if self.pending:
            return _misfit(self.call, "the service sends ever older rows")
        return self.error or _together(self, now)


def _is_rebased(call: Call, pages: Sequence[Sequence[_Page]]) -> bool:
    """Return whether a page stands on other prices than the page after it.

    The service re-bases the past after a split: the last close of a page must be the price that the first change of
    the next one starts from. Pages that were kept together were compared when they came.
    """
    columns = {f.column for f in call.endpoint.record.fields}
    if call.endpoint.product != "stock" or call.freq != "D" or not {"date", "close", "change"} <= columns:
        return False
    close, change = (call.endpoint.record[name].spellings for name in ("close", "change"))
    filled = [walk for walk in pages if any(page.newest for page in walk)]
    for before, after in pairwise(filled):
        older, newer = before[0].answer, after[0].answer
        if older.cached and newer.cached and _are_together(older.sent, newer.sent):
            continue
        last, first = _edge(call, max(before, key=_newest), max), _edge(call, min(after, key=_oldest), min)
        ends = [_price(last, close), _price(first, close), _price(first, change)]
        if None not in ends and ends[0] and abs(ends[1] - ends[2] - ends[0]) > max(2, ends[0] / 200):  # type: ignore[operator]
            return True
    return False


def _are_together(sent: float, other: float) -> bool:
    """Return whether pages came close to each other, and with neither midnight nor the morning's hour between."""
    hours_ahead_of_utc = (9, 2.5)  # days that begin at 00:00 in Seoul, and at 06:30
    days = ((sent + hours * 3600) // 86_400 == (other + hours * 3600) // 86_400 for hours in hours_ahead_of_utc)
    return abs(sent - other) < _TOGETHER and all(days)


def _newest(page: _Page) -> int:
    return page.newest


def _oldest(page: _Page) -> int:
    return page.oldest or _NEVER


def _edge(call: Call, page: _Page, pick: Callable[..., Row]) -> Row:
    names = call.endpoint.record["date"].spellings
    return pick(page.answer.content.rows, key=lambda row: digits(_of(row, names), 8) or 0)


def _is_of_other_days(call: Call, request: Request, page: _Page) -> bool:
    """Return whether a page holds rows and none of the days asked for: nothing honest can be made of it."""
    if call.endpoint.paging is not Paging.DATES or call.limit is not None or not page.oldest:
        return False
    first, last = map(_number, paging.span_of(request))
    if first <= page.oldest <= last or first <= page.newest <= last:
        return False
    return not any(at is None or first <= at <= last for at in _moments(call, page.answer.content.rows))


def _is_whole(call: Call, request: Request, page: _Page, moments: Sequence[int | None], calendar: Calendar) -> bool:
    """Return whether a page has a row for every session that it was asked for, as nearly every page does."""
    if call.endpoint.paging is not Paging.DATES or call.freq != "D" or call.limit is not None or not page.oldest:
        return False
    first, last = paging.span_of(request)
    if not (calendar.knows(first) and calendar.knows(last)):
        return False
    sessions = calendar.sessions(first, last)
    if len(sessions) >= PAGE_ROWS or len(set(moments)) != len(sessions):
        return False
    return page.oldest == _number(sessions[0]) and page.newest == _number(sessions[-1])


def _following(call: Call, request: Request, page: _Page, rows: int, today: date, calendar: Calendar) -> Request | None:
    """Return what must be asked after an answer, if anything."""
    if call.limit is not None or call.endpoint.paging not in (Paging.DATES, Paging.TIMES):
        return None
    if page.answer.content.code == FUTURE_DATE:
        return paging.shortened(request, today)
    oldest = _moment(call, page.oldest) if page.oldest else None
    return None if oldest is None else paging.rest(request, call, rows, oldest, calendar)


def _gap(call: Call, page: _Page, moments: Sequence[int | None], calendar: Calendar) -> tuple[date, ...]:
    """Return the sessions between the rows of a page of daily bars that have none."""
    if call.endpoint.operation != "history" or call.freq != "D" or call.limit is not None or not page.oldest:
        return ()
    first, last = _moment(call, page.oldest), _moment(call, page.newest)
    if not isinstance(first, date) or not isinstance(last, date) or not calendar.knows(first):
        return ()
    sessions = calendar.sessions(first, min(last, calendar.valid_through))
    there = set(moments)
    if len(there) >= len(sessions) or not all(there):
        return ()
    return tuple(day for day in sessions if _number(day) not in there)


def _together(walk: _Walk, now: datetime) -> Collected:
    call, walks = walk.call, walk.pages
    dated = call.endpoint.paging in (Paging.DATES, Paging.TIMES)
    pages = [page for each in (reversed(walks) if dated else walks) for page in each]
    answers = [page.answer for page in pages]
    rows = [row for page in pages for row in (_within(call, page) if dated else page.answer.content.rows)]
    if call.endpoint.paging is Paging.ITEMS and rows:
        rows = [{k: v for row in rows for k, v in row.items()}]
    return Collected(
        rows,
        next((answer.content.beside for answer in answers if answer.content.rows), answers[0].content.beside),
        None
        if rows
        else _reason(call, now, walk.calendar) or answers[0].content.reason or "the service sent other rows only",
        requests=sum(not answer.cached for answer in answers),
        cached=sum(answer.cached for answer in answers),
        fetched_at=seoul(min(answer.sent for answer in answers)),
        newest_at=answers[0].fetched_at,
        expires=seoul(min(answer.until for answer in answers)),
        rebased=walk.rebased,
        holes=_holes(walks) if dated else 0,
        absent=walk.absent,
    )


def _holes(walks: Sequence[Sequence[_Page]]) -> int:
    filled = [n for n, walk in enumerate(walks) if any(page.answer.content.rows for page in walk)]
    return filled[-1] - filled[0] + 1 - len(filled) if filled else 0


def _within(call: Call, page: _Page) -> list[Row]:
    """Return the rows of the span that was asked for; windows and stretches reach beyond it."""
    rows = page.answer.content.rows
    if call.limit is not None or call.is_whole:
        return rows
    if call.endpoint.paging is Paging.TIMES:
        first, last = (int(f"{at:%H%M%S}00") for at in call.stretch[1:])
    else:
        first, last = map(_number, call.span)
    if not rows or first <= page.oldest <= page.newest <= last:
        return rows
    return [row for row, at in zip(rows, _moments(call, rows), strict=True) if at is None or first <= at <= last]


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


def _moments(call: Call, rows: Sequence[Row]) -> Sequence[int | None]:
    """Return when the rows are, as numbers: 0 where they do not say, and None where they make no sense."""
    if not rows or call.endpoint.paging not in (Paging.DATES, Paging.TIMES):
        return ()
    of = call.endpoint.record["date" if call.endpoint.paging is Paging.DATES else "time"]
    try:
        values = [row[of.wire] for row in rows]
    except KeyError:
        values = [_of(row, of.spellings) for row in rows]
    if set(map(type, values)) == {int}:
        return values  # nearly every page; reading value by value would cost as much as parsing
    return [None if value is None else digits(value, of.digits) for value in values]


def _reach(moments: Sequence[int | None]) -> tuple[int, int]:
    known = [moment for moment in moments if moment]
    return (min(known), max(known)) if known else (0, 0)


def _of(row: Row, names: Sequence[str]) -> Any:
    """Return the value of the first of some names, in any case."""
    value = next((row[name] for name in names if name in row), None)
    if value is not None:
        return value
    lowered = {name.lower() for name in names}
    return next((v for k, v in row.items() if k.lower() in lowered), None)


def _moment(call: Call, number: int) -> date | time | None:
    try:
        if call.endpoint.paging is Paging.DATES:
            return date(number // 10_000, number // 100 % 100, number % 100)
        return time(number // 1_000_000, number // 10_000 % 100, number // 100 % 100)
    except ValueError:
        return None


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _price(row: Row, names: Sequence[str]) -> float | None:
    try:
        return float(str(_of(row, names)).replace(",", ""))
    except ValueError:
        return None


def _misfit(call: Call, what: str) -> SchemaError:
    return SchemaError(f"{call.endpoint.id}: {what}.", endpoint=call.endpoint.id)
