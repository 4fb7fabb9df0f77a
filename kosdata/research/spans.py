"""Spans of days as users write them, and which days are out by when."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import Endpoint
from kosdata.errors import ArgumentError
from kosdata.wire import arguments as args
from kosdata.wire.hours import MORNING_HOUR, closed_at

__all__ = [
    "Date",
    "Span",
    "closed_through",
    "history_through",
    "period_end",
    "period_start",
    "span",
    "surely_through",
]

Date = str | date
"""A day: ``"2024-01-02"``, ``"20240102"``, a month, a year, a date or a Timestamp."""

_CODE: Final = re.compile(r"(?!(19|20)\d\d(0[1-9]|1[0-2]))[0-9]{5}[0-9A-Z]")
_PERIOD: Final = re.compile(r"(\d+)\s*([dwmy])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date


def span(start: Date | None, end: Date | None, period: str | None, today: date) -> Span:
    """Return the span that a user wrote; it never reaches past today.

    Raises
    ------
    ArgumentError
        If it has no beginning, or begins after its end or in the future.
    """
    if isinstance(end, str) and _CODE.fullmatch(end):
        raise ArgumentError(f"end={end!r} reads as a code: the code comes first, then start and end.")
    last = today if end is None else args.day(end, "end", last=True)
    if start is not None and period is not None:
        raise ArgumentError("start and period are two ways to say the same; give one of them.")
    if start is not None:
        first = args.day(start, "start")
    elif period is not None:
        first = _back(min(last, today), period)
    else:
        raise ArgumentError("start is missing: write start='2024-01-02', or period='1y' for the year up to end.")
    if first > today:
        raise ArgumentError(f"start={first} lies in the future: today in Korea is {today}.")
    if first > last:
        raise ArgumentError(f"start={first} comes after end={last}.")
    return Span(first, min(last, today))


def _back(last: date, period: str) -> date:
    found = _PERIOD.fullmatch(period.strip()) if isinstance(period, str) else None
    if found is None or not int(found[1]):
        raise ArgumentError(f"period={period!r} is no period: write '5d', '2w', '6m' or '1y'.")
    number, unit = int(found[1]), found[2].lower()
    try:
        if unit in "dw":
            return last - timedelta(days=number * (7 if unit == "w" else 1) - 1)
        months = last.year * 12 + last.month - 1 - number * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(last.day, monthrange(year, month + 1)[1])) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise ArgumentError(f"period={period!r} reaches back before the calendar begins.") from None


def closed_through(closing: Endpoint, now: datetime, days: Calendar) -> date:
    """Return the newest session whose official close is out."""
    today = now.date()
    if days.is_session(today) and now.replace(tzinfo=None) >= closed_at(closing, today, days):
        return today
    return days.previous_session(today)


def history_through(now: datetime, days: Calendar) -> date:
    """Return the newest session that published history may hold: it comes at 06:30 of the day after."""
    morning = now.date() if now.time() >= MORNING_HOUR else now.date() - timedelta(days=1)
    return days.previous_session(morning)


def surely_through(now: datetime, days: Calendar) -> date:
    """Return the newest session that published history cannot lack: after a holiday it may come late."""
    through = history_through(now, days)
    since = days.next_session(through)
    return (
        through
        if now.date() >= since and (now.date() > since or now.time() >= MORNING_HOUR)
        else days.previous_session(through)
    )


def period_end(day: date, freq: str, days: Calendar) -> date:
    """Return the last session of the week or month that a day lies in."""
    if freq == "W":
        last = day + timedelta(days=6 - day.weekday())
    else:
        last = day.replace(day=monthrange(day.year, day.month)[1])
    return days.latest_session(last)


def period_start(day: date, freq: str) -> date:
    """Return the first day of the week or month that a day lies in."""
    return day - timedelta(days=day.weekday()) if freq == "W" else day.replace(day=1)
