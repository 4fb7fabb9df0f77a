"""Lengths of bars and moments within days, as users write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError
from kosdata.frame.lengths import Interval, interval_name, whole_seconds
from kosdata.research.spans import span
from kosdata.wire import arguments as args

__all__ = ["SERVED", "Interval", "Moment", "Stretch", "interval_name", "seconds", "served", "stretch"]

Moment = str | date
"""A day, or an instant: ``"2024-01-05 10:00"``, a datetime or a Timestamp; without a zone it is Seoul time."""

SERVED: Final = (600, 60, 10)
"""Seconds of the bars that the service makes, the longest first."""

_DAY: Final = timedelta(days=1)
_WITH_TIME: Final = re.compile(r"\d{4}-?\d{2}-?\d{2}[T ].")
# Six hours and a half: what is longer is a day.
_LONGEST: Final = 23_400


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time from an instant on, and up to another without it; Seoul time, without a zone."""

    first: datetime
    end: datetime

    @classmethod
    def of_day(cls, day: date) -> Stretch:
        """Return all of a day."""
        midnight = datetime.combine(day, time.min)
        return cls(midnight, midnight + _DAY)

    def sessions(self, days: Calendar) -> list[date]:
        """Return the sessions that the stretch touches."""
        return days.sessions(self.first.date(), (self.end - timedelta.resolution).date())


def stretch(start: Moment | None, end: Moment | None, now: datetime, period: str | None = None) -> Stretch:
    """Return the stretch that a user wrote; it never reaches past today.

    A day, a month or a year as `end` is included; so is the day of a datetime at midnight. Any other instant is not.
    A `period` begins so much before the last day.

    Raises
    ------
    ArgumentError
        If it has no beginning, or begins in the future or not before its end.
    """
    tomorrow = datetime.combine(now.date(), time.min) + _DAY
    last = tomorrow if end is None else _moment(end, "end", tomorrow, is_end=True)
    if period is not None:
        last_day = (min(last, tomorrow) - timedelta.resolution).date()
        first = datetime.combine(span(start, last_day, period, now.date()).first, time.min)
    elif start is None:
        raise ArgumentError("start is missing: write start='2024-01-02' too, or date='2024-01-05' for one session.")
    else:
        first = _moment(start, "start", tomorrow)
    if first > now.replace(tzinfo=None):
        raise ArgumentError(f"start={start} lies in the future: in Korea it is {now:%Y-%m-%d %H:%M}.")
    if first >= last:
        raise ArgumentError(f"start={start} does not come before end={end}.")
    return Stretch(first, min(last, tomorrow))


def _moment(value: object, name: str, tomorrow: datetime, *, is_end: bool = False) -> datetime:
    """Return the beginning of what a user wrote, or as `is_end` the moment after its last day."""
    try:
        if isinstance(value, str) and _WITH_TIME.match(value.strip()):
            return _in_seoul(datetime.fromisoformat(value.strip()))
        if isinstance(value, datetime) and value == value:
            moment = _in_seoul(value)
            if moment.time() != time.min:
                return moment
            value = moment.date()
        day = datetime.combine(args.day(value, name, last=is_end), time.min)
        return min(day, tomorrow - _DAY) + _DAY if is_end else day
    except (ValueError, OverflowError):  # an ArgumentError is a ValueError, too
        raise ArgumentError(
            f"{name}={value!r} is no day and no instant: write '2024-01-05', '2024-01-05 10:00', '2024-01', '2024', a "
            "date or a datetime."
        ) from None


def _in_seoul(moment: datetime) -> datetime:
    local = moment.astimezone(SEOUL) if moment.tzinfo else moment
    return datetime.combine(local.date(), local.time())


def seconds(interval: Interval) -> int:
    """Return the length of bars that a user wrote, in seconds.

    Raises
    ------
    ArgumentError
        If it is none that bars can have.
    """
    length = whole_seconds(interval)
    if length is None:
        raise ArgumentError(f"interval={interval!r} is no length of bars: write '10s', '1min', '15min' or '1h'.")
    if length < 10 or length % 10:
        near = max(10, round(length / 10) * 10)
        raise ArgumentError(
            f"interval={interval!r} is not 10 seconds or a multiple: write {interval_name(near)!r}. Bars of ticks, of "
            "any length, come with a stream."
        )
    if length > _LONGEST:
        raise ArgumentError(
            f"interval={interval!r} is longer than a session, 6 hours and a half: kosdata.history() has bars of days, "
            "weeks and months."
        )
    return length


def served(length: int) -> int:
    """Return the longest bars of the service that bars of a length can be made of, in seconds.

    Examples
    --------
    >>> served(900), served(1800), served(30)
    (60, 600, 10)
    """
    return next(each for each in SERVED if length % each == 0)
