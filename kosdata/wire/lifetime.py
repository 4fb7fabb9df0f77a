"""Until when an answer may be served again: from the hours of its endpoint and the calendar of the exchange."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from kosdata.catalogue.model import Paging
from kosdata.catalogue.seoul import SEOUL
from kosdata.wire.hours import MORNING_HOUR, closed_at

if TYPE_CHECKING:
    from kosdata.catalogue.calendar import Calendar
    from kosdata.wire.arguments import Request

__all__ = ["FOREVER", "expires", "latest_published"]

FOREVER: Final = datetime(9999, 1, 1, tzinfo=SEOUL)

_MOMENT: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
_MARGIN: Final = timedelta(minutes=15)  # from the close of a session until its bars are taken for final


def expires(
    request: Request,
    fetched_at: datetime,
    calendar: Calendar,
    *,
    is_empty: bool = False,
    newest: date | None = None,
) -> datetime:
    """Return when an answer expires: `FOREVER`, `fetched_at` itself if it must not be kept, or a time between.

    Parameters
    ----------
    request : Request
        What was asked.
    fetched_at : datetime
        When the request was sent, by the server's clock, with its zone.
    calendar : Calendar
        Sessions of the exchange.
    is_empty : bool
        Whether the answer has no rows. It then says nothing about what is not finished.
    newest : date, optional
        The newest day that the answer has a row of. One that is not over makes the answer a passing one.
    """
    now = fetched_at.astimezone(SEOUL)
    endpoint, published = request.endpoint, request.endpoint.published
    if published.how in ("planned", "stream"):
        return now
    if endpoint.paging is Paging.DATES:
        until = _page_of_days(request, now, calendar)
    elif endpoint.paging is Paging.TIMES:
        until = _page_of_bars(request, now, calendar)
    else:
        match published.how:
            case "daily":
                until = _next(now, published.at or MORNING_HOUR)
            case "close":
                until = _closing_row(request, now, calendar)
            case "irregular":
                until = now + _DAY
            case _:
                until = now + timedelta(seconds=published.every or 1)
    if (
        newest is not None
        and now < datetime.combine(newest, calendar.hours(newest, endpoint.floor).close, SEOUL) + _MARGIN
    ):
        return now + _MOMENT
    if not is_empty:
        return until
    # Nothing may also be a slip of the service: it is not believed for longer than to the next morning.
    return min(_next(now, MORNING_HOUR) if until is FOREVER else now + _MOMENT, until)


def _page_of_days(request: Request, now: datetime, calendar: Calendar) -> datetime:
    """Finished days never change; a page that holds a later one lives until more is published."""
    published = request.endpoint.published
    hour = published.at or MORNING_HOUR
    last = _day(request.get("inqEndDd"))
    if last is not None and _whole(last, request.get("trnsmCycleTpCd")) < latest_published(request, now, calendar):
        return FOREVER
    day = now.date() if now.time() < hour else now.date() + _DAY
    # The row of a Friday may come on Saturday, or not before Monday.
    while not (calendar.is_session(day) or (published.how == "daily" and calendar.is_session(day - _DAY))):
        day += _DAY
    return datetime.combine(day, hour, SEOUL)


def latest_published(request: Request, now: datetime, calendar: Calendar) -> date:
    """Return the newest session that has surely been published."""
    published, today = request.endpoint.published, now.date()
    is_out = calendar.is_session(today) and now.time() >= (published.at or MORNING_HOUR)
    if published.how == "close":
        return today if is_out else calendar.previous_session(today)
    # In the morning of a session come the rows of the session before.
    before = calendar.previous_session(today)
    return before if is_out else calendar.previous_session(before)


def _whole(day: date, freq: str | None) -> date:
    """Return the last day of the bar that holds a day."""
    match freq:
        case "W":
            return day + timedelta(days=6 - day.weekday())
        case "M":
            return day.replace(day=monthrange(day.year, day.month)[1])
        case _:
            return day


def _page_of_bars(request: Request, now: datetime, calendar: Calendar) -> datetime:
    """Bars of a session that is over never change; those of one that runs do with every trade."""
    day = _day(request.get("inqStrtDd"))
    if day is None or not calendar.is_session(day):
        return now + _MOMENT  # the service picks a day by itself, and does not say which
    close = calendar.hours(day, request.endpoint.floor).close
    end = max(close, _time(request.get("endTm")) or close)
    return FOREVER if now >= datetime.combine(day, end, SEOUL) + _MARGIN else now + _MOMENT


def _closing_row(request: Request, now: datetime, calendar: Calendar) -> datetime:
    """Return the next hour at which the service may pass to another day: a closing row bears no date."""
    published, today = request.endpoint.published, now.date()
    turns = [time.min]
    if calendar.is_session(today):
        turns += [MORNING_HOUR, calendar.hours(today, request.endpoint.floor).open, published.at or time.min]
        # Where the session ends late, the row of the day before stays on beyond the published hour.
        turns.append(closed_at(request.endpoint, today, calendar).time())
    return min(_next(now, turn) for turn in turns)


def _next(now: datetime, hour: time) -> datetime:
    today = datetime.combine(now.date(), hour, SEOUL)
    return today if today > now else today + _DAY


def _day(text: str | None) -> date | None:
    try:
        return datetime.strptime(text or "", "%Y%m%d").replace(tzinfo=SEOUL).date()
    except ValueError:
        return None


def _time(text: str | None) -> time | None:
    digits = (text or "")[:4]
    try:
        return time(int(digits[:2]), int(digits[2:]))
    except ValueError:
        return None
