"""When to ask again: within trading hours, as often as is wanted, and as the day's quota allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from kosdata.catalogue.calendar import Hours
from kosdata.catalogue.seoul import SEOUL
from kosdata.research.sessions import calendar
from kosdata.wire.arguments import Request
from kosdata.wire.client import Client

__all__ = ["Pacing"]

_RESERVE: Final = 0.2
"""Of the calls that are left of a day when it begins to be spent: kept for everything else."""

# Before the open, so that the opening auction is seen against nothing traded; orders are taken half an hour before.
_BEFORE: Final = timedelta(minutes=1)
_BEFORE_ORDERS: Final = timedelta(minutes=30)
# After the last trades, so that they are seen.
_AFTER: Final = timedelta(minutes=1)


class Pacing:
    """The times of rounds.

    Parameters
    ----------
    client : Client
        Whose clock, quota and calendar count.
    interval : float
        Seconds between two rounds at least.
    is_early : bool
        Begin when orders are taken, and not just before the open.

    Attributes
    ----------
    waits : {"closed", "quota"} or None
        Why the pause is longer than from round to round.
    """

    def __init__(self, client: Client, interval: float, *, is_early: bool = False) -> None:
        self.waits: Literal["closed", "quota"] | None = None
        self._client = client
        self._interval = interval
        self._before = _BEFORE_ORDERS if is_early else _BEFORE
        self._requests: Sequence[Request] = ()
        self._began: datetime | None = None
        self._reserve: tuple[datetime, float] | None = None
        self._every = interval

    def __str__(self) -> str:
        slowed = self._every > self._least() + 0.05
        return f"every {self._every:.3g} s{', as the calls left today allow' if slowed else ''}"

    def ask(self, requests: Sequence[Request]) -> None:
        """Take note of the requests of a round."""
        self._requests = requests
        self._every = self._least()

    def begin(self) -> datetime:
        """Begin a round, and return when."""
        self._began = self._client.now()
        return self._began

    def pause(self) -> float:
        """Return the seconds until the next round; 0 for the first, which may come at any hour."""
        self.waits = None
        if self._began is None or not self._requests:
            return 0.0 if self._requests else self._interval
        now = self._client.now()
        begins, ends = self._session(now)
        if now < begins:
            self.waits = "closed"
            return (begins - now).total_seconds()
        every, resets = self._affordable(now, ends)
        if every is None:
            self.waits = "quota"
            return (resets - now).total_seconds()
        self._every = max(self._least(), every)
        # A clock that was set back must not stretch a pause.
        passed = max(0.0, (now - self._began).total_seconds())
        return max(0.0, self._every - passed)

    def _least(self) -> float:
        return max([self._interval, *(float(each.endpoint.published.every or 0) for each in self._requests)])

    def _affordable(self, now: datetime, ends: datetime) -> tuple[float | None, datetime]:
        """Return the seconds between rounds that the calls left can pay for, if any, and when they are renewed."""
        quota = self._client.quota()
        if quota.remaining is None:
            return 0.0, quota.reset_at
        if self._reserve is None or self._reserve[0] != quota.reset_at:
            self._reserve = quota.reset_at, quota.remaining * _RESERVE
        free, cost = quota.remaining - self._reserve[1], len(self._requests)
        if free < cost:
            return None, quota.reset_at
        return (min(ends, quota.reset_at) - now).total_seconds() * cost / free, quota.reset_at

    def _session(self, now: datetime) -> tuple[datetime, datetime]:
        """Return begin and end of the hours in which there is something to ask for: those that run, or the next."""
        days, today = calendar(self._client), now.date()
        if days.is_session(today):
            hours = self._hours(today)
            if now < hours[1]:
                return hours
        return self._hours(days.next_session(today))

    def _hours(self, day: date) -> tuple[datetime, datetime]:
        days = calendar(self._client)
        found = {each.endpoint.product: days.hours(day, each.endpoint.floor) for each in self._requests}
        opens = min(hours.open for hours in found.values())
        closes = max(_last(hours) if product == "stock" else hours.close for product, hours in found.items())
        return datetime.combine(day, opens, SEOUL) - self._before, datetime.combine(day, closes, SEOUL) + _AFTER


def _last(hours: Hours) -> time:
    """Return when the last trades after hours are made."""
    after = [span.end for span in (hours.post_close, hours.single_price) if span is not None]
    return max([hours.close, *after])
