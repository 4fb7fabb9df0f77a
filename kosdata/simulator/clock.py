"""The clock of the simulated market: it can be set, pushed, sped up and frozen, and it tells the time in Seoul."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from kosdata.catalogue.seoul import SEOUL
from kosdata.errors import ArgumentError

__all__ = ["Clock"]


def _real_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    """The time of the simulated market.

    Parameters
    ----------
    start : str or datetime, optional
        Where the clock begins to run; a time without a zone is one of Seoul. The real time by default, which the
        clock then follows, also across a suspended machine.
    speed : float, default 1.0
        Seconds that pass on this clock in one real second; 0 freezes it.
    monotonic : callable
        Real seconds, counted from anywhere.
    now : callable
        The real time, with its zone.

    Examples
    --------
    >>> from datetime import datetime
    >>> clock = Clock(datetime(2024, 1, 2, 8, 59), speed=0)
    >>> clock.advance(60)
    >>> clock.now().isoformat()
    '2024-01-02T09:00:00+09:00'
    """

    def __init__(
        self,
        start: str | datetime | None = None,
        speed: float = 1.0,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _real_time,
    ) -> None:
        began = now() if start is None else _in_utc(start)

        def followed() -> float:
            return (now() - began).total_seconds()

        self._elapsed = followed if start is None else monotonic
        self._lock = Lock()
        self._speed = _checked(speed)
        self._anchor = began.astimezone(UTC)
        self._since = self._elapsed()

    def now(self) -> datetime:
        """Return the moment, in Seoul."""
        with self._lock:
            return self._at(self._elapsed()).astimezone(SEOUL)

    def set(self, moment: str | datetime) -> None:
        """Go on from another moment, such as ``"2024-01-05 15:45"``; one without a zone is a moment of Seoul."""
        anchor = _in_utc(moment)
        with self._lock:
            self._anchor, self._since = anchor, self._elapsed()

    def advance(self, seconds: float | timedelta) -> None:
        """Jump ahead by some seconds, or back if they are negative."""
        jump = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
        with self._lock:
            self._anchor += jump

    def __repr__(self) -> str:
        return f"<Clock {self.now():%Y-%m-%d %H:%M:%S} KST, speed {self._speed:g}>"

    @property
    def speed(self) -> float:
        """Seconds that pass on this clock in one real second; a change bends the time, without a jump."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = _checked(speed)
        with self._lock:
            elapsed = self._elapsed()
            self._anchor, self._since, self._speed = self._at(elapsed), elapsed, checked

    def _at(self, elapsed: float) -> datetime:
        return self._anchor + timedelta(seconds=(elapsed - self._since) * self._speed)


def _in_utc(moment: str | datetime) -> datetime:
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise ArgumentError(f"{moment!r} is not a moment: write '2024-01-05T15:45'.") from None
    # Sums are made in UTC: clocks in Seoul were changed in 1987 and 1988, and wall-clock sums would be an hour off.
    return (moment if moment.tzinfo else moment.replace(tzinfo=SEOUL)).astimezone(UTC)


def _checked(speed: float) -> float:
    if not (math.isfinite(speed) and speed >= 0):
        raise ArgumentError(f"speed is a finite number of at least 0, not {speed!r}; 0 freezes the clock.")
    return float(speed)
