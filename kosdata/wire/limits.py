"""How hard a client may press: pace, concurrency, retries and the circuit that opens in an outage."""

from __future__ import annotations

import copy
import random
import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from kosdata.errors import KosError
from kosdata.wire.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BUDGET", "Bucket", "Circuit", "Gate", "backoff", "budget", "pacing", "retry_after"]

BUDGET: Final = 30.0  # retries that a client may owe; with eight workers an outage costs at most 38 requests
REFUND: Final = 0.5  # of a retry that every success earns: more than enough for faults in three requests of ten
RECOVERY: Final = 0.5  # retries earned by every second that passes

STREAK: Final = 20  # failures in a row, of all threads together, after which nobody asks any more
REST: Final = 30.0  # seconds until one request may try again


class Bucket:
    """Tokens that come back with time; what is taken beyond the last one must be waited for."""

    def __init__(self, capacity: float, rate: float, clock: Callable[[], float]) -> None:
        self._capacity = capacity
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._level = capacity
        self._seen = clock()

    @property
    def level(self) -> float:
        """Tokens at hand."""
        with self._lock:
            return self._refilled()

    def take(self) -> float:
        """Take a token, now or from the future, and return the seconds to wait for it."""
        with self._lock:
            self._level = self._refilled() - 1
            return max(0.0, -self._level / self._rate)

    def spend(self) -> bool:
        """Take a token if there is one; return whether there was."""
        with self._lock:
            level = self._refilled()
            self._level = level - 1 if level >= 1 else level
            return level >= 1

    def give(self, tokens: float) -> None:
        """Put tokens back, up to the capacity."""
        with self._lock:
            self._level = min(self._capacity, self._refilled() + tokens)

    def _refilled(self) -> float:
        now = self._clock()
        # A clock that was set back must not stop the bucket for hours.
        passed, self._seen = max(0.0, now - self._seen), now
        self._level = min(self._capacity, self._level + passed * self._rate)
        return self._level


def pacing(rate: float, clock: Callable[[], float]) -> Bucket:
    """Return the bucket that lets `rate` requests a second pass, after a burst of twice as many."""
    return Bucket(max(1.0, 2 * rate), rate, clock)


def budget(clock: Callable[[], float]) -> Bucket:
    """Return the bucket that retries are paid from."""
    return Bucket(BUDGET, RECOVERY, clock)


class Gate:
    """Let a number of requests through at once: fewer when the service is pressed, then again one more by one."""

    _PATIENCE = 20  # answers without a complaint before the gate opens a little

    def __init__(self, width: int) -> None:
        self._full = self._width = width
        self._inside = self._calm = 0
        self._changed = threading.Condition()

    @property
    def width(self) -> int:
        """Requests that may be under way at once."""
        return self._width

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._inside < self._width)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify()

    def narrow(self) -> None:
        """Let half as many through."""
        with self._changed:
            self._width = max(1, self._width // 2)
            self._calm = 0

    def calm(self) -> None:
        """Count an answer that had nothing to complain of."""
        with self._changed:
            self._calm += 1
            if self._width < self._full and self._calm >= self._PATIENCE:
                self._width += 1
                self._calm = 0
                self._changed.notify()


class Circuit:
    """Stop asking a service that is down, for a while; then let one request find out.

    A route that nobody has tried since the circuit opened may find out at once: one broken route must not shut the
    others.
    """

    def __init__(self, clock: Callable[[], float], *, patience: int = 5) -> None:
        self._clock = clock
        self._patience = patience
        self._changed = threading.Condition()
        self._streak = 0
        self._first: KosError | None = None
        self._opened: float | None = None
        self._tried: set[str] = set()
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether requests are refused here."""
        with self._changed:
            return self._opened is not None

    @contextmanager
    def passage(self, route: str) -> Iterator[None]:
        """Let one request through, or raise the error that opened the circuit."""
        is_probe = self._enter(route)
        try:
            yield
        finally:
            if is_probe:
                with self._changed:
                    self._is_probing = False
                    self._changed.notify_all()

    def succeeded(self) -> None:
        """Count an answer: the service is up."""
        with self._changed:
            self._streak = 0
            self._first = self._opened = None
            self._tried.clear()

    def failed(self, route: str, error: KosError) -> None:
        """Count a failure."""
        with self._changed:
            self._streak += 1
            self._first = self._first or error
            self._tried.add(route)
            if self._opened is not None or self._streak >= STREAK:
                self._opened = self._clock()

    def gave_up(self) -> None:
        """Count a request that failed for good; with no answer to anyone meanwhile, that is an outage."""
        with self._changed:
            if self._opened is None and self._streak >= self._patience:
                self._opened = self._clock()

    def _enter(self, route: str) -> bool:
        with self._changed:
            while self._opened is not None:
                wait = REST - (self._clock() - self._opened)
                if 0 < wait <= REST and route in self._tried:
                    raise self._again(wait) from None
                if not self._is_probing:
                    self._is_probing = True
                    return True
                self._changed.wait()
            return False

    def _again(self, wait: float) -> KosError:
        # A copy, because an exception gathers the tracebacks of every thread that raises it.
        error = copy.copy(self._first) or KosError("The service is down.")
        what = f"The service failed {self._streak} times in a row and is left alone for {wait:.0f} s more."
        error.args = (f"{error.args[0]}\n{what}", *error.args[1:])
        return error


def backoff(rng: random.Random, attempt: int, base: float, cap: float) -> float:
    """Return the seconds to wait after a failed attempt, the first being 1: full jitter."""
    return rng.uniform(0, min(cap, base * 2.0 ** min(attempt - 1, 64)))


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for, if it can be read."""
    if value is None:
        return None
    if value.strip().isdecimal() and len(value.strip()) <= 9:
        return float(value)
    moment = timestamp(value)
    return None if moment is None else max(0.0, moment - now)
