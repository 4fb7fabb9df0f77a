"""The day's quota: what the server says of it, what was counted here, and when it is used up."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from kosdata.errors import QuotaError
from kosdata.wire.clock import seoul, timestamp

__all__ = ["Meter", "Quota"]

_DAY: Final = 86_400.0  # the service counts days of UTC, which turn at 09:00 in Seoul
_EVERY: Final = 1.0  # seconds between two notes on disk


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of the day's calls.

    Attributes
    ----------
    limit : int or None
        Calls a day, once the server has said so.
    remaining : int or None
        Calls left: the lower of what the server said and what was counted since. The server alone decides.
    used : int
        Calls that were counted here today, by every process that shares the cache folder.
    reset_at : datetime
        When the next day of the quota begins, Seoul time.
    """

    limit: int | None
    remaining: int | None
    used: int
    reset_at: datetime


@dataclass(frozen=True, slots=True)
class _Day:
    """One day of the quota, counted from 1970; `closed` is set once the server has refused a call."""

    day: int
    format: int = 1
    limit: int | None = None
    left: int | None = None
    calls: int = 0
    closed: bool = False

    def lower(self, other: _Day) -> _Day:
        """Return what two witnesses of one day say together; the other one keeps its count."""
        return replace(
            other,
            limit=other.limit if self.limit is None else self.limit,
            left=min((left for left in (self.left, other.left) if left is not None), default=None),
            closed=self.closed or other.closed,
        )


class Meter:
    """Count the calls of one key at one address, and hold them back once the day is used up.

    Parameters
    ----------
    time : callable
        The time, in seconds since 1970, by the server's clock.
    path : Path, optional
        File that other processes of the key read and write as well. Where it cannot be used, there is none.
    """

    def __init__(self, time: Callable[[], float], path: Path | None = None) -> None:
        self._time = time
        self._path = path
        self._lock = threading.Lock()
        self._state = _Day(_day(time()))
        self._unsaved = 0
        self._saved_at = 0.0
        self._stamp: object = None

    def check(self) -> None:
        """Raise `QuotaError` if the day is used up; nothing is sent then."""
        with self._lock:
            self._look()
            if self._state.closed:
                raise self._error()

    def sent(self) -> None:
        """Count a call."""
        with self._lock:
            state = self._state
            left = None if state.left is None else max(0, state.left - 1)
            self._state = replace(state, calls=state.calls + 1, left=left)
            self._unsaved += 1

    def observe(self, status: int, headers: Mapping[str, str]) -> QuotaError | None:
        """Read the headers of an answer; return the error if they say that the day is used up."""
        limit, left = (_count(headers.get(f"X-RateLimit-{name}-Day")) for name in ("Limit", "Remaining"))
        when = timestamp(headers.get("Date"))
        with self._lock:
            self._look()
            if when is not None and _day(when) != self._state.day:
                return None  # the day turns while the answer travels: it speaks of another one
            said = _Day(self._state.day, limit=limit, left=left, closed=status == 429 and left == 0)
            self._state = said.lower(self._state)
            if said.closed or abs(self._time() - self._saved_at) >= _EVERY:
                self._save()
            return self._error() if said.closed else None

    def read(self) -> Quota:
        """Return what is left of the day."""
        with self._lock:
            self._look()
            state = self._state
            return Quota(state.limit, 0 if state.closed else state.left, state.calls, self._reset())

    def save(self) -> None:
        """Write down what was counted."""
        with self._lock:
            if self._unsaved:
                self._save()

    def short(self, needed: int, cached: int) -> QuotaError | None:
        """Return the error for a job that is larger than what is left today, if it is."""
        quota = self.read()
        if quota.remaining is None or needed <= quota.remaining:
            return None
        days = f", {-(-needed // quota.limit)} days at {quota.limit:,} a day" if quota.limit else ""
        return QuotaError(
            f"This needs {needed:,} requests ({cached:,} more are in the cache), and {quota.remaining:,} are left "
            f"today{days}. 오늘 남은 호출 수가 부족합니다.",
            limit=quota.limit,
            remaining=quota.remaining,
            reset_at=quota.reset_at,
            hint=f"Nothing was sent. Ask for less, pass allow_partial=True, or wait until {_clock(quota.reset_at)}.",
        )

    def _error(self) -> QuotaError:
        limit, reset = self._state.limit, self._reset()
        return QuotaError(
            f"The day's {f'{limit:,} ' if limit else ''}calls are used up. 오늘의 호출 한도를 모두 사용했습니다.",
            limit=limit,
            remaining=0,
            reset_at=reset,
            status=429,
            hint=f"Nothing is sent before {_clock(reset)}, when the next day of the quota begins (00:00 UTC).",
        )

    def _reset(self) -> datetime:
        return seoul((self._state.day + 1) * _DAY)

    def _look(self) -> None:
        """Turn the page if a new day has begun, and take in what other processes wrote."""
        today = _day(self._time())
        if today != self._state.day:
            self._state = _Day(today, limit=self._state.limit)
            self._unsaved = 0
        if self._path is None:
            return
        try:
            found = self._path.stat()
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            known = msgspec.json.decode(self._path.read_bytes(), type=_Day)
        except (OSError, msgspec.MsgspecError):
            return
        if (known.day, known.format) == (today, self._state.format):
            calls = max(self._state.calls, known.calls + self._unsaved)
            self._state = replace(known.lower(self._state), calls=calls)

    def _save(self) -> None:
        """Write the day down for the other processes, all of it or nothing."""
        self._look()
        self._saved_at = self._time()
        if self._path is None:
            return
        try:
            with tempfile.NamedTemporaryFile(dir=self._path.parent, prefix=".quota-", delete=False) as file:
                file.write(msgspec.json.encode(self._state))
            try:
                Path(file.name).replace(self._path)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
        except OSError:
            self._path = None
        else:
            self._unsaved = 0


def _day(time: float) -> int:
    return int(time // _DAY)


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} in Seoul"


def _count(text: str | None) -> int | None:
    """Return the number in a header, or None where it is none."""
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= 12 else None
