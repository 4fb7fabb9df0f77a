"""Which days the Korea Exchange trades, and from when to when.

A calendar answers for the days it knows and says so when it does not: an unknown weekday counts as a session, because
no data may go missing on the word of a table.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from kosdata.catalogue.closures import CLOSURES, EXAM_DAYS, HOURS, LATE_OPENS, Hours, Product, Span

__all__ = ["KRX", "Calendar", "CalendarWarning", "Hours", "Kind", "Product", "Span"]

Kind: TypeAlias = Literal["ordinary", "year_open", "exam", "late"]
"""What a session is: one of every day, the first of a year, one of an exam day, or one whose open was put off."""

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


class CalendarWarning(UserWarning):
    """A weekday outside the calendar was taken for a session."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The trading days of an exchange that is closed at weekends.

    Outside the days it knows, weekdays count as sessions, with one `CalendarWarning` a call.

    Attributes
    ----------
    closures : frozenset of date
        Weekdays without a session.
    valid_from, valid_through : date
        First and last day that the closures are known for.
    """

    closures: frozenset[date]
    valid_from: date
    valid_through: date

    def knows(self, day: date) -> bool:
        """Return whether the closures around `day` are known."""
        return self.valid_from <= day <= self.valid_through

    def is_session(self, day: date) -> bool:
        """Return whether `day` is a trading day."""
        if self._is_closed(day):
            return False
        self._warn_unless_known(day)
        return True

    def sessions(self, start: date, end: date) -> list[date]:
        """Return the trading days from `start` to `end`, both included."""
        known = _known_sessions(self)
        if self.valid_from <= start and end <= self.valid_through:
            return list(known[bisect_left(known, start) : bisect_right(known, end)])
        days = [
            *_weekdays(start, min(end, self.valid_from - _DAY)),
            *known[bisect_left(known, start) : bisect_right(known, end)],
            *_weekdays(max(start, self.valid_through + _DAY), end),
        ]
        self._warn_unless_known(*days[:1], *days[-1:])
        return days

    def previous_session(self, day: date) -> date:
        """Return the last trading day strictly before `day`."""
        found = self._nearest(day - _DAY, -_DAY)
        self._warn_unless_known(found)
        return found

    def next_session(self, day: date) -> date:
        """Return the first trading day strictly after `day`."""
        found = self._nearest(day + _DAY, _DAY)
        self._warn_unless_known(found)
        return found

    def latest_session(self, day: date) -> date:
        """Return `day` if it is a trading day, else the last one before it."""
        found = self._nearest(day, -_DAY)
        self._warn_unless_known(found)
        return found

    def kind(self, day: date) -> Kind:
        """Return what the session on `day` is; whether there is one, `is_session` says."""
        if day in _EXAM_DAYS:
            return "exam"
        if day in LATE_OPENS:
            return "late"
        return "year_open" if self._opens_year(day) else "ordinary"

    def hours(self, day: date, product: Product = "stock") -> Hours:
        """Return the trading hours of a session on `day`; whether there is one, `is_session` says.

        Parameters
        ----------
        day : date
            Day of the session. Before the first hours on record, those count.
        product : {"stock", "derivative"}, default "stock"
            Shares and funds, or futures and options on shares, indices and rates.

        Returns
        -------
        Hours
            Seoul time, with the late starts of the year's first session and of exam days.
        """
        hours = _ordinary_hours(day, product)
        match self.kind(day):
            case "exam":
                return _all_later(hours)
            case "late":
                return replace(hours, open=LATE_OPENS[day])
            case "year_open":
                return replace(hours, open=_later(hours.open))
            case "ordinary":
                return hours

    def extended(self, closures: Iterable[date], through: date, *, since: date | None = None) -> Calendar:
        """Return a calendar that also knows what the exchange has announced.

        Closures are added and never taken back, and the end of the calendar never moves backward.

        Parameters
        ----------
        closures : iterable of date
            Announced closed days. Those outside `since` to the end of the new calendar are left out.
        through : date
            Last day that the announcement speaks for.
        since : date, optional
            First day that may still change: today, to take in a closure decided at short notice. By default the day
            after `valid_through`, so that nothing known changes.
        """
        first = self.valid_through + _DAY if since is None else since
        last = max(self.valid_through, through)
        announced = (day for day in closures if first <= day <= last)
        return replace(self, closures=self.closures.union(announced), valid_through=last)

    def _is_closed(self, day: date) -> bool:
        return day.weekday() >= _SATURDAY or day in self.closures

    def _nearest(self, day: date, step: timedelta) -> date:
        while self._is_closed(day):
            day += step
        return day

    def _opens_year(self, day: date) -> bool:
        # Counted from the 2nd: New Year's Day is closed in every year, also in those without a row in the table.
        return day.month == 1 and day == self._nearest(date(day.year, 1, 2), _DAY)

    def _warn_unless_known(self, *days: date) -> None:
        if not all(map(self.knows, days)):
            # The text is the same for every day, so that the warnings filter shows it once.
            warnings.warn(
                f"the trading calendar covers {self.valid_from} to {self.valid_through}: other weekdays count as "
                "sessions until the server is asked. Refresh it with Calendar.extended(closures, through) from the "
                "exchange's holiday list, or update kosdata.",
                CalendarWarning,
                stacklevel=3,
            )


def _weekdays(start: date, end: date) -> Iterator[date]:
    days = map(date.fromordinal, range(start.toordinal(), end.toordinal() + 1))
    return (day for day in days if day.weekday() < _SATURDAY)


@lru_cache(maxsize=8)
def _known_sessions(calendar: Calendar) -> tuple[date, ...]:
    weekdays = _weekdays(calendar.valid_from, calendar.valid_through)
    return tuple(day for day in weekdays if day not in calendar.closures)


def _ordinary_hours(day: date, product: Product) -> Hours:
    regimes = HOURS[product]
    return next((hours for first, hours in reversed(regimes) if first <= day), regimes[0][1])


def _later(moment: time) -> time:
    return moment.replace(hour=moment.hour + 1)


def _span_later(span: Span) -> Span:
    return Span(_later(span.start), _later(span.end))


def _all_later(hours: Hours) -> Hours:
    return replace(
        hours,
        open=_later(hours.open),
        close=_later(hours.close),
        closing_auction=_span_later(hours.closing_auction),
        breaks=tuple(map(_span_later, hours.breaks)),
        post_close=hours.post_close and _span_later(hours.post_close),
        # Single-price trading starts late with the rest, but ends as on any day.
        single_price=hours.single_price and hours.single_price._replace(start=_later(hours.single_price.start)),
    )


def _days(table: Mapping[int, str]) -> frozenset[date]:
    return frozenset(
        date(year, int(month_day[:2]), int(month_day[2:]))
        for year, month_days in table.items()
        for month_day in month_days.split()
    )


_EXAM_DAYS: Final = _days(EXAM_DAYS)

KRX: Final = Calendar(
    closures=_days(CLOSURES),
    valid_from=date(min(CLOSURES), 1, 1),
    valid_through=date(max(CLOSURES), 12, 31),
)
"""The calendar of the Korea Exchange that ships with the package."""
