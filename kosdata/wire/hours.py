"""When the rows of a day come out, and why there are none for some days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import Endpoint
from kosdata.catalogue.terms import MORNING_HOUR

__all__ = ["MORNING_HOUR", "closed_at", "no_session", "nothing_yet", "out_at"]

_DAY: Final = timedelta(days=1)
# The close is published so long after it at the earliest, also on days that end late: 15:40 and 15:50 on others.
_REST: Final = {"stock": timedelta(minutes=10), "derivative": timedelta(minutes=5)}


def closed_at(closing: Endpoint, day: date, days: Calendar) -> datetime:
    """Return when the figures of a session that come after its close are out, without a zone, in Seoul."""
    end = datetime.combine(day, days.hours(day, closing.floor).close) + _REST[closing.floor]
    return max(end, datetime.combine(day, closing.published.at or time.min))


def out_at(of: Endpoint, day: date, days: Calendar) -> datetime:
    """Return when the row of a session is out, without a zone, in Seoul: after its close, or the next morning."""
    if of.published.how == "daily":
        return datetime.combine(day + _DAY, of.published.at or MORNING_HOUR)
    return closed_at(of, day, days)


def no_session(first: date, last: date) -> str:
    """Return what is said of days without a session."""
    return f"holiday: there is no session from {first} to {last}"


def nothing_yet(of: Endpoint, first: date, last: date, now: datetime, days: Calendar) -> str | None:
    """Return why there can be no row for some days, as far as hours and calendar tell; None if there should be one."""
    sessions = days.sessions(first, last)
    if not sessions:
        return no_session(first, last)
    due = out_at(of, sessions[0], days)
    if now.replace(tzinfo=None) >= due:
        return None
    return f"not published yet: the row of {sessions[0]} comes on {due:%Y-%m-%d} at {due:%H:%M} KST"
