"""What time it is in Seoul: by this machine, or by the server where the two disagree."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from kosdata.catalogue.seoul import SEOUL
from kosdata.settings import DEMO_SERVER

__all__ = ["ClockWarning", "ServerClock"]

_TOLERANCE: Final = 60.0  # seconds that a machine may be off before the server is believed


_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


class ClockWarning(UserWarning):
    """The clock of this machine is wrong."""


class ServerClock:
    """The time that decides what is today and what an answer may still be worth."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ahead = 0.0
        self._has_warned = False

    def time(self) -> float:
        """Return seconds since 1970."""
        return self.at(self._clock())

    def at(self, own: float) -> float:
        """Return the time that belongs to one of this machine's."""
        return own + self._ahead

    def now(self) -> datetime:
        """Return the time in Seoul."""
        return seoul(self.time())

    def own(self) -> float:
        """Return seconds since 1970 by this machine alone."""
        return self._clock()

    @property
    def ahead(self) -> float:
        """Seconds that the server is ahead of this machine; 0 where the two agree."""
        return self._ahead

    def observe(self, date: str | None, sent: float, *, server_name: str | None = None) -> None:
        """Compare this machine with the ``Date`` header of an answer.

        Parameters
        ----------
        date : str or None
            The header.
        sent : float
            When the request left, by this machine.
        server_name : str, optional
            What the server calls itself: the time of a synthetic market may be any, and nobody's clock is wrong.
        """
        server, received = timestamp(date), self._clock()
        if server is None:
            return
        is_off = not sent - _TOLERANCE <= server <= received + _TOLERANCE
        with self._lock:
            self._ahead = server - received if is_off else 0.0
            must_warn = is_off and not self._has_warned and server_name != DEMO_SERVER
            self._has_warned = self._has_warned or must_warn
        if must_warn:
            warnings.warn(
                f"The clock of this machine is {abs(server - received):,.0f} s "
                f"{'behind' if server > received else 'ahead of'} the server's. The server's time decides what is "
                "today; set the clock right.",
                ClockWarning,
                stacklevel=2,
            )


def seoul(seconds: float) -> datetime:
    """Return the time in Seoul of seconds since 1970."""
    return datetime.fromtimestamp(seconds, SEOUL)


def timestamp(date: str | None) -> float | None:
    """Return the seconds since 1970 of an HTTP date, or None where it is none."""
    try:
        moment = parsedate_to_datetime(date or "")
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        # A date that no calendar here reaches is a broken header, and arithmetic on it fails.
        return seconds if 0 < seconds < _LATEST else None
    except (ValueError, TypeError, OverflowError):
        return None
