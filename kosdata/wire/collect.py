"""All pages of some calls, asked for at once and put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from kosdata.catalogue.calendar import KRX, Calendar
from kosdata.catalogue.codes import FUTURE_DATE
from kosdata.catalogue.model import Paging
from kosdata.errors import KosError, SchemaError
from kosdata.wire import paging
from kosdata.wire.answer import Answer
from kosdata.wire.arguments import Call, Request
from kosdata.wire.client import Client
from kosdata.wire.clock import seoul
from kosdata.wire.envelope import Row
from kosdata.wire.hours import nothing_yet
from kosdata.wire.pages import filling, gap, is_of_others, is_rebased, is_whole, slots, within
from kosdata.wire.reach import moment

__all__ = ["Collected", "Progress", "collect", "collect_each"]

# Far more than a span of pages can need; a server that never stops sending older rows is not one to follow.
_MOST_ROUNDS = 40


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
        Rows that are missing between others, though they were asked for once more.
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
                walk.take(step, answer, client.now())
        for walk in walks:
            walk.look_back(client)
    outcomes = [walk.outcome(client.now()) for walk in walks]
    failed = next((outcome for outcome in outcomes if isinstance(outcome, KosError)), None)
    if strict and failed is not None:
        raise failed
    return outcomes


@dataclass(frozen=True, slots=True)
class _Step:
    """One request on the way: the page of the call that it belongs to, and what of it is to be filled in."""

    page: int
    request: Request
    gap: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Walk:
    """One call on its way through its pages."""

    call: Call
    calendar: Calendar
    refresh: bool
    pages: list[list[Answer]] = field(default_factory=list)
    pending: list[_Step] = field(default_factory=list)
    error: KosError | None = None
    rebased: bool = False
    absent: set[int] = field(default_factory=set)
    """What pages lack though it was asked for once more."""
    is_abandoned: bool = False
    """What is under way belongs to an attempt that was given up."""
    _is_checked: bool = False

    def start(self) -> None:
        """Begin with the first request of every page."""
        requests = paging.requests(self.call, self.calendar)
        self.pending = [_Step(n, request) for n, request in enumerate(requests)]
        self.pages = [[] for _ in requests]
        self.absent = set()

    def leave(self) -> list[_Step]:
        """Return what is to be asked now."""
        steps, self.pending, self.is_abandoned = self.pending, [], False
        return steps

    def take(self, step: _Step, answer: Answer | KosError, now: datetime) -> None:
        """Take in an answer, and go on to what must be asked because of it."""
        if self.is_abandoned:
            return
        if isinstance(answer, KosError):
            self.fail(answer)
            return
        if is_of_others(self.call, step.request, answer):
            if answer.cached and not self.refresh:
                self.again()
            else:
                self.fail(_misfit(self.call, f"only others were sent than {step.request.target()} asked for"))
            return
        self.pages[step.page].append(answer)
        if step.gap:
            left = step.gap - slots(self.call, answer)
            if left == step.gap:
                self.absent |= left
            elif left:
                self._fill(step.page, left)
            return
        if is_whole(self.call, step.request, answer, self.calendar):
            return
        more = _following(self.call, step.request, answer, now.date(), self.calendar)
        if more is not None:
            self.pending.append(_Step(step.page, more))
        if missing := gap(self.call, step.request, answer, self.calendar, now):
            self._fill(step.page, missing)

    def _fill(self, page: int, missing: frozenset[int]) -> None:
        self.pending.append(_Step(page, filling(self.call, missing), missing))

    def fail(self, error: KosError) -> None:
        """End without an answer."""
        self.error, self.pending, self.is_abandoned = error, [], True

    def again(self) -> None:
        """Ask for everything once more, past the cache."""
        self.refresh = self.is_abandoned = True
        self.start()

    def look_back(self, client: Client) -> None:
        """Ask for everything once more if the pages, now complete, stand on two price bases."""
        if self.pending or self.error is not None or self._is_checked:
            return
        if self.refresh:
            self._is_checked = True
            # Prices that do not meet even now are the service's own.
            self.rebased = self.rebased and not is_rebased(self.call, self.pages)
        elif is_rebased(self.call, self.pages):
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


def _following(call: Call, request: Request, answer: Answer, today: date, calendar: Calendar) -> Request | None:
    """Return what must be asked after an answer, if anything."""
    if call.limit is not None or call.endpoint.paging not in (Paging.DATES, Paging.TIMES):
        return None
    if answer.content.code == FUTURE_DATE:
        return paging.shortened(request, today)
    oldest = moment(call.endpoint, answer.reach.oldest) if answer.reach.size else None
    return None if oldest is None else paging.rest(request, call, len(answer.content.rows), oldest, calendar)


def _together(walk: _Walk, now: datetime) -> Collected:
    call, pages = walk.call, walk.pages
    dated = call.endpoint.paging in (Paging.DATES, Paging.TIMES)
    answers = [answer for page in (reversed(pages) if dated else pages) for answer in page]
    rows = [row for answer in answers for row in (within(call, answer) if dated else answer.content.rows)]
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
        holes=_holes(walk, now) if dated else 0,
        absent=_absent(walk),
    )


def _absent(walk: _Walk) -> int:
    """Return how many rows are missing; a code whose days end before a page does may be listed no more."""
    if not walk.absent or walk.call.endpoint.paging is Paging.TIMES:
        return len(walk.absent)
    newest = max((max(slots(walk.call, answer), default=0) for page in walk.pages for answer in page), default=0)
    return sum(slot < newest for slot in walk.absent)


def _holes(walk: _Walk, now: datetime) -> int:
    """Return how many pages have no row though others have: between them, or anywhere in a session that is over."""
    filled = [n for n, page in enumerate(walk.pages) if any(answer.content.rows for answer in page)]
    if filled and walk.call.endpoint.paging is Paging.TIMES:
        day, close = walk.call.stretch[0], walk.calendar.hours(walk.call.stretch[0], walk.call.endpoint.floor).close
        if (now.date(), now.time()) >= (day, close):
            return len(walk.pages) - len(filled)
    return filled[-1] - filled[0] + 1 - len(filled) if filled else 0


def _reason(call: Call, now: datetime, calendar: Calendar) -> str | None:
    """Return why there is nothing for some days, as far as hours and calendar tell."""
    if call.endpoint.paging is not Paging.DATES or not all(map(calendar.knows, call.span)):
        return None
    return nothing_yet(call.endpoint, *call.span, now, calendar)


def _misfit(call: Call, what: str) -> SchemaError:
    return SchemaError(f"{call.endpoint.id}: {what}.", endpoint=call.endpoint.id)
