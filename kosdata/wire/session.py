"""One request until it is answered: attempts, pauses, the spelling of a path, and what a refusal is worth."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.codes import NO_ROUTE
from kosdata.catalogue.model import Endpoint, Paging
from kosdata.errors import KosError, RateLimitError, SchemaError, ServerError, TransportError
from kosdata.settings import Settings
from kosdata.wire.arguments import Request
from kosdata.wire.cache import Entry
from kosdata.wire.clock import ServerClock, seoul
from kosdata.wire.envelope import Content, parse, unpack
from kosdata.wire.lifetime import expires
from kosdata.wire.limits import REFUND, Circuit, Gate, backoff, budget, pacing, retry_after
from kosdata.wire.quota import Meter
from kosdata.wire.reach import moment, reach
from kosdata.wire.transport import Broken, Reply, Transport

__all__ = ["Fetched", "Session"]

_PATIENCE: Final = 60.0  # seconds after which no further attempt begins
_LONGEST_WAIT: Final = 60.0  # seconds of a Retry-After that are waited for


@dataclass(frozen=True, slots=True)
class Fetched:
    """One validated answer: as it can be kept, and what it holds."""

    entry: Entry
    content: Content


@dataclass(frozen=True, slots=True)
class _Fault:
    """An attempt that failed; how many such failures in a row a request is worth; the rest that the service wants."""

    error: KosError
    worth: int = 1
    rest: float | None = None


class Session:
    """Ask one service, at one address, with one key.

    Parameters
    ----------
    base : str
        Address of the service.
    settings : Settings
        Key, limits and waits.
    transport : Transport
        What carries the requests.
    meter : Meter
        Quota of the day.
    clock : ServerClock
        The time in the market.
    timer, sleep : callable
        The time that limits are kept by, and how to wait.
    rng : Random
        Source of the jitter.
    """

    def __init__(
        self,
        base: str,
        settings: Settings,
        *,
        transport: Transport,
        meter: Meter,
        clock: ServerClock,
        timer: Callable[[], float],
        sleep: Callable[[float], None],
        rng: random.Random,
    ) -> None:
        self._base = base
        self._settings = settings
        self._transport = transport
        self._meter = meter
        self._clock = clock
        self._sleep = sleep
        self._rng = rng
        self._pace = pacing(settings.pace, timer) if settings.pace else None
        self._gate = Gate(settings.concurrency)
        self._budget = budget(timer)
        self._circuit = Circuit(timer, patience=settings.retries)
        self._spellings: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._counts_lock = threading.Lock()

    def fetch(self, request: Request, stop: threading.Event | None = None) -> Fetched:
        """Return the answer to a request.

        Parameters
        ----------
        request : Request
            What to ask.
        stop : Event, optional
            No further attempt begins once it is set.

        Raises
        ------
        KosError
            If there is no answer, or the answer is a refusal.
        """
        stop = stop or threading.Event()
        spent, alike, previous = 0.0, 0, None
        for attempt in count(1):
            begun = time.monotonic()
            outcome = self._attempt(request, self._time_left(spent), stop)
            if isinstance(outcome, Fetched):
                return outcome
            spent += time.monotonic() - begun
            alike = alike + 1 if type(outcome.error) is previous else 1
            previous = type(outcome.error)
            delay = self._delay(outcome, attempt, spent) if alike < outcome.worth else None
            if delay is None:
                self._circuit.gave_up()
            if delay is None or not self._pause(delay, stop):
                raise _ended(outcome.error, attempt) from None
            spent += delay
            self._tally("retries")
        raise AssertionError  # counting does not end

    def stats(self) -> dict[str, int | float | bool]:
        """Return what was counted."""
        with self._counts_lock:
            requests, retries = self._counts["requests"], self._counts["retries"]
        return {
            "requests": requests,
            "retries": retries,
            "retry_tokens": self._budget.level,
            "concurrency": self._gate.width,
            "circuit_open": self._circuit.is_open,
        }

    def _attempt(self, request: Request, timeout: float, stop: threading.Event) -> Fetched | _Fault:
        endpoint = request.endpoint
        with self._gate, self._circuit.passage(endpoint.id):
            if stop.is_set():
                return _Fault(TransportError(f"{endpoint.id}: not sent, for the call has ended meanwhile."))
            sent, reply = self._ask(request, timeout)
            outcome = self._broken(endpoint, reply) if isinstance(reply, Broken) else self._judged(request, reply, sent)
            if isinstance(outcome, Fetched):
                self._budget.give(REFUND)
                self._gate.calm()
                self._circuit.succeeded()
            elif outcome.worth == 1 or isinstance(outcome.error, RateLimitError):
                self._circuit.succeeded()  # a refusal is an answer, too
            elif not stop.is_set():  # else the connection may have been cut from here
                self._circuit.failed(endpoint.id, outcome.error)
            return outcome

    def _ask(self, request: Request, timeout: float) -> tuple[float, Reply | Broken]:
        """Return when the request left and what came back, from the first spelling of the path that is served."""
        endpoint = request.endpoint
        known = self._spellings.get(endpoint.id, endpoint.path)
        for path in (known, *(p for p in endpoint.paths if p != known)):
            sent = self._clock.own()
            reply = self._send(request.target(path), timeout)
            if not _says(reply, 404, NO_ROUTE):
                self._spellings[endpoint.id] = path
                break
        return sent, reply

    def _send(self, target: str, timeout: float) -> Reply | Broken:
        if self._pace is not None and (wait := self._pace.take()) > 0:
            self._sleep(wait)
        self._meter.check()
        self._meter.sent()
        self._tally("requests")
        sent = self._clock.own()
        reply = self._transport.get(self._base + target, self._settings.api_key, self._settings.auth, timeout)
        if isinstance(reply, Reply):
            self._clock.observe(reply.headers.get("Date"), sent, server_name=reply.headers.get("Server"))
            used_up = self._meter.observe(reply.status, reply.headers)
            if used_up is not None:
                raise used_up
        return reply

    def _broken(self, endpoint: Endpoint, broken: Broken) -> _Fault:
        error = TransportError(f"{endpoint.id}: {broken.why} ({urlsplit(self._base).hostname}).")
        return _Fault(error, 1 if broken.is_final else self._settings.retries)

    def _judged(self, request: Request, reply: Reply, sent: float) -> Fetched | _Fault:
        """Return what an answer holds, or what its refusal is worth."""
        endpoint, content_type = request.endpoint, reply.headers.get("Content-Type", "")
        try:
            parsed = parse(reply.body, content_type, endpoint=endpoint)
        except SchemaError as error:
            if reply.status == 200:
                return _Fault(error, worth=2)
            parsed = None
        try:
            content = unpack(endpoint, parsed, reply.status)
        except KosError as error:
            return self._refused(error, reply)
        return Fetched(self._entry(request, reply, content, self._clock.at(sent)), content)

    def _refused(self, error: KosError, reply: Reply) -> _Fault:
        if not isinstance(error, ServerError | RateLimitError):
            return _Fault(error)
        if isinstance(error, RateLimitError):
            self._gate.narrow()
        rest = retry_after(reply.headers.get("Retry-After"), self._clock.time())
        return _Fault(error, self._settings.retries, rest)

    def _entry(self, request: Request, reply: Reply, content: Content, fetched_at: float) -> Entry:
        found = reach(request.endpoint, content.rows)
        newest = moment(request.endpoint, found.newest) if request.endpoint.paging is Paging.DATES else None
        if content.code is None:
            is_empty, day = not content.rows, newest if isinstance(newest, date) else None
            until = expires(request, seoul(fetched_at), KRX, is_empty=is_empty, newest=day).timestamp()
        else:
            until = fetched_at  # a code that means "no rows" is a refusal in kind words: it is not kept
        return Entry(request.target(), reply.headers.get("Content-Type", ""), reply.body, fetched_at, until, found)

    def _delay(self, fault: _Fault, attempt: int, spent: float) -> float | None:
        """Return the seconds until the next attempt, or None if there is none; `spent` seconds are gone by now."""
        if attempt >= self._settings.retries:
            return None
        delay = backoff(self._rng, attempt, self._settings.backoff, self._settings.backoff_cap)
        if fault.rest is not None:
            if fault.rest > _LONGEST_WAIT:
                until = seoul(self._clock.time() + fault.rest)
                _add(fault.error, f"The service asks to be left alone until {until:%Y-%m-%d %H:%M:%S} in Seoul.")
                return None
            delay = max(delay, fault.rest)
        if spent + delay >= self._patience or not self._budget.spend():
            return None
        return delay

    @property
    def _patience(self) -> float:
        return max(_PATIENCE, self._settings.timeout)

    def _time_left(self, spent: float) -> float:
        return min(self._settings.timeout, max(1.0, self._patience - spent))

    def _pause(self, seconds: float, stop: threading.Event) -> bool:
        """Wait, and return whether to go on."""
        if self._sleep is time.sleep:
            stop.wait(seconds)
        else:
            self._sleep(seconds)
        return not stop.is_set()

    def _tally(self, what: str) -> None:
        with self._counts_lock:
            self._counts[what] += 1


def _says(reply: Reply | Broken, status: int, text: str) -> bool:
    return isinstance(reply, Reply) and reply.status == status and text.encode() in reply.body


def _ended(error: KosError, attempts: int) -> KosError:
    """Return an error that says how often it was tried."""
    if attempts > 1:
        _add(error, f"Tried {attempts} times.")
    return error


def _add(error: KosError, text: str) -> None:
    error.args = (f"{error.args[0]}\n{text}", *error.args[1:])
